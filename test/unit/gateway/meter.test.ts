import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/core/usage';
import { atAccountPrices } from '../../../src/gateway/account-prices';
import { callCostMicro } from '../../../src/gateway/call-cost';
import { charge, freeOfCharge, isEmpty, observedUsage } from '../../../src/gateway/meter';
import { openaiChatWire } from '../../../src/providers/wires/openai-chat';
import { callOf, planOf, provider } from './support';

/** One micro-credit a token. */
const PRICE = { inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 1_000_000 };
const TARGET = { wire: openaiChatWire, provider: provider('a') };
const SHOWN = { outputChars: 40 };

const charged = (promptTokens: number, completionTokens: number, isAhead = false) => {
  const reported = { prompt_tokens: promptTokens, completion_tokens: completionTokens };
  return charge(TARGET, PRICE, callOf({ estimatedInputTokens: 100 }), 'req_a', reported, SHOWN, isAhead);
};

describe('a charge', () => {
  it('is what the provider reports, and its own usage goes to the client', () => {
    const { source, costMicro, receipt } = charged(10, 5);
    expect([source, costMicro, receipt.reported]).toEqual(['actual', 15, { prompt_tokens: 10, completion_tokens: 5 }]);
  });

  it.each([
    ['is an estimate where that is impossible', [20_000_001, 5, false], 100 + 10],
    ['is of the prompt as it was counted ahead, and of the text that was seen', [10, 1, true], 10 + 10],
    ['is of the most that was counted ahead', [10, 99, true], 10 + 99],
    ['is an estimate where nothing but zeros came ahead', [0, 0, true], 100 + 10],
  ] as const)('%s', (_what, [prompt, completion, isAhead], micro) => {
    const { source, costMicro, receipt } = charged(prompt, completion, isAhead);
    expect([source, costMicro, receipt.reported]).toEqual(['estimated', micro, undefined]);
  });

  it('counts speech as more tokens than its words have', () => {
    expect(observedUsage(callOf({ speaks: true }), SHOWN)).toMatchObject({ outputTokens: 60, outputAudioTokens: 50 });
    expect(observedUsage(callOf(), SHOWN)).toMatchObject({ outputTokens: 10, outputAudioTokens: 0 });
  });

  it('that is let off is none on the receipt either', () => {
    expect(freeOfCharge(charged(10, 5))).toMatchObject({ costMicro: 0, receipt: { creditsUsed: 0 } });
  });

  it('is never below the least of its call', () => {
    const usage = { ...NO_USAGE, inputTokens: 7 };
    expect([5, 9].map((least) => callCostMicro({ leastMicro: () => least }, usage, PRICE))).toEqual([7, 9]);
  });
});

it.each([
  ['nothing came', undefined, 5, 0, false, true],
  ['no answer was asked for', 0, 5, 0, false, false],
  ['something came', undefined, 5, 0, true, false],
  ['the provider counts what was not seen', undefined, 5, 3, false, false],
])('an answer is empty or not where %s', (_what, maxOutputTokens, prompt, completion, hasOutput, empty) => {
  expect(isEmpty(callOf({ maxOutputTokens }), charged(prompt, completion), hasOutput)).toBe(empty);
});

it('an account’s own prices are those of all that its call holds and costs, whichever model answers', () => {
  const plan = { ...planOf(provider('a')), price: PRICE, estimateMicro: 11, worstMicro: 21 };
  const [target] = plan.targets;
  const priced = atAccountPrices(
    { call: callOf({ leastMicro: () => 31 }), plan: { ...plan, targets: [target!, { ...target!, plan }] } },
    500,
  );
  const own = {
    pricePermille: 500,
    price: { inputMicroPerMtok: 500_000, outputMicroPerMtok: 500_000 },
    estimateMicro: 6,
    worstMicro: 11,
  };
  expect(priced.plan).toMatchObject(own);
  expect(priced.plan.targets.map((one) => one.plan)).toMatchObject([undefined, own]);
  expect(priced.call.leastMicro?.(NO_USAGE)).toBe(16);
});
