import { createExecutionContext, createMessageBatch, env } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type { ArchivingMessage } from '../../../src/account/types';
import type { OperatorDeps } from '../../../src/console/accounts';
import { packLines } from '../../../src/console/archive/file';
import { archiveOn, firstPass } from '../../../src/console/archive/move';
import { archivedAfter, broughtForward } from '../../../src/console/archive/read';
import type { VerbContext } from '../../../src/console/context';
import { findLedgerLine } from '../../../src/console/ledger';
import { reconcileAccount } from '../../../src/console/reconcile';
import { recover } from '../../../src/console/restore';
import { exportUsage, wasThere } from '../../../src/console/usage/export';
import { usageFilterInput } from '../../../src/console/usage/filter';
import type { Bindings } from '../../../src/env';
import worker from '../../../src/index';
import { projectLedger } from '../../../src/jobs/project-ledger';
import { NIGHTLY } from '../../../src/jobs/sweep';
import { admitRequest, CREDIT, closing, DAY_MS, holdOf, ledgerRows, OPERATOR, TestAccount, testKey } from './support';

// A pass looks at every account that D1 has.
beforeEach(() => env.DB.exec('DELETE FROM accounts'));
afterEach(() => vi.restoreAllMocks());

const depsOf = (account: TestAccount, files = env.FILES) => ({
  db: env.DB,
  files,
  account: (id: string) => accountStub(env.ACCOUNT, id),
  macSecret: '',
  now: () => account.nowMs,
});

/** Some calls, each a line of -1 credit, all of which D1 has; gives their ids. */
async function calls(account: TestAccount, count: number): Promise<string[]> {
  const ids = await account.run((object) =>
    Array.from({ length: count }, () => {
      const holdId = holdOf(object.admit(admitRequest()));
      object.settle(closing(holdId, CREDIT));
      return holdId;
    }),
  );
  await account.project();
  return ids;
}

const OPTIONS = { retentionDays: 10, linesAPart: 4, linesAtLeast: 1 };
const TEN_DAYS: ArchivingMessage = { archiving: { days: 10, lines: 0, sizeBytes: 0 } };

const archive = (account: TestAccount, options = OPTIONS, files = env.FILES) =>
  archiveOn(depsOf(account, files), TEN_DAYS, { ...options, partsAtATime: 3 });

const forwardOf = async ({ id }: TestAccount) => (await broughtForward(env.DB, id).first()) ?? undefined;

const seqsInD1 = async (account: TestAccount): Promise<number[]> =>
  (await ledgerRows(account.id)).map(({ close_seq }) => Number(close_seq));

/** What the gateway itself does at night, message by message. */
async function oneNight(variables: Record<string, string>): Promise<unknown[]> {
  const sent: { archiving?: object }[] = [];
  const queue = { send: async (message: object) => void sent.push(message) };
  const bindings = { ...env, ...variables, RECONCILIATION_QUEUE: queue as unknown as Bindings['RECONCILIATION_QUEUE'] };
  await worker.scheduled({ cron: NIGHTLY, scheduledTime: Date.now(), noRetry: () => {} }, bindings);
  for (let at = 0; at < sent.length; at++) {
    const message = { id: String(at), timestamp: new Date(), attempts: 1, body: sent[at] };
    await worker.queue(createMessageBatch('hypereal-reconciliation', [message]), bindings, createExecutionContext());
  }
  return sent;
}

async function allOf<T>(given: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of given) all.push(one);
  return all;
}

const TOLD = { checked: 1, problems: [], nextCursor: null };

describe('the archive', () => {
  it('takes old lines out of D1, in parts, and leaves those whose time is not over', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const old = await calls(account, 6);
    account.nowMs += 11 * DAY_MS;
    await calls(account, 2);
    expect(await archive(account)).toBeUndefined();
    expect(await seqsInD1(account)).toEqual([8, 9]);
    expect(await forwardOf(account)).toMatchObject({ amountMicro: 94 * CREDIT });
    expect(await reconcileAccount(depsOf(account), account.id)).toEqual(TOLD);
    const { keys } = await env.FILES.list({ prefix: `ledger/${account.id}/` }).then(({ objects }) => ({
      keys: objects.map(({ key }) => key),
    }));
    expect(keys).toEqual([`ledger/${account.id}/1-1-4.ndjson.gz`, `ledger/${account.id}/1-5-7.ndjson.gz`]);
    expect(await findLedgerLine(depsOf(account), account.id, old[4]!)).toMatchObject({
      id: old[4],
      amountMicro: -CREDIT,
      state: 'settled',
    });
  });

  it('writes files that anyone can read: a line of JSON for each line', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const [id] = await calls(account, 1);
    account.nowMs += 11 * DAY_MS;
    await archive(account);
    const file = await env.FILES.get(`ledger/${account.id}/1-1-2.ndjson.gz`);
    const text = await new Response(file!.body.pipeThrough(new DecompressionStream('gzip'))).text();
    const [grant, call, end] = text.split('\n');
    expect([JSON.parse(grant!), end]).toMatchObject([
      { accountId: account.id, kind: 'grant', amount: 100 * CREDIT, detail: { eventId: 'opening' } },
      '',
    ]);
    expect(JSON.parse(call!)).toMatchObject({ id, epoch: 1, closeSeq: 2, amount: -CREDIT, detail: {} });
  });

  it('waits until an account that calls seldom has enough for a file, but not for more than a month', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 2);
    account.nowMs += 11 * DAY_MS;
    const options = { ...OPTIONS, linesAPart: 10, linesAtLeast: 10 };
    await archive(account, options);
    expect(await seqsInD1(account)).toEqual([1, 2, 3]);
    account.nowMs += 30 * DAY_MS;
    await archive(account, options);
    expect(await seqsInD1(account)).toEqual([]);
  });

  it('stops at a line that D1 lacks, and goes on when it was sent again', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 5);
    account.nowMs += 11 * DAY_MS;
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ? AND close_seq = 3').bind(account.id).run();
    await archive(account);
    expect(await seqsInD1(account)).toEqual([4, 5, 6]);
    const { problems } = await reconcileAccount(depsOf(account), account.id);
    expect(problems.map(({ problem }) => problem)).toEqual(['D1 has 5 of 6 confirmed lines of epoch 1; 6 sent again']);
    await account.project();
    expect(await seqsInD1(account)).toEqual([3, 4, 5, 6]);
    expect(await reconcileAccount(depsOf(account), account.id)).toEqual(TOLD);
    await archive(account);
    expect([await seqsInD1(account), await reconcileAccount(depsOf(account), account.id)]).toEqual([[], TOLD]);
  });

  it('keeps the lines of each epoch apart, and does not wait for what one that is over never got', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 3);
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ? AND close_seq = 3').bind(account.id).run();
    const deps = { ...OPERATOR, ...depsOf(account) } as unknown as OperatorDeps;
    await recover(deps, account.id, (await account.stub.books())!);
    account.nowMs += DAY_MS;
    const untilMs = account.nowMs;
    await calls(account, 3);
    account.nowMs += 11 * DAY_MS;
    await archive(account, { ...OPTIONS, linesAPart: 10 });
    const { results } = await env.DB.prepare('SELECT epoch, close_seq, lines FROM ledger_parts WHERE account_id = ?')
      .bind(account.id)
      .all();
    expect([results, await seqsInD1(account)]).toEqual([
      [
        { epoch: 1, close_seq: 4, lines: 3 },
        { epoch: 2, close_seq: 3, lines: 3 },
      ],
      [],
    ]);
    const since = async (closeSeq: number) =>
      (await allOf(archivedAfter(depsOf(account), account.id, { epoch: 1, closeSeq }))).map((lines) => lines.map((line) => line.closeSeq));
    expect(await forwardOf(account)).toMatchObject({ untilMs });
    expect([await since(2), await since(4)]).toEqual([[[4], [1, 2, 3]], [[1, 2, 3]]]);
  });

  it('does not count for the lines of a later epoch', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 3);
    account.nowMs += 11 * DAY_MS;
    await archive(account);
    const deps = { ...OPERATOR, ...depsOf(account) } as unknown as OperatorDeps;
    await recover(deps, account.id, (await account.stub.books())!);
    await calls(account, 2);
    expect(await reconcileAccount(deps, account.id)).toEqual(TOLD);
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ? AND close_seq = 1').bind(account.id).run();
    const { problems } = await reconcileAccount(deps, account.id);
    expect(problems.map(({ problem }) => problem)).toEqual(['D1 has 1 of 2 confirmed lines of epoch 2; 2 sent again']);
  });

  it('is read file by file, however many there are', async () => {
    const packed = await packLines([]);
    const files = { get: async () => ({ body: new Response(packed).body }) } as unknown as R2Bucket;
    await env.DB.prepare(
      `INSERT INTO ledger_parts WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
       SELECT 'acc_many', 1, i, 0, 0, 0, 0, i FROM n`,
    ).run();
    expect(await allOf(archivedAfter({ db: env.DB, files }, 'acc_many', { epoch: 1, closeSeq: 0 }))).toHaveLength(1_001);
  });

  it('leaves lines in D1 of which their account does not know that they are there', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    await account.run((object) => object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT)));
    const unheard = () => ({ acknowledge: async () => undefined }) as unknown as AccountStub;
    await projectLedger({ db: env.DB, account: unheard }, await account.run((object) => object.handOver()));
    account.nowMs += 11 * DAY_MS;
    await archive(account);
    expect(await seqsInD1(account)).toEqual([2]);
  });

  it('has each line though calls do not end in the order in which they began', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const ids = await account.run((object) => {
      const begun = [1, 2, 3, 4, 5].map(() => holdOf(object.admit(admitRequest())));
      for (const at of [0, 4, 3, 1, 2]) object.settle(closing(begun[at]!, CREDIT));
      return begun;
    });
    await account.project();
    account.nowMs += 11 * DAY_MS;
    await archive(account);
    const found = await Promise.all(ids.map((id) => findLedgerLine(depsOf(account), account.id, id)));
    expect(found.map((line) => line?.id)).toEqual(ids);
  });

  it('leaves the lines of an account that is being recovered where they are', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 2);
    account.nowMs += 11 * DAY_MS;
    await env.DB.prepare('INSERT INTO ledger_fences (account_id, epoch) VALUES (?, 1)').bind(account.id).run();
    await archive(account);
    expect(await seqsInD1(account)).toEqual([1, 2, 3]);
  });

  it.each([
    ['its recovery has begun', 'INSERT INTO ledger_fences (account_id, epoch) VALUES (?, 1)'],
    ['another has moved them', 'INSERT INTO ledger_fences (account_id, epoch, archived_epoch, archived_close_seq) VALUES (?, 0, 1, 3)'],
    ['lines of an epoch have left it', 'INSERT INTO ledger_fences (account_id, epoch, archived_epoch) VALUES (?, 0, 1)'],
    ['more lines have left it', 'INSERT INTO ledger_fences (account_id, epoch, archived_close_seq) VALUES (?, 0, 1)'],
  ])('changes nothing in D1 when, while the file is written, %s', async (_why, meanwhile) => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 2);
    account.nowMs += 11 * DAY_MS;
    const put = async () => void (await env.DB.prepare(meanwhile).bind(account.id).run());
    await archive(account, OPTIONS, { put } as unknown as R2Bucket);
    expect([await seqsInD1(account), await forwardOf(account)]).toEqual([[1, 2, 3], undefined]);
  });

  it('goes on with the other accounts when one cannot be moved', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 2);
    account.nowMs += 11 * DAY_MS;
    const put = async () => {
      throw new Error('R2 is away');
    };
    expect(await archive(account, OPTIONS, { put } as unknown as R2Bucket)).toBeUndefined();
    expect(await seqsInD1(account)).toEqual([1, 2, 3]);
    expect(logged).toHaveBeenCalledWith('ledger not archived', expect.stringContaining('R2 is away'));
  });

  it('does not begin again with one that cannot be moved, which counts like a file', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const accounts = [await TestAccount.create({ credits: 100 }), await TestAccount.create({ credits: 100 })];
    for (const account of accounts) await calls(account, 5);
    const [first, second] = accounts.toSorted((one, other) => (one.id < other.id ? -1 : 1)) as [TestAccount, TestAccount];
    second.nowMs += 11 * DAY_MS;
    const put = (key: string, ...rest: [ArrayBuffer]) => {
      if (key.includes(first.id)) throw new Error('R2 is away');
      return env.FILES.put(key, ...rest);
    };
    const options = { ...OPTIONS, partsAtATime: 2 };
    const message = await archiveOn(depsOf(second, { put } as unknown as R2Bucket), TEN_DAYS, options);
    expect([message?.archiving.after, await seqsInD1(second)]).toEqual([first.id, [5, 6]]);
  });

  it('looks at so many accounts at a time, with old lines and without', async () => {
    const deps = { ...depsOf(new TestAccount()), account: () => ({ books: async () => null }) as unknown as AccountStub };
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)';
    await env.DB.exec(`INSERT INTO accounts (id, version, name, tier, created_at) ${numbers} SELECT 'acc_' || i, 1, '', 'free', 0 FROM n`);
    const look = async (after?: string) =>
      (await archiveOn(deps, { archiving: { ...TEN_DAYS.archiving, ...(after && { after }) } }, OPTIONS))?.archiving.after;
    expect([await look(), await look('acc_10000')]).toEqual(['acc_19999', undefined]);
    await env.DB.exec(
      `INSERT INTO ledger (account_id, epoch, close_seq, seq, id, kind, state, test, held, amount, opened_at, closed_at, detail)
      ${numbers} SELECT 'acc_' || (i + 500), 1, 1, 1, 'x', 'usage', 'settled', 0, 0, 0, 0, 0, '{}' FROM n LIMIT 101`.replaceAll('\n', ' '),
    );
    expect([await look(), await look('acc_10599')]).toEqual(['acc_10599', undefined]);
  });

  it('goes on where it stopped, with the account of which some is left', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 9);
    account.nowMs += 11 * DAY_MS;
    const options = { ...OPTIONS, linesAPart: 2, partsAtATime: 2 };
    const deps = depsOf(account);
    let message: ArchivingMessage | undefined = TEN_DAYS;
    const left: number[] = [];
    while (message && left.at(-1) !== 0) {
      message = await archiveOn(deps, message, options);
      left.push((await seqsInD1(account)).length);
    }
    expect(left).toEqual([6, 2, 0]);
  });

  it('is in the CSV of usage with the lines that D1 has, filtered as those are', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const old = await calls(account, 5);
    account.nowMs += 11 * DAY_MS;
    const [fresh] = await calls(account, 1);
    await archive(account);
    const context = { ...depsOf(account), accountId: account.id, settings: { BRAND: 'x' } } as unknown as VerbContext;
    const csv = async (asked: object): Promise<string[]> => {
      const text = await new Response(exportUsage(context, usageFilterInput.parse(asked)).body).text();
      return text
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[0]!);
    };
    expect(await csv({ days: 30 })).toEqual([fresh, ...old.toReversed()]);
    expect(await csv({ days: 30, q: old[2] })).toEqual([old[2]]);
    expect(await csv({ days: 5 })).toEqual([fresh]);
  });

  it('is looked through for a CSV where a file has younger lines as well', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await calls(account, 1);
    account.nowMs += 3 * DAY_MS;
    const younger = await calls(account, 1);
    account.nowMs += 11 * DAY_MS;
    await archive(account);
    const context = { ...depsOf(account), accountId: account.id, settings: { BRAND: 'x' } } as unknown as VerbContext;
    const text = await new Response(exportUsage(context, usageFilterInput.parse({ days: 13 })).body).text();
    expect(text.match(/^req_[^,]+/gm)).toEqual(younger);
  });

  it('has no line a second time in a CSV that is read while lines leave D1', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const old = await calls(account, 5);
    account.nowMs += 11 * DAY_MS;
    const context = { ...depsOf(account), accountId: account.id, settings: { BRAND: 'x' } } as unknown as VerbContext;
    const parts: string[] = [];
    for await (const bytes of exportUsage(context, usageFilterInput.parse({ days: 30 })).body) {
      parts.push(new TextDecoder().decode(bytes));
      if (parts.length === 2) await archive(account);
    }
    expect(parts.join('').match(/^req_[^,]+/gm)).toEqual(old.toReversed());
  });

  it('knows which page of a CSV had a line that has left D1 since', () => {
    const pages = [
      { last: [900, 1, 9], left: [0, 0] },
      { last: [500, 1, 5], left: [1, 2] },
      { last: undefined, left: [1, 4] },
    ];
    const at = (openedAt: number, closeSeq: number, epoch = 1) => wasThere(pages, { openedAt, epoch, closeSeq });
    expect([at(900, 9), at(950, 1), at(700, 3), at(500, 5), at(100, 6), at(100, 1, 2)]).toEqual(Array(6).fill(true));
    expect([at(700, 2), at(500, 4), at(100, 3), at(100, 4)]).toEqual(Array(4).fill(false));
  });

  it.each([
    ['as many days as its operator says', { LEDGER_RETENTION_DAYS: '10' }, 0],
    ['for ever, while there is room', {}, 3],
  ])('leaves lines in D1 %s', async (_how, variables, left) => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const account = new TestAccount();
    account.nowMs = Date.UTC(2026, 0, 1);
    await account.run((object) => {
      object.create({ id: account.id, name: 'Test', email: null, createdAtMs: account.nowMs, grantedTier: 'free' });
      object.grant({ eventId: 'opening', amountMicro: 100 * CREDIT, reason: '', topUp: false });
      object.putKey(testKey());
    });
    await calls(account, 2);
    const sent = await oneNight(variables);
    expect([sent.length, (await seqsInD1(account)).length]).toEqual([left === 0 ? 1 : 0, left]);
  });

  it('begins only where lines have a time that is over, or D1 has too little room', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const deps = depsOf(account);
    expect(await firstPass(deps, { retentionDays: 0 })).toBeUndefined();
    expect(await firstPass(deps, { retentionDays: 0, roomBytes: 1 })).toMatchObject({ archiving: { days: 400, lines: 0 } });
    expect(await firstPass(deps, { retentionDays: 90 })).toMatchObject({ archiving: { days: 90, lines: 0 } });
  });

  it('takes younger lines while there is too little room, as long as that makes room, and never those of a week', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const deps = depsOf(account);
    const end = (archiving: object, roomBytes = 1) =>
      archiveOn(deps, { archiving: { ...TEN_DAYS.archiving, after: 'acc_~', ...archiving } }, { ...OPTIONS, roomBytes });
    expect(await end({ days: 400 })).toMatchObject({ archiving: { days: 300, lines: 0 } });
    expect(await end({ days: 400, lines: 5, sizeBytes: 1e12 })).toMatchObject({ archiving: { days: 300 } });
    expect(await end({ days: 400, lines: 5, sizeBytes: 1 })).toBeUndefined();
    expect(await end({ days: 1_000 })).toMatchObject({ archiving: { days: 300 } });
    expect(await end({ days: 9 })).toMatchObject({ archiving: { days: 8 } });
    expect(await end({ days: 8 })).toBeUndefined();
    expect(await end({ days: 400 }, 1e12)).toBeUndefined();
  });
});
