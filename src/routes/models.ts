import { fail } from '../core/errors';
import { FAMILIES, type Family } from '../core/family';
import { LIST_PERMILLE, type TextPrice, toCredits, toUsd } from '../core/money';
import { minimumTierOf } from '../core/tiers';
import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { geminiModelView } from '../dialects/gemini/models';
import { type ModelFacts, openrouterModel, openrouterPricing } from '../dialects/openrouter/model';
import { endpointTypes } from '../gateway/endpoint-types';
import { endpointsOf, GOOGLES } from '../gateway/reach';
import { clientDialect, clientFormat } from '../http/client-format';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import { modelAt } from '../providers/catalogue/beside';
import { pricesByQuality } from '../providers/catalogue/picture-qualities';
import { sandboxAnswers } from '../providers/registry';
import type { Model } from '../providers/types';
import { askingKey } from './own-key';

function priceView(model: Model) {
  const { price } = model;
  if (!price) return null;
  if (price.per !== 'token') {
    const tiers = Object.entries(price.tierMicro ?? {}).map(([tier, micro]) => [tier, toCredits(micro)] as const);
    const byTier = tiers.length > 0 && { tier_credits: Object.fromEntries(tiers) };
    const { pricesByQuality: byQuality } = pricesByQuality(model);
    return {
      per: price.per,
      credits: toCredits(price.micro),
      usd: toUsd(price.micro),
      ...byTier,
      ...(byQuality && { prices_by_quality: byQuality }),
    };
  }
  const long = price.longPrompts?.map(({ aboveTokens, ...step }) => ({ above_tokens: aboveTokens, ...textPriceView(step) }));
  return { per: 'mtok', ...textPriceView(price), ...(long && { long_prompts: long }) };
}

const textPriceView = ({ inputMicroPerMtok: input, outputMicroPerMtok: output, cacheReadMicroPerMtok: read = input }: TextPrice) => ({
  input_usd: toUsd(input),
  output_usd: toUsd(output),
  cache_read_usd: toUsd(read),
  input_credits: toCredits(input),
  output_credits: toCredits(output),
});

/** When the catalogue was last changed; OpenAI's clients expect a time on every model. */
export const CATALOGUE_CREATED = 1_763_596_800;

function unavailableReason(model: Model, reachable: boolean): string | undefined {
  if (!model.price) return model.note ?? 'listed without a price';
  return reachable ? undefined : 'no provider is configured for it';
}

function factsOf({ id, label, family, price, capabilities = [], contextTokens, maxOutputTokens }: Model): ModelFacts | undefined {
  if (price?.per !== 'token') return undefined;
  const { inputMicroPerMtok: inputMicro, outputMicroPerMtok: outputMicro, cacheReadMicroPerMtok: cacheReadMicro = inputMicro } = price;
  const embeds = family === 'embedding';
  return { id, label, capabilities, embeds, contextTokens, maxOutputTokens, inputMicro, outputMicro, cacheReadMicro };
}

/** OpenRouter's clients see only models with a token price. */
const isOfText = (model: Model): boolean => factsOf(model) !== undefined;

function modelView(c: AppContext, model: Model) {
  const { registry, settings } = c.get('gateway');
  const endpoints = endpointsOf(registry, model, sandboxAnswers({ registry, settings }));
  const reason = unavailableReason(model, endpoints.length > 0);
  const facts = factsOf(model);
  const pricing = priceView(model);
  return {
    id: model.id,
    object: 'model',
    type: 'model',
    created: CATALOGUE_CREATED,
    created_at: new Date(CATALOGUE_CREATED * 1000).toISOString(),
    owned_by: model.vendor,
    display_name: model.label,
    family: model.family,
    pricing: pricing && facts ? { ...pricing, ...openrouterPricing(facts) } : pricing,
    available: reason === undefined,
    ...(reason !== undefined && { unavailable_reason: reason }),
    endpoints,
    supported_endpoint_types: endpointTypes(endpoints),
    capabilities: model.capabilities ?? [],
    context_length: model.contextTokens ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    minimum_tier: minimumTierOf(model),
    aliases: model.aliases ?? [],
    ...(facts && openrouterModel(facts)),
  };
}

interface Catalogue {
  isListed(model: Model): boolean;
  priced(model: Model): Model;
}

/** The whole catalogue at list prices. */
const PUBLIC: Catalogue = { isListed: () => true, priced: (model) => model };

/** What a key may call, at its account's prices. The list is public, so a bad key sees what everybody sees. */
export async function catalogueOf(c: AppContext): Promise<Catalogue> {
  const asking = await askingKey(c);
  if (!asking) return PUBLIC;
  const { models, families } = asking.key;
  const { pricePermille = LIST_PERMILLE } = asking.wallet.profile;
  return {
    isListed: ({ id, family }) => (models.length === 0 || models.includes(id)) && (families.length === 0 || families.includes(family)),
    priced: (model) => modelAt(model, pricePermille),
  };
}

/** A list that OpenAI's, Anthropic's and OpenRouter's clients can all read: https://platform.claude.com/docs/en/api/models-list */
function listOf(c: AppContext, families: readonly Family[], { isListed, priced } = PUBLIC): Response {
  const data = c
    .get('gateway')
    .registry.models.all.filter((model) => families.includes(model.family) && isListed(model))
    .map((model) => modelView(c, priced(model)));
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return c.json({ object: 'list', data, has_more: false, ...ends, total_count: data.length, links: { next: null } });
}

const geminiList = (c: AppContext, { isListed }: Catalogue): Response => {
  const { registry, settings } = c.get('gateway');
  const sandbox = sandboxAnswers({ registry, settings });
  const models = registry.models.all.filter(
    (model) => model.price && isListed(model) && endpointsOf(registry, model, sandbox).includes(GOOGLES),
  );
  return c.json({ models: models.map(geminiModelView) });
};

export async function getModels(c: AppContext): Promise<Response> {
  const format = clientFormat(c);
  const catalogue = await catalogueOf(c);
  if (format === 'gemini') return geminiList(c, catalogue);
  // A model without a token price would break the whole list for these clients.
  const isListed = (model: Model): boolean => isOfText(model) && catalogue.isListed(model);
  if (format === 'openrouter') return listOf(c, FAMILIES, { ...catalogue, isListed });
  return listOf(c, format === 'anthropic' ? anthropicMessages.families : FAMILIES, catalogue);
}

/** A malformed percent-escape is taken literally. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export const noSuchModel = (id: string) => fail('not_found', `The model \`${id}\` does not exist.`, { param: 'model' }).error;

/** Ids may hold slashes, so the route takes the rest of the path. */
export async function getModel(c: AppContext): Promise<Response> {
  const id = decoded(c.req.path.replace(/^.*?\/models\//, ''));
  const model = c.get('gateway').registry.models.find(id);
  if (!model) return renderError(c, noSuchModel(id), clientDialect(c));
  if (clientFormat(c) === 'gemini') return c.json(geminiModelView(model));
  return c.json(modelView(c, (await catalogueOf(c)).priced(model)));
}

/** Both models and lists in the form of OpenRouter's API: https://openrouter.ai/docs/api/api-reference/models/get-model */
export async function getOpenrouterModel(c: AppContext): Promise<Response> {
  const id = decoded(c.req.path.replace(/^.*?\/model\//, ''));
  const model = c.get('gateway').registry.models.find(id);
  if (!model || !isOfText(model)) return renderError(c, noSuchModel(id));
  return c.json({ data: modelView(c, (await catalogueOf(c)).priced(model)) });
}

export const countModels = (c: AppContext): Response => {
  const count = c.get('gateway').registry.models.all.filter(isOfText).length;
  return c.json({ data: { count } });
};

/** https://openrouter.ai/docs/api/api-reference/embeddings/list-all-embeddings-models */
export const getEmbeddingModels = async (c: AppContext): Promise<Response> => listOf(c, ['embedding'], await catalogueOf(c));

/** An endpoint's models, as a connectivity check without a key. */
export const listModelsOf =
  (families: readonly Family[]) =>
  (c: AppContext): Response =>
    listOf(c, families);
