import { describe, expect, it } from 'vitest';
import {
  availableMicro,
  fromCredits,
  MICRO_PER_USD,
  microAt,
  permilleOf,
  priceAt,
  priceOfUsage,
  type TokenPrice,
  toCredits,
  tokenCostMicro,
  usdPerMtok,
  withoutLesserBills,
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
    const written = usage({ inputTokens: 100_000, cacheWrite5mTokens: 50_000, cacheWrite1hTokens: 50_001, outputTokens: million });
    expect(tokenCostMicro(written, rates)).toBe(5 + 300);
    expect(tokenCostMicro(usage({ outputTokens: million }), rates)).toBe(100);
  });

  it('takes no more sound out of the text than there is text', () => {
    const rates = price({ inputMicroPerMtok: 10, audioInputMicroPerMtok: 1_000, outputMicroPerMtok: 100, audioOutputMicroPerMtok: 2_000 });
    const million = 1_000_000;
    const spoken = usage({ inputTokens: million, inputAudioTokens: 3 * million, outputTokens: million, outputAudioTokens: 2 * million });
    expect(tokenCostMicro(spoken, rates)).toBe(1_000 + 2_000);
  });

  it('prices the pictures of a tool as text, unless they have prices of their own', () => {
    const drawn = usage({ imageInputTokens: 1_000_000, imageOutputTokens: 1_000_000 });
    const rates = price({ inputMicroPerMtok: 10, outputMicroPerMtok: 100 });
    expect(tokenCostMicro(drawn, rates)).toBe(110);
    expect(tokenCostMicro(drawn, { ...rates, imageInputMicroPerMtok: 1, imageOutputMicroPerMtok: 2 })).toBe(3);
  });

  it('is at least the provider’s whole bill, which has what is beside the tokens in it', () => {
    const rates = price({ inputMicroPerMtok: 1_000_000, webSearchMicro: 50 });
    const used = usage({ inputTokens: 100, webSearches: 1 });
    expect(tokenCostMicro({ ...used, billedWholeMicro: 160 }, rates)).toBe(160);
    expect(tokenCostMicro({ ...used, billedWholeMicro: 140 }, rates)).toBe(150);
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

describe('a bill of the provider', () => {
  const longPrompts = [{ aboveTokens: 100, inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 1_000_000, webSearchMicro: 90 }];
  const rates = price({ inputMicroPerMtok: 1_000_000, webSearchMicro: 50, longPrompts });
  const used = (more: Partial<Usage>, inputTokens = 100) => usage({ inputTokens, webSearches: 1, ...more });

  it.each([
    ['for what is beside the tokens', { billedBesideMicro: 51 }],
    ['for all', { billedWholeMicro: 151 }],
    ['for both', { billedBesideMicro: 60, billedWholeMicro: 161 }],
  ])('stays in the usage where the price does not cover it: %s', (_what, bill) => {
    expect(withoutLesserBills(used(bill), rates)).toEqual(used(bill));
  });

  it.each([
    ['for what is beside the tokens', { billedBesideMicro: 50 }, 100],
    ['for all', { billedWholeMicro: 150 }, 100],
    ['for both', { billedBesideMicro: 50, billedWholeMicro: 150 }, 100],
    ['at the price of a long prompt', { billedBesideMicro: 90 }, 101],
  ])('is in none that its price covers anyway: %s', (_what, bill, inputTokens) => {
    expect(withoutLesserBills(used(bill, inputTokens), rates)).toEqual(used({}, inputTokens));
  });

  it('for all goes where that for what is beside the tokens covers it', () => {
    expect(withoutLesserBills(used({ billedBesideMicro: 60, billedWholeMicro: 160 }), rates)).toEqual(used({ billedBesideMicro: 60 }));
  });
});

describe('prices of an account', () => {
  it('are rounded up, exactly on either side of 2^53, and those of the catalogue left as they are', () => {
    expect(microAt(1, 1)).toBe(1);
    expect(microAt(1_001, 500)).toBe(501);
    expect(microAt(0, 800)).toBe(0);
    expect(microAt(7, 1_000)).toBe(7);
    expect(microAt(90_071_993_196_767, 1_103)).toBe(99_349_408_496_035);
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
    expect(usdPerMtok(1.15)).toBe(115_000_000);
    expect(permilleOf(1.005)).toBe(1_005);
  });

  it('can be spent where they are neither held nor set aside', () => {
    expect(availableMicro({ balanceMicro: 100, heldMicro: 30, committedMicro: 5 })).toBe(65);
  });

  it.each([0, 0.000001, 0.1, 0.3, 1.005, 19.99, 1_999, 1e9, -2.5])('come back from micro-credits: %d', (credits) => {
    expect(toCredits(fromCredits(credits))).toBe(credits);
  });

  it.each([Number.NaN, Infinity, -Infinity, 1e10])('are refused where they are no exact amount: %d', (credits) => {
    expect(() => fromCredits(credits)).toThrow(RangeError);
  });
});
