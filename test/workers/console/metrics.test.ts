import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import guide from '../../../docs/operating.md?raw';
import { familiesOf, type SeenHere } from '../../../src/console/metrics/families';
import { readWatched, type Watched } from '../../../src/console/metrics/read';
import { expositionText } from '../../../src/core/exposition';
import { ROWS_AT_MOST } from '../../../src/db/totals';
import { askedFormat } from '../../../src/routes/metrics';
import { line, messageOf, tried, write } from '../account/lines';
import { withDatabase } from '../d1-within';
import { readExposition } from './exposition';
import { call } from './support';

const NOW_MS = Date.UTC(2031, 0, 14);
const MINUTE_MS = 60_000;

const seen = (state: 'working' | 'paused') => ({ state, successes: 3, failures: 4 });
const HERE: SeenHere = {
  providers: [
    { provider: 'one', work: 'text', seen: seen('working') },
    { provider: 'one', work: 'media', seen: seen('paused') },
    { provider: 'two', work: 'text', seen: { state: 'quiet', successes: 0, failures: 0 } },
  ],
  catalogueIsGood: true,
  nowMs: NOW_MS,
};

async function watch(db: D1Database): Promise<Watched> {
  const watched = await readWatched(db, NOW_MS);
  if (!watched.ok) throw new Error(watched.error.message);
  return watched.value;
}

const shown = async (db: D1Database) => readExposition(expositionText(familiesOf(await watch(db), HERE), 'prometheus')).values;

/** Those of some families, but for histograms' buckets. */
const some = (values: ReadonlyMap<string, number>, names: RegExp) =>
  Object.fromEntries([...values].filter(([series]) => names.test(series) && !series.includes('_bucket')));

const fill = (db: D1Database, insert: string, select: string, count: number) =>
  db.prepare(`${insert} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT ${select} FROM n`).run();

const fillJobs = (db: D1Database, count: number, settledAt: string, prefix: string) =>
  fill(
    db,
    `INSERT INTO jobs (id, account_id, key_id, hold_id, test, kind, family, model, endpoint, state, version, chain, input, plan, attempts, copy_tries,
      cancel_requested, held_micro, origin, media_token, callback_token, created_at, next_at, deadline, settled_at)`,
    `'${prefix}' || i, 'acc_1', 'key_1', 'hold', 0, 'media', 'video', 'm', '/v1/videos', IIF(i % 2, 'queued', 'running'), 1, 0, '{}', '{}', '[]', 0,
      0, 0, '', '', '', ${NOW_MS} - i * 1000, ${NOW_MS} - i * 1000, 0, ${settledAt}`,
    count,
  );

const fillDeliveries = (db: D1Database, count: number, state: string) =>
  fill(
    db,
    'INSERT INTO webhook_deliveries',
    `'${state}' || i, 'acc_1', 'job_' || i, 'https://hooks.example', '${state}', i % 2, '[]', i, NULL, ${NOW_MS} - i * 1000, ${NOW_MS} - i * 1000`,
    count,
  );

afterEach(() => vi.restoreAllMocks());

describe('the metrics', () => {
  it('are those of a small ledger, of test keys apart', () =>
    withDatabase('metrics-exact', async (db) => {
      const failed = { ending: 'upstream_failed', provider: null, usage: null, attempts: [tried('two', 'failed', 503, 90)] };
      const ledger = [
        messageOf([
          line('acc_a', 1, {
            amount: 5_000_000,
            head: { kind: 'grant', model: null, endpoint: null },
            detail: { topUp: true, usage: null },
          }),
          line('acc_a', 2, { amount: -1_500_000 }),
          line('acc_a', 3, { amount: 0, tail: { outcome: 'released' }, detail: failed }),
          line('acc_a', 4, { amount: 0, head: { test: true } }),
        ]),
        messageOf([line('acc_b', 1, { amount: -500_000 }), line('acc_b', 2, { amount: 250_000, head: { kind: 'adjust' } })]),
      ];
      await write(db, ledger);
      await write(db, [...ledger].reverse());
      await db.prepare("UPDATE ledger_totals SET written_at = IIF(kind = 'grant', 3000, 2000)").run();
      const values = await shown(db);
      const where = 'model="a-model",provider="one"';
      const at = 'endpoint="/v1/chat/completions"';
      expect(some(values, /_calls_total|_credits_total|_attempts_total|_lines_total|_tokens_total|_duration_|_wait_/)).toEqual({
        [`hypereal_calls_total{mode="live",${where},${at},ending="complete",outcome="actual"}`]: 2,
        [`hypereal_calls_total{mode="test",${where},${at},ending="complete",outcome="actual"}`]: 1,
        [`hypereal_calls_total{mode="live",model="a-model",provider="two",${at},ending="upstream_failed",outcome="released"}`]: 1,
        [`hypereal_charged_credits_total{kind="usage",${where}}`]: 2,
        hypereal_returned_credits_total: 0.25,
        'hypereal_granted_credits_total{kind="top_up"}': 5,
        ...Object.fromEntries(
          ['live', 'test'].flatMap((mode) =>
            Object.entries({ input: 10, cache_read: 20, cache_write: 7, output: 5 }).map(([type, tokens]) => [
              `hypereal_tokens_total{mode="${mode}",${where},type="${type}"}`,
              mode === 'live' ? 2 * tokens : tokens,
            ]),
          ),
        ),
        [`hypereal_call_duration_seconds_sum{${at}}`]: 3.6,
        [`hypereal_call_duration_seconds_count{${at}}`]: 3,
        [`hypereal_model_duration_seconds_sum{${where}}`]: 2.4,
        [`hypereal_model_duration_seconds_count{${where}}`]: 2,
        'hypereal_model_duration_seconds_sum{model="a-model",provider="two"}': 1.2,
        'hypereal_model_duration_seconds_count{model="a-model",provider="two"}': 1,
        'hypereal_ledger_lines_total{kind="grant"}': 1,
        'hypereal_ledger_lines_total{kind="usage"}': 4,
        'hypereal_ledger_lines_total{kind="adjust"}': 1,
        'hypereal_attempts_total{mode="live",provider="one",outcome="answered",status=""}': 2,
        'hypereal_attempts_total{mode="test",provider="one",outcome="answered",status=""}': 1,
        'hypereal_attempts_total{mode="live",provider="two",outcome="failed",status="503"}': 1,
        'hypereal_attempt_wait_seconds_sum{provider="one"}': 0.8,
        'hypereal_attempt_wait_seconds_count{provider="one"}': 2,
      });
      expect(values.get(`hypereal_call_duration_seconds_bucket{${at},le="1"}`)).toBe(0);
      expect(values.get(`hypereal_call_duration_seconds_bucket{${at},le="5"}`)).toBe(3);
      expect(values.get('hypereal_ledger_delay_seconds_count')).toBe(6);
      expect(values.get('hypereal_ledger_written_timestamp_seconds')).toBe(3);
    }));

  it('count what was refused, by code, endpoint and mode', () =>
    withDatabase('metrics-refused', async (db) => {
      const refused = {
        keyId: 'key_a',
        test: false,
        code: 'insufficient_credits',
        model: 'a',
        endpoint: '/v1/messages',
        calls: 3,
        lastAtMs: 1,
      };
      const counts = [refused, { ...refused, model: 'b' }, { ...refused, test: true }, { ...refused, code: 'unknown_model', calls: 1 }];
      const message = { ...messageOf([line('acc_a', 1)]), refusals: [{ id: 'one', counts }] };
      await write(db, [message, message]);
      const endpoint = 'endpoint="/v1/messages"';
      expect(some(await shown(db), /refused/)).toEqual({
        [`hypereal_refused_calls_total{mode="live",code="insufficient_credits",${endpoint}}`]: 6,
        [`hypereal_refused_calls_total{mode="test",code="insufficient_credits",${endpoint}}`]: 3,
        [`hypereal_refused_calls_total{mode="live",code="unknown_model",${endpoint}}`]: 1,
      });
    }));

  it('tell what waits, what the isolate saw and what the last night found', () =>
    withDatabase('metrics-waiting', async (db) => {
      await fillJobs(db, 400, 'NULL', 'job_');
      await fillDeliveries(db, 6, 'pending');
      await fillDeliveries(db, 5_000, 'dead');
      await db
        .prepare("INSERT INTO voucher_redemptions VALUES ('vou_1', 'acc_1', 'a', ?, NULL)")
        .bind(NOW_MS - MINUTE_MS)
        .run();
      // One a day: the newest alone is of the last one.
      await fill(
        db,
        'INSERT INTO accounts (id, version, name, tier, created_at)',
        `'acc_' || i, 1, '', '', ${NOW_MS} + 1 - i * 86400000`,
        3,
      );
      const sums = { accounts: 9, active: 2, keys: 4, owedMicro: 7_500_000, overdrawnMicro: 1, heldMicro: 0, problems: 1, unchecked: 0 };
      for (const [at, text] of [
        [1_000, null],
        [2_000, JSON.stringify(sums)],
      ])
        await db.prepare('INSERT INTO reconciliation_runs VALUES (?, ?)').bind(at, text).run();
      expect(some(await shown(db), /jobs|webhooks|vouchers|provider|books|accounts|keys|balance|held|catalogue/)).toEqual({
        'hypereal_provider_up{provider="one",work="text"}': 1,
        'hypereal_provider_up{provider="one",work="media"}': 0,
        'hypereal_provider_up{provider="two",work="text"}': 1,
        'hypereal_provider_recent_calls{provider="one",work="text",result="answered"}': 3,
        'hypereal_provider_recent_calls{provider="one",work="text",result="failed"}': 4,
        'hypereal_provider_recent_calls{provider="one",work="media",result="answered"}': 3,
        'hypereal_provider_recent_calls{provider="one",work="media",result="failed"}': 4,
        'hypereal_provider_recent_calls{provider="two",work="text",result="answered"}': 0,
        'hypereal_provider_recent_calls{provider="two",work="text",result="failed"}': 0,
        hypereal_catalogue_good: 1,
        'hypereal_jobs_under_way{state="queued"}': 200,
        'hypereal_jobs_under_way{state="running"}': 200,
        hypereal_jobs_oldest_seconds: 400,
        hypereal_jobs_overdue: 100,
        hypereal_webhooks_pending: 6,
        hypereal_webhooks_failing: 3,
        hypereal_webhooks_overdue_seconds: 6,
        hypereal_webhooks_dead: 1_000,
        hypereal_vouchers_ungranted: 1,
        hypereal_vouchers_ungranted_seconds: 60,
        hypereal_accounts_opened: 1,
        hypereal_books_checked_timestamp_seconds: 2,
        hypereal_books_problems: 1,
        hypereal_books_unchecked: 0,
        hypereal_accounts: 9,
        hypereal_accounts_active: 2,
        hypereal_keys: 4,
        'hypereal_balance_credits{side="owed"}': 7.5,
        'hypereal_balance_credits{side="overdrawn"}': 0.000001,
        hypereal_held_credits: 0,
      });
    }));

  it('can be read whatever a model is called, and no two samples are the same', () =>
    withDatabase('metrics-names', async (db) => {
      const names = ['a"b\\c\nd', '🦙 llama', 'x\u0000y', 'x\u0001y', 'x\u{ff}}', '', '{le="1"}'];
      await write(db, [messageOf(names.map((model, at) => line('acc_a', at + 1, { head: { model } })))]);
      const calls = [...(await shown(db))].filter(([series]) => series.startsWith('hypereal_calls_total'));
      expect(calls.map(([series, count]) => [/model="(.*?)",provider=/.exec(series)![1], count])).toEqual(
        expect.arrayContaining([
          ['a\\"b\\\\c\\nd', 1],
          ['🦙 llama', 1],
          ['x\ufffdy', 2],
          ['{le=\\"1\\"}', 1],
        ]),
      );
      const families = familiesOf(await watch(db), HERE);
      expect(readExposition(expositionText(families, 'openmetrics'), true).types.get('hypereal_calls')).toBe('counter');
    }));

  it('are there where nothing has happened yet', () =>
    withDatabase('metrics-empty', async (db) => {
      const families = familiesOf(await watch(db), { ...HERE, catalogueIsGood: false });
      const { values } = readExposition(expositionText(families, 'prometheus'));
      expect(values.get('hypereal_catalogue_good')).toBe(0);
      expect(values.get('hypereal_jobs_oldest_seconds')).toBe(0);
      expect(values.get('hypereal_ledger_totals_rows')).toBe(0);
      expect([...values.keys()].filter((series) => /books|written|_total(?!s)/.test(series))).toEqual([]);
    }));

  it('are all in the guide, and no others', () =>
    withDatabase('metrics-guide', async (db) => {
      const names = familiesOf(await watch(db), HERE).map(({ name }) => name);
      const section = guide.slice(guide.indexOf('### Metrics'), guide.indexOf('## Backup'));
      expect(new Set([...section.matchAll(/^\| `(hypereal_\w+)/gm)].map(([, name]) => name))).toEqual(new Set(names));
      const used = [...section.matchAll(/hypereal_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
      expect(used.filter((name) => !names.includes(name))).toEqual([]);
    }));

  it('read no more of large tables than of small ones, by an index where the table has no bound', () =>
    withDatabase('metrics-at-size', async (db, asked) => {
      const read = async (): Promise<number> => {
        [asked.rowsRead, asked.queries.length] = [0, 0];
        await watch(db);
        return asked.rowsRead;
      };
      await fillJobs(db, 3_000, '1', 'done_');
      await fillDeliveries(db, 3_000, 'delivered');
      await fill(db, 'INSERT INTO accounts (id, version, name, tier, created_at)', `'acc_' || i, 1, 'Acme', 'free', i`, 3_000);
      await fill(db, 'INSERT INTO alerts (account_id, id, version, kind, payload, mailed_at)', `'acc_1', i, 1, '', '', 1`, 3_000);
      await fill(db, 'INSERT INTO voucher_redemptions', `'vou_1', 'acc_' || i, '', i, i`, 3_000);
      await fill(db, 'INSERT INTO reconciliation_runs', 'i, NULL', 3_000);
      expect(await read()).toBeLessThan(30);
      await fillJobs(db, 3_000, 'NULL', 'job_');
      await fillDeliveries(db, 3_000, 'pending');
      await fillDeliveries(db, 3_000, 'dead');
      expect(await read()).toBeLessThan(10_000);
      const bounded = /^SCAN (ledger_totals|attempt_totals|refusal_totals|\(subquery-\d+\)|reconciliation_runs)$/;
      const steps = asked.queries.map(asked.planOf).flatMap((plan) => plan.split('\n'));
      const scans = steps.filter((step) => step.startsWith('SCAN') && !bounded.test(step));
      expect(new Set(scans.map((step) => / USING (?:COVERING )?INDEX (\w+)$/.exec(step)?.[1]))).toEqual(
        new Set(['jobs_under_way', 'webhook_deliveries_pending', 'alerts_unmailed', 'voucher_redemptions_to_grant']),
      );
    }));

  it('of as many models as there may be are a few megabytes', () =>
    withDatabase('metrics-many', async (db) => {
      await write(db, [messageOf([line('acc_a', 1, { head: { model: 'model-0' } })])]);
      const columns = Object.keys((await db.prepare('SELECT * FROM ledger_totals').first())!).filter(
        (name) => !/^(id|model|provider)$/.test(name),
      );
      await db
        .prepare(
          `INSERT INTO ledger_totals (model, provider, ${columns}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS_AT_MOST})
            SELECT 'model-' || (i / 10), 'provider-' || (i % 10), ${columns} FROM n, ledger_totals AS one WHERE one.id = 1`,
        )
        .run();
      const text = expositionText(familiesOf(await watch(db), HERE), 'prometheus');
      expect(readExposition(text).values.size).toBeLessThan(10 * ROWS_AT_MOST);
      expect(text.length).toBeLessThan(5_000_000);
    }));
});

const ask = (method: string, headers: Record<string, string> = {}, bindings = env, key = env.ADMIN_TOKEN) =>
  call(method, '/api/admin/metrics', { key, headers, bindings });

describe('who asks for the metrics', () => {
  it('needs the token', async () => {
    expect(await ask('GET', {}, env, 'another')).toMatchObject({ status: 401 });
    expect(await ask('GET', {}, { ...env, ADMIN_TOKEN: undefined as unknown as string })).toMatchObject({ status: 401 });
  });

  it('may have a token that opens nothing else', async () => {
    const [key, bindings] = ['a-token-for-metrics', { ...env, METRICS_TOKEN: 'a-token-for-metrics' }];
    expect(await ask('GET', {}, bindings, key)).toMatchObject({ status: 200 });
    expect(await ask('GET', {}, bindings)).toMatchObject({ status: 200 });
    for (const [method, path] of [
      ['GET', '/api/admin/accounts'],
      ['GET', '/api/admin/metrics/accounts'],
      ['POST', '/api/admin/metrics'],
      ['POST', '/api/admin/reconcile'],
    ] as const)
      expect((await call(method, path, { key, bindings })).status, path).toBe(401);
  });

  it('gets them in the format that they ask for first, also two at once', async () => {
    const [plain, open, json, head] = await Promise.all([
      ask('GET'),
      ask('GET', { accept: 'application/openmetrics-text' }),
      ask('GET', { accept: 'application/json' }),
      ask('HEAD'),
    ]);
    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', plain.headers.get('content-type')]);
    const { types, values } = readExposition(plain.text);
    expect(Math.min(values.get('hypereal_d1_size_bytes')!, values.get('hypereal_d1_rows_read')!)).toBeGreaterThan(0);
    const names = [...types.keys()];
    expect([...readExposition(open.text, true).types.keys()]).toEqual(names.map((name) => name.replace(/_total$/, '')));
    expect(json.body.metrics.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it.each([
    ['', 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html', 'prometheus'],
    ['application/json', 'json'],
    ['application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
    ['application/openmetrics-text; version=0.0.1; q=0.9, text/plain; version=0.0.4; q=0.3', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['Text/Plain, application/json;q=0.9', 'prometheus'],
  ] as const)('as %s is shown the format %s', (accept, format) => expect(askedFormat(accept)).toBe(format));

  it('is told to come again where D1 fails, is silent, or lacks a migration', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const away = { prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error('D1_ERROR: overloaded')) };
    const refused = await ask('GET', {}, { ...env, DB: away as unknown as D1Database });
    expect(refused).toMatchObject({ status: 503, body: { error: { type: 'api_error' } } });
    expect(refused.text).not.toContain('overloaded');
    expect(logged).toHaveBeenCalledWith('metrics not read', 'Error: D1_ERROR: overloaded');
    vi.useFakeTimers();
    const silent = { ...away, batch: () => new Promise(() => {}) } as unknown as D1Database;
    const waiting = readWatched(silent, NOW_MS);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await waiting).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
    vi.useRealTimers();
    await withDatabase('metrics-half', async (db) => {
      await db.prepare('DROP TABLE attempt_totals').run();
      expect(await readWatched(db, NOW_MS)).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
    });
  });
});
