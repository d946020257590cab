import { fromCredits, MICRO_PER_USD, usdPerMtok } from '../../core/money';
import type { Model, Price, Target } from '../types';

/** USD per million tokens of input and of output. */
export const perToken = (inputUsd: number, outputUsd: number): Price => ({
  per: 'token',
  inputMicroPerMtok: usdPerMtok(inputUsd),
  outputMicroPerMtok: usdPerMtok(outputUsd),
});

/**
 * The same with prices for prompt caching, as multiples of the input price that Anthropic publishes
 * (https://platform.claude.com/docs/en/about-claude/pricing).
 */
export const perCachedToken = (inputUsd: number, outputUsd: number): Price => ({
  per: 'token',
  inputMicroPerMtok: usdPerMtok(inputUsd),
  outputMicroPerMtok: usdPerMtok(outputUsd),
  cacheReadMicroPerMtok: usdPerMtok(inputUsd * 0.1),
  cacheWrite5mMicroPerMtok: usdPerMtok(inputUsd * 1.25),
  cacheWrite1hMicroPerMtok: usdPerMtok(inputUsd * 2),
});

type UnitPrice = Exclude<Price, { per: 'token' }>;
type Unit = UnitPrice['per'];
export const inUsd = (usd: number, per: Unit): UnitPrice => ({ per, micro: Math.round(usd * MICRO_PER_USD) });
export const inCredits = (credits: number, per: Unit): UnitPrice => ({ per, micro: fromCredits(credits) });

/** In credits. The documents name a price for the first tier only; the others are ours. */
export const inTiers = (price: UnitPrice, credits: Readonly<Record<string, number>>): UnitPrice => ({
  ...price,
  tierMicro: Object.fromEntries(Object.entries(credits).map(([tier, amount]) => [tier, fromCredits(amount)])),
});

export const UNPRICED = 'Listed without a price.';

/** The maker first, then OpenRouter, each with its own id for the model. */
export const chain = (maker: string, makerId: string, openrouterId: string): readonly Target[] => [
  { provider: maker, model: makerId },
  { provider: 'openrouter', model: openrouterId },
];

export const viaOpenrouter = (model: string): readonly Target[] => [{ provider: 'openrouter', model }];

/** OpenAI serves its codex and pro models over Responses only (https://platform.openai.com/docs/models); OpenRouter converts. */
export const responsesOnly = (id: string): readonly Target[] => [
  { provider: 'openai', model: id, wires: ['openai-responses'] },
  ...viaOpenrouter(`openai/${id}`),
];

/**
 * From GPT-5.4 on, OpenAI takes tools over Responses only when the model reasons, which GPT-5.5 does by default
 * (https://github.com/openai/openai-openapi/issues/541); OpenRouter converts.
 */
export const toolsByResponses = (id: string): readonly Target[] => [
  { provider: 'openai', model: id, toolWires: ['openai-responses'] },
  ...viaOpenrouter(`openai/${id}`),
];

/** For models without a provider. */
export const NO_CHAIN: readonly Target[] = [];

type Limits = Pick<Model, 'contextTokens' | 'maxOutputTokens' | 'capabilities'>;

/** Limits and capabilities that whole model lines share: the makers' figures, as collected by https://models.dev */
export const GPT_400K: Limits = {
  contextTokens: 400_000,
  maxOutputTokens: 128_000,
  capabilities: ['vision', 'tools', 'reasoning', 'structured_output'],
};
export const GPT_1M: Limits = { ...GPT_400K, contextTokens: 1_050_000 };
export const GEMINI: Limits = {
  contextTokens: 1_048_576,
  maxOutputTokens: 65_536,
  capabilities: ['vision', 'audio', 'tools', 'reasoning', 'structured_output'],
};
export const GEMINI_2_0: Limits = {
  contextTokens: 1_048_576,
  maxOutputTokens: 8_192,
  capabilities: ['vision', 'audio', 'tools', 'structured_output'],
};
