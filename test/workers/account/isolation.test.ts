import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountId, newAccountBytes, newNonce, parseOperationId } from '../../../src/core/ids';
import { admitRequest, CREDIT, closing, holdOf, LEASE_MS, refusalOf, TestAccount, testKey } from './support';

const tablesOf = (id: string): Promise<string[]> =>
  runInDurableObject(env.ACCOUNT.getByName(id), (_instance, state) =>
    state.storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => name),
  );

describe("another account's money", () => {
  it('is not touched by closing its hold', async () => {
    const [a, b] = [await TestAccount.create({ credits: 100 }), await TestAccount.create({ credits: 100 })];
    const holdOfA = await a.run((object) => holdOf(object.admit(admitRequest({ estimateMicro: 10 * CREDIT }))));
    const holdOfB = await b.run((object) => holdOf(object.admit(admitRequest({ estimateMicro: 7 * CREDIT }))));
    await b.run((object) => {
      expect(object.settle(closing(holdOfA, 9 * CREDIT))).toEqual({ ok: false, reason: 'unknown_hold' });
      expect(object.release({ holdId: holdOfA, detailJson: '{}' })).toEqual({ ok: false, reason: 'unknown_hold' });
      expect(object.beat({ holdId: holdOfA, checkpointMicro: 5, leaseMs: LEASE_MS })).toEqual({ ok: false, reason: 'closed' });
      expect(object.extend({ holdId: holdOfA, byMicro: 5, checkpointMicro: 0, leaseMs: LEASE_MS }).ok).toBe(false);
      expect(object.view()).toMatchObject({ balanceMicro: 100 * CREDIT, heldMicro: 7 * CREDIT });
    });
    await a.run((object) => {
      expect(object.view()).toMatchObject({ balanceMicro: 100 * CREDIT, heldMicro: 10 * CREDIT });
      expect(object.settle(closing(holdOfB, 1))).toEqual({ ok: false, reason: 'unknown_hold' });
      expect(object.settle(closing(holdOfA, 4 * CREDIT)).ok).toBe(true);
      expect(object.view()).toMatchObject({ balanceMicro: 96 * CREDIT, heldMicro: 0 });
    });
    await b.run((object) => expect(object.view()!.balanceMicro).toBe(100 * CREDIT));
  });

  it('is not spent with its key at another account', async () => {
    const a = await TestAccount.create({ credits: 100, keys: [testKey({ id: 'key_of_a', secretHash: 'secret-of-a' })] });
    const b = await TestAccount.create({ credits: 100, keys: [testKey({ id: 'key_of_b', secretHash: 'secret-of-b' })] });
    await b.run((object) => {
      const request = admitRequest({ keyId: 'key_of_a', secretHash: 'secret-of-a' });
      expect(refusalOf(object.admit(request)).kind).toBe('invalid_key');
      expect(refusalOf(object.admit({ ...request, keyId: 'key_of_b' })).kind).toBe('invalid_key');
    });
    await a.run((object) => expect(object.view()!.heldMicro).toBe(0));
  });

  it('stays apart in D1 when both close under the same numbers', async () => {
    const [a, b] = [await TestAccount.create({ credits: 1 }), await TestAccount.create({ credits: 2 })];
    for (const account of [a, b]) await account.project();
    const sums = await env.DB.prepare('SELECT account_id, SUM(amount) AS sum FROM ledger WHERE account_id IN (?, ?) GROUP BY account_id')
      .bind(a.id, b.id)
      .all<{ account_id: string; sum: number }>();
    expect(Object.fromEntries(sums.results.map(({ account_id, sum }) => [account_id, sum]))).toEqual({
      [a.id]: CREDIT,
      [b.id]: 2 * CREDIT,
    });
  });
});

describe('a forged hold', () => {
  it('does nothing with the right sequence and the wrong nonce', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      const open = holdOf(object.admit(admitRequest()));
      const closed = holdOf(object.admit(admitRequest()));
      object.settle(closing(closed, 1));
      for (const holdId of [open, closed]) {
        const forged = holdId.replace(parseOperationId(holdId)!.nonce, newNonce());
        expect(object.settle(closing(forged, 50 * CREDIT))).toEqual({ ok: false, reason: 'unknown_hold' });
        expect(object.beat({ holdId: forged, checkpointMicro: CREDIT, leaseMs: LEASE_MS }).ok).toBe(false);
        expect(object.extend({ holdId: forged, byMicro: 1, checkpointMicro: 0, leaseMs: LEASE_MS }).ok).toBe(false);
      }
      expect(object.view()).toMatchObject({ balanceMicro: 100 * CREDIT - 1, heldMicro: CREDIT });
    });
  });

  it('does nothing in an epoch that began after the hold it imitates', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      const open = holdOf(object.admit(admitRequest()));
      object.stageRecovery([], 0, true);
      object.recover([], 0);
      const forged = open.replace(parseOperationId(open)!.nonce, newNonce());
      expect(object.settle(closing(forged, 50 * CREDIT))).toEqual({ ok: false, reason: 'unknown_hold' });
      expect(object.settle(closing(open, CREDIT))).toMatchObject({ ok: true, repeated: false });
      expect(object.view()).toMatchObject({ balanceMicro: 99 * CREDIT, heldMicro: 0 });
    });
  });

  it.each(['', 'x', 'req_', 'req_0123456789abc', 'req_0123456789abc-1-4cpp', 'req_0123456789abc-1-4cpp-1-1', 'req_0123456789abc-1-0-0'])(
    'is unknown when it is no hold id at all: %j',
    async (holdId) => {
      const account = await TestAccount.create({ credits: 1 });
      await account.run((object) => expect(object.settle(closing(holdId, 1))).toEqual({ ok: false, reason: 'unknown_hold' }));
    },
  );
});

describe('an account that was never created', () => {
  it('writes nothing, whatever it is asked', async () => {
    const id = accountId(newAccountBytes());
    const stub = accountStub(env.ACCOUNT, id);
    const hold = 'req_0123456789abc-1-4cpp-1';
    expect(refusalOf(await stub.admit(admitRequest())).kind).toBe('invalid_key');
    expect(await stub.settle(closing(hold, 1))).toEqual({ ok: false, reason: 'unknown_hold' });
    expect(await stub.release({ holdId: hold, detailJson: '{}' })).toEqual({ ok: false, reason: 'unknown_hold' });
    expect(await stub.view()).toBeNull();
    expect(await stub.books()).toBeNull();
    expect(await stub.listKeys()).toEqual([]);
    expect(await stub.revokeKey('key_a')).toBeNull();
    expect(await stub.operations(10)).toEqual({ holds: [], lines: [] });
    expect(await stub.operation(203101, 1)).toBeNull();
    expect((await stub.authorize(admitRequest()))?.kind).toBe('invalid_key');
    await stub.acknowledge({ epoch: 1, closeSeqs: [1], entities: [{ id: 'account', version: 1 }] });
    await stub.flush();
    expect(await stub.resend(1, 100)).toBe(0);
    await runInDurableObject(env.ACCOUNT.getByName(id), async (instance, state) => {
      await instance.alarm();
      expect(await state.storage.getAlarm()).toBeNull();
    });
    expect(await tablesOf(id)).toEqual([]);
  });

  it('says so to what can only be meant for one that was', async () => {
    const id = accountId(newAccountBytes());
    await runInDurableObject(env.ACCOUNT.getByName(id), (instance) => {
      const beat = { holdId: 'req_0123456789abc-1-4cpp-1', checkpointMicro: 0, leaseMs: 1 };
      expect(() => instance.beat(beat)).toThrow('no such account');
      expect(() => instance.extend({ ...beat, byMicro: 1 })).toThrow('no such account');
      expect(() => instance.grant({ eventId: 'e', amountMicro: 1, reason: '', topUp: false })).toThrow('no such account');
      expect(() => instance.putKey(testKey())).toThrow('no such account');
      expect(() => instance.setTier('scale')).toThrow('no such account');
      expect(() => instance.stageRecovery([], 0, true)).toThrow('no such account');
      expect(() => instance.recover([], 0)).toThrow('no such account');
    });
    expect(await tablesOf(id)).toEqual([]);
  });
});
