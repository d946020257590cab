import { isRecord } from '../../core/record';
import type { Receipt } from '../types';

const INPUT_COUNTS = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const;
const isInputCount = (name: string): boolean => (INPUT_COUNTS as readonly string[]).includes(name);

/**
 * Merges a later usage object over an earlier one. Both are cumulative, but the later one may hold only a part, and
 * some upstreams fill the rest with zeros. So a zero input count is ignored unless another input count comes with it.
 */
export function overlaidUsage(before: unknown, after: unknown): unknown {
  if (!isRecord(after)) return before;
  if (!isRecord(before)) return after;
  const tellsInput = INPUT_COUNTS.some((name) => Number(after[name]) > 0);
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    if (value === null || value === undefined) continue;
    const isBlank = value === 0 && (isInputCount(name) ? !tellsInput : name === 'output_tokens');
    if (!isBlank || merged[name] === undefined || merged[name] === null) merged[name] = value;
  }
  return merged;
}

export const countsOutput = (usage: unknown): boolean => isRecord(usage) && typeof usage.output_tokens === 'number';

/** The opening's usage without its output count of a token or two, which was sent before there was any output. */
export const withoutOutput = (usage: unknown): unknown => (isRecord(usage) ? { ...usage, output_tokens: undefined } : usage);

/** The upstream's own usage, or ours where it sent none. */
export function shownUsage({ reported, usage }: Receipt): Record<string, unknown> {
  return (
    reported ?? {
      input_tokens: usage.inputTokens,
      cache_creation_input_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
      cache_read_input_tokens: usage.cacheReadTokens,
      output_tokens: usage.outputTokens,
      estimated: true,
    }
  );
}
