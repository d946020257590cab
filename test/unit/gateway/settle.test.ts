import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AccountStub } from '../../../src/account/stub';
import type { CloseRequest, CloseResult } from '../../../src/account/types';
import { type SettleDeps, settle } from '../../../src/gateway/settle';

const CLOSE: CloseRequest = { holdId: 'req_a', costMicro: 1, outcome: 'actual', detailJson: '{}' };

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

it.each([
  ['closes the hold by the stub that admitted it', 'works', 'works', ['first']],
  ['does not ask again where the account refuses', 'refuses', 'works', ['first']],
  ['tries another stub where that one has failed', 'fails', 'works', ['first', 'second']],
  ['leaves it to a queue where the account is not to be had', 'fails', 'fails', ['first', 'second', 'queue']],
] as const)('a settlement %s', async (_what, first, second, asked) => {
  const seen: string[] = [];
  const stub = (name: string, does: 'works' | 'refuses' | 'fails') => ({
    settle: async (close: CloseRequest): Promise<CloseResult> => {
      expect(close).toBe(CLOSE);
      seen.push(name);
      if (does === 'fails') throw new Error('not there');
      if (does === 'refuses') return { ok: false, reason: 'unknown_hold' };
      return { ok: true, costMicro: 1, outcome: 'actual', repeated: false };
    },
  });
  const deps: SettleDeps = {
    account: () => stub('second', second) as unknown as AccountStub,
    settlements: {
      send: async (message: unknown) => {
        expect(message).toEqual({ accountId: 'acc_a', close: CLOSE });
        seen.push('queue');
      },
    } as unknown as SettleDeps['settlements'],
  };
  await settle(deps, 'acc_a', stub('first', first), CLOSE);
  expect(seen).toEqual(asked);
});
