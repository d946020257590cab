/** No call reads or writes as many; a larger figure is a fault of the upstream, and must not become a charge. */
const MAX_TOKENS = 100_000_000;

const INVALID = Symbol('invalid');

function tokenCount(value: unknown): number | undefined | typeof INVALID {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : INVALID;
}

/** Counts by name; undefined as soon as one of them is no token count. */
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
  /** What a cache took part in, read or written. */
  cached: number;
  total: number | undefined;
}

/**
 * The whole prompt. It includes what a cache took part in, but where the total shows that a provider counts that beside it:
 * https://github.com/Menci/Floway/pull/350
 */
export const wholePrompt = ({ prompt, completion, cached, total }: Counted): number =>
  cached > 0 && total === prompt + completion + cached ? prompt + cached : prompt;
