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
  /** Read and drawn by the model of a picture tool; not part of the tokens above. */
  imageInputTokens: number;
  imageOutputTokens: number;
  /** Tool runs at the provider. */
  webSearches: number;
  fileSearches: number;
  containers: number;
  /** Prompts that were answered from a search, and the searches: some models are priced by the one, some by the other. */
  groundedPrompts: number;
  groundingQueries: number;
  mapPrompts: number;
  /** What the provider says it billed, in micro-credits: beside the tokens or, where it does not separate them, in all. */
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

/** Work beside the tokens, by id, so that work that an answer shows twice counts once. */
export type Work = Map<string, Partial<Usage>>;

/** Adds the work that the answer showed, where the usage itself does not report it. */
export function withWork(usage: Usage, work: Work | undefined): Usage {
  if (!work || work.size === 0) return usage;
  const shown = { ...NO_USAGE };
  for (const part of work.values()) for (const name of Object.keys(part) as (keyof Usage)[]) shown[name] += part[name] ?? 0;
  const whole = { ...usage };
  for (const name of Object.keys(shown) as (keyof Usage)[]) whole[name] = Math.max(whole[name], shown[name]);
  return whole;
}

/** How certain a charge is: the provider's figures, our estimate, or the whole hold. */
export type UsageSource = 'actual' | 'estimated' | 'ceiling';

/** More than any model reads or writes for one answer, tools and repeated sampling included. */
const MOST_INPUT_TOKENS = 20_000_000;
const MOST_OUTPUT_TOKENS = 2_000_000;

/** Can a call have used this much? Impossible figures are an upstream's mistake and must not be charged. */
export function isPlausible(usage: Usage, choices: number): boolean {
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens } = usage;
  const input = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
  return input <= MOST_INPUT_TOKENS && outputTokens <= MOST_OUTPUT_TOKENS * choices;
}

/**
 * Fields of a provider's usage that tell what the operator paid, and who pays the provider: `cost`, `cost_details` and
 * `is_byok` (https://openrouter.ai/docs/guides/administration/usage-accounting), `cost_in_usd_ticks`
 * (https://docs.x.ai/developers/cost-tracking), `estimated_cost` (https://deepinfra.com/docs/openai_api) and others of
 * such a name.
 */
const OPERATORS_FIGURE = /cost|^is_byok$/i;

/** Must this field of a provider's usage be kept from clients? */
export const isOperatorsFigure = (name: string): boolean => OPERATORS_FIGURE.test(name);
