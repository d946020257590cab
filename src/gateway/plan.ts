import { fail, ok, type Result } from '../core/errors';
import { type RateFamily, rateFamily } from '../core/family';
import { fromCredits, type MicroCredits, type TokenPrice, tokenCostMicro } from '../core/money';
import type { TierId } from '../core/tiers';
import { NO_USAGE, type Usage } from '../core/usage';
import type { WireId } from '../core/wire-id';
import type { Bridge, BridgedRequest, Call, Dialect, RequestTarget } from '../dialects/types';
import { wholePrice } from '../providers/catalogue/beside';
import type { Registry } from '../providers/registry';
import type { Model, Provider, Target, Wire } from '../providers/types';
import type { StoredAnswer } from './stored-answer';
import { refuseForProviders, withoutUnpriced } from './unpriced';

export interface Reached<B> {
  provider: Provider;
  /** The provider's own id for the model. */
  model: string;
  wire: Wire;
  bridge: B;
}

export type PlannedTarget = Reached<Bridge>;

/** Everything decided about a call before anything is held or sent. */
export interface Plan {
  model: Model;
  price: TokenPrice;
  /** Whose price it is: the operator's changes to the catalogue that were in force. */
  catalogueVersion: string | undefined;
  targets: readonly PlannedTarget[];
  rateFamily: RateFamily;
  minimumTier: TierId;
  minimumBalanceMicro: MicroCredits;
  estimateMicro: MicroCredits;
  /** The most that it can come to: a stream is watched on its way, an answer in one piece is not. */
  worstMicro: MicroCredits;
  /** The answer that the call goes on from, and what its client calls it. */
  continued: (StoredAnswer & { name: string }) | undefined;
}

/** Of what a client sent, in an error. */
const MAX_QUOTED_CHARS = 200;
/** Language models ask for this much on the account, whatever a call costs. */
const MINIMUM_BALANCE_MICRO = fromCredits(200);
/** Assumed for an answer whose bound is larger or unknown: holding the worst case would lock small accounts out. */
const TYPICAL_OUTPUT_TOKENS = 4_096;
/** Of a model whose longest answer nobody noted. */
const LONGEST_OUTPUT_TOKENS = 32_768;

/** Which endpoint a family belongs to, for those who knock at another's. */
const ENDPOINTS: Record<string, string> = {
  messages: '/v1/messages',
  image: '/v1/images/generations',
  video: '/v1/videos/generate',
  audio: '/v1/audio/generations',
  '3d': '/v1/3d/generate',
  gpu: '/v1/gpu/{slug}',
};

/** The provider that answers in-process: for test keys, and for a local run in which no other has a key. */
const SANDBOX = 'sandbox';

/** The targets that can be reached, each over the first of the dialect's wires that it speaks and the call can cross. */
export function targetsOf<B>(
  registry: Registry,
  dialect: Dialect,
  call: { over(wire: WireId): B | undefined },
  model: Model,
  sandbox: boolean,
): Reached<B>[] {
  const chain: readonly Target[] = sandbox ? [{ provider: SANDBOX, model: model.id }] : model.chain;
  return chain.flatMap((target) => {
    const provider = registry.providers.get(target.provider);
    for (const id of provider ? dialect.wires : []) {
      const wire = provider!.spec.wires.find((spoken) => spoken.id === id && target.wires?.includes(id) !== false);
      const bridge = wire && call.over(id);
      if (bridge) return [{ provider: provider!, model: target.model, wire, bridge }];
    }
    return [];
  });
}

/** Can the model be had at all, in one of these formats? */
export const isReachable = ({ providers }: Registry, model: Model, wires: Dialect['wires'], sandbox: boolean): boolean =>
  sandbox ||
  model.chain.some((target) =>
    providers.get(target.provider)?.spec.wires.some(({ id }) => wires.includes(id) && target.wires?.includes(id) !== false),
  );

/** What can be called at an endpoint as the gateway is configured. */
export const availableModels = (registry: Registry, { families, wires }: Dialect, sandbox: boolean): string[] =>
  registry.models.availableIds(families).filter((id) => isReachable(registry, registry.models.find(id)!, wires, sandbox));

/** The model that a name stands for, if the dialect's endpoint serves it. */
export function findModel(registry: Registry, dialect: Dialect, name: string, sandbox: boolean): Result<Model> {
  const model = registry.models.find(name);
  if (!model)
    return fail('unknown_model', `The model \`${name.slice(0, MAX_QUOTED_CHARS)}\` does not exist.`, {
      param: 'model',
      code: 'model_not_found',
      details: { available_models: availableModels(registry, dialect, sandbox) },
    });
  if (!dialect.families.includes(model.family))
    return fail('wrong_endpoint', `The model \`${model.id}\` is not served here; use ${ENDPOINTS[model.family] ?? 'another endpoint'}.`, {
      param: 'model',
    });
  return ok(model);
}

/** Decides where to try the call, in which order, and what to hold for it. */
export function planCall(registry: Registry, dialect: Dialect, call: Call, sandbox: boolean, stored?: StoredAnswer): Result<Plan> {
  const found = findModel(registry, dialect, call.model, sandbox);
  if (!found.ok) return found;
  const model = found.value;
  if (model.price?.per !== 'token')
    return fail('model_unavailable', `The model \`${model.id}\` is listed without a price and cannot be called yet.`, { param: 'model' });
  const reachable = targetsOf(registry, dialect, call, model, sandbox);
  const targets = stored ? reachable.filter(({ provider }) => provider.spec.id === stored.provider) : reachable;
  if (targets.length === 0 && stored && call.continues) return { ok: false, error: call.continues.missing };
  if (targets.length === 0 && isReachable(registry, model, dialect.wires, sandbox))
    return fail('invalid_request', `None of the providers that are configured for \`${model.id}\` can serve what this request asks for.`);
  const refused = refuseForProviders(
    call,
    targets.map(({ provider }) => provider.spec),
  );
  if (refused) return { ok: false, error: refused };
  if (targets.length === 0) return fail('no_provider', `No provider is configured for \`${model.id}\`.`, { param: 'model' });
  const price = wholePrice(model, model.price);
  return ok({
    model,
    price,
    catalogueVersion: registry.catalogueVersion,
    targets,
    rateFamily: rateFamily(model.family),
    minimumTier: model.minimumTier ?? 'free',
    minimumBalanceMicro: MINIMUM_BALANCE_MICRO,
    estimateMicro: estimateMicro(call, price),
    worstMicro: call.stream ? 0 : costOf(call, price, longestOutputTokens(call, model), call.statedWork),
    continued: stored && call.continues && { ...stored, name: call.continues.name },
  });
}

/** The bound of each answer. */
export const longestOutputTokens = (call: Call, model: Model): number =>
  call.maxOutputTokens ?? model.maxOutputTokens ?? LONGEST_OUTPUT_TOKENS;

/** The likely cost: the prompt as it is, and for each answer its bound or a typical length. */
export const estimateMicro = (call: Call, price: TokenPrice): MicroCredits =>
  costOf(call, price, Math.min(call.maxOutputTokens ?? TYPICAL_OUTPUT_TOKENS, TYPICAL_OUTPUT_TOKENS), likelyWork(call));

/** Tools run seldom so often; what bounds them may be any number. */
const TYPICAL_RUNS = 10;

const likelyWork = ({ statedWork = {} }: Call): Partial<Usage> =>
  Object.fromEntries(Object.entries(statedWork).map(([name, most]) => [name, Math.min(most, TYPICAL_RUNS)]));

/** What the call comes to where each answer is so long. */
function costOf(call: Call, price: TokenPrice, outputTokens: number, work: Partial<Usage> = {}): MicroCredits {
  const written = call.choices * outputTokens;
  const outputAudioTokens = call.speaks ? written : 0;
  const usage = { ...NO_USAGE, ...work, inputTokens: call.estimatedInputTokens, outputTokens: written, outputAudioTokens };
  return Math.max(tokenCostMicro(usage, price), call.leastMicro?.(usage) ?? 0);
}

/** Address, headers and body of one request to a target. */
export function upstreamRequest<B extends { request(target: RequestTarget): BridgedRequest }>(
  { provider, wire, model, bridge }: Reached<B>,
  apiKey: string | undefined,
  how: { stream: boolean; moved: boolean; storedId: string | undefined },
): { url: string; headers: Record<string, string>; body: string } {
  const { body, headers, path, pathSuffix } = bridge.request({ model, moved: how.moved, storedId: how.storedId });
  return {
    url: provider.baseUrl + (path ?? wire.path({ model, stream: how.stream })) + (pathSuffix ?? ''),
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
