import { describe, expect, it, vi } from 'vitest';
import { operationId } from '../../../src/core/ids';
import { keptAnswerKeys } from '../../../src/core/kept-answers';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { askOwner } from '../../../src/gateway/stored-request';
import { openaiResponsesWire } from '../../../src/providers/wires/openai-responses';
import { NOW_MS, provider } from './support';

const ID = operationId({ nonce: '0123456789abc', epoch: 1, month: 203_101, seq: 7 });
const ACCOUNT = 'acc_1';
const OWNERS = { provider: 'a', storedId: 'resp_a' };

/** The bucket has what was kept of this account's answer, and of another account's. */
function bench(detail: Record<string, unknown>, status = 200, test = false, closedAtMs = 0) {
  const kept = new Set([...keptAnswerKeys(ACCOUNT, ID), ...keptAnswerKeys('acc_2', ID)]);
  const asked: string[] = [];
  const operation = { id: ID, state: 'settled', amountMicro: -120, openedAtMs: NOW_MS, closedAtMs, test, detail };
  const deps = {
    account: () => ({
      authorize: async ({ keyId }: { keyId: string }) => (keyId === 'bad' ? { kind: 'revoked_key' } : null),
      operation: async () => operation,
    }),
    registry: { providers: new Map([['a', provider('a', 1, { wires: [openaiResponsesWire] })]]) },
    now: () => NOW_MS,
    settings: { FIRST_BYTE_TIMEOUT_MS: 1_000 },
    files: {
      head: async (key: string) => (kept.has(key) ? {} : null),
      delete: async (keys: string[]) => void keys.map((key) => kept.delete(key)),
    },
    fetch: async (url: string, { method }: RequestInit) => {
      asked.push(`${method} ${new URL(url).pathname}`);
      return Response.json({ id: 'resp_a', object: 'response', deleted: true }, { status });
    },
  } as unknown as GatewayDeps;
  const ask = (method: 'GET' | 'POST' | 'DELETE', keyId = 'good', accountId = ACCOUNT, mode: 'live' | 'test' = 'live') =>
    askOwner(deps, {
      method,
      requestId: ID,
      suffix: '',
      keys: [{ mode, accountId, keyId, secretHash: '' }],
      origin: null,
      ip: null,
    });
  return { ask, asked, kept };
}

describe('an answer that is deleted', () => {
  it('is deleted at its owner and here', async () => {
    const { ask, asked, kept } = bench(OWNERS);
    expect(await ask('GET')).toMatchObject({ ok: true, value: { response: { status: 200 } } });
    expect(kept.size).toBe(4);
    expect(await ask('DELETE')).toMatchObject({ ok: true, value: { response: { status: 200 } } });
    expect([...kept]).toEqual(keptAnswerKeys('acc_2', ID));
    expect(asked).toEqual(['GET /v1/responses/resp_a', 'DELETE /v1/responses/resp_a']);
  });

  it.each([
    ['no provider keeps', {}, 200],
    ['its owner has forgotten', OWNERS, 404],
  ])('is deleted here, once, where %s it', async (_, detail, status) => {
    const { ask, kept } = bench(detail, status);
    expect(await ask('DELETE')).toEqual({ ok: true, value: 'forgotten' });
    expect([...kept]).toEqual(keptAnswerKeys('acc_2', ID));
    expect(await ask('DELETE')).toEqual({ ok: true, value: undefined });
  });

  it('is deleted though its items are only just being written', async () => {
    vi.useFakeTimers();
    const { ask, kept } = bench({}, 200, false, NOW_MS - 100);
    const [, items] = keptAnswerKeys(ACCOUNT, ID);
    kept.delete(items!);
    setTimeout(() => kept.add(items!), 200);
    const deleted = ask('DELETE');
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(await deleted).toEqual({ ok: true, value: 'forgotten' });
    expect([...kept]).toEqual(keptAnswerKeys('acc_2', ID));
  });

  it('stays for a test key that has not made it, which may look at it alone', async () => {
    const { ask, asked, kept } = bench(OWNERS);
    const byTestKey = (method: 'GET' | 'POST' | 'DELETE', of = ask) => of(method, 'good', ACCOUNT, 'test');
    expect(await byTestKey('GET')).toMatchObject({ ok: true, value: { response: { status: 200 } } });
    for (const method of ['POST', 'DELETE'] as const)
      expect(await byTestKey(method)).toMatchObject({ ok: false, error: { kind: 'permission_denied', code: 'test_key' } });
    expect(await byTestKey('DELETE', bench({}).ask)).toEqual({ ok: true, value: undefined });
    expect([asked.length, kept.size]).toEqual([1, 4]);
    const own = bench(OWNERS, 200, true);
    expect(await byTestKey('DELETE', own.ask)).toMatchObject({ ok: true, value: { response: { status: 200 } } });
    expect(own.kept.size).toBe(2);
  });

  it('stays for whoever may not delete it', async () => {
    const { ask, kept } = bench({});
    expect(await ask('DELETE', 'bad')).toMatchObject({ ok: false, error: { kind: 'revoked_key' } });
    expect(await ask('DELETE', 'good', 'acc_3')).toEqual({ ok: true, value: undefined });
    expect(kept.size).toBe(4);
  });
});
