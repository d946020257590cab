/** Reads from large tables look at a number of rows that does not grow with what nobody asked for. */
import { describe, expect, it } from 'vitest';
import type { AccountStub } from '../../src/account/stub';
import type { Books, Operation } from '../../src/account/types';
import { listAccounts, type OperatorDeps } from '../../src/console/accounts';
import { exportAudit, verifyAudit } from '../../src/console/audit/query';
import type { VerbContext } from '../../src/console/context';
import { reconcileAccount } from '../../src/console/reconcile';
import { recover } from '../../src/console/restore';
import { callerChoices } from '../../src/console/usage/choices';
import { usageFilterInput } from '../../src/console/usage/filter';
import { spentLately } from '../../src/console/usage/lately';
import { queryUsage } from '../../src/console/usage/query';
import { forgetRefusals, listRefusals } from '../../src/console/usage/refusals';
import { voucherDigest } from '../../src/console/vouchers/code';
import { redeem } from '../../src/console/vouchers/redeem';
import { writeAuditRecords } from '../../src/db/audit';
import { sweepJobs } from '../../src/jobs/advance';
import { countRefusals } from '../../src/jobs/count-refusals';
import type { JobDeps } from '../../src/jobs/deps';
import { queryBudget } from '../../src/jobs/query-budget';
import { removeOldFiles } from '../../src/jobs/retention';
import { listObjects } from '../../src/jobs/storage';
import { reserveRoom } from '../../src/jobs/storage-room';
import { findIdempotent, listJobs } from '../../src/jobs/store';
import { sweepDeliveries } from '../../src/jobs/webhooks/deliver';
import { listDeliveries } from '../../src/jobs/webhooks/log';
import { type Asked, withDatabase } from './d1-within';

const ACCOUNT = 'acc_1';
const MANY = 3_000;

/** Inserts one row for each number up to `count`. */
const fill = (db: D1Database, insert: string, select: string, count = MANY) =>
  db.prepare(`${insert} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT ${select} FROM n`).run();

async function readBy(asked: Asked, work: () => Promise<unknown>): Promise<number> {
  asked.rowsRead = 0;
  await work();
  return asked.rowsRead;
}

/** Reads a list page by page to its end; returns how many rows it has. */
async function everyPage<Row>(page: (last: Row | undefined) => Promise<Row[]>): Promise<number> {
  let count = 0;
  for (let last: Row | undefined; ; ) {
    const rows = await page(last);
    count += rows.length;
    last = rows.at(-1);
    if (!last) return count;
  }
}

const fillJobs = (db: D1Database) =>
  fill(
    db,
    `INSERT INTO jobs (id, account_id, key_id, hold_id, test, kind, family, model, endpoint, state, version, chain, input, plan, attempts, copy_tries,
      cancel_requested, held_micro, origin, media_token, callback_token, idempotency_hash, created_at, next_at, deadline, ended_at, settled_at)`,
    `'job_' || i, '${ACCOUNT}', 'key_1', 'hold_' || i, 0, 'media', 'video', 'kling-v3', '/v1/videos', 'succeeded', 1, 0, '{}', '{}', '[]', 0,
      0, 0, '', '', '', 'hash_' || i, i, i, i, i, i`,
  );

const fillDeliveries = (db: D1Database) =>
  fill(
    db,
    'INSERT INTO webhook_deliveries',
    `'whd_' || i, '${ACCOUNT}', 'job_' || i, 'https://hooks.example', IIF(i = 7, 'pending', 'delivered'), 1, '[]', i, NULL, IIF(i = 7, 1, NULL), i`,
  );

const fillFiles = (db: D1Database) =>
  fill(
    db,
    'INSERT INTO stored_objects (id, account_id, kind, filename, content_type, size_bytes, file_key, created_at)',
    `'obj_' || i, '${ACCOUNT}', 'file', 'a.txt', 'text/plain', 1, 'key', i`,
  );

describe('a list that is read to its end', () => {
  it('looks at each row about once', () =>
    withDatabase('lists-at-size', async (db, asked) => {
      await fillJobs(db);
      await fillDeliveries(db);
      await fill(db, 'INSERT INTO accounts (id, version, name, tier, created_at)', `'acc_' || i, 1, 'Acme', 'free', i`);
      await fillFiles(db);
      const limit = 100;
      const deps = { db } as OperatorDeps;
      let cursor: string | undefined;
      const pages = {
        jobs: (before: Parameters<typeof listJobs>[2]['before']) => listJobs(db, ACCOUNT, { limit, before }),
        files: (before: Parameters<typeof listObjects>[2]['before']) => listObjects({ db }, ACCOUNT, { limit, before }),
        deliveries: (before: Parameters<typeof listDeliveries>[2]['before']) => listDeliveries(db, ACCOUNT, { limit, before }),
        accounts: async () => {
          if (cursor === 'end') return [];
          const page = await listAccounts(deps, limit, cursor);
          if (!page.ok) throw new Error('no page');
          cursor = page.value.nextCursor ?? 'end';
          return page.value.accounts;
        },
      };
      for (const [name, page] of Object.entries(pages)) {
        const rows = await readBy(asked, async () =>
          expect(await everyPage(page as (last: unknown) => Promise<unknown[]>), name).toBe(MANY),
        );
        // An indexed row counts twice, and accounts are looked up by name as well.
        expect(rows, name).toBeLessThan(6 * MANY);
      }
    }));
});

describe('one among many', () => {
  it('is found without a look at the others', () =>
    withDatabase('one-at-size', async (db, asked) => {
      await fillJobs(db);
      await fillDeliveries(db);
      expect(
        await readBy(asked, async () => expect(await findIdempotent(db, ACCOUNT, 'hash_9', 0)).toMatchObject({ id: 'job_9' })),
      ).toBeLessThan(10);
      expect(
        await readBy(asked, async () =>
          expect(await listDeliveries(db, ACCOUNT, { jobId: 'job_9', limit: 50 })).toMatchObject([{ id: 'whd_9' }]),
        ),
      ).toBeLessThan(10);
      await db.prepare("UPDATE jobs SET settled_at = NULL WHERE id = 'job_3'").run();
      expect(
        await readBy(asked, async () => expect(await listJobs(db, ACCOUNT, { limit: 20, overAs: null })).toHaveLength(1)),
      ).toBeLessThan(10);
      const sent: unknown[] = [];
      const webhooks = { send: async (message: unknown) => void sent.push(message) };
      const deps = { db, now: () => 1e9, webhooks, slowWebhooks: webhooks } as unknown as JobDeps;
      expect(await readBy(asked, async () => expect(await sweepDeliveries(deps)).toBe(1))).toBeLessThan(10);
      expect(sent).toHaveLength(1);
    }));
});

describe('refused calls', () => {
  it('are counted, listed and forgotten without a look at those of others', () =>
    withDatabase('refusals-at-size', async (db, asked) => {
      const [today, nowMs] = [20_000, 20_000 * 86_400_000];
      await fill(db, 'INSERT INTO refusals', `${today} - i % 30, 'acc_' || (i / 30), 'key_1', 'unknown_model', 'm', '/v1/chat', 1, 1`);
      await fill(db, 'INSERT INTO refusal_reports', `'zzz' || i`);
      const context = { db, accountId: ACCOUNT, now: () => nowMs } as unknown as VerbContext;
      const list = async () => expect(await listRefusals(context, { days: 30 }, 20)).toMatchObject({ refusedCalls: 30 });
      expect(await readBy(asked, list)).toBeLessThan(300);
      expect(await readBy(asked, () => forgetRefusals(db, nowMs))).toBeLessThan(10);
      const refused = { keyId: 'key_1', test: false, code: 'unknown_model', model: 'm', endpoint: '/v1/chat', calls: 1, lastAtMs: nowMs };
      const message = { accountId: ACCOUNT, refusals: [{ id: 'one', counts: [refused] }] };
      expect(await readBy(asked, () => db.batch(countRefusals(db, [message])))).toBeLessThan(50);
    }));
});

/** An account object whose only work in a restore is its lines. */
function restoredObject() {
  const staged: Operation[] = [];
  const stub = {
    stageRecovery: async (lines: Operation[]) => staged.push(...lines) >= 0,
    recover: async () => ({ epoch: 2, replayed: staged.length }),
    auditRecords: async () => [],
  };
  return { staged, stub: stub as unknown as AccountStub };
}

const fillLedger = (db: D1Database, count: number) =>
  fill(
    db,
    'INSERT INTO ledger',
    `'${ACCOUNT}', 1, i, i, 'req_' || i, 'usage', 'settled', 'key_' || (i % 5), 'user_' || (i % 3), 'chat', 0, 'model-' || (i % 4), '/v1/chat/completions',
      0, -1000, i * 1000, i * 1000 + 5, 'actual', '{"ending":"complete"}'`,
    count,
  );

describe('what the lines of an account come to', () => {
  it('is told without a look at the lines themselves', () =>
    withDatabase('sums-at-size', async (db, asked) => {
      await fillLedger(db, MANY);
      const context = { db, accountId: ACCOUNT, now: () => MANY * 1_000, catchUp: async () => {} } as unknown as VerbContext;
      const filter = usageFilterInput.parse({});
      asked.queries.length = 0;
      const usage = await queryUsage(context, filter, 50, undefined);
      if (!usage.ok) throw new Error('no usage');
      const { logs, costByModel, dailyCost, topExpensiveRequests } = usage.value;
      expect(costByModel.map(({ model, calls }) => [model, calls])).toEqual([0, 1, 2, 3].map((model) => [`model-${model}`, MANY / 4]));
      expect([dailyCost, logs.length, topExpensiveRequests.length]).toMatchObject([[{ calls: MANY }], 50, 10]);
      await spentLately(db, { accountId: ACCOUNT, keyId: 'key_1', nowMs: 1 });
      await callerChoices(context, filter);
      const books = { epoch: 1, balanceMicro: -1_000 * MANY, linesMicro: -1_000 * MANY, heldMicro: 0, openHeldMicro: 0, overdueHolds: 0 };
      const account = () => ({ books: async () => ({ ...books, closeSeq: MANY, ackedCloseSeq: MANY }) }) as unknown as AccountStub;
      expect(await reconcileAccount({ db, files: {} as R2Bucket, account, macSecret: '', now: () => 1 }, ACCOUNT)).toMatchObject({
        problems: [],
      });
      const plans = asked.queries.map(asked.planOf).filter((plan) => plan.includes('ledger'));
      const [page, ...sums] = plans.filter((plan) => !plan.includes('ledger_failures'));
      expect(plans.length - sums.length).toBe(2);
      expect(page).toBe('SEARCH ledger USING INDEX ledger_by_time (account_id=? AND opened_at>?)');
      expect(sums).toHaveLength(5);
      for (const plan of sums) expect(plan).toContain('SEARCH ledger USING COVERING INDEX ledger_by_time (account_id=?');
    }));
});

describe('room for a file', () => {
  it('is known without a look at the files that there are', () =>
    withDatabase('room-at-size', async (db, asked) => {
      await fillFiles(db);
      const settings = { STORAGE_ACCOUNT_BYTES: MANY + 100, STORAGE_LIMIT_BYTES: 1_000 } as JobDeps['settings'];
      asked.queries.length = 0;
      expect(await reserveRoom({ db, settings, now: () => 1 }, { id: 'obj_x', accountId: ACCOUNT, declaredBytes: 0 })).toBe(100);
      const plans = asked.queries.map(asked.planOf).filter((plan) => plan.includes('stored_objects'));
      expect(plans).toEqual([expect.stringContaining('stored_objects USING COVERING INDEX stored_objects_by_account (account_id=?)')]);
    }));
});

describe('a voucher that thousands have redeemed', () => {
  it('is redeemed with one count of its redemptions, without reading each of them', () =>
    withDatabase('voucher-at-size', async (db, asked) => {
      const code = '7K2QX-9M4TD-0HZ5B-R8WCF';
      await db
        .prepare("INSERT INTO vouchers VALUES ('vou_1', ?, '7K2QX', 5, 1000000, 0, '', 1, NULL, NULL)")
        .bind(await voucherDigest(code))
        .run();
      await fill(db, 'INSERT INTO voucher_redemptions', `'vou_1', 'acc_' || i, i || '@example.com', i, i`);
      const account = { grant: async () => ({ balanceMicro: 5 }), auditRecords: async () => [] };
      const from = { ip: null, userAgent: null, requestId: '' };
      const actor = { kind: 'user', id: 'u', name: 'new@example.com' };
      const context = { db, accountId: 'acc_new', actor, from, now: () => 1e6, account: () => account } as unknown as VerbContext;
      const rows = await readBy(asked, async () => expect(await redeem(context, { code })).toMatchObject({ ok: true }));
      expect(rows).toBeLessThan(MANY + 50);
      const again = { ...context, accountId: 'acc_other' };
      expect(await redeem(again, { code })).toMatchObject({ ok: false, error: { code: 'voucher_redeemed' } });
    }));
});

describe('the retention of files', () => {
  it('keeps up with a hundred jobs a minute by its share of the queries', () =>
    withDatabase('retention-at-size', async (db, asked) => {
      await fillJobs(db);
      await fillDeliveries(db);
      const files = { list: async () => ({ objects: [], truncated: false }), delete: async () => undefined };
      const settings = { RESULT_RETENTION_DAYS: 30, UPLOAD_RETENTION_DAYS: 0 };
      const share = queryBudget(db, 200);
      const deps = { db: share.db, files, settings, now: () => Date.now() } as unknown as JobDeps;
      asked.queries.length = 0;
      expect(await removeOldFiles(deps, share.left)).toBe(100);
      expect(asked.queries.length).toBeLessThan(120);
      const left = (table: string) => db.prepare(`SELECT COUNT(*) AS count FROM ${table}`).first('count');
      expect(await left('jobs WHERE files_removed_at IS NULL')).toBe(MANY - 100);
      expect(await left("webhook_deliveries WHERE state = 'delivered'")).toBe(MANY - 100);
    }));
});

describe('the sweeper', () => {
  it('reads of hundreds of jobs that were forgotten no requests and no answers', () =>
    withDatabase('sweep-at-size', async (db, asked) => {
      await fillJobs(db);
      await db.prepare("UPDATE jobs SET settled_at = NULL, ended_at = NULL, state = 'queued' WHERE created_at <= 400").run();
      const { db: own, left } = queryBudget(db, 300);
      const sent: unknown[] = [];
      const submissions = { send: async (message: unknown) => void sent.push(message) };
      const deps = { db: own, now: () => 1e9, submissions } as unknown as JobDeps;
      asked.queries.length = 0;
      const swept = await sweepJobs(deps, 0, left);
      expect(swept).toBeGreaterThan(250);
      expect(sent).toHaveLength(swept);
      const [list, ...others] = asked.queries.filter((query) => query.startsWith('select'));
      expect(others).toEqual([]);
      expect(list).not.toMatch(/"(input|result|outputs)"/);
    }));
});

describe('an audit log of thousands of entries', () => {
  it('is checked, and exported, by a query for thousands of them', () =>
    withDatabase('audit-at-size', async (db, asked) => {
      const said = { at: 1, actorKind: 'user', actorId: 'u', actorName: 'u', action: 'a', target: null, ip: null, userAgent: null };
      const records = Array.from({ length: 2_500 }, (_, index) => ({ ...said, entryId: `aud_${index}`, requestId: '', detail: '{}' }));
      await writeAuditRecords(db, ACCOUNT, records);
      asked.queries.length = 0;
      expect(await verifyAudit({ db, accountId: ACCOUNT })).toMatchObject({ intact: true, entries: records.length });
      const lines = (await new Response(exportAudit({ db, accountId: ACCOUNT }, {})).text()).trim().split('\n');
      expect([lines.length, asked.queries.length]).toEqual([records.length, 2]);
    }));
});

describe('a recovery', () => {
  it('reads the lines since its moment, and not those of before with each page of them', () =>
    withDatabase('recovery-at-size', async (db, asked) => {
      const [all, known] = [9_000, 5_000];
      await fillLedger(db, all);
      const { staged, stub } = restoredObject();
      const from = { ip: null, userAgent: null, requestId: '' };
      const deps = {
        db,
        now: () => 1,
        account: () => stub,
        actor: { kind: 'operator', id: 'o', name: 'o' },
        from,
      } as unknown as OperatorDeps;
      const rows = await readBy(asked, () => recover(deps, ACCOUNT, { epoch: 1, ackedCloseSeq: known } as Books));
      expect(staged).toHaveLength(all - known);
      expect(rows).toBeLessThan(2 * (all - known));
    }));
});
