import { fail, ok, type Result } from '../core/errors';
import { type RateFamily, rateFamily } from '../core/family';
import { fromCredits, type MicroCredits, type TokenPrice, tokenCostMicro } from '../core/money';
import type { TierId } from '../core/tiers';
import { NO_USAGE } from '../core/usage';
import type { Call, Dialect } from '../dialects/types';
import type { Registry } from '../providers/registry';
import type { Model, Provider } from '../providers/types';

export interface PlannedTarget {
  provider: Provider;
  /** The provider's own id for the model. */
  model: string;
}

/** Everything decided about a call before anything is held or sent. */
export interface Plan {
  model: Model;
  price: TokenPrice;
  targets: readonly PlannedTarget[];
  rateFamily: RateFamily;
  minimumTier: TierId;
  minimumBalanceMicro: MicroCredits;
  estimateMicro: MicroCredits;
}

/** Language models ask for this much on the account, whatever a call costs. */
/** Of what a client sent, in an error. */
const MAX_QUOTED_CHARS = 200;
const MINIMUM_BALANCE_MICRO = fromCredits(200);
/** Assumed for an answer whose bound is larger or unknown: holding the worst case would lock small accounts out. */
const TYPICAL_OUTPUT_TOKENS = 4_096;

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

function targetsOf(registry: Registry, model: Model, sandbox: boolean): PlannedTarget[] {
  const chain = sandbox ? [{ provider: SANDBOX, model: model.id }] : model.chain;
  return chain.flatMap((target) => {
    const provider = registry.providers.get(target.provider);
    return provider ? [{ provider, model: target.model }] : [];
  });
}

/** What can be called at an endpoint as the gateway is configured. */
export const availableModels = ({ models, providers }: Registry, dialect: Dialect, sandbox: boolean): string[] =>
  models.availableIds(dialect.families).filter((id) => sandbox || models.find(id)?.chain.some(({ provider }) => providers.has(provider)));

/** Finds the model and decides where to try it, in which order, and what to hold for it. */
export function planCall(registry: Registry, dialect: Dialect, call: Call, sandbox: boolean): Result<Plan> {
  const model = registry.models.find(call.model);
  if (!model)
    return fail('unknown_model', `The model \`${call.model.slice(0, MAX_QUOTED_CHARS)}\` does not exist.`, {
      param: 'model',
      code: 'model_not_found',
      details: { available_models: availableModels(registry, dialect, sandbox) },
    });
  if (!dialect.families.includes(model.family))
    return fail('wrong_endpoint', `The model \`${model.id}\` is not served here; use ${ENDPOINTS[model.family] ?? 'another endpoint'}.`, {
      param: 'model',
    });
  if (model.price?.per !== 'token')
    return fail('model_unavailable', `The model \`${model.id}\` is listed without a price and cannot be called yet.`, { param: 'model' });
  const targets = targetsOf(registry, model, sandbox);
  if (targets.length === 0) return fail('no_provider', `No provider is configured for \`${model.id}\`.`, { param: 'model' });
  return ok({
    model,
    price: model.price,
    targets,
    rateFamily: rateFamily(model.family),
    minimumTier: model.minimumTier ?? 'free',
    minimumBalanceMicro: MINIMUM_BALANCE_MICRO,
    estimateMicro: estimateMicro(call, model.price),
  });
}

/** The likely cost: the prompt as it is, and for each answer its bound or a typical length. */
export function estimateMicro(call: Call, price: TokenPrice): MicroCredits {
  const outputTokens = call.choices * Math.min(call.maxOutputTokens ?? TYPICAL_OUTPUT_TOKENS, TYPICAL_OUTPUT_TOKENS);
  return tokenCostMicro({ ...NO_USAGE, inputTokens: call.estimatedInputTokens, outputTokens }, price);
}
