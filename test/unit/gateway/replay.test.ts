// An answer that should be kept for its idempotency key while R2 fails or does not respond.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newNonce, operationId } from '../../../src/core/ids';
import { Recorder, storeReplay } from '../../../src/gateway/replay';

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
});
