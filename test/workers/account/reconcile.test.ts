import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type { ReconciliationMessage } from '../../../src/account/types';
import { reconcileAccount, reconcileFrom, reconcileNightly } from '../../../src/console/reconcile';
import { admitRequest, CREDIT, closing, deliver, holdOf, LEASE_MS, ledgerRows, MINUTE_MS, START_MS, TestAccount } from './support';

afterEach(() => vi.restoreAllMocks());

const deps = (account = (id: string): AccountStub => accountStub(env.ACCOUNT, id)) => ({
  db: env.DB,
  files: env.FILES,
  account,
  macSecret: '',
  now: () => START_MS,
});

const problemsOf = async (account: TestAccount): Promise<string[]> =>
  (await reconcileAccount(deps(), account.id)).problems.map(({ problem }) => problem);

/** An account with a few lines, all of which D1 has. */
async function settledAccount(): Promise<TestAccount> {
  const account = await TestAccount.create({ credits: 100 });
  await account.run((object) => {
    for (let i = 0; i < 5; i++) object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
  });
  await account.project();
  return account;
}

const tamper = (account: TestAccount, query: string): Promise<void> =>
  account.run((object, state) => {
    object.view();
    state.storage.sql.exec(query);
    object.opened = undefined;
  });

describe('the reconciliation', () => {
  it('finds nothing in a healthy account: idle, in use, or ahead of D1', async () => {
    const account = await settledAccount();
    expect(await reconcileAccount(deps(), account.id)).toEqual({ checked: 1, problems: [], nextCursor: null });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest())));
    expect(await problemsOf(account)).toEqual([]);
    await account.run((object) => void object.settle(closing(holdId, CREDIT)));
    expect(await problemsOf(account)).toEqual([]);
    await account.evict();
    await account.run((object) => expect(object.books()).toMatchObject({ closeSeq: 7, ackedCloseSeq: 6 }));
    expect(await problemsOf(account)).toEqual([]);
  });

  it('finds nothing after months were dropped and epochs begun', async () => {
    const account = await settledAccount();
    account.nowMs = Date.UTC(2031, 5, 1);
    await account.run((object) => object.alarm());
    await account.run((object) => {
      object.stageRecovery([], 0, true);
      object.recover([], 0);
    });
    await account.run((object) => void object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT)));
    await account.project();
    expect(await problemsOf(account)).toEqual([]);
  });

  it('finds a balance that is not the sum of its lines', async () => {
    const account = await settledAccount();
    await tamper(account, 'UPDATE op_203101_0 SET amount = amount + 1 WHERE seq = 2');
    expect(await problemsOf(account)).toEqual([`the balance is ${95 * CREDIT}, its lines come to ${95 * CREDIT + 1}`]);
  });

  it('finds holds that do not come to what is held', async () => {
    const account = await settledAccount();
    await account.run((object) => void holdOf(object.admit(admitRequest())));
    await tamper(account, "UPDATE op_203101_0 SET held = held + 7 WHERE state = 'open'");
    expect(await problemsOf(account)).toEqual([`${CREDIT} is held, open holds come to ${CREDIT + 7}`]);
  });

  it('finds a hold that is open a minute past its deadline', async () => {
    const account = await settledAccount();
    await account.run((object) => void holdOf(object.admit(admitRequest())));
    account.nowMs += LEASE_MS + MINUTE_MS;
    expect(await problemsOf(account)).toEqual([]);
    account.nowMs++;
    expect(await problemsOf(account)).toEqual(['1 holds are open a minute past their deadline']);
  });

  it('wakes an account that has something to do and no alarm', async () => {
    for (const doing of ['a hold', 'a line', 'a change of a key'] as const) {
      const account = await settledAccount();
      await account.run((object, state) => {
        if (doing === 'a change of a key') object.revokeKey('key_a');
        else {
          const hold = holdOf(object.admit(admitRequest()));
          if (doing === 'a line') object.settle(closing(hold, CREDIT));
        }
        return state.storage.deleteAlarm();
      });
      await account.evict();
      account.nowMs += LEASE_MS + MINUTE_MS + 1;
      await account.run((object) => void object.view());
      await problemsOf(account);
      account.nowMs += MINUTE_MS;
      expect(await account.fireAlarm()).toBe(true);
      expect(await account.stub.books()).toMatchObject({ overdueHolds: 0 });
      expect(account.queue.take()).toHaveLength(1);
    }
  });

  it('finds a line that D1 has lost, and has it sent again', async () => {
    const account = await settledAccount();
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ? AND close_seq = 3').bind(account.id).run();
    expect(await problemsOf(account)).toEqual(['D1 has 5 of 6 confirmed lines of epoch 1; 6 sent again']);
    expect(account.queue.sent.flatMap(({ closeSeqs }) => closeSeqs)).toContain(3);
    await deliver(account.queue.take());
    expect(await ledgerRows(account.id)).toHaveLength(6);
    expect(await problemsOf(account)).toEqual([]);
  });

  it('finds the same where its lines cannot be sent again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await settledAccount();
    await tamper(account, 'UPDATE op_203101_0 SET amount = amount + 1 WHERE seq = 2');
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ? AND close_seq = 3').bind(account.id).run();
    const stub = (id: string) => ({
      books: () => accountStub(env.ACCOUNT, id).books(),
      resend: () => Promise.reject(new Error('not now')),
    });
    const { problems } = await reconcileAccount(
      deps((id) => stub(id) as unknown as AccountStub),
      account.id,
    );
    expect(problems.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('its lines come to'),
      'D1 has 5 of 6 confirmed lines of epoch 1; 0 sent again, the others could not be',
    ]);
  });

  it('gives a D1 that was put back the account and its keys as they are now, with the lines that it lacks', async () => {
    const account = await settledAccount();
    const rowsIn = async (table: string, id: string): Promise<unknown[]> =>
      (await env.DB.prepare(`SELECT * FROM ${table} WHERE ${id} = ?`).bind(account.id).all()).results;
    const known = { accounts: await rowsIn('accounts', 'id'), api_keys: await rowsIn('api_keys', 'account_id') };
    expect([known.accounts.length, known.api_keys.length > 0]).toEqual([1, true]);
    for (const table of ['ledger', 'api_keys']) await env.DB.prepare(`DELETE FROM ${table} WHERE account_id = ?`).bind(account.id).run();
    await env.DB.prepare('DELETE FROM accounts WHERE id = ?').bind(account.id).run();
    expect(await problemsOf(account)).toEqual(['D1 has 0 of 6 confirmed lines of epoch 1; 6 sent again']);
    await account.project();
    const told = (rows: unknown[]) => rows.map((row) => ({ ...(row as object), version: 0 }));
    expect(told(await rowsIn('accounts', 'id'))).toEqual(told(known.accounts));
    expect(told(await rowsIn('api_keys', 'account_id'))).toEqual(told(known.api_keys));
    expect(await problemsOf(account)).toEqual([]);
  });

  it('finds a line that says something else in D1', async () => {
    const account = await settledAccount();
    await env.DB.prepare('UPDATE ledger SET amount = amount - 5 WHERE account_id = ? AND close_seq = 3').bind(account.id).run();
    expect(await problemsOf(account)).toEqual([`D1's lines come to ${95 * CREDIT - 5} micro-credits, the balance is ${95 * CREDIT}`]);
  });

  it('writes down what it found, once', async () => {
    const account = await settledAccount();
    await tamper(account, 'UPDATE op_203101_0 SET amount = amount + 1 WHERE seq = 2');
    await reconcileAccount(deps(), account.id);
    await reconcileAccount(deps(), account.id);
    const { results } = await env.DB.prepare('SELECT at, problem FROM reconciliations WHERE account_id = ?').bind(account.id).all();
    expect(results).toEqual([{ at: START_MS, problem: expect.stringContaining('its lines come to') }]);
  });

  it('goes on with the others when an account cannot be asked, or is none', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const accounts = [await settledAccount(), await settledAccount(), await settledAccount()];
    const [silent, empty, tampered] = accounts;
    await tamper(tampered!, 'UPDATE op_203101_0 SET amount = amount + 1 WHERE seq = 2');
    const never = new TestAccount();
    const { problems } = await reconcileFrom(
      deps((id) => {
        if (id === silent!.id) return { books: () => Promise.reject(new Error('not there')) } as unknown as AccountStub;
        return accountStub(env.ACCOUNT, id === empty!.id ? never.id : id);
      }),
    );
    const of = (account: TestAccount) => problems.filter(({ accountId }) => accountId === account.id).map(({ problem }) => problem);
    expect(of(silent!)).toEqual(['the account could not be checked']);
    expect(of(empty!)).toEqual(['the account object has no account']);
    expect(of(tampered!)).toHaveLength(1);
  });

  it('comes to every account once, some at a time', async () => {
    const accounts = [await settledAccount(), await settledAccount(), await settledAccount()];
    const { results } = await env.DB.prepare('SELECT id FROM accounts ORDER BY id').all();
    const asked: string[] = [];
    const asking = deps((id) => {
      asked.push(id);
      return accountStub(env.ACCOUNT, id);
    });
    let cursor: string | undefined;
    let parts = 0;
    do {
      const { checked, nextCursor } = await reconcileFrom(asking, cursor, 2);
      expect(checked).toBe(Math.min(2, results.length - 2 * parts));
      cursor = nextCursor ?? undefined;
      parts++;
    } while (cursor !== undefined);
    expect(asked).toEqual(results.map(({ id }) => id));
    for (const { id } of accounts) expect(asked).toContain(id);
  });

  it('asks D1 no more often than an invocation may, however many accounts have problems', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const ids = Array.from({ length: 900 }, (_, index) => `acc_zz_${String(index).padStart(4, '0')}`);
    const insert = env.DB.prepare("INSERT INTO accounts (id, name, version, tier, created_at) VALUES (?, ?, 1, 'free', 0)");
    await env.DB.batch(ids.map((id) => insert.bind(id, id)));
    let asked = 0;
    const counting = new Proxy(env.DB, {
      get: (db, name) => {
        if (name === 'prepare' && ++asked > 1_000) throw new Error('Too many API requests by single Worker invocation.');
        const value = Reflect.get(db, name) as unknown;
        return typeof value === 'function' ? value.bind(db) : value;
      },
    });
    const books = {
      balanceMicro: 1,
      linesMicro: 1,
      heldMicro: 1,
      openHeldMicro: 0,
      overdueHolds: 0,
      epoch: 1,
      closeSeq: 12_001,
      ackedCloseSeq: 12_001,
    };
    const resent: [number, number][] = [];
    const stub = { books: async () => books, resend: async (...part: [number, number]) => resent.push(part) } as unknown as AccountStub;
    const found: string[] = [];
    for (let after: string | null = 'acc_zz'; after !== null; ) {
      asked = 0;
      const { problems, nextCursor }: Awaited<ReturnType<typeof reconcileFrom>> = await reconcileFrom(
        { ...deps(() => stub), db: counting },
        after,
      );
      found.push(...problems.map(({ accountId }) => accountId));
      after = nextCursor;
    }
    expect(new Set(found)).toEqual(new Set(ids));
    expect(resent.slice(0, 3)).toEqual([
      [1, 5_000],
      [5_001, 10_000],
      [10_001, 15_000],
    ]);
    await env.DB.prepare("DELETE FROM accounts WHERE id LIKE 'acc_zz_%'").run();
  });

  it('goes on at night by a message, as long as there are accounts', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    for (let made = 0; made < 2; made++) await settledAccount();
    const last = await env.DB.prepare('SELECT MAX(id) AS id FROM accounts').first<string>('id');
    const sent: ReconciliationMessage[] = [];
    const queue = { send: async (message: ReconciliationMessage) => void sent.push(message) as never };
    // Nights of other tests are in the same database.
    const runs = async () => (await env.DB.prepare('SELECT * FROM reconciliation_runs').all<{ ended_at: number; sums: string }>()).results;
    const before = await runs();
    await reconcileNightly(deps(), queue, {}, 1);
    expect(sent).toHaveLength(1);
    // From a version that knew of no sums.
    await reconcileNightly(deps(), queue, { after: last! });
    expect(sent).toHaveLength(1);
    expect(log).toHaveBeenLastCalledWith('reconciliation', JSON.stringify({ checked: 0, problems: 0 }));
    const noted = (await runs()).filter(({ ended_at }) => !before.some((run) => run.ended_at === ended_at));
    expect(noted).toEqual([{ ended_at: START_MS, sums: null }]);
  });

  it('tells at its end what all accounts have, also when it came to the last by several messages', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const first = await env.DB.prepare("SELECT COALESCE(MAX(id), '') AS id FROM accounts").first<string>('id');
    const ids = ['acc_zzz_1', 'acc_zzz_2', 'acc_zzz_3', 'acc_zzz_4'];
    for (const id of ids) {
      await env.DB.prepare("INSERT INTO accounts (id, version, name, tier, created_at) VALUES (?, 0, '', 'free', 0)").bind(id).run();
      await env.DB.prepare(
        "INSERT INTO api_keys VALUES (?, 'k1', 1, '', 'live', 'active', '{}'), (?, 'k2', 1, '', 'live', 'revoked', '{}')",
      )
        .bind(id, id)
        .run();
    }
    const line = `INSERT INTO ledger VALUES (?, 1, 1, 1, ?, 'usage', 'settled', NULL, NULL, 'chat', 0, 'm', '/', 0, -3, ?, ?, 'actual', '{}')`;
    await env.DB.prepare(line)
      .bind('acc_zzz_1', 'req_zzz', START_MS - MINUTE_MS, START_MS)
      .run();
    const agreed = { epoch: 1, closeSeq: 0, ackedCloseSeq: 0, overdueHolds: 0, openHeldMicro: 5, heldMicro: 5 };
    const balances: Record<string, number> = { acc_zzz_1: -3, acc_zzz_2: 40, acc_zzz_3: 50 };
    const stub = (id: string) =>
      ({
        books: async () => {
          if (!(id in balances)) throw new Error('not there');
          return { ...agreed, closeSeq: id === 'acc_zzz_1' ? 1 : 0, balanceMicro: balances[id], linesMicro: balances[id] };
        },
        wakeIfForgotten: async () => undefined,
      }) as unknown as AccountStub;
    const none = { accounts: 0, active: 0, keys: 0, owedMicro: 0, overdrawnMicro: 0, heldMicro: 0, problems: 0, unchecked: 0 };
    const sent: ReconciliationMessage[] = [{ after: first!, sums: none }];
    const queue = { send: async (message: ReconciliationMessage) => void sent.push(message) as never };
    const later = { ...deps(stub), now: () => START_MS + 1 };
    for (const message of sent) await reconcileNightly(later, queue, message, 2);
    expect(sent.map(({ after }) => after)).toEqual([first, 'acc_zzz_2', 'acc_zzz_4']);
    const sums = await env.DB.prepare('SELECT sums FROM reconciliation_runs ORDER BY ended_at DESC LIMIT 1').first<string>('sums');
    expect(JSON.parse(sums!)).toEqual({
      ...{ accounts: 3, active: 1, keys: 4, owedMicro: 90, overdrawnMicro: 3, heldMicro: 15, problems: 3, unchecked: 1 },
    });
    for (const [table, column] of [
      ['accounts', 'id'],
      ['api_keys', 'account_id'],
      ['ledger', 'account_id'],
    ])
      await env.DB.prepare(`DELETE FROM ${table} WHERE ${column} LIKE 'acc_zzz_%'`).run();
  });
});
