import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { AccountStub } from '../../../src/account/stub';
import { cancelJob, lookInPassing, takeCallback } from '../../../src/jobs/access';
import { advanceJob, startJob, sweepJobs } from '../../../src/jobs/advance';
import type { JobDeps } from '../../../src/jobs/deps';
import { changeJob, listForgotten, listJobs } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { JOB_STATUSES } from '../../../src/jobs/view';
import { ask, keyFor } from '../http/support';
import { JobBench, PRICE_MICRO, WEBHOOK_SECRET, work } from './support';

/** Delivers messages as they fall due until none is left or the job is settled. */
async function playOut(bench: JobBench, id: string, steps = 60): Promise<void> {
  for (let step = 0; step < steps && bench.queue.messages.length > 0; step++) {
    const message = bench.queue.take();
    await bench.wait(Math.max(0, message.dueMs - bench.nowMs));
    await work(bench.deps(), message);
    if ((await bench.job(id)).settledAt !== null) return;
  }
}

/** A database that runs `happen` before a job's state is first written. */
function beforeState(db: D1Database, happen: () => Promise<unknown>): D1Database {
  let happened = false;
  const watched = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'bind') return watched(Reflect.apply(value, target, args) as D1PreparedStatement);
          if (happened) return Reflect.apply(value, target, args) as unknown;
          happened = true;
          return happen().then(() => Reflect.apply(value, target, args) as unknown);
        };
      },
    });
  return new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'prepare') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return (sql: string) => (/^update "jobs" set .*"state" = /.test(sql) ? watched(target.prepare(sql)) : target.prepare(sql));
    },
  });
}

describe('a job', () => {
  it.each(['is given up', 'is said to have failed'])('that %s while its result is written is done, and charged', async (what) => {
    const bench = await JobBench.create();
    const { id, callbackToken: token, deadline } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    bench.queue.messages = [];
    bench.provider.ending = what === 'is given up' ? 'never' : 'failed';
    bench.provider.pollsToDone = 1;
    if (what === 'is given up') await bench.wait(deadline - bench.nowMs + 1);
    // So that the result exists but its copy does not.
    bench.provider.brokenFiles = 1;
    const headers = new Headers({ 'x-signature': WEBHOOK_SECRET });
    const callback = { jobId: id, token, headers, body: '{"state":"done"}', json: { state: 'done' } };
    const db = beforeState(env.DB, () => takeCallback(bench.deps(), callback));
    await advanceJob({ ...bench.deps(), db }, { jobId: id });
    await playOut(bench, id);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', costMicro: PRICE_MICRO });
    expect(await bench.spentMicro()).toBe(PRICE_MICRO);
  });

  it('is submitted, polled, copied and charged once, each message delivered twice', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    expect(await bench.heldMicro()).toBe(PRICE_MICRO);
    for (let step = 0; step < 40 && (await bench.job(id)).settledAt === null; step++) {
      const message = bench.queue.take();
      await bench.wait(Math.max(0, message.dueMs - bench.nowMs));
      await work(bench.deps(), message);
      await work(bench.deps(), message);
    }
    const job = await bench.job(id);
    expect(job).toMatchObject({ state: 'succeeded', costMicro: PRICE_MICRO });
    expect(job.outputs?.files).toHaveLength(1);
    expect(bench.provider.started).toHaveLength(1);
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([PRICE_MICRO, 0]);
    expect(bench.provider.leaked).toEqual([]);
  });

  it('ends by a signed callback without a poll, and by an unsigned one only after asking', async () => {
    const bench = await JobBench.create();
    bench.provider.pollsToDone = 1;
    const call = async (signature: string) => {
      const { id, callbackToken: token } = await bench.start();
      await work(bench.deps(), bench.queue.take());
      bench.queue.messages = [];
      const headers = new Headers({ 'x-signature': signature });
      const taken = { jobId: id, token, headers, body: '{"state":"done"}', json: { state: 'done' } };
      expect(await takeCallback(bench.deps(), taken)).toBe(true);
      return id;
    };
    const signed = await call(WEBHOOK_SECRET);
    await playOut(bench, signed);
    expect((await bench.job(signed)).state).toBe('succeeded');
    expect(bench.provider.polls).toBe(0);
    const unsigned = await call('forged');
    expect((await bench.job(unsigned)).state).toBe('running');
    await playOut(bench, unsigned);
    expect((await bench.job(unsigned)).state).toBe('succeeded');
    expect(bench.provider.polls).toBe(1);
    expect(await bench.spentMicro()).toBe(2 * PRICE_MICRO);
  });

  it.each(['a callback', 'a cancel', 'a look'])('whose end comes with %s is copied by the queue: that caller may hang up', async (what) => {
    const bench = await JobBench.create();
    bench.provider.pollsToDone = 1;
    const { id, callbackToken: token } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    bench.queue.messages = [];
    const { fetch } = bench.provider;
    const deps: JobDeps = {
      ...bench.deps(),
      fetch: (url, init) => {
        if (new URL(url).hostname.startsWith('cdn.')) throw new Error('copied within the request');
        if (url.endsWith('/cancel')) return Promise.resolve(Response.json({}));
        return fetch(url, init);
      },
    };
    const job = await bench.job(id);
    if (what === 'a cancel') await cancelJob(deps, job);
    else if (what === 'a look') await lookInPassing(deps, job, () => true);
    else {
      const headers = new Headers({ 'x-signature': WEBHOOK_SECRET });
      await takeCallback(deps, { jobId: id, token, headers, body: '{"state":"done"}', json: { state: 'done' } });
    }
    const { state, result, copyTries } = await bench.job(id);
    expect({ state, files: result?.files.length, copyTries }).toEqual({ state: 'running', files: 1, copyTries: 0 });
    await playOut(bench, id);
    expect((await bench.job(id)).state).toBe('succeeded');
  });

  it('is submitted once when its message comes twice at the same time', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    await Promise.all([1, 2, 3].map(() => startJob(bench.deps(), { jobId: id })));
    expect(bench.provider.started).toHaveLength(1);
    expect((await bench.job(id)).state).toBe('running');
  });

  it('whose submit was lost is not sent again, and costs nothing', async () => {
    const bench = await JobBench.create();
    bench.provider.lostAnswers = 1;
    const { id } = await bench.start();
    await playOut(bench, id);
    expect(await bench.job(id)).toMatchObject({ state: 'failed', costMicro: 0 });
    expect(bench.provider.started).toHaveLength(1);
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([0, 0]);
  });

  it('whose process died after its submit is sent again to a provider that knows our id', async () => {
    const bench = await JobBench.create();
    bench.provider.repeatable = true;
    const { id } = await bench.start();
    const submit = (deps: JobDeps) => startJob(deps, { jobId: id });
    // Its effects: read, renew the hold, claim, ask the provider; then the answer is written.
    expect(await bench.dies(submit, 4, false)).toBe(true);
    expect([bench.provider.started.length, (await bench.job(id)).state]).toEqual([1, 'submitting']);
    await bench.wait(4 * 60_000);
    await sweepJobs(bench.deps());
    await playOut(bench, id);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', attempts: [{ outcome: 'lost' }, { outcome: 'started' }] });
    expect(bench.provider.started).toHaveLength(1);
    expect(await bench.spentMicro()).toBe(PRICE_MICRO);
  });

  it('whose answers are lost again and again is given up rather than sent elsewhere', async () => {
    const bench = await JobBench.create();
    bench.provider.repeatable = true;
    bench.provider.lostAnswers = 10;
    bench.provider.losesRepeats = true;
    const { id } = await bench.start();
    await playOut(bench, id);
    expect(await bench.job(id)).toMatchObject({ state: 'failed', attempts: [{ outcome: 'lost' }, { outcome: 'lost' }] });
    expect(bench.provider.started).toHaveLength(1);
    expect(await bench.heldMicro()).toBe(0);
  });

  it('that fails while it runs, with no other provider asked, is not reported as failed with all providers', async () => {
    const bench = await JobBench.create();
    bench.provider.ending = 'failed';
    const { id } = await bench.start();
    await playOut(bench, id);
    const error = { kind: 'upstream_failed', message: 'The provider failed: it failed' };
    expect(await bench.job(id)).toMatchObject({ state: 'failed', costMicro: 0, error });
  });

  it('leaves a receipt, by which its owner can recompute the charge and see who was asked', async () => {
    const bench = await JobBench.create();
    const ends = async (ending: 'done' | 'failed') => {
      bench.provider.ending = ending;
      const { id, holdId } = await bench.start({}, { labels: { endUser: 'anna' } });
      await playOut(bench, id);
      const [line] = (await bench.account.stub.operations(1)).lines;
      expect(line).toMatchObject({ id: holdId, state: ending === 'done' ? 'settled' : 'released' });
      // It was sent, and counts against the hourly limit.
      expect(line).not.toHaveProperty('unsent');
      return { detail: line!.detail, job: await bench.job(id) };
    };
    const { detail, job } = await ends('done');
    const attempt = { provider: 'fake', model: 'theirs', atMs: job.createdAt, status: 200, outcome: 'started' };
    const about = { provider: 'fake', upstreamModel: 'theirs', mode: 'auto', endUser: 'anna' };
    const price = { per: 'second', micro: PRICE_MICRO / 5 };
    const made = { asked: { seconds: 5 }, usage: { seconds: 5 }, attempts: [attempt] };
    expect(detail).toEqual({ ...about, ...made, price, jobId: job.id, ending: 'succeeded', latencyMs: job.endedAt! - job.createdAt });
    const failed = await ends('failed');
    expect(failed.detail).toMatchObject({
      ...about,
      ending: 'failed',
      usage: null,
      errorKind: 'upstream_failed',
      error: failed.job.error!.message,
    });
  });

  it('waits for a provider that is out of capacity, and is sent to it again', async () => {
    const bench = await JobBench.create();
    bench.provider.submitStatus = 429;
    const { id } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    expect(await bench.job(id)).toMatchObject({ state: 'queued', attempts: [{ action: 'backoff_key', status: 429 }] });
    bench.provider.submitStatus = 200;
    await playOut(bench, id);
    expect((await bench.job(id)).state).toBe('succeeded');
  });

  it('fails without a word about our account there when capacity never comes, and with a refusal at once', async () => {
    const bench = await JobBench.create();
    bench.provider.submitStatus = 429;
    const { id } = await bench.start();
    await playOut(bench, id);
    const failed = await bench.job(id);
    expect(failed).toMatchObject({ state: 'failed', error: { kind: 'upstream_failed', message: expect.stringContaining('this gateway') } });
    expect(JSON.stringify([failed.error, failed.attempts])).not.toContain('answered 429');
    expect(failed.attempts).toHaveLength(4);
    bench.provider.submitStatus = 422;
    const refused = await bench.start();
    await playOut(bench, refused.id);
    expect(await bench.job(refused.id)).toMatchObject({ state: 'failed', error: { kind: 'upstream_rejected', status: 422 } });
    expect(await bench.heldMicro()).toBe(0);
  });

  it('that lost its message is found by the sweeper', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    bench.queue.messages = [];
    await bench.wait(61_000);
    await sweepJobs(bench.deps());
    await playOut(bench, id);
    expect((await bench.job(id)).state).toBe('succeeded');
  });

  it('has one chain of polls, though it was swept before it was sent', async () => {
    const bench = await JobBench.create();
    bench.provider.ending = 'never';
    await bench.start();
    await bench.wait(61_000);
    await sweepJobs(bench.deps());
    const lined = bench.queue.messages.splice(0);
    expect(lined.map(({ queue }) => queue)).toEqual(['submissions', 'submissions']);
    for (const message of lined) await work(bench.deps(), message);
    expect(bench.queue.messages).toMatchObject([{ queue: 'jobs', turn: 0 }]);
    expect(bench.provider.started).toHaveLength(1);
  });

  it('has one chain of polls, however often it was swept', async () => {
    const bench = await JobBench.create();
    bench.provider.ending = 'never';
    const { id } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    for (let round = 0; round < 3; round++) {
      await bench.wait(200_000);
      await sweepJobs(bench.deps());
    }
    expect(bench.queue.messages).toHaveLength(4);
    for (const message of bench.queue.messages.splice(0)) await work(bench.deps(), message);
    expect(bench.queue.messages).toHaveLength(1);
    expect(bench.provider.polls).toBe(1);
    expect((await bench.job(id)).state).toBe('running');
  });

  it('is charged once when poller, callback, cancel and sweeper meet at its end', async () => {
    const bench = await JobBench.create();
    bench.provider.pollsToDone = 1;
    const { id, callbackToken } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    const job = await bench.job(id);
    const callback = { jobId: id, token: callbackToken, headers: new Headers(), body: '{}', json: {} };
    await Promise.all([
      advanceJob(bench.deps(), { jobId: id, chain: job.chain, turn: 1 }),
      advanceJob(bench.deps(), { jobId: id }),
      takeCallback(bench.deps(), callback),
      cancelJob(bench.deps(), job),
      sweepJobs(bench.deps(), 600_000),
    ]);
    await playOut(bench, id);
    const { state, costMicro } = await bench.job(id);
    expect(['succeeded', 'canceled']).toContain(state);
    expect(await bench.spentMicro()).toBe(state === 'succeeded' ? PRICE_MICRO : 0);
    expect(costMicro).toBe(await bench.spentMicro());
    expect(await bench.heldMicro()).toBe(0);
  });

  it('takes no callback under a guessed URL', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    expect(await takeCallback(bench.deps(), { jobId: id, token: 'guess', headers: new Headers(), body: '', json: undefined })).toBe(false);
  });

  it('is canceled before it was sent without a word to the provider', async () => {
    const bench = await JobBench.create();
    const job = await bench.start();
    await cancelJob(bench.deps(), job);
    await playOut(bench, job.id);
    expect((await bench.job(job.id)).state).toBe('canceled');
    expect(bench.provider.started).toHaveLength(0);
    expect(await bench.heldMicro()).toBe(0);
    // Submits to a provider count against the hourly limit, which this one never reached.
    const [line] = (await bench.account.stub.operations(1)).lines;
    expect(line).toMatchObject({ id: job.holdId, state: 'released', unsent: true });
  });

  it.each([
    ['was to be canceled meanwhile', 'canceled', startJob],
    ['is past its deadline', 'expired', startJob],
    ['a look finds canceled', 'canceled', advanceJob],
    ['a look finds past its deadline', 'expired', advanceJob],
  ])('that is still to be sent and %s is never sent', async (_what, state, work) => {
    const bench = await JobBench.create();
    const job = await bench.start();
    if (state === 'canceled') await changeJob(env.DB, job, () => ({ cancelRequested: true }));
    else await bench.wait(job.deadline - bench.nowMs + 1);
    await work(bench.deps(), { jobId: job.id });
    expect((await bench.job(job.id)).state).toBe(state);
    expect(bench.provider.started).toHaveLength(0);
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([0, 0]);
  });

  it('that another look is sending is left alone until that one must have died', async () => {
    const bench = await JobBench.create();
    const job = await bench.start();
    await changeJob(env.DB, job, () => ({ state: 'submitting', claimedUntil: bench.nowMs + 60_000 }));
    await advanceJob(bench.deps(), { jobId: job.id });
    expect((await bench.job(job.id)).state).toBe('submitting');
    await bench.wait(60_000);
    await advanceJob(bench.deps(), { jobId: job.id });
    expect((await bench.job(job.id)).state).toBe('failed');
  });

  it('is looked at again where another one is under way with its idempotency key, which may pay for both', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    await changeJob(env.DB, await bench.job(id), () => ({ state: 'succeeded', costMicro: PRICE_MICRO, endedAt: bench.nowMs }));
    const undecided = { settle: async () => ({ ok: false, reason: 'undecided' }) } as unknown as AccountStub;
    await expect(advanceJob({ ...bench.deps(), account: () => undecided }, { jobId: id })).rejects.toThrow('under way');
    expect((await bench.job(id)).settledAt).toBeNull();
    await advanceJob(bench.deps(), { jobId: id });
    expect((await bench.job(id)).settledAt).not.toBeNull();
    expect(await bench.spentMicro()).toBe(PRICE_MICRO);
  });

  it('is nothing for the sweeper once it is settled', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    const forgotten = async () => (await listForgotten(env.DB, Number.MAX_SAFE_INTEGER, 10_000)).map((job) => job.id);
    expect(await forgotten()).toContain(id);
    await playOut(bench, id);
    expect(await forgotten()).not.toContain(id);
  });

  it('is given up at its deadline, the provider told, the money given back', async () => {
    const bench = await JobBench.create();
    bench.provider.ending = 'never';
    const { id, deadline } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    await bench.wait(deadline - bench.nowMs + 1_000);
    await advanceJob(bench.deps(), { jobId: id });
    expect((await bench.job(id)).state).toBe('expired');
    expect([...bench.provider.canceled]).toEqual(['up0']);
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([0, 0]);
  });

  it('whose provider says nothing at its deadline is asked for an hour more', async () => {
    const bench = await JobBench.create();
    const { id, deadline } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    const unreachable: JobDeps = { ...bench.deps(), fetch: async () => Promise.reject(new Error('connection lost')) };
    await bench.wait(deadline - bench.nowMs + 3_600_000);
    await advanceJob(unreachable, { jobId: id });
    expect((await bench.job(id)).state).toBe('running');
    await bench.wait(1);
    await advanceJob(unreachable, { jobId: id });
    expect(await bench.job(id)).toMatchObject({ state: 'expired', costMicro: 0 });
  });

  it('keeps its hold as long as it runs', async () => {
    const bench = await JobBench.create();
    bench.provider.ending = 'never';
    const { id } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    await bench.wait(50 * 60_000);
    await bench.account.fireAlarm();
    expect(await bench.heldMicro()).toBe(PRICE_MICRO);
    bench.provider.ending = 'done';
    for (let look = 0; look < 3; look++) await advanceJob(bench.deps(), { jobId: id });
    expect((await bench.job(id)).state).toBe('succeeded');
    expect(await bench.spentMicro()).toBe(PRICE_MICRO);
  });

  it('is not started once its hold is gone', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    await bench.wait(20 * 60_000);
    await bench.account.fireAlarm();
    await startJob(bench.deps(), { jobId: id });
    expect((await bench.job(id)).state).toBe('expired');
    expect(bench.provider.started).toHaveLength(0);
  });

  it('repeats a copy that fails, and never the generation', async () => {
    const bench = await JobBench.create();
    bench.provider.brokenFiles = 3;
    const { id } = await bench.start();
    await playOut(bench, id);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', copyTries: 4 });
    expect(bench.provider.started).toHaveLength(1);
  });

  it('costs nothing when its file is never to be had', async () => {
    const bench = await JobBench.create();
    bench.provider.brokenFiles = 1_000;
    const { id } = await bench.start();
    await playOut(bench, id, 200);
    expect((await bench.job(id)).state).toBe('failed');
    expect(await bench.spentMicro()).toBe(0);
  });
});

describe('a list of jobs', () => {
  it('has each job on one page, though all were made in the same millisecond', async () => {
    const bench = await JobBench.create();
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) ids.push((await bench.start()).id);
    const seen: string[] = [];
    for (let before: { id: string; createdAt: number } | undefined; ; ) {
      const page = await listJobs(env.DB, bench.account.id, { limit: 3, before });
      seen.push(...page.map(({ id }) => id));
      if (page.length < 3) break;
      before = page.at(-1);
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(new Set(ids));
  });
});

describe('jobs of one status', () => {
  it('are those that show it, be they over or not', async () => {
    const bench = await JobBench.create();
    bench.provider.pollsToDone = 1;
    const { id: over } = await bench.start();
    await playOut(bench, over);
    const { id: underWay } = await bench.start();
    const { id: unsettled } = await bench.start();
    await env.DB.prepare("UPDATE jobs SET state = 'succeeded' WHERE id = ?").bind(unsettled).run();
    const found = async (overAs: Job['state'] | null) => {
      const page = await listJobs(env.DB, bench.account.id, { limit: 10, overAs });
      return page.map(({ id }) => id).sort();
    };
    expect(await found('succeeded')).toEqual([over]);
    expect(await found(null)).toEqual([underWay, unsettled].sort());
    expect(await found('failed')).toEqual([]);
    const key = await keyFor(bench.account);
    for (const status of JOB_STATUSES) {
      const { status: code, text } = await ask({ key, path: `/v1/jobs?status=${status}`, body: null });
      const shown = (JSON.parse(text) as { data: { status: string }[] }).data.map((job) => job.status);
      expect([code, shown]).toEqual([200, { completed: [status], processing: [status, status] }[status as string] ?? []]);
    }
    expect((await ask({ key, path: '/v1/jobs?status=over', body: null })).status).toBe(400);
  });
});

describe('a result that is no file', () => {
  it.each([
    ['a page of an error', 'text/html', '<!doctype html><title>Not found</title>'],
    ['an error as JSON', 'application/json', '{"error":"expired"}'],
    ['nothing', 'video/mp4', ''],
  ])('is not taken for a film, though its status says so: %s', async (_, type, body) => {
    const bench = await JobBench.create();
    bench.provider.file = { type, body };
    const { id } = await bench.start();
    await playOut(bench, id, 200);
    expect(await bench.job(id)).toMatchObject({ state: 'failed', costMicro: 0 });
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([0, 0]);
    expect(bench.provider.started).toHaveLength(1);
  });
});
