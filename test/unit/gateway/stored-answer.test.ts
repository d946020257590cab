import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/account/types';
import { operationId } from '../../../src/core/ids';
import { findStoredAnswer, noteOf, restOf, storedAs, withHistory } from '../../../src/gateway/stored-answer';
import { callOf, NOW_MS } from './support';

const ID = operationId({ nonce: '0123456789abc', epoch: 1, month: 203_101, seq: 7 });
const ACCOUNT = 'acc_1';
const PRICE = { inputMicroPerMtok: 1, outputMicroPerMtok: 2 };
const DETAIL = { provider: 'a', storedId: 'resp_a', storedKey: 1, price: PRICE };

const receipt = (more: Partial<Operation> = {}): Operation =>
  ({
    ...{ id: ID, seq: 7, kind: 'call', state: 'settled', keyId: 'key_a', userId: 'acc_1', family: 'chat', test: false },
    ...{ model: 'gpt-5.4', endpoint: '/v1/responses', heldMicro: 500, amountMicro: -120, openedAtMs: NOW_MS, deadlineMs: NOW_MS },
    ...{ closedAtMs: NOW_MS, closeEpoch: 1, closeSeq: 1, outcome: 'actual', detail: DETAIL },
    ...more,
  }) as Operation;

async function find(operation: Operation | null, requestId = ID) {
  const asked: number[][] = [];
  const account = () => ({
    operation: async (...ref: number[]) => {
      asked.push(ref);
      return operation;
    },
  });
  const found = await findStoredAnswer({ account } as unknown as Parameters<typeof findStoredAnswer>[0], ACCOUNT, requestId);
  return { found, asked, stored: found.ok ? found.value : undefined };
}

describe('an answer that a provider keeps', () => {
  it('is found by its receipt, which tells what it cost', async () => {
    const usage = {
      inputTokens: 1,
      cacheReadTokens: 20,
      cacheWrite5mTokens: 300,
      cacheWrite1hTokens: 4_000,
      outputTokens: 50_000,
      reasoningTokens: 9,
    };
    const { stored, asked } = await find(receipt({ detail: { ...DETAIL, usage } }));
    expect(asked).toEqual([[203_101, 7]]);
    expect(stored).toEqual({
      test: false,
      provider: 'a',
      upstreamId: 'resp_a',
      keyIndex: 1,
      previous: undefined,
      canceled: false,
      unsettled: undefined,
      cutShort: undefined,
      costMicro: 120,
      tokens: 54_321,
    });
  });

  it.each([
    ['of another request at the same place', receipt({ id: operationId({ nonce: 'another456789', epoch: 1, month: 203_101, seq: 7 }) })],
    ['of a call whose provider keeps nothing', receipt({ detail: { provider: 'a' } })],
    ['of a call that no provider answered', receipt({ detail: { storedId: 'resp_a' } })],
    ['that is not there', null],
  ])('is none by a receipt %s', async (_what, operation) => {
    expect((await find(operation)).found).toEqual({ ok: true, value: undefined });
  });

  it('is looked for nowhere by an id that is no call’s', async () => {
    expect(await find(receipt(), 'req_0123456789abc')).toMatchObject({ found: { ok: true, value: undefined }, asked: [] });
  });

  it('costs what nobody knows yet while it is made, or has to be charged', async () => {
    expect((await find(receipt({ state: 'open' }))).stored).toMatchObject({ costMicro: undefined, unsettled: undefined });
    const message = { accountId: ACCOUNT, holdId: ID, provider: 'a', storedId: 'resp_a', price: PRICE };
    const idempotency = { keyHash: 'hash', stored: true };
    const background = { ...message, free: false, startedAtMs: NOW_MS, estimatedInputTokens: 5, heardMicro: 3, idempotency };
    const detail = noteOf({ ...background, detail: { ...DETAIL, ending: 'background' } });
    const { stored } = await find(receipt({ detail }));
    expect(stored).toMatchObject({ costMicro: undefined, unsettled: background });
  });

  it('that was cut short has the price of its rest, which is charged where there is something to charge', async () => {
    const detail = { ...DETAIL, ...restOf(PRICE) };
    expect((await find(receipt({ detail }))).stored?.cutShort).toEqual({
      ...{ accountId: ACCOUNT, holdId: ID, provider: 'a', storedId: 'resp_a', price: PRICE, detail: {}, chargedMicro: 120 },
      line: { keyId: 'key_a', family: 'chat', model: 'gpt-5.4', endpoint: '/v1/responses' },
    });
    const expired = receipt({ detail, state: 'expired', idempotency: { keyHash: 'hash', bodyHash: 'body' } });
    const idempotency = { keyHash: 'hash', stored: false };
    expect((await find(expired)).stored?.cutShort).toMatchObject({ chargedMicro: 120, hasExpired: true, idempotency });
    for (const more of [
      { test: true },
      { state: 'open' },
      { state: 'released' },
      { family: null },
      { model: null },
      { endpoint: null },
    ] as const)
      expect((await find(receipt({ detail, ...more }))).stored?.cutShort).toBeUndefined();
  });

  it('knows the answer that it went on from', async () => {
    const run = { plan: { continued: { upstreamId: 'resp_0' } }, call: { continues: { requestId: 'req_0' } } } as Parameters<
      typeof storedAs
    >[0];
    const fields = storedAs(run, 0, 'resp_a');
    const previous = { upstreamId: 'resp_0', requestId: 'req_0' };
    expect((await find(receipt({ detail: { ...DETAIL, ...fields } }))).stored).toMatchObject({ keyIndex: 0, previous });
    expect(storedAs({ plan: { continued: undefined }, call: {} }, 2, 'resp_a')).toEqual({ storedId: 'resp_a', storedKey: 2 });
    expect(storedAs(run, 0, undefined)).toEqual({});
  });
});

describe('a call that goes on from an answer', () => {
  const call = callOf({ alternatives: [callOf({ estimatedInputTokens: 7, worstInputTokens: 8 })] });

  it('may come to what it was asked and said as well, for each model that may answer', () => {
    const { estimatedInputTokens, worstInputTokens, alternatives } = withHistory(call, { tokens: 1_000 });
    expect([estimatedInputTokens, worstInputTokens]).toEqual([1_100, 1_100]);
    expect(alternatives).toMatchObject([{ estimatedInputTokens: 1_007, worstInputTokens: 1_008 }]);
  });

  it('of unknown length may come to all that a model reads', () => {
    expect(withHistory(call, { tokens: undefined })).toMatchObject({ estimatedInputTokens: 100, worstInputTokens: 1_000_100 });
  });
});
