import { type Fields, isRecord } from '../../core/record';
import type { Usage } from '../../core/usage';
import type { Receipt } from '../types';

/** Usage in Google's terms: the prompt count includes cached tokens, the candidates' count excludes thoughts. */
function usageMetadata({ outputTokens, reasoningTokens, cacheReadTokens, ...usage }: Usage): Fields {
  const promptTokenCount = usage.inputTokens + cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  return {
    promptTokenCount,
    candidatesTokenCount: outputTokens - reasoningTokens,
    totalTokenCount: promptTokenCount + outputTokens,
    ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    ...(cacheReadTokens > 0 && { cachedContentTokenCount: cacheReadTokens }),
  };
}

/** For upstreams that report usage in terms other than Google's. */
export const convertedUsage = ({ usage, reported, creditsUsed }: Receipt): Fields => ({
  ...usageMetadata(usage),
  ...(reported === undefined && { estimated: true }),
  creditsUsed,
});

/** The upstream's own usage, or ours where it sent none. */
export const shownUsage = (receipt: Receipt): Fields =>
  isRecord(receipt.reported) ? { ...receipt.reported, creditsUsed: receipt.creditsUsed } : convertedUsage(receipt);
