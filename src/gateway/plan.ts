import { type ErrorKind, fail, ok, type Result } from '../core/errors';
import { ENDPOINT_OF, type RateFamily, rateFamily } from '../core/family';
import { fromCredits, type MicroCredits, type TokenPrice } from '../core/money';
import { higherTier, type TierId } from '../core/tiers';
import { NO_USAGE, type Usage } from '../core/usage';
import type { Bridge, BridgedRequest, Call, Dialect, RequestTarget } from '../dialects/types';
import { wholePrice } from '../providers/catalogue/beside';
import type { Registry } from '../providers/registry';
import type { Model } from '../providers/types';
import { callCostMicro } from './call-cost';
import { endpointsOf, isReachable, type Reached, targetsOf } from './reach';
import type { StoredAnswer } from './stored-answer';
import { refuseForProviders, withoutUnpriced } from './unpriced';

export interface PlannedTarget extends Reached<Bridge> {
  /** The plan of the model that this target serves, where that is an alternative to the first one. */
  plan?: Plan | undefined;
}

/** Everything decided about a call before anything is held or sent. */
export interface Plan {
  model: Model;
  price: TokenPrice;
  /** Which of the operator's changes to the catalogue were in force. */
  catalogueVersion: string | undefined;
  targets: readonly PlannedTarget[];
  rateFamily: RateFamily;
  minimumTier: TierId;
  minimumBalanceMicro: MicroCredits;
  estimateMicro: MicroCredits;
  /** The most that the call can cost where nobody can stop it on its way; see `worstMicro`. */
  worstMicro: MicroCredits;
  /** Set where the account has prices of its own, which all amounts here then are at. */
  pricePermille?: number;
  /** The models to ask when all targets of this one fail. Their targets come last in `targets`. */
  alternatives?: readonly Model[];
  /** The answer that the call goes on from, with the name that its client knows it by. */
  continued: (StoredAnswer & { name: string }) | undefined;
}

/** How much of a client's text an error quotes. */
const MAX_QUOTED_CHARS = 200;
/** What an account must have before any language-model call, whatever that costs. */
const MINIMUM_BALANCE_MICRO = fromCredits(200);
/** The output that is held for where a call allows more, or sets no bound: holding the worst case would lock small accounts out. */
const TYPICAL_OUTPUT_TOKENS = 4_096;
/** For models whose longest answer is not in the catalogue. */
const LONGEST_OUTPUT_TOKENS = 32_768;

/** The models that can be called at an endpoint, as the gateway is configured. */
export const availableModels = (registry: Registry, { families, wires }: Dialect, sandbox: boolean): string[] =>
  registry.models.availableIds(families).filter((id) => isReachable(registry, registry.models.find(id)!, wires, sandbox));

/** The model that a name stands for, if the dialect's endpoint serves it. */
export function findModel(registry: Registry, dialect: Dialect, name: string, sandbox: boolean): Result<Model> {
  const model = registry.models.find(name);
  if (!model)
    return fail('unknown_model', `The model \`${name.slice(0, MAX_QUOTED_CHARS)}\` does not exist${plainName(registry, name)}.`, {
      param: 'model',
      code: 'model_not_found',
      details: { available_models: availableModels(registry, dialect, sandbox) },
    });
  if (!dialect.families.includes(model.family))
    return fail('wrong_endpoint', `The model \`${model.id}\` is not served here; use ${ENDPOINT_OF[model.family]}.`, {
      param: 'model',
      details: { available_models: availableModels(registry, dialect, sandbox) },
    });
  return ok(model);
}

/** At OpenRouter, a word after a colon says how a model is served: https://openrouter.ai/docs/guides/routing/model-variants/online */
function plainName({ models }: Registry, name: string): string {
  const [plain = '', ...words] = name.split(':');
  if (words.length === 0 || !models.find(plain)) return '';
  return `; \`${plain}\` does, and how it is served is for the gateway's operator to say`;
}

/** Decides which targets to try, in which order, and how much to hold. */
export function planCall(registry: Registry, dialect: Dialect, call: Call, sandbox: boolean, stored?: StoredAnswer): Result<Plan> {
  const planned = planModel(registry, dialect, call, sandbox, stored);
  const others = call.alternatives?.map((other) => planModel(registry, dialect, other, sandbox, stored));
  return others ? inTurn([planned, ...others]) : planned;
}

/** A name that no model has fails the whole call. A model that merely cannot be had now is what the alternatives are for. */
const MISTAKES: ReadonlySet<ErrorKind> = new Set(['unknown_model', 'wrong_endpoint']);

/** Puts the models' targets one after the other. The hold covers the dearest model; the charge is that of the model that answers. */
function inTurn(planned: readonly Result<Plan>[]): Result<Plan> {
  const errors = planned.flatMap((one) => (one.ok ? [] : [one.error]));
  const mistake = errors.find(({ kind }) => MISTAKES.has(kind));
  const plans = planned.flatMap((one) => (one.ok ? [one.value] : []));
  const [first, ...others] = plans;
  if (mistake || !first) return { ok: false, error: mistake ?? errors[0]! };
  const held = {
    estimateMicro: Math.max(...plans.map((plan) => plan.estimateMicro)),
    worstMicro: Math.max(...plans.map((plan) => plan.worstMicro)),
  };
  return ok({
    ...first,
    ...held,
    minimumTier: plans.map((plan) => plan.minimumTier).reduce(higherTier),
    targets: [...first.targets, ...others.flatMap((plan) => plan.targets.map((target) => ({ ...target, plan: { ...plan, ...held } })))],
    alternatives: others.map(({ model }) => model),
  });
}

function planModel(registry: Registry, dialect: Dialect, call: Call, sandbox: boolean, stored?: StoredAnswer): Result<Plan> {
  const found = findModel(registry, dialect, call.model, sandbox);
  if (!found.ok) return found;
  const model = found.value;
  if (model.price?.per !== 'token')
    return fail('model_unavailable', `The model \`${model.id}\` is listed without a price and cannot be called yet.`, { param: 'model' });
  const reachable = targetsOf(registry, dialect, call, model, sandbox);
  const targets = stored ? reachable.filter(({ provider }) => provider.spec.id === stored.provider) : reachable;
  if (targets.length === 0 && stored && call.continues) return { ok: false, error: call.continues.missing };
  if (targets.length === 0) return unreachable(registry, dialect, call, model, sandbox);
  const refused = refuseForProviders(
    call,
    targets.map(({ provider }) => provider.spec),
  );
  if (refused) return { ok: false, error: refused };
  const price = wholePrice(model, model.price);
  return ok({
    model,
    price,
    catalogueVersion: registry.catalogueVersion,
    targets,
    rateFamily: rateFamily(model.family),
    minimumTier: model.minimumTier ?? 'free',
    minimumBalanceMicro: MINIMUM_BALANCE_MICRO,
    estimateMicro: estimateMicro(call, price, longestInputTokens(model)),
    worstMicro: worstMicro(call, model, price),
    continued: stored && call.continues && { ...stored, name: call.continues.name },
  });
}

/** Why nothing can serve the call: because of what it asks for, the format that it came in, or the lack of any provider. */
function unreachable(registry: Registry, dialect: Dialect, call: Call, model: Model, sandbox: boolean): Result<never> {
  if (isReachable(registry, model, dialect.wires, sandbox)) {
    const field = dialect.wires.map((wire) => call.beyond?.(wire)).find((name) => name !== undefined);
    const asked = field === undefined ? 'what this request asks for' : `what this request asks for in \`${field}\``;
    return fail(
      'invalid_request',
      `None of the providers that are configured for \`${model.id}\` can serve ${asked}.`,
      field === undefined ? {} : { param: field },
    );
  }
  const endpoints = endpointsOf(registry, model, sandbox);
  return endpoints.length > 0
    ? fail('wrong_endpoint', `The model \`${model.id}\` is not served here as the gateway is configured; use ${endpoints.join(' or ')}.`, {
        param: 'model',
        details: { available_models: availableModels(registry, dialect, sandbox) },
      })
    : fail('no_provider', `No provider is configured for \`${model.id}\`.`, { param: 'model' });
}

/** The bound of one answer (a call may ask for several). */
export const longestOutputTokens = (call: Call, model: Model): number =>
  call.maxOutputTokens ?? model.maxOutputTokens ?? LONGEST_OUTPUT_TOKENS;

/** Of an embedding, each text may be as long as the context. */
const longestInputTokens = ({ family, contextTokens }: Model): number =>
  family === 'embedding' ? Number.POSITIVE_INFINITY : (contextTokens ?? Number.POSITIVE_INFINITY);

/** The likely cost: the prompt, and for each answer its bound or a typical length, whichever is less. */
export const estimateMicro = (call: Call, price: TokenPrice, contextTokens = Number.POSITIVE_INFINITY): MicroCredits =>
  costOf(call, price, Math.min(call.estimatedInputTokens, contextTokens), typicalOutputTokens(call), likelyWork(call));

const typicalOutputTokens = ({ maxOutputTokens }: Call): number =>
  Math.min(maxOutputTokens ?? TYPICAL_OUTPUT_TOKENS, TYPICAL_OUTPUT_TOKENS);

/** Tools are rarely run more often, whatever bound the call sets. */
const TYPICAL_RUNS = 10;

const likelyWork = ({ statedWork = {} }: Call): Partial<Usage> =>
  Object.fromEntries(Object.entries(statedWork).map(([name, most]) => [name, Math.min(most, TYPICAL_RUNS)]));

/**
 * What a call may cost beyond the estimate without anybody being able to stop it. A stream is watched as it grows, so
 * only its prompt is uncertain: what its files come to, and what of it is written to a cache. Of other answers the
 * length is uncertain too.
 */
function worstMicro(call: Call, model: Model, price: TokenPrice): MicroCredits {
  const watched = call.stream && call.background !== true;
  if (watched && call.worstInputTokens <= call.estimatedInputTokens && !call.cacheWrites) return 0;
  const inputTokens = Math.min(call.worstInputTokens, longestInputTokens(model));
  const written = call.cacheWrites && { [CACHE_BUCKETS[call.cacheWrites]]: inputTokens };
  const [outputTokens, work] = watched
    ? [typicalOutputTokens(call), likelyWork(call)]
    : [longestOutputTokens(call, model), call.statedWork];
  return costOf(call, price, written ? 0 : inputTokens, outputTokens, { ...work, ...written });
}

const CACHE_BUCKETS = { '5m': 'cacheWrite5mTokens', '1h': 'cacheWrite1hTokens' } as const satisfies Record<string, keyof Usage>;

/** The cost of a call with this much input, this much output for each answer, and this much other work. */
function costOf(call: Call, price: TokenPrice, inputTokens: number, outputTokens: number, work: Partial<Usage> = {}): MicroCredits {
  const written = call.choices * outputTokens;
  const outputAudioTokens = call.speaks ? written : 0;
  const usage = { ...NO_USAGE, ...work, inputTokens, outputTokens: written, outputAudioTokens };
  return callCostMicro(call, usage, price);
}

export interface UpstreamRequest<Body> {
  url: string;
  headers: Record<string, string>;
  body: Body;
}

/** URL, headers and body of one request to a target. */
export function upstreamRequest<B extends { request(target: RequestTarget): BridgedRequest }>(
  { provider, wire, model, bridge }: Reached<B>,
  apiKey: string | undefined,
  how: { stream: boolean; moved: boolean; storedId: string | undefined },
): UpstreamRequest<string> {
  const { body, headers, method, pathSuffix } = bridge.request({
    model,
    moved: how.moved,
    storedId: how.storedId,
    boundName: provider.spec.boundName,
  });
  return {
    url: provider.baseUrl + wire.path({ model, stream: how.stream, method }) + (pathSuffix ?? ''),
    headers: {
      'content-type': 'application/json',
      ...wire.headers,
      ...headers,
      ...provider.spec.headers,
      ...(apiKey !== undefined && wire.authorize(apiKey)),
    },
    body: withoutUnpriced(body, provider.spec),
  };
}
