import type { Usage } from './usage';

/** Integer micro-credits. 100 credits are 1 USD, so 1 USD is 100,000,000 micro-credits. */
export type MicroCredits = number;

export const MICRO_PER_CREDIT = 1_000_000;
export const CREDITS_PER_USD = 100;
export const MICRO_PER_USD = MICRO_PER_CREDIT * CREDITS_PER_USD;

/** An account may have prices of its own, in thousandths of the catalogue's. */
export const LIST_PERMILLE = 1_000;

/** Of such prices, as people are told: 0.8 is four fifths of the catalogue's. */
export const priceFactor = (pricePermille = LIST_PERMILLE): number => pricePermille / LIST_PERMILLE;

/** The share of the catalogue's prices that may be asked for, and how finely. */
export const PRICE_FACTORS = { least: 0.01, most: 100, step: 1 / LIST_PERMILLE } as const;

export const permilleOf = (factor: number): number => Math.round(factor * LIST_PERMILLE);

/** An amount at such prices, rounded up; through BigInt where the product passes 2^53. */
export function microAt(micro: MicroCredits, pricePermille = LIST_PERMILLE): MicroCredits {
  if (pricePermille === LIST_PERMILLE) return micro;
  const product = micro * pricePermille;
  return product <= Number.MAX_SAFE_INTEGER
    ? Math.ceil(product / LIST_PERMILLE)
    : Number((BigInt(micro) * BigInt(pricePermille) + BigInt(LIST_PERMILLE - 1)) / BigInt(LIST_PERMILLE));
}

/** What a wallet can spend: all but what is held for calls under way and set aside for deployments. */
export const availableMicro = (wallet: {
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  committedMicro: MicroCredits;
}): MicroCredits => wallet.balanceMicro - wallet.heldMicro - wallet.committedMicro;

/** Micro-credits a million tokens of text. A USD a million tokens is 100 micro-credits a token. */
export interface TextPrice {
  inputMicroPerMtok: number;
  outputMicroPerMtok: number;
  cacheReadMicroPerMtok?: number;
  cacheWrite5mMicroPerMtok?: number;
  cacheWrite1hMicroPerMtok?: number;
}

/**
 * What text costs, from the first token on, in a call whose prompt has more tokens than this, those of the cache among them.
 * What is left out costs what it does in others.
 */
export interface LongPromptPrice extends TextPrice {
  aboveTokens: number;
}

/** Micro-credits a million tokens, or a piece. */
export interface TokenPrice extends TextPrice {
  /** Shortest first. */
  longPrompts?: readonly LongPromptPrice[];
  /** Of sound; as text unless given. */
  audioInputMicroPerMtok?: number;
  audioOutputMicroPerMtok?: number;
  /** Of the pictures that a tool makes. */
  imageInputMicroPerMtok?: number;
  imageOutputMicroPerMtok?: number;
  webSearchMicro?: number;
  fileSearchMicro?: number;
  containerMicro?: number;
  groundedPromptMicro?: number;
  groundingQueryMicro?: number;
  mapPromptMicro?: number;
}

/** The price of tokens at so many USD a million, in micro-credits a million. */
export const usdPerMtok = (usd: number): number => Math.round(usd * MICRO_PER_USD);

/** What is billed by the piece: each bucket of usage with its price. */
export const PIECES = [
  ['webSearches', 'webSearchMicro'],
  ['fileSearches', 'fileSearchMicro'],
  ['containers', 'containerMicro'],
  ['groundedPrompts', 'groundedPromptMicro'],
  ['groundingQueries', 'groundingQueryMicro'],
  ['mapPrompts', 'mapPromptMicro'],
] as const satisfies readonly (readonly [keyof Usage, keyof TokenPrice])[];

/** Tokens that not every call has, and whose prices only then matter. */
const RARE_TOKENS = [
  ['inputAudioTokens', 'audioInputMicroPerMtok'],
  ['outputAudioTokens', 'audioOutputMicroPerMtok'],
  ['imageInputTokens', 'imageInputMicroPerMtok'],
  ['imageOutputTokens', 'imageOutputMicroPerMtok'],
] as const satisfies readonly (readonly [keyof Usage, keyof TokenPrice])[];

type Bucket = readonly [tokens: number, microPerMtok: number];

/** The price of a call with a prompt of this length; `aboveTokens` stays in it where it is that of a long one. */
function priceAtLength(price: TokenPrice, usage: Usage): TokenPrice {
  if (!price.longPrompts) return price;
  const { longPrompts, ...others } = price;
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = usage;
  const promptTokens = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
  return { ...others, ...longPrompts.findLast(({ aboveTokens }) => promptTokens > aboveTokens) };
}

/** The tokens of a call, as they are priced: sound has a price of its own, and is no part of the rest then. */
export function tokenBuckets(usage: Usage, price: TokenPrice): Record<string, Bucket> {
  const { inputMicroPerMtok: input, outputMicroPerMtok: output } = price;
  const heard = price.audioInputMicroPerMtok === undefined ? 0 : Math.min(usage.inputTokens, usage.inputAudioTokens);
  const spoken = price.audioOutputMicroPerMtok === undefined ? 0 : Math.min(usage.outputTokens, usage.outputAudioTokens);
  return {
    inputTokens: [usage.inputTokens - heard, input],
    inputAudioTokens: [heard, price.audioInputMicroPerMtok ?? input],
    cacheReadTokens: [usage.cacheReadTokens, price.cacheReadMicroPerMtok ?? input],
    cacheWrite5mTokens: [usage.cacheWrite5mTokens, price.cacheWrite5mMicroPerMtok ?? input],
    cacheWrite1hTokens: [usage.cacheWrite1hTokens, price.cacheWrite1hMicroPerMtok ?? input],
    outputTokens: [usage.outputTokens - spoken, output],
    outputAudioTokens: [spoken, price.audioOutputMicroPerMtok ?? output],
  };
}

/** The tokens of the pictures that tools make, which stand beside those of the call. */
export const imageBuckets = (usage: Usage, price: TokenPrice): Record<string, Bucket> => ({
  imageInputTokens: [usage.imageInputTokens, price.imageInputMicroPerMtok ?? price.inputMicroPerMtok],
  imageOutputTokens: [usage.imageOutputTokens, price.imageOutputMicroPerMtok ?? price.outputMicroPerMtok],
});

/** Rounded up once. The product goes through BigInt: it passes 2^53 on large calls. */
function sumMicro(buckets: readonly Bucket[]): MicroCredits {
  let product = 0;
  for (const [tokens, rate] of buckets) product += tokens * rate;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.ceil(product / 1_000_000);
  const exact = buckets.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * BigInt(rate), 0n);
  return Number((exact + 999_999n) / 1_000_000n);
}

/** What the tools of a call cost, by what is counted of them. */
export const workCostMicro = (usage: Usage, price: TokenPrice): MicroCredits =>
  PIECES.reduce((sum, [bucket, name]) => sum + usage[bucket] * (price[name] ?? 0), sumMicro(Object.values(imageBuckets(usage, price))));

/** What usage costs: its tokens, and what is billed beside them; never less than the provider says that it was billed. */
export function tokenCostMicro(usage: Usage, whole: TokenPrice): MicroCredits {
  const price = priceAtLength(whole, usage);
  const besideMicro = Math.max(workCostMicro(usage, price), usage.billedBesideMicro);
  return Math.max(sumMicro(Object.values(tokenBuckets(usage, price))) + besideMicro, usage.billedWholeMicro);
}

/** Usage without a bill that its price comes to anyhow: it would say what the call cost the operator, and charges nobody. */
export function withoutLesserBills(usage: Usage, price: TokenPrice): Usage {
  const { billedBesideMicro: beside, billedWholeMicro: whole } = usage;
  if (beside === 0 && whole === 0) return usage;
  const besideMicro = workCostMicro(usage, priceAtLength(price, usage));
  const counted = { ...usage, billedBesideMicro: beside > besideMicro ? beside : 0, billedWholeMicro: 0 };
  return whole > tokenCostMicro(counted, price) ? { ...counted, billedWholeMicro: whole } : counted;
}

/** The price that the usage comes to its cost by, without what it has nothing of. */
export function priceOfUsage(price: TokenPrice, usage: Usage): TokenPrice {
  const used: TokenPrice = { ...priceAtLength(price, usage) };
  for (const [bucket, name] of [...PIECES, ...RARE_TOKENS]) if (usage[bucket] === 0) delete used[name];
  return used;
}

/** All amounts of a price at an account's own. */
export const priceAt = ({ longPrompts, ...price }: TokenPrice, pricePermille: number): TokenPrice => ({
  ...scaled(price, pricePermille),
  ...(longPrompts && {
    longPrompts: longPrompts.map(({ aboveTokens, ...prices }) => ({ aboveTokens, ...scaled(prices, pricePermille) })),
  }),
});

const scaled = <P extends object>(prices: P, pricePermille: number): P =>
  Object.fromEntries(
    Object.entries(prices).map(([name, value]) => [name, typeof value === 'number' ? microAt(value, pricePermille) : value]),
  ) as P;

/** Micro-credits as a plain number of credits, for bodies and headers. */
export const toCredits = (micro: MicroCredits): number => micro / MICRO_PER_CREDIT;

export const toUsd = (micro: MicroCredits): number => micro / MICRO_PER_USD;

/** Credits as micro-credits; throws when the result is not an exact integer. */
export function fromCredits(credits: number): MicroCredits {
  const micro = Math.round(credits * MICRO_PER_CREDIT);
  if (!Number.isSafeInteger(micro)) throw new RangeError(`${credits} credits do not fit`);
  return micro;
}
