// An object that fills up: what it drops, what it keeps, and what is then found in D1.
import { env } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { findLedgerLine } from '../../../src/console/ledger';
import { reconcileAccount } from '../../../src/console/reconcile';
import { recover } from '../../../src/console/restore';
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
  refusalOf,
  smallTables,
  TestAccount,
} from './support';

const ROWS_PER_TABLE = 8;
/** A full object keeps the last hour alone. */
const TIGHT = [{ aboveBytes: 0, keptMs: HOUR_MS }];
const AMPLE = [{ aboveBytes: 1_000_000_000, keptMs: HOUR_MS }];

/** Its first sequence is the grant of its credits. */
async function accountOfSmallTables(): Promise<TestAccount> {
  const account = await TestAccount.create();
  await account.run((object, state) => {
    smallTables(object, state, ROWS_PER_TABLE);
    object.grant({ eventId: 'opening', amountMicro: 1_000 * CREDIT, reason: '', topUp: false });
  });
  return account;
}

const call = (object: Inside): string => {
  const holdId = holdOf(object.admit(admitRequest()));
  object.settle(closing(holdId, CREDIT));
  return holdId;
};

const calls = (account: TestAccount, count: number): Promise<string[]> =>
  account.run((object) => Array.from({ length: count }, () => call(object)));

const tablesOf = (account: TestAccount): Promise<string[]> =>
  account.run((_object, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name LIKE 'op\\_%' ESCAPE '\\' ORDER BY name")
      .toArray()
      .map(({ name }) => name),
  );

/** Fires alarms until the object has nothing more to do at once; returns how many there were. */
async function tidyUp(account: TestAccount, bounds: Inside['bounds'] = TIGHT): Promise<number> {
  for (let alarms = 0; ; alarms++) {
    const goesOn = await account.run(async (object, { storage }) => {
      object.bounds = bounds;
      await storage.deleteAlarm();
      await object.alarm();
      const atMs = await storage.getAlarm();
      return atMs !== null && atMs <= account.nowMs + 1_000;
    });
    if (!goesOn) return alarms;
  }
}

const booksOf = async (account: TestAccount) => {
  const { balanceMicro, linesMicro, heldMicro, openHeldMicro } = (await account.stub.books())!;
  return { balance: balanceMicro / CREDIT, lines: linesMicro / CREDIT, held: heldMicro - openHeldMicro };
};

const reconcile = async (account: TestAccount) =>
  (
    await reconcileAccount(
      { db: env.DB, files: env.FILES, account: (id) => accountStub(env.ACCOUNT, id), macSecret: '', now: () => account.nowMs },
      account.id,
    )
  ).problems;

describe('an object with too little room', () => {
  it('drops whole tables of what D1 has, a step an alarm, and goes on', async () => {
    const account = await accountOfSmallTables();
    const [first] = await calls(account, 30);
    await account.project();
    account.nowMs += HOUR_MS + MINUTE_MS;
    const [last] = await calls(account, 1);
    await account.project();
    // Four tables are summed up and then dropped; the fifth is in use.
    expect(await tidyUp(account)).toBe(8);
    expect(await tablesOf(account)).toEqual(['op_203101_4']);
    expect(await booksOf(account)).toEqual({ balance: 969, lines: 969, held: 0 });
    await calls(account, 3);
    await account.evict();
    expect(await booksOf(account)).toEqual({ balance: 966, lines: 966, held: 0 });
    await account.project();
    expect(await reconcile(account)).toEqual([]);
    const lookUp = (id: string) => account.stub.operation(parseOperationId(id)!.month, parseOperationId(id)!.seq);
    expect([await lookUp(first!), (await lookUp(last!))?.id]).toEqual([null, last]);
    expect(await findLedgerLine({ db: env.DB, files: env.FILES }, account.id, first!)).toMatchObject({ id: first, amountMicro: -CREDIT });
  });

  it('is smaller by it, and stops when it is small enough', async () => {
    const account = await accountOfSmallTables();
    await account.run((object) => {
      for (let i = 0; i < 60; i++)
        object.settle({
          ...closing(holdOf(object.admit(admitRequest())), CREDIT),
          detailJson: JSON.stringify({ text: 'x'.repeat(20_000) }),
        });
    });
    await account.project();
    account.nowMs += 2 * HOUR_MS;
    const bytes = () => account.run((_object, { storage }) => storage.sql.databaseSize);
    const before = await bytes();
    const bound = before - 250_000;
    await tidyUp(account, [{ aboveBytes: bound, keptMs: HOUR_MS }]);
    expect(await bytes()).toBeLessThanOrEqual(bound);
    expect(await tablesOf(account)).toEqual(['op_203101_2', 'op_203101_3', 'op_203101_4', 'op_203101_5', 'op_203101_6', 'op_203101_7']);
  });

  it('charges nothing again that it has dropped', async () => {
    const account = await accountOfSmallTables();
    const [settled] = await calls(account, 1);
    const expired = await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest()));
      object.beat({ holdId, checkpointMicro: 2 * CREDIT, leaseMs: LEASE_MS });
      return holdId;
    });
    account.nowMs += 2 * LEASE_MS;
    await account.fireAlarm();
    await calls(account, 20);
    await account.project();
    account.nowMs += 2 * HOUR_MS;
    await tidyUp(account);
    const recovering = {
      db: env.DB,
      files: env.FILES,
      account: (id: string) => accountStub(env.ACCOUNT, id),
      macSecret: '',
      ...OPERATOR,
      now: () => account.nowMs,
    };
    // In a later epoch, an unknown hold of an earlier one may have been undone by a restore.
    for (let epoch = 1; epoch <= 2; epoch++) {
      await account.run((object) => {
        for (const holdId of [settled!, expired])
          expect(object.settle(closing(holdId, 5 * CREDIT))).toEqual({ ok: false, reason: 'too_late' });
      });
      await recover(recovering, account.id, (await account.stub.books())!);
    }
    expect(await booksOf(account)).toEqual({ balance: 977, lines: 977, held: 0 });
    await account.project();
    expect(await reconcile(account)).toEqual([]);
  });

  it('keeps what D1 lacks, and all that came after it', async () => {
    const account = await accountOfSmallTables();
    await calls(account, 28);
    await account.run((object) => object.flush());
    const messages = account.queue.take().map(({ closeSeqs, lines, ...message }) => {
      const lost = closeSeqs.indexOf(12);
      return { ...message, closeSeqs: closeSeqs.toSpliced(lost, 1), lines: lines.toSpliced(lost, 1) };
    });
    await deliver(messages);
    account.nowMs += 30 * DAY_MS;
    await tidyUp(account);
    expect((await tablesOf(account)).at(0)).toBe('op_203101_1');
    await account.run((object) => object.flush());
    await deliver(account.queue.take());
    await tidyUp(account);
    expect(await tablesOf(account)).toEqual(['op_203101_3']);
    expect(await ledgerRows(account.id)).toHaveLength(29);
    expect(await booksOf(account)).toEqual({ balance: 972, lines: 972, held: 0 });
  });

  it('keeps what is open, and what the last hour is counted by', async () => {
    const account = await accountOfSmallTables();
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest({ leaseMs: 10 * DAY_MS }))));
    await calls(account, 40);
    await account.project();
    account.nowMs += DAY_MS;
    await tidyUp(account);
    expect(await tablesOf(account)).toHaveLength(6);
    await account.run((object) => object.settle(closing(holdId, CREDIT)));
    await calls(account, 9);
    await account.project();
    account.nowMs += HOUR_MS - 1;
    await tidyUp(account);
    expect(await tablesOf(account)).toEqual(['op_203101_5', 'op_203101_6']);
    await account.evict();
    await account.run((object) => expect(refusalOf(object.admit(admitRequest({ hourlyLimit: 9 }))).kind).toBe('rate_limited'));
  });

  it('keeps what a recovery could be told of again', async () => {
    const account = await accountOfSmallTables();
    const early = await account.run((object) => holdOf(object.admit(admitRequest())));
    await calls(account, 20);
    await account.project();
    // Two closes, only the second of which is in D1: it belongs to a table that would otherwise be dropped.
    await calls(account, 1);
    await account.run((object) => object.settle(closing(early, CREDIT)));
    await account.run((object) => object.flush());
    const [message] = account.queue.take();
    await deliver([{ ...message!, closeSeqs: message!.closeSeqs.slice(1), lines: message!.lines.slice(1) }]);
    account.nowMs += DAY_MS;
    await tidyUp(account);
    account.queue.take();
    expect(await tablesOf(account)).toHaveLength(3);
    const rows = await account.run((_object, state) => copyRows(state));
    await account.run((_object, state) => putBackRows(state, rows));
    await account.evict();
    const deps = {
      db: env.DB,
      files: env.FILES,
      account: (id: string) => accountStub(env.ACCOUNT, id),
      macSecret: '',
      ...OPERATOR,
      now: () => account.nowMs,
    };
    await recover(deps, account.id, (await account.stub.books())!);
    await account.project();
    expect(await booksOf(account)).toEqual({ balance: 978, lines: 978, held: 0 });
    expect(await reconcile(account)).toEqual([]);
  });
});

describe('an object with room', () => {
  it('keeps its operations, and sums up those of a table once', async () => {
    const account = await accountOfSmallTables();
    await calls(account, 100);
    await account.project();
    account.nowMs += 10 * DAY_MS;
    await tidyUp(account, AMPLE);
    expect(await tablesOf(account)).toHaveLength(13);
    await account.run((object, { storage: { sql } }) => {
      object.view();
      const exec = vi.spyOn(sql, 'exec');
      expect(object.books()).toMatchObject({ balanceMicro: 900 * CREDIT, linesMicro: 900 * CREDIT });
      const rowsRead = exec.mock.results.reduce((sum, { value }) => sum + (value as { rowsRead: number }).rowsRead, 0);
      expect(rowsRead).toBeLessThan(2 * ROWS_PER_TABLE);
      exec.mockRestore();
    });
    expect(await reconcile(account)).toEqual([]);
  });

  it('sends again what D1 has lost of any of its tables', async () => {
    const account = await accountOfSmallTables();
    await calls(account, 40);
    await account.project();
    await tidyUp(account, AMPLE);
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ? AND close_seq BETWEEN 7 AND 25').bind(account.id).run();
    expect(await account.run((object) => object.resend(7, 25))).toBe(19);
    await deliver(account.queue.take());
    expect(await ledgerRows(account.id)).toHaveLength(41);
    expect(await reconcile(account)).toEqual([]);
  });

  it('writes a few rows for each table that it sums up or drops, however many are in it', async () => {
    const account = await accountOfSmallTables();
    await calls(account, 20);
    await account.project();
    account.nowMs += DAY_MS;
    await account.run(async (object, state) => {
      object.bounds = TIGHT;
      await object.alarm();
      const written = vi.spyOn(state.storage.sql, 'exec');
      const count = () =>
        written.mock.results.splice(0).reduce((sum, { value }) => sum + (value as { rowsWritten: number }).rowsWritten, 0);
      for (let step = 0; step < 3; step++) {
        await object.alarm();
        expect(count()).toBeLessThan(5);
      }
      written.mockRestore();
    });
    expect(await tablesOf(account)).toEqual(['op_203101_2']);
  });
});

describe('an account whose months lie in a table each', () => {
  it('finds its calls, goes on in smaller tables, and drops the large one when it is to', async () => {
    const account = await accountOfSmallTables();
    const before = await calls(account, 3);
    const open = await account.run((object) => holdOf(object.admit(admitRequest())));
    await account.run((_object, { storage: { sql } }) => sql.exec('ALTER TABLE op_203101_0 RENAME TO op_203101'));
    await account.evict();
    const after = await calls(account, 30);
    await account.run((object) => object.settle(closing(open, CREDIT)));
    expect(await tablesOf(account)).toEqual(['op_203101', 'op_203101_0', 'op_203101_1', 'op_203101_2', 'op_203101_3', 'op_203101_4']);
    await account.run((object) => {
      for (const id of [...before, open, ...after]) {
        const { month, seq } = parseOperationId(id)!;
        expect(object.operation(month, seq)).toMatchObject({ id, state: 'settled' });
      }
      expect(object.operations(100).lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 35 }, (_, i) => 35 - i));
    });
    await account.project();
    expect(await ledgerRows(account.id)).toHaveLength(35);
    account.nowMs += 2 * HOUR_MS;
    await tidyUp(account);
    expect(await tablesOf(account)).toEqual(['op_203101_4']);
    expect(await booksOf(account)).toEqual({ balance: 966, lines: 966, held: 0 });
    expect(await reconcile(account)).toEqual([]);
  });
});
