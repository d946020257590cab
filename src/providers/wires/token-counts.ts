/** No call has this many tokens; a larger count is an upstream's mistake and must not be charged. */
const MAX_TOKENS = 100_000_000;

const INVALID = Symbol('invalid');

function tokenCount(value: unknown): number | undefined | typeof INVALID {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : INVALID;
}

/** Counts by name; undefined if one of them is not a token count. */
export function readTokenCounts<Name extends string>(values: Record<Name, unknown>): Partial<Record<Name, number>> | undefined {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of Object.keys(values) as Name[]) {
    const value = tokenCount(values[name]);
    if (value === INVALID) return undefined;
    if (value !== undefined) counts[name] = value;
  }
  return counts;
}

interface Counted {
  prompt: number;
  completion: number;
  /** Tokens read from or written to a cache. */
  cached: number;
  total: number | undefined;
}

/**
 * The whole prompt's tokens. They include cached tokens, except where the total shows that the provider counts those
 * separately: https://github.com/Menci/Floway/pull/350
 */
export const wholePrompt = ({ prompt, completion, cached, total }: Counted): number =>
  cached > 0 && total === prompt + completion + cached ? prompt + cached : prompt;

/** The sound in what was neither read from nor written to a cache. Providers count cached sound as sound too: https://github.com/langwatch/langwatch/issues/7048 */
export const uncachedAudio = (
  inputTokens: number,
  { inputAudio = 0, cachedAudio = 0 }: { inputAudio?: number; cachedAudio?: number },
): number => Math.min(inputTokens, Math.max(0, inputAudio - cachedAudio));
