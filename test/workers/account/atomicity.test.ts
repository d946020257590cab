import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountId, newAccountBytes } from '../../../src/core/ids';
import { admitRequest, CREDIT, type Inside, TestAccount } from './support';

describe('a step of the account that fails in the middle', () => {
  it('leaves nothing behind', async () => {
    const id = accountId(newAccountBytes());
    // A reset breaks the stubs in use, so each call takes a new one, as each request does.
    const stub = () => accountStub(env.ACCOUNT, id);
    await stub().create({ id, name: 'atomic', email: null, createdAtMs: 1, grantedTier: 'free' });
    await stub().grant({ eventId: 'first', amountMicro: 5, reason: '', topUp: false });
    await runInDurableObject(env.ACCOUNT.getByName(id), (instance) => {
      const { store } = (instance as unknown as { opened: { store: { writeSums: () => void } } }).opened;
      store.writeSums = () => {
        throw new Error('the disk is full');
      };
    });
    const grant = { eventId: 'second', amountMicro: 7, reason: '', topUp: false };
    const outcome = await stub()
      .grant(grant)
      .catch((error: Error) => error.message);
    expect(outcome).toContain('a step of the account failed');
    expect((await stub().view())?.balanceMicro).toBe(5);
    const { lines } = await stub().operations(10);
    expect(lines.map(({ amountMicro }) => amountMicro)).toEqual([5]);
    expect((await stub().grant({ eventId: 'second', amountMicro: 7, reason: '', topUp: false })).balanceMicro).toBe(12);
  });

  it('leaves nothing behind of the calls that came with it', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    const object = () => env.ACCOUNT.getByName(account.id) as unknown as Inside;
    const requests = JSON.stringify([admitRequest({}), admitRequest({})]);
    for (const fails of ['insert', 'writeRow'] as const) {
      await runInDurableObject(env.ACCOUNT.getByName(account.id), (instance) => {
        const { store, operations } = (instance as unknown as { opened: Record<'store' | 'operations', Record<string, () => void>> })
          .opened;
        const from = fails === 'insert' ? operations : store;
        const does = from[fails]!;
        let calls = fails === 'insert' ? 0 : 1;
        from[fails] = (...values: []) => {
          if (++calls === 2) throw new Error('the disk is full');
          return does.apply(from, values);
        };
      });
      await expect((async () => object().admitJson(requests))()).rejects.toThrow('a step of the account failed');
      const stub = accountStub(env.ACCOUNT, account.id);
      expect(await stub.view()).toMatchObject({ balanceMicro: 1_000 * CREDIT, heldMicro: 0 });
      expect((await stub.operations(10)).holds).toEqual([]);
    }
  });
});
