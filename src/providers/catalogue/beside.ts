import { LIST_PERMILLE, MICRO_PER_USD, microAt, priceAt, type TokenPrice, usdPerMtok } from '../../core/money';
import type { Model } from '../types';

const usd = (amount: number): number => Math.round(amount * MICRO_PER_USD);

/**
 * What the makers bill beside text tokens, at their list prices; a model's own price may override them. OpenAI's tools:
 * https://platform.openai.com/docs/pricing#built-in-tools; pictures at the price of the dearest of its models:
 * https://platform.openai.com/docs/models/gpt-image-1. Anthropic's search costs as much as OpenAI's:
 * https://platform.claude.com/docs/en/about-claude/pricing#tool-use-pricing. Google's is priced by the search, and its
 * maps by the prompt: https://ai.google.dev/gemini-api/docs/pricing
 */
const LIST: Partial<TokenPrice> = {
  webSearchMicro: usd(0.01),
  fileSearchMicro: usd(0.0025),
  containerMicro: usd(0.03),
  imageInputMicroPerMtok: usdPerMtok(10),
  imageOutputMicroPerMtok: usdPerMtok(40),
  groundedPromptMicro: 0,
  groundingQueryMicro: usd(0.014),
  mapPromptMicro: usd(0.025),
};

/** Before generation 3, a prompt is billed once however often the model searches for it (same page). */
const BY_PROMPT: Partial<TokenPrice> = { groundedPromptMicro: usd(0.035), groundingQueryMicro: 0 };
const BILLED_BY_PROMPT = /^gemini-2\./;

/** Anthropic's container costs 0.05 USD an hour and runs no longer than a call, a quarter of an hour at most (same page as its search). */
const OF_MESSAGES: Partial<TokenPrice> = { containerMicro: usd(0.0125) };

/** USD per million tokens of sound, heard and spoken, by the maker's id: https://platform.openai.com/docs/models/gpt-audio */
const SOUND: Readonly<Record<string, readonly [input: number, output: number]>> = { 'gpt-audio-1.5': [32, 64] };

function soundOf({ chain }: Model): Partial<TokenPrice> {
  const found = chain.map(({ model }) => SOUND[model]).find((usdOfSound) => usdOfSound !== undefined);
  return found ? { audioInputMicroPerMtok: usdPerMtok(found[0]), audioOutputMicroPerMtok: usdPerMtok(found[1]) } : {};
}

/** A model's price, completed with what is billed beside its tokens. */
export const wholePrice = (model: Model, price: TokenPrice): TokenPrice => ({
  ...LIST,
  ...(model.chain.some((target) => BILLED_BY_PROMPT.test(target.model)) && BY_PROMPT),
  ...(model.family === 'messages' && OF_MESSAGES),
  ...soundOf(model),
  ...price,
});

/** A model at a share of its prices, those beside its tokens included. */
export function modelAt(model: Model, permille: number): Model {
  const { price } = model;
  if (!price || permille === LIST_PERMILLE) return model;
  if (price.per === 'token') return { ...model, price: { per: 'token', ...priceAt(wholePrice(model, price), permille) } };
  const tiers = Object.entries(price.tierMicro ?? {}).map(([tier, micro]) => [tier, microAt(micro, permille)] as const);
  const tierMicro = price.tierMicro && { tierMicro: Object.fromEntries(tiers) };
  return { ...model, price: { ...price, micro: microAt(price.micro, permille), ...tierMicro } };
}
