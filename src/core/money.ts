import type { Usage } from './usage';

/** Integer micro-credits. 100 credits are 1 USD, so 1 USD is 100,000,000 micro-credits. */
export type MicroCredits = number;

export const MICRO_PER_CREDIT = 1_000_000;
export const CREDITS_PER_USD = 100;
export const MICRO_PER_USD = MICRO_PER_CREDIT * CREDITS_PER_USD;

/** Prices of an account are given in thousandths of the catalogue's. */
export const LIST_PERMILLE = 1_000;

/** The same as a factor for people: 0.8 is 80 % of the catalogue's prices. */
export const priceFactor = (pricePermille = LIST_PERMILLE): number => pricePermille / LIST_PERMILLE;

/** The factors that may be set, and in which steps. */
export const PRICE_FACTORS = { least: 0.01, most: 100, step: 1 / LIST_PERMILLE } as const;

export const permilleOf = (factor: number): number => Math.round(factor * LIST_PERMILLE);

/** An amount at such a factor, rounded up; by BigInt where the product exceeds 2^53. */
export function microAt(micro: MicroCredits, pricePermille = LIST_PERMILLE): MicroCredits {
  if (pricePermille === LIST_PERMILLE) return micro;
  const product = micro * pricePermille;
  return product <= Number.MAX_SAFE_INTEGER
    ? Math.ceil(product / LIST_PERMILLE)
    : Number((BigInt(micro) * BigInt(pricePermille) + BigInt(LIST_PERMILLE - 1)) / BigInt(LIST_PERMILLE));
}

/** What a wallet can spend: its balance without open holds and what is set aside for deployments. */
export const availableMicro = (wallet: {
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  committedMicro: MicroCredits;
}): MicroCredits => wallet.balanceMicro - wallet.heldMicro - wallet.committedMicro;

/** In micro-credits per million tokens. 1 USD per million tokens is 100 micro-credits per token. */
export interface TextPrice {
  inputMicroPerMtok: number;
  outputMicroPerMtok: number;
  cacheReadMicroPerMtok?: number;
  cacheWrite5mMicroPerMtok?: number;
  cacheWrite1hMicroPerMtok?: number;
}

/**
 * The price of text, from the first token on, in a call whose prompt is longer than this, cached tokens included.
 * Prices that are left out stay as in other calls.
 */
export interface LongPromptPrice extends TextPrice {
  aboveTokens: number;
}

/** In micro-credits per million tokens, or per piece. */
export interface TokenPrice extends TextPrice {
  /** Shortest first. */
  longPrompts?: readonly LongPromptPrice[];
  /** For sound; as text unless given. */
  audioInputMicroPerMtok?: number;
  audioOutputMicroPerMtok?: number;
  /** For pictures that a tool makes. */
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

/** What is billed by the piece: each usage bucket with its price. */
export const PIECES = [
  ['webSearches', 'webSearchMicro'],
  ['fileSearches', 'fileSearchMicro'],
  ['containers', 'containerMicro'],
  ['groundedPrompts', 'groundedPromptMicro'],
  ['groundingQueries', 'groundingQueryMicro'],
  ['mapPrompts', 'mapPromptMicro'],
] as const satisfies readonly (readonly [keyof Usage, keyof TokenPrice])[];

/** Tokens that few calls have; their prices appear on a receipt only then. */
const RARE_TOKENS = [
  ['inputAudioTokens', 'audioInputMicroPerMtok'],
  ['outputAudioTokens', 'audioOutputMicroPerMtok'],
  ['imageInputTokens', 'imageInputMicroPerMtok'],
  ['imageOutputTokens', 'imageOutputMicroPerMtok'],
] as const satisfies readonly (readonly [keyof Usage, keyof TokenPrice])[];

type Bucket = readonly [tokens: number, microPerMtok: number];

/** The price for a prompt of this length. `aboveTokens` remains in it where a long-prompt price applies. */
function priceAtLength(price: TokenPrice, usage: Usage): TokenPrice {
  if (!price.longPrompts) return price;
  const { longPrompts, ...others } = price;
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = usage;
  const promptTokens = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens;
  return { ...others, ...longPrompts.findLast(({ aboveTokens }) => promptTokens > aboveTokens) };
}

/** A call's tokens by price. Where sound has a price of its own, its tokens are taken out of the text's. */
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

/** Tokens of pictures that tools make; they are counted apart from the call's own. */
export const imageBuckets = (usage: Usage, price: TokenPrice): Record<string, Bucket> => ({
  imageInputTokens: [usage.imageInputTokens, price.imageInputMicroPerMtok ?? price.inputMicroPerMtok],
  imageOutputTokens: [usage.imageOutputTokens, price.imageOutputMicroPerMtok ?? price.outputMicroPerMtok],
});

/** Rounded up once. By BigInt, since the product exceeds 2^53 on large calls. */
function sumMicro(buckets: readonly Bucket[]): MicroCredits {
  let product = 0;
  for (const [tokens, rate] of buckets) product += tokens * rate;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.ceil(product / 1_000_000);
  const exact = buckets.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * BigInt(rate), 0n);
  return Number((exact + 999_999n) / 1_000_000n);
}

/** The cost of a call's tool runs. */
export const workCostMicro = (usage: Usage, price: TokenPrice): MicroCredits =>
  PIECES.reduce((sum, [bucket, name]) => sum + usage[bucket] * (price[name] ?? 0), sumMicro(Object.values(imageBuckets(usage, price))));

/** The cost of usage: tokens plus what is billed beside them, and never less than the provider's own bill. */
export function tokenCostMicro(usage: Usage, whole: TokenPrice): MicroCredits {
  const price = priceAtLength(whole, usage);
  const besideMicro = Math.max(workCostMicro(usage, price), usage.billedBesideMicro);
  return Math.max(sumMicro(Object.values(tokenBuckets(usage, price))) + besideMicro, usage.billedWholeMicro);
}

/** Usage without a provider's bill that the price covers anyway: it has no effect, and would show customers the operator's cost. */
export function withoutLesserBills(usage: Usage, price: TokenPrice): Usage {
  const { billedBesideMicro: beside, billedWholeMicro: whole } = usage;
  if (beside === 0 && whole === 0) return usage;
  const besideMicro = workCostMicro(usage, priceAtLength(price, usage));
  const counted = { ...usage, billedBesideMicro: beside > besideMicro ? beside : 0, billedWholeMicro: 0 };
  return whole > tokenCostMicro(counted, price) ? { ...counted, billedWholeMicro: whole } : counted;
}

/** The part of a price that this usage needs, for the receipt. */
export function priceOfUsage(price: TokenPrice, usage: Usage): TokenPrice {
  const used: TokenPrice = { ...priceAtLength(price, usage) };
  for (const [bucket, name] of [...PIECES, ...RARE_TOKENS]) if (usage[bucket] === 0) delete used[name];
  return used;
}

/** A price at an account's own factor. */
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
