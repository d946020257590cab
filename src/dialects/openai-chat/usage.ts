import type { Usage } from '../../core/usage';
import type { Receipt } from '../types';

/** Usage in this format, whose prompt count includes cached tokens. */
export const usageObject = ({ inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens }: Usage) => {
  const promptTokens = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
  return { prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens };
};

/** The upstream's own usage, or ours where it sent none. */
export const shownUsage = ({ reported, usage }: Receipt): Record<string, unknown> => reported ?? { ...usageObject(usage), estimated: true };
