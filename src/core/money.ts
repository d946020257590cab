import type { Usage } from './usage';

/** Integer micro-credits. 100 credits are 1 USD, so 1 USD is 100,000,000 micro-credits. */
export type MicroCredits = number;

export const MICRO_PER_CREDIT = 1_000_000;
export const CREDITS_PER_USD = 100;
export const MICRO_PER_USD = MICRO_PER_CREDIT * CREDITS_PER_USD;

/** Micro-credits a million tokens. A USD a million tokens is 100 micro-credits a token. */
export interface TokenPrice {
  inputMicroPerMtok: number;
  outputMicroPerMtok: number;
  cacheReadMicroPerMtok?: number;
  cacheWrite5mMicroPerMtok?: number;
  cacheWrite1hMicroPerMtok?: number;
}

/** The price of tokens at so many USD a million, in micro-credits a million. */
export const usdPerMtok = (usd: number): number => Math.round(usd * MICRO_PER_USD);

/** What usage costs, rounded up once. The product goes through BigInt: it passes 2^53 on large calls. */
export function tokenCostMicro(usage: Usage, price: TokenPrice): MicroCredits {
  const buckets: [number, number][] = [
    [usage.inputTokens, price.inputMicroPerMtok],
    [usage.cacheReadTokens, price.cacheReadMicroPerMtok ?? price.inputMicroPerMtok],
    [usage.cacheWrite5mTokens, price.cacheWrite5mMicroPerMtok ?? price.inputMicroPerMtok],
    [usage.cacheWrite1hTokens, price.cacheWrite1hMicroPerMtok ?? price.inputMicroPerMtok],
    [usage.outputTokens, price.outputMicroPerMtok],
  ];
  let product = 0;
  for (const [tokens, rate] of buckets) product += tokens * rate;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.ceil(product / 1_000_000);
  const exact = buckets.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * BigInt(rate), 0n);
  return Number((exact + 999_999n) / 1_000_000n);
}

/** Micro-credits as a plain number of credits, for bodies and headers. */
export const toCredits = (micro: MicroCredits): number => micro / MICRO_PER_CREDIT;

/** Credits as micro-credits; throws when the result is not an exact integer. */
export function fromCredits(credits: number): MicroCredits {
  const micro = Math.round(credits * MICRO_PER_CREDIT);
  if (!Number.isSafeInteger(micro)) throw new RangeError(`${credits} credits do not fit`);
  return micro;
}
