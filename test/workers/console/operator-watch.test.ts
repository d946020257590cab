// Who runs the gateway is told by mail what is wrong with it: once, again after a day, and when it is over.
import { env } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AttemptTotals, Watched } from '../../../src/console/metrics/read';
import { lookAt, type WatchState, watchGateway } from '../../../src/console/operator/watch';
import { ok } from '../../../src/core/errors';
import { DAY_MS, HOUR_MS } from '../../../src/core/time';
import worker from '../../../src/index';
import type { Mail } from '../../../src/mail/mail';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 11, 1);

const attempts = (provider: string, outcome: string, status: string, count: number): AttemptTotals =>
  ({ provider, test: 0, outcome, status, attempts: count }) as AttemptTotals;

const watched = (all: AttemptTotals[] = [], over: Partial<Watched> = {}): Watched => ({
  lines: [],
  refusals: [],
  attempts: all,
  jobs: [],
  overdueJobs: 0,
  webhooks: { count: 0, sinceMs: null, failing: 0 },
  deadWebhooks: 0,
  alerts: 0,
  vouchers: { count: 0, sinceMs: null },
  accountsOpened: 0,
  books: undefined,
  sizeBytes: 1e6,
  rowsRead: 10,
  ...over,
});

/** Looks one after the other, ten minutes apart; what each finds. */
function looks(all: readonly AttemptTotals[][]): string[][] {
  let state: WatchState | undefined;
  return all.map((one, index) => {
    const look = lookAt(watched(one), 0, state, START_MS + index * 10 * MINUTE_MS);
    state = look.state;
    return look.concerns.map(({ text }) => text);
  });
}

describe('a provider is in trouble', () => {
  const before = [attempts('openai', 'answered', '', 5_000), attempts('openai', 'failed', '401', 70)];

  it('when most of what it was lately asked for failed, whatever came before', () => {
    const [first, second] = looks([before, [...before, attempts('openai', 'failed', '401', 12), attempts('openai', 'failed', '', 3)]]);
    expect(first).toEqual([]);
    expect(second).toEqual([
      'openai failed 15 of 15 times within the last hour (401: 12, no answer: 3). Calls went on to other providers, where a model has some.',
    ]);
  });

  it('not while it answers more often, nor for a few failures, nor for what callers do wrong', () => {
    const more = [
      [attempts('openai', 'failed', '500', 12), attempts('openai', 'answered', '', 13)],
      [attempts('openai', 'failed', '500', 9)],
      [attempts('openai', 'failed', '400', 100), attempts('openai', 'failed', '404', 100)],
      [attempts('openai', 'skipped', '', 100), attempts('openai', 'abandoned', '', 100)],
      [{ ...attempts('openai', 'failed', '500', 100), test: 1 }],
    ];
    for (const some of more) expect(looks([before, [...before, ...some]])[1]).toEqual([]);
  });

  it('until a whole hour has passed without', () => {
    const failed = [...before, attempts('openai', 'failed', '503', 20)];
    const answering = (count: number) => [...failed, attempts('openai', 'answered', '', count)];
    const found = looks([before, failed, answering(50), answering(60), answering(70), answering(80), answering(90), answering(100)]);
    expect(found.map(({ length }) => length)).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
  });
});

describe('the operator', () => {
  let mails: Mail[];
  let nowMs: number;

  beforeEach(async () => {
    mails = [];
    nowMs = Date.now();
    await env.DB.prepare('DELETE FROM operator_watch').run();
  });

  const look = (catalogueErrors: number, over: { to?: string[]; fails?: boolean } = {}) =>
    watchGateway({
      db: env.DB,
      now: () => nowMs,
      watched: async () => ok(watched()),
      catalogueErrors,
      mail: async (mail) => {
        if (over.fails) throw new Error('no mail goes out');
        mails.push(mail);
      },
      to: over.to ?? ['ops@example.com'],
      brand: 'Acme',
      origin: 'https://gateway.test',
    });

  const subjects = () => mails.map(({ to, subject }) => `${to} ${subject}`);
  const BROKEN = 'Acme: The catalogue’s file cannot be read; the last good one is in force.';

  it('is told once, again after a day, and when it is over', async () => {
    await look(0);
    expect(subjects()).toEqual([]);
    for (const hours of [0, 1, 10]) {
      nowMs += hours * HOUR_MS;
      await look(1);
    }
    expect(subjects()).toEqual([`ops@example.com ${BROKEN}`]);
    expect(mails[0]!.action).toEqual({ label: 'Look at the gateway', url: 'https://gateway.test/operator' });
    nowMs += DAY_MS;
    await look(1);
    await look(0);
    await look(0);
    expect(subjects().slice(1)).toEqual([`ops@example.com ${BROKEN}`, 'ops@example.com Acme: all is in order again']);
  });

  it('is told later where no mail goes out, all of them', async () => {
    const to = ['ops@example.com', 'cto@example.com'];
    await look(1, { to, fails: true });
    await look(1, { to });
    expect(subjects()).toEqual(to.map((address) => `${address} ${BROKEN}`));
    await look(0, { to, fails: true });
    await look(0, { to });
    expect(subjects().slice(2)).toEqual(to.map((address) => `${address} Acme: all is in order again`));
  });

  it('is looked out for every ten minutes', async () => {
    const state = () => env.DB.prepare('SELECT state FROM operator_watch').first<string>('state');
    expect(await state()).toBeNull();
    await worker.scheduled({ cron: '*/10 * * * *', scheduledTime: nowMs, noRetry: () => {} }, env);
    expect(JSON.parse((await state())!)).toMatchObject({ tallies: { atMs: expect.any(Number) }, concerns: expect.any(Array) });
  });

  it('is told nothing without an address', async () => {
    await look(1, { to: [] });
    await look(0, { to: [] });
    expect(mails).toEqual([]);
  });
});
