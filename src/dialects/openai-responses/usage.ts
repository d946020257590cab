import type { Usage } from '../../core/usage';
import { withCreditsUsed } from '../priced-usage';
import type { Receipt } from '../types';

/** Usage in this format, whose input count includes cached tokens. */
function usageObject({ inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens, reasoningTokens }: Usage) {
  const cacheWriteTokens = cacheWrite5mTokens + cacheWrite1hTokens;
  const allInput = inputTokens + cacheReadTokens + cacheWriteTokens;
  return {
    input_tokens: allInput,
    input_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: allInput + outputTokens,
  };
}

/** The gateway's own figures with the cost. */
export const ownUsage = ({ usage, reported, creditsUsed }: Receipt) => ({
  ...usageObject(usage),
  ...(reported === undefined && { estimated: true }),
  creditsUsed,
});

/** The upstream's own usage with the cost added; ours where that is unreadable. */
export const pricedUsage = (raw: string | undefined, receipt: Receipt): string =>
  raw?.startsWith('{') && receipt.reported !== undefined ? withCreditsUsed(raw, receipt.creditsUsed) : JSON.stringify(ownUsage(receipt));
