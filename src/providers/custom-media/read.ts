/** The operator's own media providers, and what they add to the catalogue's chains. */
import { mediaTerms } from '../catalogue/media-terms';
import { readJsonVariable, readReach, withOwnTargets } from '../custom-config';
import type { MediaTarget, Model, Provider } from '../types';
import { customMediaAdapter } from './media';
import { type CustomMedia, customMediaProviders } from './schema';

const VARIABLE = 'CUSTOM_MEDIA_PROVIDERS';

export interface CustomMediaProvider {
  provider: Provider;
  custom: CustomMedia;
  /** Where it is configured, for errors: `CUSTOM_MEDIA_PROVIDERS[0]`. */
  path: string;
}

/** @param taken Ids of the providers read before. Keys are in the provider's entry, in `CUSTOM_..._API_KEY`, or there are none. */
export function readCustomMediaProviders(env: Record<string, unknown>, taken: readonly string[]): CustomMediaProvider[] {
  const seen = new Set(taken);
  return (readJsonVariable(env, VARIABLE, customMediaProviders) ?? []).map((custom, index) => {
    const path = `${VARIABLE}[${index}]`;
    if (seen.has(custom.id)) throw new Error(`${path}.id: ${custom.id} is there twice.`);
    seen.add(custom.id);
    const reach = readReach(custom, path, env);
    const spec = {
      id: custom.id,
      label: custom.label ?? custom.id,
      baseUrl: reach.baseUrl,
      wires: [],
      onDisconnect: 'drain' as const,
      media: customMediaAdapter(custom),
      ...(custom.headers && { headers: custom.headers }),
    };
    return { path, custom, provider: { spec, ...reach } };
  });
}

function checkModel(model: Model | undefined, id: string, { kinds }: CustomMedia, path: string): void {
  if (model === undefined) throw new Error(`${path}.id: the catalogue has no model ${id}, and nothing else gives it a price.`);
  if (model.price === undefined) throw new Error(`${path}.id: ${id} is listed without a price and cannot be called.`);
  const kind = mediaTerms(model)?.kind;
  if (!kinds.some((own) => own === kind))
    throw new Error(`${path}.id: ${id} is a model of the kind ${kind ?? model.family}, which is not among the provider's kinds.`);
}

/** Puts the operator's targets first in the chains. */
export function withMediaTargets(models: readonly Model[], providers: readonly CustomMediaProvider[]): Model[] {
  const known = new Map(models.map((model) => [model.id, model]));
  const targets = new Map<string, MediaTarget[]>();
  for (const { provider, custom, path } of providers) {
    for (const [index, { id, upstreamModel, upstreamModelWithReferences, defaults }] of custom.models.entries()) {
      checkModel(known.get(id), id, custom, `${path}.models[${index}]`);
      const own = targets.get(id) ?? [];
      if (own.some((target) => target.provider === provider.spec.id)) throw new Error(`${path}.models[${index}].id: ${id} is there twice.`);
      own.push({
        provider: provider.spec.id,
        model: upstreamModel ?? id,
        ...(upstreamModelWithReferences !== undefined && { modelWithReferences: upstreamModelWithReferences }),
        ...(defaults && { defaults }),
      });
      targets.set(id, own);
    }
  }
  return withOwnTargets(models, targets);
}
