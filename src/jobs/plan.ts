/** Everything decided about a job before anything is held, stored or sent. Pure. */
import { fail, ok, type Result } from '../core/errors';
import { ENDPOINT_OF, type Family, type RateFamily, rateFamily } from '../core/family';
import type { MicroCredits } from '../core/money';
import type { PublicUrlRules } from '../core/public-url';
import { minimumTierOf, type TierId } from '../core/tiers';
import { coveredLengths } from '../providers/catalogue/covered-lengths';
import { FAST_PROVIDER, INTENTS, type MediaTerms, mediaTerms } from '../providers/catalogue/media-terms';
import { pricesByQuality } from '../providers/catalogue/picture-qualities';
import type { MediaInput, MediaKind } from '../providers/media/types';
import type { Registry } from '../providers/registry';
import type { MediaTarget, Model, Provider } from '../providers/types';
import { leftOutOf } from './able';
import { estimateMicro, priceJob, type UnitPrice } from './price';
import { Fields, invalid, type Uploads } from './read-fields';
import { FILM_REFERENCES, LAST_FRAMES, REFERENCES, readInput } from './read-input';
import type { JobPlan } from './types';

const MAX_QUOTED_CHARS = 200;
const SANDBOX = 'sandbox';

/** A media request as its route read it, with all fields in one object, whether they came flat or inside `input`. */
export interface MediaCall {
  fields: Readonly<Record<string, unknown>>;
  uploads: Uploads;
  /** The families that the endpoint serves. */
  families: readonly Family[];
  /** The kinds, where the endpoint serves only some of a family's. */
  kinds?: readonly MediaKind[];
}

export interface PlannedJob {
  model: Model;
  terms: MediaTerms;
  input: MediaInput;
  plan: JobPlan;
  rateFamily: RateFamily;
  minimumTier: TierId;
  estimateMicro: MicroCredits;
  /** A further condition for the job to begin, checked after admission. */
  secure?: () => Promise<Result<true>>;
  /** The deployment's own, for requests that name none. */
  webhookUrl?: string | null;
}

export interface ReachableTarget {
  provider: Provider;
  target: MediaTarget;
}

/** Where the model can be had as the gateway is configured, in order of preference. */
export function reachableTargets(
  registry: Registry,
  model: Model,
  kind: MediaKind,
  sandbox: boolean,
  mode: JobPlan['mode'],
): ReachableTarget[] {
  const chain: readonly MediaTarget[] = sandbox ? [{ provider: SANDBOX, model: model.id }] : model.chain;
  return chain.flatMap((target) => {
    const provider = registry.providers.get(target.provider);
    if (!provider?.spec.media?.kinds.includes(kind)) return [];
    return sandbox || mode === 'auto' || target.provider === FAST_PROVIDER ? [{ provider, target }] : [];
  });
}

const unitPrice = ({ price }: Model): UnitPrice | undefined => (price && price.per !== 'token' ? price : undefined);

/** The models that can be called at an endpoint. */
function availableModels(registry: Registry, call: MediaCall, sandbox: boolean): string[] {
  return registry.models.availableIds(call.families).filter((id) => {
    const model = registry.models.find(id)!;
    const kind = mediaTerms(model)?.kind;
    return kind !== undefined && serves(call, kind) && reachableTargets(registry, model, kind, sandbox, 'auto').length > 0;
  });
}

const serves = ({ kinds }: MediaCall, kind: MediaKind): boolean => !kinds || kinds.includes(kind);

function findModel(registry: Registry, call: MediaCall, sandbox: boolean): Result<Model> {
  const { model: id } = call.fields;
  const available = { details: { available_models: availableModels(registry, call, sandbox) } };
  if (typeof id !== 'string' || id === '')
    return fail('invalid_request', 'Model is required: `model` or `intent`.', { param: 'model', ...available });
  const model = registry.models.find(id);
  if (!model)
    return fail('unknown_model', `The model \`${id.slice(0, MAX_QUOTED_CHARS)}\` does not exist.`, {
      param: 'model',
      code: 'model_not_found',
      ...available,
    });
  const kind = mediaTerms(model)?.kind;
  if (!call.families.includes(model.family) || !kind || !serves(call, kind))
    return fail('wrong_endpoint', `The model \`${model.id}\` is not served here; use ${ENDPOINT_OF[model.family]}.`, {
      param: 'model',
    });
  if (!unitPrice(model))
    return fail('model_unavailable', `The model \`${model.id}\` is listed without a price and cannot be called yet.`, { param: 'model' });
  return ok(model);
}

/** The models that fit an intent and can be had. */
function modelsFor(registry: Registry, call: MediaCall, intent: unknown, sandbox: boolean): Result<readonly Model[]> {
  const known = typeof intent === 'string' && Object.hasOwn(INTENTS, intent) ? INTENTS[intent] : undefined;
  const intents = Object.keys(INTENTS).filter((name) => call.families.includes(INTENTS[name]!.family));
  if (!known || !call.families.includes(known.family)) return invalid('intent', `must be one of ${intents.join(', ')}`);
  const reachable = known.models.flatMap((id) => {
    const model = registry.models.find(id);
    const kind = model && mediaTerms(model)?.kind;
    return model && kind && unitPrice(model) && reachableTargets(registry, model, kind, sandbox, 'auto').length > 0 ? [model] : [];
  });
  if (reachable.length === 0) return fail('no_provider', `No provider is configured for the intent \`${intent}\`.`, { param: 'intent' });
  return ok(reachable);
}

/** The cheapest model that can do this request; of equally cheap ones the first in the list. */
function planIntent(registry: Registry, call: MediaCall, sandbox: boolean, rules: PublicUrlRules): Result<PlannedJob> {
  const models = modelsFor(registry, call, call.fields.intent, sandbox);
  if (!models.ok) return models;
  const plans = models.value.map((model) => planModel(registry, model, call, sandbox, rules));
  return plans.reduce((best, plan) => {
    if (!plan.ok) return best;
    return !best.ok || plan.value.estimateMicro < best.value.estimateMicro ? plan : best;
  });
}

/** For pictures, only resolutions with a price may be asked for, whatever the model could make. */
export function termsOf(model: Model): MediaTerms {
  const terms = { ...mediaTerms(model)!, ...coveredLengths(model), ...pricesByQuality(model) };
  const { tierMicro } = unitPrice(model)!;
  return tierMicro && terms.kind === 'image' ? { ...terms, resolutions: Object.keys(tierMicro) } : terms;
}

/** The resolution up to which one price covers a film. */
const USUAL_LINES = 1_080;

/** `2160p`, `2k`, `4K`. */
const isBeyond = (resolution: string): boolean =>
  Number(/^(\d{3,5})p?$/i.exec(resolution)?.[1] ?? 0) > USUAL_LINES || /^\d+k$/i.test(resolution);

/** Where only some of a film's resolutions have prices, the others are refused, or they would be made at a wrong price. */
function refuseResolution({ tierMicro }: UnitPrice, input: MediaInput, name: string) {
  if (input.kind !== 'video') return undefined;
  if (!tierMicro) {
    const larger = input.resolution !== undefined && isBeyond(input.resolution);
    return larger ? invalid(name, `is beyond what the price is for: ${USUAL_LINES}p at most`) : undefined;
  }
  const offered = Object.keys(tierMicro).join(', ');
  if (input.extra.size !== undefined) return invalid('size', `is not read here; \`resolution\` may be one of ${offered}`);
  if (input.resolution === undefined || Object.hasOwn(tierMicro, input.resolution.toLowerCase())) return undefined;
  return invalid(name, name === 'size' ? `is of ${input.resolution}; there is ${offered}` : `must be one of ${offered}`);
}

export function planJob(registry: Registry, call: MediaCall, sandbox: boolean, rules: PublicUrlRules): Result<PlannedJob> {
  if (!call.fields.model && call.fields.intent) return planIntent(registry, call, sandbox, rules);
  const found = findModel(registry, call, sandbox);
  return found.ok ? planModel(registry, found.value, call, sandbox, rules) : found;
}

const BROUGHT_NAMES = {
  mask: () => ['mask', 'mask_url'],
  lastFrame: () => LAST_FRAMES,
  references: (kind: MediaKind) => (kind === 'video' ? FILM_REFERENCES : REFERENCES),
};
const LEFT_OUT = 'brings what no provider of this model that is configured here has a place for';

const isReadLater = (input: MediaInput): boolean => input.kind === 'asr' && 'url' in input.audio;

function planModel(registry: Registry, model: Model, call: MediaCall, sandbox: boolean, rules: PublicUrlRules): Result<PlannedJob> {
  const terms = termsOf(model);
  const fields = new Fields(call.fields, call.uploads, rules);
  const mode = fields.oneOf(['mode'], ['auto', 'fast']);
  if (!mode.ok) return mode;
  fields.ignore('model', 'intent', 'webhook_url', 'webhookUrl', 'user');
  const input = readInput(terms.kind, fields, terms);
  if (!input.ok) return input;
  const unread = fields.unreadUpload();
  if (unread !== undefined) return invalid(unread, `holds a file, and is no name of one that \`${model.id}\` takes`);
  const unpriced = refuseResolution(unitPrice(model)!, input.value, fields.nameOf(['resolution', 'size']));
  if (unpriced) return unpriced;
  const chosen = mode.value === 'fast' ? 'fast' : 'auto';
  const targets = reachableTargets(registry, model, terms.kind, sandbox, chosen);
  if (targets.length === 0)
    return chosen === 'fast' && reachableTargets(registry, model, terms.kind, sandbox, 'auto').length > 0
      ? fail('model_unavailable', `The model \`${model.id}\` has no fast mode here; leave \`mode\` out.`, { param: 'mode' })
      : fail('no_provider', `No provider is configured for \`${model.id}\`.`, { param: 'model' });
  const leftOut = leftOutOf(targets, input.value);
  if (leftOut) return invalid(fields.nameOf(BROUGHT_NAMES[leftOut](terms.kind)), LEFT_OUT);
  const priced = priceJob(unitPrice(model)!, terms, input.value, chosen);
  const { catalogueVersion } = registry;
  // Recordings that came with the request have been measured already and need not be when the job is sent.
  const audioSecondsARequest = isReadLater(input.value) ? terms.audioSecondsARequest : undefined;
  return ok({
    model,
    terms,
    input: input.value,
    plan: {
      ...priced,
      mode: chosen,
      sandbox,
      ...(catalogueVersion !== undefined && { catalogueVersion }),
      ...(audioSecondsARequest !== undefined && { audioSecondsARequest }),
    },
    rateFamily: rateFamily(model.family),
    minimumTier: minimumTierOf(model),
    estimateMicro: estimateMicro(priced),
  });
}
