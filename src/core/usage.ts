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
  /** Read and drawn by the model of a tool that makes pictures, beside the tokens above. */
  imageInputTokens: number;
  imageOutputTokens: number;
  /** Runs of tools at the provider. */
  webSearches: number;
  fileSearches: number;
  containers: number;
  /** A prompt that was answered from a search, and the searches themselves: some models are priced by the one, some by the other. */
  groundedPrompts: number;
  groundingQueries: number;
  mapPrompts: number;
  /** In micro-credits, what the provider says that it has billed: beside the tokens, or, where it does not tell these apart, in all. */
  billedBesideMicro: number;
  billedWholeMicro: number;
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
  imageInputTokens: 0,
  imageOutputTokens: 0,
  webSearches: 0,
  fileSearches: 0,
  containers: 0,
  groundedPrompts: 0,
  groundingQueries: 0,
  mapPrompts: 0,
  billedBesideMicro: 0,
  billedWholeMicro: 0,
};

/** Work beside the tokens, under what it is known by, so that what an answer shows twice counts once. */
export type Work = Map<string, Partial<Usage>>;

/** Usage with the work that its answer showed, as far as it does not tell of it by itself. */
export function withWork(usage: Usage, work: Work | undefined): Usage {
  if (!work || work.size === 0) return usage;
  const shown = { ...NO_USAGE };
  for (const part of work.values()) for (const name of Object.keys(part) as (keyof Usage)[]) shown[name] += part[name] ?? 0;
  const whole = { ...usage };
  for (const name of Object.keys(shown) as (keyof Usage)[]) whole[name] = Math.max(whole[name], shown[name]);
  return whole;
}

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

/**
 * What some upstreams say within usage that the call cost whoever runs the gateway, and who paid for it: `cost`, `cost_details` and
 * `is_byok` (https://openrouter.ai/docs/guides/administration/usage-accounting), `cost_in_usd_ticks`
 * (https://docs.x.ai/developers/cost-tracking), `estimated_cost` (https://deepinfra.com/docs/openai_api), and whatever others call it.
 */
const OPERATORS_FIGURE = /cost|^is_byok$/i;

/** Is a member of an upstream's usage none of the client's business? */
export const isOperatorsFigure = (name: string): boolean => OPERATORS_FIGURE.test(name);
