import { fail } from '../core/errors';
import { MICRO_PER_USD, toCredits } from '../core/money';
import { openaiChat } from '../dialects/openai-chat/dialect';
import { sandboxAnswers } from '../gateway/pipeline';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import type { Model, Price } from '../providers/types';

/** Those of the endpoints that there are. */
const SERVED_FAMILIES: readonly string[] = openaiChat.families;

const usdOf = (micro: number): number => micro / MICRO_PER_USD;

function priceView(price: Price | undefined) {
  if (!price) return null;
  if (price.per !== 'token') return { per: price.per, credits: toCredits(price.micro), usd: price.micro / MICRO_PER_USD };
  return {
    per: 'mtok',
    input_usd: usdOf(price.inputMicroPerMtok),
    output_usd: usdOf(price.outputMicroPerMtok),
    cache_read_usd: usdOf(price.cacheReadMicroPerMtok ?? price.inputMicroPerMtok),
    input_credits: toCredits(price.inputMicroPerMtok),
    output_credits: toCredits(price.outputMicroPerMtok),
  };
}

/** When the catalogue was last changed; OpenAI's clients expect a time on every model. */
const CATALOGUE_CREATED = 1_763_596_800;

function unavailableReason(model: Model, reachable: boolean): string | undefined {
  if (!model.price) return model.note ?? 'listed without a price';
  if (!SERVED_FAMILIES.includes(model.family)) return 'no endpoint serves it yet';
  return reachable ? undefined : 'no provider is configured for it';
}

function modelView(c: AppContext, model: Model) {
  const { registry, settings } = c.get('gateway');
  const reachable = sandboxAnswers({ registry, settings }) || model.chain.some(({ provider }) => registry.providers.has(provider));
  const reason = unavailableReason(model, reachable);
  return {
    id: model.id,
    object: 'model',
    created: CATALOGUE_CREATED,
    owned_by: model.vendor,
    display_name: model.label,
    family: model.family,
    pricing: priceView(model.price),
    available: reason === undefined,
    ...(reason !== undefined && { unavailable_reason: reason }),
    capabilities: model.capabilities ?? [],
    context_length: model.contextTokens ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    minimum_tier: model.minimumTier ?? 'free',
    aliases: model.aliases ?? [],
  };
}

export function getModels(c: AppContext): Response {
  return c.json({ object: 'list', data: c.get('gateway').registry.models.all.map((model) => modelView(c, model)) });
}

/** A path with a stray percent sign is taken as it stands. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Ids may hold slashes, so the route takes all that follows. */
export function getModel(c: AppContext): Response {
  const id = decoded(c.req.path.replace(/^.*?\/models\//, ''));
  const model = c.get('gateway').registry.models.find(id);
  if (!model) return renderError(c, fail('not_found', `The model \`${id}\` does not exist.`, { param: 'model' }).error);
  return c.json(modelView(c, model));
}

/** The models of an endpoint, for a connectivity check without a key. */
export function listModelsOf(families: readonly string[]) {
  return (c: AppContext): Response => {
    const models = c.get('gateway').registry.models.all.filter((model) => families.includes(model.family));
    return c.json({ object: 'list', data: models.map((model) => modelView(c, model)) });
  };
}
