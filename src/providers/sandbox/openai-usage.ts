import type { Counts } from './counts';

/** Usage as Chat Completions and legacy completions write it. */
export const openaiUsage = (counts: Counts) => ({
  prompt_tokens: counts.promptTokens,
  completion_tokens: counts.outputTokens,
  total_tokens: counts.promptTokens + counts.outputTokens,
  prompt_tokens_details: { cached_tokens: counts.cachedTokens, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: counts.reasoningTokens,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});
