/**
 * What a call used, in buckets that add up and never overlap: `inputTokens` holds only what was neither read
 * from nor written to a cache, `reasoningTokens` is a part of `outputTokens`, audio tokens are parts of
 * `inputTokens` and `outputTokens`.
 */
export interface Usage {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  inputAudioTokens: number;
  outputAudioTokens: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  inputAudioTokens: 0,
  outputAudioTokens: 0,
};

/** How sure we are of a charge: the provider's own figures, our estimate, or the most that was held. */
export type UsageSource = 'actual' | 'estimated' | 'ceiling';

/** More than any model reads or writes for one answer, tools and repeated sampling included. */
const MOST_INPUT_TOKENS = 20_000_000;
const MOST_OUTPUT_TOKENS = 2_000_000;

/** Can a call have used so much? What cannot is a fault of the upstream's, and must not become a charge. */
export function isPlausible(usage: Usage, choices: number): boolean {
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens } = usage;
  const input = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
  return input <= MOST_INPUT_TOKENS && outputTokens <= MOST_OUTPUT_TOKENS * choices;
}

/** What some upstreams say within usage that the call cost whoever runs the gateway, and who paid for it. */
const OPERATORS_FIGURES: ReadonlySet<string> = new Set(['cost', 'cost_details', 'is_byok']);

/** Is a member of an upstream's usage none of the client's business? */
export const isOperatorsFigure = (name: string): boolean => OPERATORS_FIGURES.has(name);
