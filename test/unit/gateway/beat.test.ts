// A failed beat is repeated before the lease that it should have renewed runs out.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BeatRequest } from '../../../src/account/types';
import { readSettings } from '../../../src/env';
import { beat, type Run } from '../../../src/gateway/run';

const HOLD = 'req_0123456789abc-1-4cc3-1';

/** A run whose account fails this many beats; a stub that has failed once fails for good. */
function runWith(failures: number) {
  const settings = readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) });
  const startedAtMs = Date.now();
  const renewed: { afterMs: number; request: BeatRequest }[] = [];
  const work: Promise<unknown>[] = [];
  let stubs = 0;
  const account = () => {
    const fails = stubs++ < failures;
    return {
      beat: async (request: BeatRequest) => {
        if (fails) throw new Error('Network connection lost.');
        renewed.push({ afterMs: Date.now() - startedAtMs, request });
        return { ok: true };
      },
    };
  };
  const deps = { settings, account, waitUntil: (done: Promise<unknown>) => void work.push(done) };
  const run = { deps, accountId: 'acc_1', holdId: HOLD } as unknown as Run;
  return { run, settings, renewed, idle: () => Promise.all(work) };
}

describe('a beat that fails', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it.each([
    [0, 0],
    [1, 0],
    [2, 10_000],
  ])('%i times renews the lease after %i ms', async (failures, afterMs) => {
    const { run, settings, renewed, idle } = runWith(failures);
    beat(run, 7);
    await vi.advanceTimersByTimeAsync(afterMs);
    expect(renewed).toEqual([{ afterMs, request: { holdId: HOLD, checkpointMicro: 7, leaseMs: settings.LEASE_MS } }]);
    expect(settings.BEAT_MS + afterMs).toBeLessThan(settings.LEASE_MS);
    await idle();
  });

  it('for good is given up, and breaks nothing', async () => {
    const { run, renewed, idle } = runWith(99);
    beat(run, 7);
    await vi.advanceTimersByTimeAsync(60_000);
    await idle();
    expect(renewed).toEqual([]);
  });
});
