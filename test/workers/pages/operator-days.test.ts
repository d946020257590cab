// What the gateway did in a span of days: for the operator's first page, and for programs.
import { env } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { readOverview, spanInput } from '../../../src/console/operator/span';
import { DAY_MS } from '../../../src/core/time';
import { DAYS_KEPT, dayOf } from '../../../src/db/totals';
import { forgetDays } from '../../../src/jobs/forget-days';
import { line, messageOf, write } from '../account/lines';
import { call } from '../console/support';
import { withDatabase } from '../d1-within';

/** In a day's middle. */
const NOW = 20_000.5 * DAY_MS;
const TODAY = '2024-10-04';
const MIDNIGHT = 20_000 * DAY_MS;

type Made = Parameters<typeof line>[2];
let closeSeq = 0;
const at = (closedAtMs: number, over: Made = {}, accountId = 'acc_a') =>
  messageOf([line(accountId, ++closeSeq, { amount: -1_000_000, ...over, tail: { closedAtMs, ...over.tail } })]);

async function overviewOf(db: D1Database, days: number | 'all', nowMs = NOW, most?: number) {
  const read = await readOverview(db, days, nowMs, most);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

describe('what was done in a span of days', () => {
  it('begins at midnight of UTC', () =>
    withDatabase('span-midnight', async (db) => {
      await write(db, [at(MIDNIGHT - 1), at(MIDNIGHT), at(MIDNIGHT + DAY_MS - 1)]);
      expect(await overviewOf(db, 1)).toMatchObject({ from: TODAY, calls: 2, customers: { from: TODAY, largest: [{ calls: 2 }] } });
      expect(await overviewOf(db, 2)).toMatchObject({ from: '2024-10-03', calls: 3 });
      expect(await overviewOf(db, 1, MIDNIGHT - 1)).toMatchObject({ from: '2024-10-03', calls: 3 });
      expect((await overviewOf(db, 2)).byDay.map(({ day, calls }) => [day, calls])).toEqual([
        ['2024-10-03', 1],
        [TODAY, 2],
      ]);
    }));

  it('tells calls from those that failed and those of test keys, and what was charged from what was granted, as all time does', () =>
    withDatabase('span-kinds', async (db) => {
      const released = { tail: { outcome: 'released' }, amount: 0 };
      const granted = (amount: number, topUp: boolean) => at(NOW, { amount, head: { kind: 'grant', model: null }, detail: { topUp } });
      await write(db, [
        ...[at(NOW), at(NOW, { amount: -3_000_000, head: { model: 'dear' }, detail: { provider: 'two', latencyMs: 600 } }, 'acc_b')],
        ...[at(NOW, { ...released, detail: { ending: 'upstream_failed' } }), at(NOW, { ...released, detail: { ending: 'client_gone' } })],
        ...[at(NOW, { amount: 250_000, head: { kind: 'adjust' } }), at(NOW, { head: { test: true }, amount: 0 })],
        ...[granted(5_000_000, true), granted(2_000_000, false)],
      ]);
      const ofSpan = await overviewOf(db, 7);
      const share = { inputTokens: 10, outputTokens: 5, failedCalls: 0 };
      const cheap = { ...share, calls: 3, failedCalls: 1, chargedCredits: 0.75, inputTokens: 30, outputTokens: 15, meanMs: 1_200 };
      const dear = { ...share, calls: 1, chargedCredits: 3, meanMs: 600 };
      const sums = {
        ...{ calls: 4, failedCalls: 1, testCalls: 1, chargedCredits: 3.75, toppedUpCredits: 5, givenCredits: 2 },
        ...{ inputTokens: 40, outputTokens: 20, meanMs: 1_050 },
        models: [
          { name: 'dear', ...dear },
          { name: 'a-model', ...cheap },
        ],
        providers: [
          { name: 'two', ...dear },
          { name: 'one', ...cheap },
        ],
      };
      expect(ofSpan).toMatchObject(sums);
      expect(ofSpan.customers).toEqual({
        from: '2024-09-28',
        count: 2,
        largest: [
          { accountId: 'acc_b', name: null, calls: 1, failedCalls: 0, chargedCredits: 3 },
          { accountId: 'acc_a', name: null, calls: 3, failedCalls: 1, chargedCredits: 0.75 },
        ],
      });
      expect(await overviewOf(db, 'all')).toEqual({ ...sums, days: null, from: null, byDay: [], customers: null });
    }));

  it('names the six dearest models by day, and all others together', () =>
    withDatabase('span-series', async (db) => {
      const models = Array.from({ length: 9 }, (_, each) => at(NOW, { amount: -each * 1_000_000, head: { model: `model-${each}` } }));
      await write(db, [...models, at(NOW - DAY_MS, { head: { model: 'model-1' } })]);
      expect((await overviewOf(db, 7)).byDay).toEqual([
        { day: '2024-10-03', model: 'other', calls: 1, failedCalls: 0, chargedCredits: 1 },
        ...[3, 4, 5, 6, 7, 8].map((each) => ({ day: TODAY, model: `model-${each}`, calls: 1, failedCalls: 0, chargedCredits: each })),
        { day: TODAY, model: 'other', calls: 3, failedCalls: 0, chargedCredits: 3 },
      ]);
    }));

  it('adds customers up as far back as they are not too many, and says how far that is', () =>
    withDatabase('span-many-accounts', async (db) => {
      const day = (ago: number) => ['acc_a', 'acc_b'].map((id) => at(NOW - ago * DAY_MS, {}, id));
      await write(db, [...day(0), ...day(1), ...day(2)]);
      const customers = async (most: number) => (await overviewOf(db, 7, NOW, most)).customers!;
      const [all, some] = [await customers(7), await customers(4)];
      expect([all.from, ...all.largest.map(({ calls }) => calls)]).toEqual(['2024-09-28', 3, 3]);
      expect([some.from, ...some.largest.map(({ calls }) => calls)]).toEqual(['2024-10-03', 2, 2]);
    }));

  it('is read by the day: of those before it no row', () =>
    withDatabase('span-at-size', async (db, asked) => {
      const fill = (table: string, columns: string) =>
        db
          .prepare(
            `INSERT INTO ${table} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT ${columns} FROM n`,
          )
          .run();
      await fill('ledger_days', "i, 'usage', 0, 'model', 'one', 0, 1, 1, 0, 1, 1, 1, 1");
      await fill('account_days', "i, 'acc_a', 1, 0, 1, 0");
      asked.rowsRead = 0;
      expect(await overviewOf(db, 10, 3_000 * DAY_MS)).toMatchObject({ calls: 10, customers: { largest: [{ calls: 10 }] } });
      // A few rows each of what is put aside in between.
      expect(asked.rowsRead).toBeLessThan(200);
    }));

  it('is forgotten once nobody can ask for it, however much there is, by a look at no other', () =>
    withDatabase('span-forgotten', async (db, { queries, planOf }) => {
      await write(db, [at(NOW), at(NOW - (DAYS_KEPT - 1) * DAY_MS), at(NOW - DAYS_KEPT * DAY_MS)]);
      await db
        .prepare(
          `INSERT INTO account_days WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
           SELECT 19000, 'acc_' || i, 1, 0, 1, 0 FROM n`,
        )
        .run();
      queries.length = 0;
      await forgetDays(db, NOW);
      for (const table of ['ledger_days', 'account_days']) {
        const { results } = await db.prepare(`SELECT day FROM ${table} ORDER BY 1`).all();
        expect(results).toEqual([{ day: 20_001 - DAYS_KEPT }, { day: 20_000 }]);
      }
      for (const plan of queries.filter((query) => query.startsWith('DELETE')).map(planOf)) expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
      expect(await overviewOf(db, DAYS_KEPT)).toMatchObject({ calls: 2 });
    }));

  it('takes days from one to as many as are kept, or all', () => {
    expect(['1', '400', 'all'].map((days) => spanInput.safeParse({ days }).success)).toEqual([true, true, true]);
    expect(['0', '401', '1.5', 'some', ''].map((days) => spanInput.safeParse({ days }).success)).toEqual(new Array(5).fill(false));
    expect(spanInput.parse({})).toEqual({ days: 30 });
  });
});

describe('the page and its program’s answer', () => {
  const TOKEN = env.ADMIN_TOKEN!;
  const today = () => dayOf(Date.now()) * DAY_MS;
  const account = 'acc_operatordays';
  let operator: { id: string; email: string; cookie: string };

  beforeAll(async () => {
    const signedIn = await call('POST', '/operator/sign-in', { form: { token: TOKEN } });
    operator = { id: 'operator', email: '', cookie: signedIn.headers.get('set-cookie')!.split(';')[0]! };
    const model = { head: { model: 'a-dear-model' }, amount: -9_000_000_000 };
    await env.DB.prepare("INSERT INTO accounts (id, version, name, tier, created_at) VALUES (?, 1, 'Zebra <Works>', 'free', 1)")
      .bind(account)
      .run();
    await write(env.DB, [at(today(), model, account), at(today() - 1, model, account), at(today() - 40 * DAY_MS, model, account)]);
  });

  it('shows the span that is chosen: its chart, what was charged, and whose it was', async () => {
    const { text } = await call('GET', '/operator?days=90', { as: operator });
    expect(text).toMatch(/<a href="\/operator\?days=90" aria-current="true">/);
    expect(text).toContain('Credits by day');
    expect(text).toContain(`<a href="/operator/accounts/${account}">Zebra &lt;Works&gt;</a>`);
    expect(text).toContain('27,000.00');
  });

  it('is the same for programs, which need the token', async () => {
    const ask = (query: string, key = TOKEN) => call('GET', `/api/admin/overview${query}`, { key });
    const answer = await ask('?days=90');
    expect(answer.body).toMatchObject({ days: 90, from: new Date(today() - 89 * DAY_MS).toISOString().slice(0, 10) });
    const { customers } = answer.body as { customers: { largest: unknown[] } };
    expect(customers.largest).toContainEqual({
      ...{ accountId: account, name: 'Zebra <Works>' },
      ...{ calls: 3, failedCalls: 0, chargedCredits: 27_000 },
    });
    expect((await ask('')).body).toMatchObject({ days: 30 });
    expect((await ask('?days=all')).body).toMatchObject({ days: null, byDay: [], customers: null });
    expect(await ask('?days=401')).toMatchObject({ status: 400, body: { error: { param: 'days' } } });
    expect((await ask('', 'another')).status).toBe(401);
  });

  it('shows neither days nor customers of today alone or of all time, and thirty days to who asks for something else', async () => {
    const today = (await call('GET', '/operator?days=1', { as: operator })).text;
    expect([today.includes('Credits by day'), today.includes('Largest customers')]).toEqual([false, true]);
    const always = (await call('GET', '/operator?days=all', { as: operator })).text;
    expect([always.includes('Credits by day'), always.includes('Largest customers')]).toEqual([false, false]);
    expect((await call('GET', '/operator?days=-3', { as: operator })).text).toMatch(/<a href="\/operator\?days=30" aria-current="true">/);
  });
});
