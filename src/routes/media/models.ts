/** The models for pictures and for films that can be had, as OpenRouter's clients list them. */
import {
  type ImageModelFacts,
  openrouterImageEndpoints,
  openrouterImageModel,
  openrouterVideoModel,
} from '../../dialects/openrouter/media-models';
import type { AppContext } from '../../http/context';
import { renderError } from '../../http/render-error';
import { leftOutOf } from '../../jobs/able';
import { type ReachableTarget, reachableTargets, termsOf } from '../../jobs/plan';
import { MAX_IMAGES } from '../../jobs/read-input';
import { sandboxAnswers } from '../../providers/registry';
import type { Model } from '../../providers/types';
import { CATALOGUE_CREATED, catalogueOf, decoded, noSuchModel } from '../models';

/** The models of a kind, at the prices of whoever asks, with where they can be had. */
async function listed(c: AppContext, kind: 'image' | 'video'): Promise<[Model, ReachableTarget[]][]> {
  const { registry, settings } = c.get('gateway');
  const sandbox = sandboxAnswers({ registry, settings });
  const { isListed, priced } = await catalogueOf(c);
  return registry.models.all
    .filter((model) => model.family === kind && model.price && isListed(model))
    .map((model): [Model, ReachableTarget[]] => [priced(model), reachableTargets(registry, model, kind, sandbox, 'auto')])
    .filter(([, targets]) => targets.length > 0);
}

export async function getImageModels(c: AppContext): Promise<Response> {
  return c.json({ data: (await listed(c, 'image')).map(([model]) => openrouterImageModel(factsOf(model))) });
}

function factsOf(model: Model): ImageModelFacts {
  const { sizes, aspectRatios, resolutions, references } = termsOf(model);
  const { id, label } = model;
  const terms = { sizes, aspectRatios, resolutions, references: references?.max ?? 0, pictures: MAX_IMAGES };
  return { id, label, created: CATALOGUE_CREATED, ...terms };
}

/** `{author}/{slug}` of OpenRouter's clients; most ids here have no author. */
export async function getImageModelEndpoints(c: AppContext): Promise<Response> {
  const id = decoded(c.req.path.replace(/^.*?\/images\/models\//, '').replace(/\/endpoints$/, ''));
  const { models } = c.get('gateway').registry;
  const asked = (models.find(id) ?? models.find(id.replace(/^[^/]*\//, '')))?.id;
  const [model] = (await listed(c, 'image')).find(([one]) => one.id === asked) ?? [];
  const price = model?.price;
  if (!model || !price || price.per === 'token') return renderError(c, noSuchModel(id));
  return c.json(openrouterImageEndpoints(factsOf(model), model.vendor, price));
}

const ANY_FRAME = { kind: 'video', lastFrame: { url: '' } } as const;

export async function getVideoModels(c: AppContext): Promise<Response> {
  const models = (await listed(c, 'video')).flatMap(([model, targets]) => {
    const { id, label, price } = model;
    if (!price || price.per === 'token') return [];
    const resolutions = price.tierMicro && Object.keys(price.tierMicro);
    const takesLastFrame = leftOutOf(targets, ANY_FRAME) === undefined;
    const facts = { resolutions, lengths: termsOf(model).duration?.offered, takesLastFrame, price };
    return [openrouterVideoModel({ id, label, created: CATALOGUE_CREATED, ...facts })];
  });
  return c.json({ data: models });
}
