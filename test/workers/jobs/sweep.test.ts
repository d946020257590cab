// The sweeper runs every minute: its steps do not depend on each other, and together they stay below D1's queries per invocation.
import { env } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobDeps } from '../../../src/jobs/deps';
import { sweep } from '../../../src/jobs/sweep';
import { deployed, present } from './deployments';
import { JobBench } from './support';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const D1_LIMIT = 1_000;

// The sweeper looks at everything, including other tests' rows.
beforeEach(async () => {
  for (const table of ['deployments', 'jobs', 'webhook_deliveries', 'stored_objects']) await env.DB.exec(`DELETE FROM ${table}`);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const closedQueue = { send: () => Promise.reject(new Error('the queue takes nothing')) } as unknown as JobDeps['submissions'];

/** D1 with a counter, which refuses queries above its limit as Cloudflare's does. */
function limited(): { db: D1Database; asked: () => number } {
  let asked = 0;
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare' && ++asked > D1_LIMIT) throw new Error('D1_ERROR: too many queries');
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { db, asked: () => asked };
}

/** Copies the row this many times under other ids. */
async function repeated(table: string, key: 'id' | 'slug', changes: Record<string, string>, times: number): Promise<void> {
  const { results } = await env.DB.prepare(`SELECT * FROM ${table} LIMIT 1`).all();
  const columns = Object.keys(results[0]!);
  const values = columns.map((column) => (column === key ? `'${key}-' || n` : (changes[column] ?? `"${column}"`)));
  await env.DB.exec(
    `INSERT INTO ${table} (${columns.map((column) => `"${column}"`).join(', ')}) WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${times}) SELECT ${values.join(', ')} FROM (SELECT * FROM ${table} LIMIT 1), numbers`,
  );
}

describe('while the queue of jobs takes nothing', () => {
  it('idle workers are charged all the same, and the sweep as a whole has failed', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { bench, row } = await deployed({ minWorkers: 1 });
    await bench.start();
    await bench.wait(13 * MINUTE_MS);
    await expect(sweep({ ...bench.deps(), submissions: closedQueue })).rejects.toThrow('not swept: jobs');
    expect(await bench.spentMicro()).toBeGreaterThan(0);
    expect((await present(row)).meteredUntil).toBe(row.meteredUntil + 10 * MINUTE_MS);
    expect(log.mock.calls.flat().join(' ')).toContain('the queue takes nothing');
  });

  it('webhooks are found again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const bench = await JobBench.create();
    const { id } = await bench.start();
    await env.DB.prepare(
      "INSERT INTO webhook_deliveries (id, account_id, job_id, url, state, tries, next_at, log, created_at) VALUES ('whd_1', ?, ?, 'https://x.test', 'pending', 0, 0, '[]', 0)",
    )
      .bind(bench.account.id, id)
      .run();
    await bench.wait(10 * MINUTE_MS);
    await expect(sweep({ ...bench.deps(), submissions: closedQueue })).rejects.toThrow('not swept: jobs');
    expect(bench.webhooks).toMatchObject([{ deliveryId: 'whd_1' }]);
  });

  it('one job that cannot be lined up keeps none of the others', async () => {
    const bench = await JobBench.create();
    const [first, second] = [await bench.start(), await bench.start()];
    await bench.wait(10 * MINUTE_MS);
    const lined: string[] = [];
    const send = async ({ jobId }: { jobId: string }) => {
      if (jobId === first.id) throw new Error('not this one');
      lined.push(jobId);
    };
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await expect(sweep({ ...bench.deps(), submissions: { send } as unknown as JobDeps['submissions'] })).rejects.toThrow('not swept: jobs');
    expect(lined).toEqual([second.id]);
  });
});

it('after an outage everything is done in the end, and no sweep asks D1 more often than it may', async () => {
  const { bench, row } = await deployed({ minWorkers: 1 }, 10_000_000);
  await bench.start();
  await repeated('deployments', 'slug', { upstream_name: "'up-' || n" }, 17);
  await repeated('jobs', 'id', { hold_id: "'hold-' || n", idempotency_hash: 'NULL' }, 400);
  await bench.wait(DAY_MS);
  const send = async () => undefined;
  let [sweeps, jobs] = [0, 0];
  for (let found = 1; found > 0; sweeps++) {
    const { db, asked } = limited();
    const swept = await sweep({ ...bench.deps(), db, submissions: { send } as unknown as JobDeps['submissions'] });
    expect(asked()).toBeLessThanOrEqual(D1_LIMIT);
    found = swept.jobs;
    jobs += swept.jobs;
  }
  expect(jobs).toBe(401);
  expect(sweeps).toBeLessThan(6);
  expect(
    (await env.DB.prepare('SELECT MIN(metered_until) AS least, MAX(metered_until) AS most FROM deployments').first())!.most,
  ).toBeGreaterThan(row.meteredUntil);
});
