// A worker's output, on its way into a row and files of ours, may be of any size.
import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { advanceJob, startJob, sweepJobs } from '../../../src/jobs/advance';
import type { JobDeps } from '../../../src/jobs/deps';
import { fileUrl } from '../../../src/jobs/files';
import { withOutput } from '../../../src/jobs/output';
import { runningJobs } from '../../../src/jobs/parts';
import { applyStep } from '../../../src/jobs/poll';
import { deleteContent } from '../../../src/jobs/retention';
import { changeJob } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { jobView } from '../../../src/jobs/view';
import { deliver, sweepDeliveries } from '../../../src/jobs/webhooks/deliver';
import { findDelivery } from '../../../src/jobs/webhooks/log';
import { deliveryIdOf } from '../../../src/jobs/webhooks/queue';
import type { MediaResult } from '../../../src/providers/media/types';
import { adapted, JobBench, RECEIVER_URL, work } from './support';

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const picture = { bytes: PNG, contentType: 'image/png' };
const film = (name: string | number) => ({ url: `https://cdn.fake.example/${name}.mp4` });

afterEach(() => {
  vi.restoreAllMocks();
});

/** A job at its provider. */
async function running(webhookUrl: string | null = null): Promise<{ bench: JobBench; job: Job }> {
  const bench = await JobBench.create();
  const { id } = await bench.start({}, { webhookUrl });
  await work(bench.deps(), bench.queue.take());
  bench.queue.messages = [];
  return { bench, job: await bench.job(id) };
}

/** The job after its provider reported it done. */
async function made(result: MediaResult, webhookUrl?: string): Promise<{ bench: JobBench; job: Job }> {
  const { bench, job } = await running(webhookUrl);
  await applyStep(bench.deps(), bench.deps().registry.providers.get('fake')!, job, { state: 'done', result });
  return { bench, job: await bench.job(job.id) };
}

it('a file that its vendor names by plain HTTP is copied by HTTPS', async () => {
  const { bench, job } = await made({ files: [{ url: 'http://cdn.fake.example/a.mp4' }] });
  expect(job).toMatchObject({ state: 'succeeded', outputs: { files: [expect.objectContaining({ contentType: 'video/mp4' })] } });
  expect(bench.provider.leaked).toEqual([]);
});

describe("a worker's answer", () => {
  it('names the files that its base64 became', async () => {
    const output = { images: ['file:1', 'file:9'], note: 'file:0' };
    const { job } = await made({ files: [film('a'), picture], output });
    expect(job.outputs?.files).toHaveLength(2);
    const url = fileUrl(job.origin, job.outputs!.files[1]!);
    expect(url).toMatch(/\/1\.png$/);
    expect(jobView(job).output).toEqual({ images: [url, 'file:9'], note: 'file:0' });
  });

  it.each([
    ['too large for a row is kept in a file, and shown all the same', 3_000_000, true],
    ['too large to be shown is at a URL', 9_000_000, false],
  ])('%s', async (_, chars, isShown) => {
    const text = 'x'.repeat(chars);
    const { bench, job } = await made({ files: [picture], output: { image: 'file:0', text } });
    expect(job.state).toBe('succeeded');
    expect(JSON.stringify(job).length).toBeLessThan(10_000);
    const output = { image: fileUrl(job.origin, job.outputs!.files[0]!), text };
    const view = jobView(await withOutput(bench.deps(), job));
    expect(view.output).toEqual(isShown ? output : undefined);
    expect(view.outputJsonUrl).toEqual(isShown ? undefined : expect.stringMatching(/\/output\.json$/));
    const listed = jobView(job);
    const stored = await env.FILES.get(new URL(String(listed.outputJsonUrl)).pathname.slice(1).replace('.json', ''));
    expect(await stored!.json()).toEqual(output);
  });

  it.each([
    [300_000, 'output'],
    [800_000, 'outputJsonUrl'],
  ])('of %i characters goes with the webhook as its %s', async (chars, field) => {
    const output = { text: 'x'.repeat(chars) };
    const { bench } = await made({ files: [], output }, RECEIVER_URL);
    const { deliver } = await import('../../../src/jobs/webhooks/deliver');
    await deliver(bench.deps(), bench.webhooks[0]!);
    const told = JSON.parse(bench.provider.received[0]!.body) as Record<string, unknown>;
    expect(Object.keys(told).filter((name) => name.startsWith('output'))).toEqual(['outputUrl', field]);
    if (field === 'output') expect(told.output).toEqual(output);
  });
});

describe('the files of a result', () => {
  it('are 32 at most, and copied a few at a time', async () => {
    const { bench, job } = await running();
    let now = 0;
    let most = 0;
    const { fetch } = bench.provider;
    const counted: typeof fetch = async (url, init) => {
      if (new URL(url).hostname !== 'cdn.fake.example') return fetch(url, init);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return fetch(url, init);
    };
    const files = Array.from({ length: 40 }, (_, index) => film(index));
    const provider = bench.deps().registry.providers.get('fake')!;
    await applyStep({ ...bench.deps(), fetch: counted }, provider, job, { state: 'done', result: { files } });
    const { state, outputs } = await bench.job(job.id);
    expect([state, outputs?.files.length]).toEqual(['succeeded', 32]);
    expect(outputs!.files.map(({ key }) => Number(key.split('/').at(-1)))).toEqual(Array.from({ length: 32 }, (_, index) => index));
    expect(most).toBeLessThanOrEqual(3);
  });

  it('are not written back by a look that comes late, when they were deleted', async () => {
    const { bench, job } = await running();
    const provider = bench.deps().registry.providers.get('fake')!;
    const look = () => applyStep(bench.deps(), provider, job, { state: 'done', result: { files: [picture], output: 'x'.repeat(70_000) } });
    const stored = async () => (await env.FILES.list({ prefix: `media/${job.id}/` })).objects.length;
    await look();
    expect(await stored()).toBe(2);
    await look();
    expect(await stored()).toBe(2);
    await deleteContent(bench.deps(), await bench.job(job.id));
    await look();
    expect(await stored()).toBe(0);
  });

  it.each([
    ['that its provider sends on to where it lies, without the key', 'https://api.fake.example/v1/files/1', 'succeeded'],
    ['that lies elsewhere, without the key', 'https://cdn.fake.example/film.mp4', 'succeeded'],
    ['that leads into a private network, never', 'https://169.254.169.254/latest', 'running'],
  ])('may answer only to the key: one %s', async (_, url, state) => {
    const { bench, job } = await running();
    const { fetch } = bench.provider;
    const asked: string[] = [];
    const network: typeof fetch = async (to, init) => {
      asked.push(to);
      if (!to.startsWith('https://api.fake.example/v1/files/')) return fetch(to, init);
      const isKnown = new Headers(init.headers).get('authorization') === 'Bearer the-key';
      const location = to.endsWith('/1') ? '/v1/files/1/content' : 'https://cdn.fake.example/film.mp4';
      return isKnown ? new Response(null, { status: 302, headers: { location } }) : new Response('who are you?', { status: 401 });
    };
    const provider = bench.deps().registry.providers.get('fake')!;
    const result = { files: [{ url, authorized: true }] };
    await applyStep({ ...bench.deps(), fetch: network }, provider, job, { state: 'done', result });
    expect((await bench.job(job.id)).state).toBe(state);
    expect(bench.provider.leaked).toEqual([]);
    expect(asked.some((to) => to.includes('169.254'))).toBe(false);
  });

  it('are given up, and their share not charged, when every try to copy them dies with its Worker', async () => {
    const { bench, job } = await running();
    const provider = bench.deps().registry.providers.get('fake')!;
    const fetch = () => new Promise<never>(() => {});
    const die = (work: Promise<unknown>) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, 50))]);
    const lost = { ...bench.deps(), fetch };
    await die(applyStep(lost, provider, job, { state: 'done', result: { files: [picture, film('b')] } }));
    for (let tries = 0; tries < 12 && (await bench.job(job.id)).settledAt === null; tries++) {
      await bench.wait(11 * 60_000);
      await sweepJobs(bench.deps());
      await die(advanceJob(lost, { jobId: job.id }));
    }
    // What was stored is delivered.
    const costMicro = job.heldMicro / 2;
    expect(await bench.job(job.id)).toMatchObject({ state: 'succeeded', costMicro, outputs: { files: [{ contentType: 'image/png' }] } });
    expect(await bench.spentMicro()).toBe(costMicro);
  });

  it('that are as many answers are read one after the other: each is held in memory several times over', async () => {
    const bench = await JobBench.create();
    const { id, plan } = await bench.start();
    const input = { kind: 'image', prompt: 'a fox', count: 3, references: [], extra: {} } as const;
    await changeJob(env.DB, await bench.job(id), () => ({ kind: 'image', input, plan: { ...plan, per: 'image', units: 3 } }));
    let now = 0;
    let most = 0;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      controller.enqueue(new TextEncoder().encode('{"id":"up0"}'));
      controller.close();
    };
    const fetch = async () =>
      new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: { 'content-type': 'application/json' } });
    await startJob({ ...adapted(bench.deps(), { picturesAtOnce: () => 1 }), fetch }, { jobId: id });
    expect(runningJobs((await bench.job(id)).upstream!)).toHaveLength(3);
    expect(most).toBe(1);
  });

  it.each([120_000, 600_000])(
    'that are ten answers are asked for five at a time, within a claim, each for up to %d ms',
    async (submitTimeoutMs) => {
      const bench = await JobBench.create();
      const { id, plan } = await bench.start();
      const input = { kind: 'image', prompt: 'a fox', count: 10, references: [], extra: {} } as const;
      await changeJob(env.DB, await bench.job(id), () => ({ kind: 'image', input, plan: { ...plan, per: 'image', units: 10 } }));
      const limitsMs: number[] = [];
      vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
        limitsMs.push(ms);
        return new AbortController().signal;
      });
      const [startMs, references, endsMs]: [number, unknown[], number[]] = [bench.nowMs, [], []];
      let waiting: (() => void)[] = [];
      let most = 0;
      // Each takes all the time that it has.
      const fetch: JobDeps['fetch'] = async (_url, { body }) => {
        const { reference } = JSON.parse(String(body)) as { reference: string };
        references.push(reference);
        endsMs.push(bench.nowMs + limitsMs.at(-1)!);
        await new Promise<void>((resolve) => {
          most = Math.max(most, waiting.push(resolve));
          if (waiting.length === 5) queueMicrotask(release);
        });
        return Response.json({ id: reference });
      };
      const release = () => {
        bench.nowMs = endsMs.at(-1)!;
        for (const resolve of waiting) resolve();
        waiting = [];
      };
      let claimedUntil = 0;
      const watched: JobDeps['fetch'] = async (url, init) => {
        claimedUntil ||= (await bench.job(id)).claimedUntil!;
        return fetch(url, init);
      };
      const deps = adapted(bench.deps(), { picturesAtOnce: () => 1, submitTimeoutMs });
      await startJob({ ...deps, fetch: watched }, { jobId: id });
      expect(runningJobs((await bench.job(id)).upstream!).map((job) => job.id)).toEqual(references);
      expect([new Set(references).size, most]).toEqual([10, 5]);
      expect(Math.max(...endsMs)).toBeLessThan(claimedUntil);
      expect(claimedUntil - startMs).toBeLessThan(14 * 60_000);
    },
  );

  it('that a provider answers with at once are copied by a look: the answer may have taken all the time', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    const atOnce = { readSubmit: () => ({ state: 'done', result: { files: [film('a')] } }) as const };
    await work(adapted(bench.deps(), atOnce), bench.queue.take());
    expect(await bench.job(id)).toMatchObject({ state: 'running', claimedUntil: null, result: { files: [film('a')] } });
    const message = bench.queue.take();
    expect(message.queue).toBe('jobs');
    await work(bench.deps(), message);
    expect((await bench.job(id)).state).toBe('succeeded');
  });

  it('that came by the deadline are delivered and charged, though one of several never does', async () => {
    const { bench, job } = await running();
    const { id, deadline, mediaToken } = job;
    bench.provider.ending = 'never';
    const key = `media/${id}/${mediaToken}/100`;
    await env.FILES.put(key, 'a picture');
    const made = { state: 'done', result: { files: [{ key, contentType: 'image/png', sizeBytes: 9 }] } };
    const parts = JSON.stringify([made, { state: 'running', job: job.upstream }]);
    const plan = { ...job.plan, per: 'image', unitMicro: 1_000_000, units: 2 } as const;
    await changeJob(env.DB, job, () => ({ plan, upstream: { id: 'done,up0', model: 'theirs', parts } }));
    await bench.wait(deadline - bench.nowMs + 1_000);
    // A provider that cannot be reached is polled for another hour.
    await advanceJob({ ...bench.deps(), fetch: () => Promise.reject(new Error('no route')) }, { jobId: id });
    expect((await bench.job(id)).state).toBe('running');
    await advanceJob(bench.deps(), { jobId: id });
    expect([...bench.provider.canceled]).toEqual(['up0']);
    expect(await bench.job(id)).toMatchObject({ state: 'succeeded', costMicro: 1_000_000, outputs: { files: [{ key }] } });
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([1_000_000, 0]);
  });
});

it('a webhook whose output cannot be read just now is sent later, and no try of its receiver is counted', async () => {
  const { bench, job } = await made({ files: [film(1)], output: 'x'.repeat(100_000) }, RECEIVER_URL);
  const get = () => Promise.reject(new Error('R2 is away'));
  const files = new Proxy(env.FILES, { get: (of, name) => (name === 'get' ? get : Reflect.get(of, name).bind(of)) });
  await expect(deliver({ ...bench.deps(), files }, bench.webhooks.pop()!)).rejects.toThrow('R2 is away');
  expect(await findDelivery(env.DB, bench.account.id, deliveryIdOf(job.id))).toMatchObject({ state: 'pending', tries: 0, log: [] });
  await bench.wait(3 * 60_000);
  await sweepDeliveries(bench.deps());
  await deliver(bench.deps(), bench.webhooks.find(({ deliveryId }) => deliveryId === deliveryIdOf(job.id))!);
  expect(bench.provider.received).toHaveLength(1);
  expect(await findDelivery(env.DB, bench.account.id, deliveryIdOf(job.id))).toMatchObject({ state: 'delivered', tries: 1 });
});
