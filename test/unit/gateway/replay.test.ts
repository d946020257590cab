// An answer that should be kept for its idempotency key while R2 fails or does not respond.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newNonce, operationId } from '../../../src/core/ids';
import { Recorder, readReplay, storeReplay } from '../../../src/gateway/replay';

const OPERATION = operationId({ nonce: newNonce(), epoch: 1, month: 24_001, seq: 1 });

function store(put: () => Promise<unknown>): Promise<boolean> {
  const recorder = new Recorder('key', {});
  recorder.add('{}');
  return storeReplay({ put, get: put } as unknown as R2Bucket, 'acc_1', OPERATION, recorder);
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('an answer for an idempotency key', () => {
  it('is kept though R2 fails once, and the client has it though R2 fails for good', async () => {
    const put = vi.fn().mockRejectedValueOnce(new Error('internal error')).mockResolvedValue(null);
    expect(await store(put)).toBe(true);
    expect(put).toHaveBeenCalledTimes(2);
    expect(await store(() => Promise.reject(new Error('internal error')))).toBe(false);
  });

  it('does not keep its client waiting for an R2 that never answers', async () => {
    vi.useFakeTimers();
    const stored = store(() => new Promise(() => undefined));
    await vi.runAllTimersAsync();
    expect(await stored).toBe(false);
  });

  it('is sent again as it was, and says that it is', async () => {
    const kept = new Map<string, [text: string, options: R2PutOptions]>();
    const files = {
      put: async (key: string, ...put: [string, R2PutOptions]) => void kept.set(key, put),
      get: async (key: string) => {
        const [body, options] = kept.get(key) ?? [];
        return body === undefined ? null : { body, customMetadata: options?.customMetadata };
      },
    } as unknown as R2Bucket;
    const recorder = new Recorder('key', { 'content-type': 'text/event-stream', 'x-request-id': OPERATION });
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) recorder.add(text);
    expect(await storeReplay(files, 'acc_1', OPERATION, recorder)).toBe(true);
    const read = async (accountId: string, id = OPERATION) => {
      const replay = await readReplay(files, accountId, id);
      return replay.ok ? replay.value : replay.error.kind;
    };
    const again = (await read('acc_1')) as Response;
    expect([await again.text(), Object.fromEntries(again.headers)]).toEqual([
      'data: 1\n\ndata: 2\n\n',
      { 'content-type': 'text/event-stream', 'x-request-id': OPERATION, 'idempotent-replayed': 'true' },
    ]);
    expect([await read('acc_2'), await read('acc_1', 'req_0123456789abc')]).toEqual([undefined, undefined]);
  });

  it('that cannot be read is not taken for none', async () => {
    const get = async () => Promise.reject(new Error('internal error'));
    expect(await readReplay({ get, put: get } as unknown as R2Bucket, 'acc_1', OPERATION)).toMatchObject({
      ok: false,
      error: { kind: 'unavailable' },
    });
  });

  it('is kept whole or not at all', async () => {
    const most = 'x'.repeat(8_388_608);
    const recorder = new Recorder('key', {});
    recorder.add(most);
    expect(recorder.text()).toBe(most);
    recorder.add('');
    expect(recorder.text()).toBe(most);
    recorder.add('y');
    expect(recorder.text()).toBeUndefined();
    const put = vi.fn();
    expect(await storeReplay({ put, get: put } as unknown as R2Bucket, 'acc_1', OPERATION, recorder)).toBe(false);
    expect(put).not.toHaveBeenCalled();
  });
});
