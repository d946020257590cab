import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import type { LineInD1, Operation } from '../../../src/account/types';
import { toOperation } from '../../../src/console/ledger';
import { recover, restore as restoreVerb } from '../../../src/console/restore';
import { parseOperationId } from '../../../src/core/ids';
import {
  admitRequest,
  CREDIT,
  closing,
  copyRows,
  DAY_MS,
  deliver,
  HOUR_MS,
  holdOf,
  type Inside,
  LEASE_MS,
  ledgerRows,
  MINUTE_MS,
  OPERATOR,
  putBackRows,
  type Rows,
  refusalOf,
  SECOND_MS,
  START_MS,
  TestAccount,
  testKey,
} from './support';

const remember = (account: TestAccount): Promise<Rows> => account.run((_object, state) => copyRows(state));

/** Does what a point-in-time restore does: brings back the rows of that moment and wakes the object with them. */
async function putBack(account: TestAccount, rows: Rows): Promise<void> {
  await account.run(async (_object, state) => {
    putBackRows(state, rows);
    await state.storage.deleteAlarm();
  });
  await account.evict();
  account.queue.take();
  await account.run(() => undefined);
}

async function mend(account: TestAccount, stub = accountStub(env.ACCOUNT, account.id)) {
  const deps = { db: env.DB, files: env.FILES, account: () => stub, macSecret: '', ...OPERATOR, now: () => account.nowMs };
  const recovered = await recover(deps, account.id, (await account.stub.books())!);
  if (!recovered.ok) throw new Error(recovered.error.message);
  return recovered.value;
}

async function restore(account: TestAccount, rows: Rows) {
  await putBack(account, rows);
  return mend(account);
}

const admit = (account: TestAccount, credits = 1): Promise<string> =>
  account.run((object) => holdOf(object.admit(admitRequest({ estimateMicro: credits * CREDIT }))));

const settle = (account: TestAccount, holdId: string, credits: number) =>
  account.run((object) => object.settle(closing(holdId, credits * CREDIT)));

const call = async (account: TestAccount, credits: number): Promise<string> => {
  const holdId = await admit(account);
  await settle(account, holdId, credits);
  return holdId;
};

/** The object agrees with itself and with D1, where everything is once. */
async function expectBalance(account: TestAccount, credits: number): Promise<void> {
  await account.project();
  const books = (await account.stub.books())!;
  expect(books).toMatchObject({ balanceMicro: credits * CREDIT, linesMicro: credits * CREDIT });
  expect(books.heldMicro).toBe(books.openHeldMicro);
  expect(books.ackedCloseSeq).toBe(books.closeSeq);
  const rows = await ledgerRows(account.id);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  expect(rows.reduce((sum, { amount }) => sum + amount, 0)).toBe(credits * CREDIT);
  const current = rows.filter(({ epoch }) => epoch === books.epoch).map(({ close_seq }) => close_seq);
  expect(current).toEqual(Array.from({ length: books.closeSeq }, (_, i) => i + 1));
}

describe('an account restored to an earlier moment', () => {
  it('takes back from D1 what was closed since, in a new epoch', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await call(account, 1);
    await account.project();
    const then = await remember(account);
    const after = await call(account, 2);
    await account.run((object) => void object.grant({ eventId: 'later', amountMicro: 50 * CREDIT, reason: '', topUp: true }));
    await account.project();

    expect(await restore(account, then)).toEqual({ epoch: 2, replayed: 2 });
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 147 * CREDIT, heldMicro: 0, topUpMicro: 50 * CREDIT, epoch: 2 });
    await account.run((object) => {
      expect(object.settle(closing(after, 9 * CREDIT))).toMatchObject({ repeated: true, costMicro: 2 * CREDIT });
      expect(object.grant({ eventId: 'later', amountMicro: 50 * CREDIT, reason: '', topUp: true }).repeated).toBe(true);
    });
    await call(account, 3);
    await expectBalance(account, 144);
  });

  it('takes back more than one message could hold, in parts, also when an earlier try broke off in the middle', async () => {
    const account = await TestAccount.create({ credits: 10_000 });
    await account.project();
    const then = await remember(account);
    const detailJson = JSON.stringify({ attempts: Array.from({ length: 8 }, () => ({ message: 'x'.repeat(500) })) });
    const CALLS = 1_100;
    await account.run((object) => {
      for (let i = 0; i < CALLS; i++)
        object.settle({ ...closing(holdOf(object.admit(admitRequest({ hourlyLimit: 10_000 }))), CREDIT), detailJson });
    });
    await account.project();
    await putBack(account, then);
    const [broken] = await ledgerRows(account.id);
    await account.run((object) => {
      object.stageRecovery([], 0, true);
      object.stageRecovery(
        [{ ...toOperation(broken as unknown as Parameters<typeof toOperation>[0]), id: 'req_0123456789abc-1-4cc3-9z' }],
        0,
        false,
      );
    });
    const sizes: number[] = [];
    const stub = accountStub(env.ACCOUNT, account.id);
    const counted = new Proxy(stub, {
      get: (target, method: keyof typeof stub) =>
        method === 'stageRecovery'
          ? (lines: Operation[], endedEpoch: number, isFirst: boolean) => {
              sizes.push(JSON.stringify(lines).length);
              return target.stageRecovery(lines, endedEpoch, isFirst);
            }
          : Reflect.get(target, method),
    });
    expect(await mend(account, counted)).toEqual({ epoch: 2, replayed: CALLS });
    expect(Math.max(...sizes)).toBeLessThan(8_000_000);
    expect(sizes.length).toBeGreaterThan(CALLS / 1_000);
    await expectBalance(account, 10_000 - CALLS);
    await account.run((_object, state) => expect(copyRows(state).tables.map(({ name }) => name)).not.toContain('recovery'));
  }, 60_000);

  it('loses and doubles nothing that D1 had not seen yet', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const unseen = await call(account, 1);
    const then = await remember(account);
    const lost = await call(account, 2);

    expect(await restore(account, then)).toEqual({ epoch: 2, replayed: 0 });
    await expectBalance(account, 99);
    expect((await ledgerRows(account.id)).filter(({ id }) => id === unseen)).toMatchObject([{ epoch: 2, close_seq: 1 }]);
    // The call was made and its close never arrived anywhere; when it does arrive, it is charged.
    expect(await settle(account, lost, 2)).toMatchObject({ ok: true, repeated: false });
    expect(await settle(account, lost, 2)).toMatchObject({ ok: true, repeated: true });
    await expectBalance(account, 97);
  });

  it('counts a top-up that D1 had not seen yet once towards the tier, after a second restore too', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    await account.run((object) => void object.grant({ eventId: 'unseen', amountMicro: 50 * CREDIT, reason: '', topUp: true }));
    const then = await remember(account);
    await restore(account, then);
    await account.project();
    await restore(account, then);
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 150 * CREDIT, topUpMicro: 50 * CREDIT, epoch: 3 });
    await expectBalance(account, 150);
  });

  it('uses sequences again without harm', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    const undone = [await admit(account), await admit(account)];
    await restore(account, then);
    const again = [await call(account, 1), await call(account, 2)];
    expect(again.map((id) => parseOperationId(id)!.seq)).toEqual(undone.map((id) => parseOperationId(id)!.seq));
    await expectBalance(account, 97);
    for (const holdId of undone)
      expect(await settle(account, holdId, 4)).toMatchObject({ ok: true, costMicro: 4 * CREDIT, repeated: false });
    for (const holdId of undone)
      expect(await settle(account, holdId, 5)).toMatchObject({ ok: true, costMicro: 4 * CREDIT, repeated: true });
    for (const holdId of again) expect(await settle(account, holdId, 9)).toMatchObject({ ok: true, repeated: true });
    await expectBalance(account, 89);
  });

  it('closes a hold that was open then as D1 says, and keeps one that nobody has closed', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const [closed, open] = [await admit(account, 5), await admit(account, 7)];
    await account.project();
    const then = await remember(account);
    await account.run((object) => object.extend({ holdId: closed, byMicro: 4 * CREDIT, checkpointMicro: 0, leaseMs: LEASE_MS }));
    await settle(account, closed, 3);
    await account.project();
    await restore(account, then);
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 97 * CREDIT, heldMicro: 7 * CREDIT });
    expect(await settle(account, closed, 9)).toMatchObject({ repeated: true, costMicro: 3 * CREDIT });
    expect(await settle(account, open, 6)).toMatchObject({ repeated: false });
    const { lines } = await account.stub.operations(10);
    expect(lines.find(({ id }) => id === closed)).toMatchObject({ heldMicro: 9 * CREDIT, amountMicro: -3 * CREDIT });
    await expectBalance(account, 91);
  });

  it('does not charge again a late close that D1 knows of', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const holdId = await admit(account);
    await account.project();
    const then = await remember(account);
    account.nowMs += LEASE_MS;
    await account.fireAlarm();
    await settle(account, holdId, 4);
    await account.project();
    await restore(account, then);
    expect(await settle(account, holdId, 4)).toMatchObject({ ok: true, costMicro: 4 * CREDIT, repeated: true });
    await expectBalance(account, 96);
  });

  it('does not charge again a close of two months ago', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const holdId = await call(account, 1);
    await account.project();
    account.nowMs += 100 * DAY_MS;
    await account.run((object) => object.alarm());
    const then = await remember(account);
    await restore(account, then);
    expect(await settle(account, holdId, 1)).toEqual({ ok: false, reason: 'too_late' });
    await expectBalance(account, 99);
  });

  it('sends what it has numbered anew at once, though it was sent a moment ago under its old number', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run(async (object) => {
      await object.flush();
      account.queue.take();
      object.stageRecovery([], 0, true);
      object.recover([], 0);
      await object.flush();
    });
    const sent = account.queue.take().flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as LineInD1));
    expect(sent).toMatchObject([{ closeSeq: 1, head: { kind: 'grant' }, tail: { closeEpoch: 2 } }]);
  });

  it('has a third epoch after a second restore, even to before the first', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    await call(account, 1);
    await account.project();
    expect((await restore(account, then)).epoch).toBe(2);
    await call(account, 2);
    await expectBalance(account, 97);
    expect(await restore(account, then)).toEqual({ epoch: 3, replayed: 2 });
    await call(account, 4);
    await expectBalance(account, 93);
  });

  it('charges what was held in an epoch that left no line, after a second restore to before it', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    expect((await restore(account, then)).epoch).toBe(2);
    const undone = await admit(account);
    expect((await restore(account, then)).epoch).toBe(3);
    await call(account, 5);
    expect(await settle(account, undone, 7)).toMatchObject({ ok: true, costMicro: 7 * CREDIT });
    expect((await account.stub.books())!.balanceMicro).toBe(88 * CREDIT);
  });

  it('remembers what keys spent, also in a month that had not begun then', async () => {
    const account = await TestAccount.create({ credits: 100, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await call(account, 5);
    await account.project();
    const then = await remember(account);
    await call(account, 3);
    await account.project();
    await restore(account, then);
    const spent = async () => (await account.run((object) => object.listKeys()))[0]!.spentThisMonthMicro / CREDIT;
    expect(await spent()).toBe(8);
    await account.project();
    const before = await remember(account);
    account.nowMs = Date.UTC(2031, 1, 2);
    await call(account, 9);
    await account.project();
    await restore(account, before);
    expect(await spent()).toBe(9);
    await account.run((object) => expect(refusalOf(object.admit(admitRequest({ estimateMicro: 2 * CREDIT }))).kind).toBe('spending_limit'));
  });

  it('knows of idempotency keys that their calls have ended', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const of = (keyHash: string) => ({ idempotency: { keyHash, bodyHash: 'b' } });
    const [charged, failed, open] = await account.run((object) =>
      ['charged', 'failed', 'open'].map((keyHash) => holdOf(object.admit(admitRequest(of(keyHash))))),
    );
    const late = await account.run((object) => holdOf(object.admit(admitRequest({ ...of('late'), leaseMs: SECOND_MS }))));
    await account.project();
    const then = await remember(account);
    account.nowMs += SECOND_MS;
    const [since, sinceFailed] = await account.run((object) =>
      ['since', 'failed since'].map((keyHash) => holdOf(object.admit(admitRequest(of(keyHash))))),
    );
    await account.run(async (object) => {
      await object.alarm();
      object.settle({ ...closing(since!, CREDIT), idempotency: { keyHash: 'since', stored: true } });
      object.release({ holdId: sinceFailed!, detailJson: '{}', idempotency: { keyHash: 'failed since', stored: false } });
      object.settle({ ...closing(late, CREDIT), idempotency: { keyHash: 'late', stored: true } });
      object.settle({ ...closing(charged!, CREDIT), idempotency: { keyHash: 'charged', stored: true } });
      object.release({ holdId: failed!, detailJson: '{}', idempotency: { keyHash: 'failed', stored: false } });
    });
    await account.project();
    await restore(account, then);
    await account.run((object) => {
      expect(object.admit(admitRequest(of('charged')))).toEqual({ ok: true, replay: { operationId: charged } });
      expect(object.admit(admitRequest(of('late')))).toEqual({ ok: true, replay: { operationId: late } });
      expect(object.admit(admitRequest(of('since')))).toEqual({ ok: true, replay: { operationId: since } });
      expect(refusalOf(object.admit(admitRequest({ idempotency: { keyHash: 'since', bodyHash: 'other' } }))).kind).toBe(
        'idempotency_mismatch',
      );
      expect(holdOf(object.admit(admitRequest(of('failed since'))))).not.toBe(sinceFailed);
      expect(object.operation(parseOperationId(since!)!.month, parseOperationId(since!)!.seq)).toMatchObject({
        detail: {},
        idempotency: of('since').idempotency,
      });
      expect(refusalOf(object.admit(admitRequest(of('open')))).kind).toBe('idempotency_in_flight');
      expect(holdOf(object.admit(admitRequest(of('failed'))))).not.toBe(failed);
      object.settle({ ...closing(open!, CREDIT), idempotency: { keyHash: 'open', stored: true } });
      expect(object.admit(admitRequest(of('open')))).toEqual({ ok: true, replay: { operationId: open } });
    });
  });

  it('counts the calls of the last hour', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    for (let i = 0; i < 3; i++) await call(account, 1);
    await account.project();
    await restore(account, then);
    await account.run((object) => {
      expect(refusalOf(object.admit(admitRequest({ hourlyLimit: 3 }))).kind).toBe('rate_limited');
      account.nowMs += HOUR_MS;
      holdOf(object.admit(admitRequest({ hourlyLimit: 3 })));
    });
  });

  it('keeps a key revoked that was revoked since, and tells D1 what keys there are', async () => {
    const account = await TestAccount.create({ credits: 100, keys: [testKey(), testKey({ id: 'key_b', name: 'before' })] });
    await account.project();
    const then = await remember(account);
    account.nowMs += MINUTE_MS;
    await account.run((object) => {
      object.revokeKey('key_a');
      object.putKey(testKey({ id: 'key_b', name: 'after' }));
    });
    await account.project();
    account.nowMs += MINUTE_MS;
    await restore(account, then);
    await account.run((object) => expect(refusalOf(object.admit(admitRequest())).kind).toBe('revoked_key'));
    await account.project();
    const { results } = await env.DB.prepare('SELECT name, status FROM api_keys WHERE account_id = ? ORDER BY id').bind(account.id).all();
    expect(results).toEqual([
      { name: 'a', status: 'revoked' },
      { name: 'before', status: 'active' },
    ]);
  });

  it('opens nothing that was closed since: a suspended account, a disabled key, a secret that was rotated away', async () => {
    const keys = ['key_a', 'key_b', 'key_c', 'key_d'].map((id) => testKey({ id, name: id }));
    const account = await TestAccount.create({ credits: 100, keys });
    await account.run((object) => object.rotateKey('key_d', { secretHash: 'd2', graceMs: DAY_MS }));
    await account.project();
    const then = await remember(account);
    account.nowMs += MINUTE_MS;
    await account.run((object) => {
      object.changeKey('key_a', { status: 'disabled' });
      object.rotateKey('key_b', { secretHash: 'b2', graceMs: 0 });
      object.rotateKey('key_c', { secretHash: 'c2', graceMs: HOUR_MS });
      object.setStatus('suspended');
    });
    await account.project();
    account.nowMs += MINUTE_MS;
    await restore(account, then);
    const admits = (keyId: string) =>
      account.run((object) => {
        const admitted = object.admit(
          admitRequest({ keyId, nonce: keyId.padEnd(13, 'x').replaceAll('_', 'x'), ...(keyId === 'key_d' && { secretHash: 'd2' }) }),
        );
        return admitted.ok ? 'admitted' : admitted.error.kind;
      });
    expect(await admits('key_d')).toBe('account_suspended');
    await account.run((object) => object.setStatus('active'));
    expect(await Promise.all(['key_a', 'key_b', 'key_c', 'key_d'].map(admits))).toEqual([
      'disabled_key',
      'expired_key',
      'admitted',
      'admitted',
    ]);
    account.nowMs += HOUR_MS;
    expect(await admits('key_c')).toBe('expired_key');
  });

  it('counts against limits what was spent since, each in its period', async () => {
    const periods = ['day', 'week', 'total'] as const;
    const keys = periods.map((limitPeriod) => testKey({ id: `key_${limitPeriod}`, spendingLimitMicro: 100 * CREDIT, limitPeriod }));
    const account = await TestAccount.create({ credits: 500, keys });
    const spend = (object: Inside, credits: number) => {
      for (const { id: keyId } of keys)
        object.settle(closing(holdOf(object.admit(admitRequest({ keyId, estimateMicro: credits * CREDIT }))), credits * CREDIT));
    };
    const spent = async () =>
      (await account.run((object) => object.listKeys())).map(({ limitPeriod, spentOfLimitMicro }) => [
        limitPeriod,
        spentOfLimitMicro / CREDIT,
      ]);
    await account.run((object) => spend(object, 1));
    await account.project();
    const then = await remember(account);
    await account.run((object) => spend(object, 2));
    account.nowMs += DAY_MS;
    await account.run((object) => spend(object, 4));
    await account.project();
    const before = await spent();
    expect(before.sort()).toEqual([
      ['day', 4],
      ['total', 7],
      ['week', 7],
    ]);
    await restore(account, then);
    expect((await spent()).sort()).toEqual(before);
  });

  it('keeps the prices that the account has been given since', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    await account.run((object) => object.setPrices(1_500));
    await account.project();
    await restore(account, then);
    const admitted = await account.run((object) => object.admit(admitRequest({ estimateMicro: 2 * CREDIT, worstMicro: 2 * CREDIT })));
    expect(admitted).toMatchObject({ ok: true, admission: { pricePermille: 1_500 } });
    expect((await account.stub.view())!.heldMicro).toBe(3 * CREDIT);
  });

  it('wakes for the holds that it has, though its alarm is gone', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await admit(account);
    await account.project();
    await restore(account, await remember(account));
    account.nowMs = Math.max(account.nowMs, (await account.alarmAtMs())!);
    await account.fireAlarm();
    account.nowMs += LEASE_MS;
    await account.fireAlarm();
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 100 * CREDIT, heldMicro: 0 });
  });

  it('loses and doubles nothing of the calls that came in before it was recovered', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const held = await admit(account);
    await account.project();
    const then = await remember(account);
    await settle(account, held, 2);
    const before = await call(account, 3);
    await account.project();

    await putBack(account, then);
    const between = await call(account, 4);
    expect(parseOperationId(between)!.seq).toBe(parseOperationId(before)!.seq);
    await settle(account, held, 2);
    await account.project();
    expect((await account.stub.books())!.ackedCloseSeq).toBe(1);

    await mend(account);
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 91 * CREDIT, heldMicro: 0 });
    for (const [holdId, cost] of [
      [held, 2],
      [before, 3],
      [between, 4],
    ] as const)
      expect(await settle(account, holdId, 9)).toMatchObject({ ok: true, costMicro: cost * CREDIT, repeated: true });
    await expectBalance(account, 91);
  });

  it('doubles nothing that was on its way to D1 when it was recovered', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    await call(account, 1);
    await account.run((object) => object.flush());
    const onTheWay = account.queue.take();
    await mend(account);
    await deliver(onTheWay);
    await expectBalance(account, 99);
    await deliver(onTheWay);
    await expectBalance(account, 99);
  });

  it('begins no epoch again that a recovery has begun, though D1 got no line of it', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    expect((await mend(account)).epoch).toBe(2);
    expect((await mend(account)).epoch).toBe(3);
    expect((await restore(account, then)).epoch).toBe(4);
    await call(account, 1);
    await expectBalance(account, 99);
  });

  it.each([
    ['has', 'UPDATE ledger SET epoch = 4 WHERE account_id = ?'],
    ['had', 'INSERT INTO ledger_fences (account_id, epoch, archived_epoch) VALUES (?, 0, 4)'],
  ])('ends all epochs of which D1 %s lines, and begins the one after them', async (_tense, later) => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    await env.DB.prepare(later).bind(account.id).run();
    expect((await mend(account)).epoch).toBe(5);
    expect(await env.DB.prepare('SELECT epoch FROM ledger_fences WHERE account_id = ?').bind(account.id).first()).toEqual({ epoch: 4 });
  });

  it('loses nothing of what comes to D1 too late for a recovery that broke off', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    await call(account, 1);
    const broken = new Proxy(accountStub(env.ACCOUNT, account.id), {
      get: (stub, method) => (method === 'stageRecovery' ? () => Promise.reject(new Error('away')) : Reflect.get(stub, method)),
    });
    await expect(mend(account, broken)).rejects.toThrow('away');
    await account.project();
    expect(await account.stub.books()).toMatchObject({ closeSeq: 2, ackedCloseSeq: 1 });
    await mend(account);
    await expectBalance(account, 99);
  });

  it.each([
    ['its lines', 1],
    ['the last step', 2],
  ])('is recovered by the later one of two who recover it at once, and the earlier gives up before %s', async (_what, step) => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    await call(account, 7);
    await account.project();
    await putBack(account, then);
    const books = (await account.stub.books())!;
    let steps = 0;
    let later: Awaited<ReturnType<typeof mend>> | undefined;
    const earlier = new Proxy(accountStub(env.ACCOUNT, account.id), {
      get: (stub, method) => {
        if (method === 'recover' ? step !== 2 : method !== 'stageRecovery' || step !== 1) return Reflect.get(stub, method);
        return async (...given: unknown[]) => {
          // Its beginning is its own.
          if (method === 'recover' || steps++ === 1) later = await mend(account);
          return (Reflect.get(stub, method) as (...all: unknown[]) => unknown)(...given);
        };
      },
    });
    await expect(mend(account, earlier)).rejects.toThrow('Another recovery of this account has begun');
    expect(later).toMatchObject({ epoch: books.epoch + 2, replayed: 1 });
    await expectBalance(account, 93);
  });

  it('takes the word of D1 for a hold that expired before it was recovered', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const held = await admit(account);
    await account.project();
    const then = await remember(account);
    await settle(account, held, 2);
    await account.project();
    await putBack(account, then);
    account.nowMs += LEASE_MS;
    await account.run((object) => object.alarm());
    await account.project();
    await mend(account);
    expect(await settle(account, held, 2)).toMatchObject({ ok: true, costMicro: 2 * CREDIT, repeated: true });
    await expectBalance(account, 98);
  });
});

describe('acknowledgements', () => {
  it('of another epoch are not taken for this one', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const then = await remember(account);
    await restore(account, then);
    await call(account, 1);
    await account.run((object) => {
      object.acknowledge({ epoch: 1, closeSeqs: [1, 2, 3], entities: [] });
      expect(object.books()).toMatchObject({ closeSeq: 1, ackedCloseSeq: 0 });
    });
    await expectBalance(account, 99);
  });
});

describe('the operator’s restore', () => {
  const deps = (account: TestAccount, stub = () => accountStub(env.ACCOUNT, account.id)) => ({
    db: env.DB,
    files: env.FILES,
    account: stub,
    macSecret: '',
    ...OPERATOR,
    now: () => account.nowMs,
  });
  const at = (ms: number) => ({ at: new Date(ms).toISOString() });

  /** A platform that keeps earlier states; `asked` is the bookmark that the object is to wake with. */
  async function keepStates(account: TestAccount): Promise<{ asked?: string }> {
    const platform: { asked?: string } = {};
    await account.run((_object, { storage }) => {
      storage.getBookmarkForTime = async (time) => `state of ${Number(time)}`;
      storage.onNextSessionRestoreBookmark = async (bookmark) => {
        platform.asked = bookmark;
        return 'state of now';
      };
    });
    return platform;
  }

  /** The stub of an object that next wakes with these rows. */
  const wakingTo = (account: TestAccount, rows: Rows) => () =>
    new Proxy(accountStub(env.ACCOUNT, account.id), {
      get: (stub, method) =>
        method === 'endSession' ? () => putBack(account, rows).then(() => Promise.reject(new Error('gone'))) : Reflect.get(stub, method),
    });

  it('puts the object back to the moment, replays D1, and says how to undo it', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await call(account, 1);
    await account.project();
    const then = await remember(account);
    const thenMs = account.nowMs + 1;
    account.nowMs += HOUR_MS;
    await call(account, 2);
    await account.project();
    const platform = await keepStates(account);
    const view = (await account.stub.view())!;
    const restored = await restoreVerb(deps(account, wakingTo(account, then)), view, at(thenMs));
    expect(restored).toEqual({ ok: true, value: { undoBookmark: 'state of now', epoch: 2, replayed: 1 } });
    expect(platform.asked).toBe(`state of ${thenMs}`);
    await expectBalance(account, 97);
    const detail = await env.DB.prepare("SELECT detail FROM audit_log WHERE account_id = ? AND action = 'account.recover'")
      .bind(account.id)
      .first<string>('detail');
    expect(JSON.parse(detail!)).toMatchObject({ atMs: thenMs, undoBookmark: 'state of now', fromEpoch: 1 });
  });

  it('goes to a bookmark as it is', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const platform = await keepStates(account);
    await restoreVerb(deps(account, wakingTo(account, await remember(account))), (await account.stub.view())!, {
      bookmark: 'state of now',
    });
    expect(platform.asked).toBe('state of now');
  });

  it('waits until D1 has all of the account', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await call(account, 1);
    account.nowMs += HOUR_MS;
    const platform = await keepStates(account);
    const view = (await account.stub.view())!;
    expect(await restoreVerb(deps(account), view, at(START_MS + MINUTE_MS))).toMatchObject({ ok: false, error: { kind: 'conflict' } });
    expect(platform.asked).toBeUndefined();
    expect(account.queue.sent.length).toBeGreaterThan(0);
    expect((await account.stub.view())!.balanceMicro).toBe(99 * CREDIT);
  });

  it('goes to no moment before the account was made, in the future, or longer ago than states are kept', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    account.nowMs += 40 * DAY_MS;
    const view = (await account.stub.view())!;
    for (const ms of [START_MS - DAY_MS, START_MS + DAY_MS, account.nowMs + 1])
      expect(await restoreVerb(deps(account), view, at(ms))).toMatchObject({ ok: false, error: { kind: 'invalid_request', param: 'at' } });
  });
});
