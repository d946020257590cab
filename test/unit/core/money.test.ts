import { describe, expect, it } from 'vitest';
import {
  fromCredits,
  MICRO_PER_USD,
  microAt,
  priceAt,
  priceOfUsage,
  type TokenPrice,
  toCredits,
  tokenCostMicro,
  usdPerMtok,
} from '../../../src/core/money';
import { NO_USAGE, type Usage } from '../../../src/core/usage';
import { Random } from './random';

const price = (more: Partial<TokenPrice> = {}): TokenPrice => ({ inputMicroPerMtok: 44_000_000, outputMicroPerMtok: 345_000_000, ...more });
const usage = (more: Partial<Usage> = {}): Usage => ({ ...NO_USAGE, ...more });

/** The same cost, computed in whole numbers throughout. */
function exactCost(used: Usage, rates: TokenPrice): bigint {
  const rate = (own: number | undefined) => BigInt(own ?? rates.inputMicroPerMtok);
  const product =
    BigInt(used.inputTokens) * rate(undefined) +
    BigInt(used.cacheReadTokens) * rate(rates.cacheReadMicroPerMtok) +
    BigInt(used.cacheWrite5mTokens) * rate(rates.cacheWrite5mMicroPerMtok) +
    BigInt(used.cacheWrite1hTokens) * rate(rates.cacheWrite1hMicroPerMtok) +
    BigInt(used.outputTokens) * BigInt(rates.outputMicroPerMtok);
  return (product + 999_999n) / 1_000_000n;
}

describe('tokenCostMicro', () => {
  it('is nothing for nothing', () => {
    expect(tokenCostMicro(NO_USAGE, price())).toBe(0);
  });

  it('adds up its buckets and rounds up once', () => {
    const rates = price({ inputMicroPerMtok: 1, outputMicroPerMtok: 1, cacheReadMicroPerMtok: 1 });
    expect(tokenCostMicro(usage({ inputTokens: 1 }), rates)).toBe(1);
    expect(tokenCostMicro(usage({ inputTokens: 1, outputTokens: 1, cacheReadTokens: 1 }), rates)).toBe(1);
    expect(tokenCostMicro(usage({ inputTokens: 1_000_000 }), rates)).toBe(1);
    expect(tokenCostMicro(usage({ inputTokens: 1_000_000, outputTokens: 1 }), rates)).toBe(2);
  });

  it('prices what was read from or written to a cache as input, unless it has a price of its own', () => {
    const cached = usage({ cacheReadTokens: 1_000_000, cacheWrite5mTokens: 2_000_000, cacheWrite1hTokens: 4_000_000 });
    expect(tokenCostMicro(cached, price({ inputMicroPerMtok: 10 }))).toBe(70);
    const own = price({ inputMicroPerMtok: 10, cacheReadMicroPerMtok: 1, cacheWrite5mMicroPerMtok: 100, cacheWrite1hMicroPerMtok: 1_000 });
    expect(tokenCostMicro(cached, own)).toBe(1 + 200 + 4_000);
    expect(tokenCostMicro(usage({ cacheReadTokens: 1_000_000 }), price({ cacheReadMicroPerMtok: 0 }))).toBe(0);
  });

  it('counts no token twice: reasoning and audio are parts of others', () => {
    expect(tokenCostMicro(usage({ reasoningTokens: 9, inputAudioTokens: 9, outputAudioTokens: 9 }), price())).toBe(0);
  });

  it('takes the price of a long prompt for all of its call, as soon as the prompt is longer, the cache among it', () => {
    const longPrompts = [
      { aboveTokens: 200_000, inputMicroPerMtok: 20, outputMicroPerMtok: 300, cacheReadMicroPerMtok: 2 },
      { aboveTokens: 400_000, inputMicroPerMtok: 40, outputMicroPerMtok: 600 },
    ];
    const rates = price({ inputMicroPerMtok: 10, outputMicroPerMtok: 100, cacheReadMicroPerMtok: 1, webSearchMicro: 7, longPrompts });
    const million = 1_000_000;
    expect(tokenCostMicro(usage({ inputTokens: 200_000, outputTokens: million }), rates)).toBe(2 + 100);
    expect(tokenCostMicro(usage({ inputTokens: 100_000, cacheReadTokens: 150_000, outputTokens: million, webSearches: 1 }), rates)).toBe(
      Math.ceil(2 + 0.3 + 300) + 7,
    );
    expect(tokenCostMicro(usage({ inputTokens: million, cacheReadTokens: million, outputTokens: million }), rates)).toBe(40 + 1 + 600);
    expect(tokenCostMicro(usage({ outputTokens: million }), rates)).toBe(100);
  });

  it('leaves in the price of a receipt what its usage came to its cost by', () => {
    const longPrompts = [{ aboveTokens: 1_000, inputMicroPerMtok: 20_000_000, outputMicroPerMtok: 30_000_000 }];
    const rates = price({ inputMicroPerMtok: 10_000_000, outputMicroPerMtok: 10_000_000, webSearchMicro: 7, longPrompts });
    const short = { inputMicroPerMtok: 10_000_000, outputMicroPerMtok: 10_000_000 };
    expect(priceOfUsage(rates, usage({ inputTokens: 1_000 }))).toEqual(short);
    const long = usage({ inputTokens: 1_001, outputTokens: 10, webSearches: 1 });
    expect(priceOfUsage(rates, long)).toEqual({ ...longPrompts[0], webSearchMicro: 7 });
    expect(tokenCostMicro(long, priceOfUsage(rates, long))).toBe(tokenCostMicro(long, rates));
  });

  it('is exact on either side of 2^53', () => {
    const rates = price({ inputMicroPerMtok: 90_071_993 });
    for (const inputTokens of [99_999_999, 100_000_000, 100_000_001, 1_000_000_007])
      expect(BigInt(tokenCostMicro(usage({ inputTokens }), rates)), String(inputTokens)).toBe(exactCost(usage({ inputTokens }), rates));
  });

  it('is exact for 20,000 random calls, small and huge', () => {
    const random = new Random(7);
    const tokens = () => random.below(10 ** random.below(9));
    const rate = () => random.below(10 ** (1 + random.below(12)));
    for (let call = 0; call < 20_000; call++) {
      const used = usage({
        inputTokens: tokens(),
        cacheReadTokens: tokens(),
        cacheWrite5mTokens: tokens(),
        cacheWrite1hTokens: tokens(),
        outputTokens: tokens(),
      });
      const rates: TokenPrice = {
        inputMicroPerMtok: rate(),
        outputMicroPerMtok: rate(),
        ...(call % 2 === 0 && { cacheReadMicroPerMtok: rate() }),
        ...(call % 3 === 0 && { cacheWrite5mMicroPerMtok: rate(), cacheWrite1hMicroPerMtok: rate() }),
      };
      const cost = tokenCostMicro(used, rates);
      if (BigInt(cost) !== exactCost(used, rates)) expect(BigInt(cost), JSON.stringify({ used, rates })).toBe(exactCost(used, rates));
    }
  });
});

describe('prices of an account', () => {
  it('are rounded up, exactly on either side of 2^53, and those of the catalogue left as they are', () => {
    expect(microAt(1, 1)).toBe(1);
    expect(microAt(1_001, 500)).toBe(501);
    expect(microAt(0, 800)).toBe(0);
    expect(microAt(7, 1_000)).toBe(7);
    expect(microAt(90_000_000_000_001, 1_100)).toBe(99_000_000_000_002);
  });

  it('are of all that a price has: of long prompts too, but not from where on they are long', () => {
    const long = { aboveTokens: 200_000, inputMicroPerMtok: 88_000_000, outputMicroPerMtok: 518_000_000 };
    const listed = price({ webSearchMicro: 1_000_000, cacheReadMicroPerMtok: 4_400_001, longPrompts: [long] });
    expect(priceAt(listed, 500)).toEqual({
      inputMicroPerMtok: 22_000_000,
      outputMicroPerMtok: 172_500_000,
      webSearchMicro: 500_000,
      cacheReadMicroPerMtok: 2_200_001,
      longPrompts: [{ aboveTokens: 200_000, inputMicroPerMtok: 44_000_000, outputMicroPerMtok: 259_000_000 }],
    });
  });
});

describe('credits', () => {
  it('are a hundred a dollar, and a million micro-credits each', () => {
    expect(toCredits(MICRO_PER_USD)).toBe(100);
    expect(usdPerMtok(0.01)).toBe(1_000_000);
    expect(usdPerMtok(165.6)).toBe(16_560_000_000);
  });

  it.each([0, 0.000001, 0.1, 0.3, 1.005, 19.99, 1_999, 1e9, -2.5])('come back from micro-credits: %d', (credits) => {
    expect(toCredits(fromCredits(credits))).toBe(credits);
  });

  it.each([Number.NaN, Infinity, -Infinity, 1e10])('are refused where they are no exact amount: %d', (credits) => {
    expect(() => fromCredits(credits)).toThrow(RangeError);
  });
});
