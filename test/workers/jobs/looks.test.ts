// Polls of one job that overlap, or fail.
import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { queueDeps } from '../../../src/http/deps';
import { cancelJob, waitForJob } from '../../../src/jobs/access';
import { startJob } from '../../../src/jobs/advance';
import type { JobDeps } from '../../../src/jobs/deps';
import { consume } from '../../../src/jobs/queues';
import { changeJob } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { makeWav } from '../../../src/providers/sandbox/media/wav';
import { adapted, JobBench, PRICE_MICRO, work } from './support';

/** What a request that hears a recording costs: not a whole number of micro-credits. */
const HEARD_MICRO = 1_000_000.3;

async function playOut(bench: JobBench, id: string): Promise<void> {
  while ((await bench.job(id)).settledAt === null) {
    const message = bench.queue.take();
    await bench.wait(Math.max(0, message.dueMs - bench.nowMs));
    await work(bench.deps(), message);
  }
}

/** A job with a recording of 25 seconds that was not read yet, and of which each request hears ten. */
async function recording(bench: JobBench, more: Partial<Job> = {}): Promise<Job> {
  const job = await bench.start();
  const audio = { key: `media/${job.id}/${job.callbackToken}/audio`, contentType: 'audio/wav' };
  await env.FILES.put(audio.key, makeWav(25, 1));
  const plan = { ...job.plan, per: 'request', units: 1, unitMicro: HEARD_MICRO, audioSecondsARequest: 10 } as const;
  return (await changeJob(env.DB, job, () => ({ ...more, plan, input: { kind: 'asr', audio, extra: {} } })))!;
}

/** The database, which passes each statement to `hear` first; that may throw. */
const heard = (hear: (sql: string) => void): D1Database =>
  new Proxy(env.DB, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'prepare') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return (sql: string) => {
        hear(sql);
        return target.prepare(sql);
      };
    },
  });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a job', () => {
  it('has one chain of polls while what they find cannot be kept', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const bench = await JobBench.create();
    bench.provider.pollsToDone = 1;
    const { id } = await bench.start();
    await work(bench.deps(), bench.queue.take());
    const db = heard((sql) => {
      if (/^update "jobs" set .*"result" = /.test(sql)) throw new Error('D1 is overloaded');
    });
    for (let round = 0; round < 5; round++) {
      const { dueMs, ...body } = bench.queue.take();
      await bench.wait(Math.max(0, dueMs - bench.nowMs));
      const retry = () => bench.queue.messages.push({ ...body, dueMs: bench.nowMs + 2_000 });
      const batch = { queue: 'hypereal-jobs', messages: [{ body, ack: () => undefined, retry }] } as unknown as MessageBatch;
      await consume(queueDeps(env), batch, () => ({ ...bench.deps(), db }));
    }
    expect(bench.provider.polls).toBe(5);
    expect(bench.queue.messages).toHaveLength(1);
    await playOut(bench, id);
    expect((await bench.job(id)).state).toBe('succeeded');
  });

  it('that waits to be sent holds up no look of another: what was lined up for one is lined up to be sent', async () => {
    const bench = await JobBench.create();
    const running = await bench.start();
    await work(bench.deps(), bench.queue.take());
    const { id } = await bench.start();
    bench.queue.messages = [];
    const messages = [id, running.id].map((jobId) => ({ body: { jobId }, ack: () => undefined, retry: () => undefined }));
    const deps = bench.deps();
    const slow: JobDeps['fetch'] = (url, init) => (url.endsWith('/submit') ? new Promise(() => undefined) : deps.fetch(url, init));
    await consume(queueDeps(env), { queue: 'hypereal-jobs', messages } as unknown as MessageBatch, () => ({ ...deps, fetch: slow }));
    expect(bench.provider.polls).toBe(1);
    const message = bench.queue.take();
    expect(message).toMatchObject({ jobId: id, queue: 'submissions' });
    const batch = { queue: 'hypereal-submissions', messages: [{ ...messages[0], body: message }] } as unknown as MessageBatch;
    await consume(queueDeps(env), batch, () => deps);
    expect((await bench.job(id)).state).toBe('running');
  });

  it('is claimed for as long as its provider may take from when it is sent, however long its files took to come', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start({ image: 'https://files.customer.example/a.png' });
    const deps = adapted(bench.deps(), { sources: 'bytes', submitTimeoutMs: 300_000 });
    let leftMs = 0;
    const fetch: JobDeps['fetch'] = async (url, init) => {
      if (url.startsWith('https://files.customer.example/')) {
        bench.nowMs += 80_000;
        return new Response(Uint8Array.of(0x89, 0x50, 0x4e, 0x47));
      }
      if (url.endsWith('/submit')) leftMs = (await bench.job(id)).claimedUntil! - bench.nowMs;
      return deps.fetch(url, init);
    };
    await startJob({ ...deps, fetch }, { jobId: id });
    expect(bench.provider.started).toHaveLength(1);
    expect(leftMs).toBeGreaterThan(300_000);
  });

  it('that its provider has taken is not lost while the database is away for some seconds', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const bench = await JobBench.create();
    const { id } = await bench.start();
    let failures = 4;
    const db = heard((sql) => {
      if (bench.provider.started.length > 0 && failures-- > 0) throw new Error(`D1 is overloaded: ${sql}`);
    });
    const pausesMs: number[] = [];
    await work({ ...bench.deps(), db, pause: async (ms) => void pausesMs.push(ms) }, bench.queue.take());
    expect(await bench.job(id)).toMatchObject({ state: 'running', upstream: { id: 'up0' } });
    expect(pausesMs.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(5_000);
  });

  it('that one look has sent is not ended by another that could not', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start({ image: 'data:image/png;base64,iVBORw0KGgo=' });
    const files = {
      get: async () => {
        await startJob(bench.deps(), { jobId: id });
        return null;
      },
    } as unknown as R2Bucket;
    await startJob({ ...bench.deps(), files }, { jobId: id });
    await playOut(bench, id);
    expect(bench.provider.started).toHaveLength(1);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', costMicro: PRICE_MICRO });
    expect(await bench.spentMicro()).toBe(PRICE_MICRO);
  });

  it('is not lost when the database fails as its start is written down', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const bench = await JobBench.create();
    const { id } = await bench.start();
    let failures = 2;
    const db = heard((sql) => {
      if (/^update "jobs" set .*"upstream" = /.test(sql) && failures-- > 0) throw new Error('D1_ERROR: Network connection lost');
    });
    await work({ ...bench.deps(), db }, bench.queue.take());
    await playOut(bench, id);
    expect(bench.provider.started).toHaveLength(1);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', costMicro: PRICE_MICRO });
  });

  it('is not sent with files by URL that are larger together than a request with them may be', async () => {
    const bench = await JobBench.create();
    const references = ['a', 'b'].map((name) => ({ url: `https://files.customer.example/${name}.png` }));
    const { id } = await bench.start();
    const input = { kind: 'video', prompt: 'a fox', durationSeconds: 5, references, extra: {} } as const;
    await changeJob(env.DB, await bench.job(id), () => ({ input }));
    const deps = adapted(bench.deps(), { sources: 'bytes' });
    let sizeBytes = 20 * 1_048_576;
    const fetch: JobDeps['fetch'] = async (url, init) =>
      url.startsWith('https://files.customer.example/')
        ? new Response(new Blob([new Uint8Array(sizeBytes)]).stream())
        : deps.fetch(url, init);
    await startJob({ ...deps, fetch }, { jobId: id });
    expect(await bench.job(id)).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('32 MB together') } });
    expect(bench.provider.started).toHaveLength(0);
    expect(await bench.heldMicro()).toBe(0);

    sizeBytes = 15 * 1_048_576;
    const smaller = await bench.start();
    await changeJob(env.DB, await bench.job(smaller.id), () => ({ input }));
    await startJob({ ...deps, fetch }, { jobId: smaller.id });
    expect(bench.provider.started).toHaveLength(1);
  });

  it('whose recording proves longer is held and charged for as much more, once', async () => {
    const bench = await JobBench.create();
    const { id } = await recording(bench);
    bench.provider.submitStatus = 429;
    await work(bench.deps(), bench.queue.take());
    expect(await bench.job(id)).toMatchObject({ state: 'queued', plan: { units: 3 } });
    expect(await bench.heldMicro()).toBe(PRICE_MICRO + 2_000_001);
    bench.provider.submitStatus = 200;
    await playOut(bench, id);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', costMicro: 3_000_001 });
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([3_000_001, 0]);
  });

  it('whose recording proves longer than its account can pay is not sent, and one of a test key is', async () => {
    const bench = await JobBench.create(PRICE_MICRO / 1_000_000);
    const { id } = await recording(bench);
    await work(bench.deps(), bench.queue.take());
    expect(await bench.job(id)).toMatchObject({ state: 'failed', error: { kind: expect.stringMatching(/credits/) } });
    expect([bench.provider.started.length, await bench.heldMicro()]).toEqual([0, 0]);
    await recording(bench, { test: true });
    await work(bench.deps(), bench.queue.take());
    expect([bench.provider.started.length, await bench.heldMicro()]).toEqual([1, PRICE_MICRO]);
  });

  it('is waited for although the database does not answer now and then', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const bench = await JobBench.create();
    const job = await bench.start();
    await cancelJob(bench.deps(), job);
    let looks = 0;
    const db = heard((sql) => {
      if (sql.startsWith('select') && ++looks < 3) throw new Error('D1_ERROR: Network connection lost');
    });
    expect((await waitForJob({ ...bench.deps(), db }, job, 60_000, () => false)).state).toBe('canceled');
  });
});
