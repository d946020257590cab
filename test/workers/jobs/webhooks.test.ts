import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { cancelJob } from '../../../src/jobs/access';
import { advanceJob, startJob } from '../../../src/jobs/advance';
import type { JobDeps } from '../../../src/jobs/deps';
import { deleteContent } from '../../../src/jobs/retention';
import { jobView } from '../../../src/jobs/view';
import { deliver, RETRY_SECONDS, sweepDeliveries } from '../../../src/jobs/webhooks/deliver';
import { findDelivery, listDeliveries, redeliver } from '../../../src/jobs/webhooks/log';
import { JobBench, RECEIVER_URL, work } from './support';

/** A job that has ended and whose webhook is not sent yet. */
async function endedJob(webhookUrl = RECEIVER_URL, of?: JobBench): Promise<{ bench: JobBench; deliveryId: string }> {
  const bench = of ?? (await JobBench.create());
  // The newest one is the one looked at.
  await bench.wait(1);
  const job = await bench.start({}, { webhookUrl });
  await cancelJob(bench.deps(), job);
  return { bench, deliveryId: bench.webhooks.at(-1)!.deliveryId };
}

const stateOf = async (bench: JobBench) => (await listDeliveries(env.DB, bench.account.id, { limit: 10 }))[0]!;

/** Takes the next message when it is due. */
async function next(bench: JobBench): Promise<{ delaySeconds: number; slow: boolean }> {
  const message = bench.webhooks.pop()!;
  await bench.wait(message.delaySeconds * 1_000);
  await deliver(bench.deps(), message);
  return message;
}

describe('a webhook', () => {
  it('is sent once when its message comes twice, together or later', async () => {
    const { bench, deliveryId } = await endedJob();
    await Promise.all([1, 2, 3].map(() => deliver(bench.deps(), { deliveryId, turn: 0 })));
    await deliver(bench.deps(), { deliveryId, turn: 0 });
    expect(bench.provider.received).toHaveLength(1);
    expect(JSON.parse(bench.provider.received[0]!.body)).toMatchObject({ status: 'canceled', creditsUsed: 0, type: 'video' });
    expect(await stateOf(bench)).toMatchObject({ state: 'delivered', tries: 1 });
  });

  it('calls a job that ran out of time by a word that the documented handlers know', async () => {
    const bench = await JobBench.create();
    bench.provider.ending = 'never';
    const { id, deadline } = await bench.start({}, { webhookUrl: RECEIVER_URL });
    await work(bench.deps(), bench.queue.take());
    await bench.wait(deadline - bench.nowMs + 1_000);
    await advanceJob(bench.deps(), { jobId: id });
    await deliver(bench.deps(), { deliveryId: bench.webhooks[0]!.deliveryId, turn: 0 });
    const told = { status: 'failed', state: 'expired', jobId: id, error: expect.any(String) };
    expect(bench.provider.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([told]);
    expect(jobView(await bench.job(id))).toMatchObject({ status: 'expired', state: 'expired' });
  });

  it('tells of files where the gateway is reached now, though it has moved since the job began', async () => {
    const bench = await JobBench.create();
    const { id, origin } = await bench.start({}, { webhookUrl: RECEIVER_URL });
    await startJob(bench.deps(), { jobId: id });
    for (let looks = 0; looks < 20 && bench.webhooks.length === 0; looks++) {
      await bench.wait(60_000);
      await advanceJob(bench.deps(), { jobId: id });
    }
    const { outputUrls } = jobView(await bench.job(id)) as { outputUrls: string[] };
    const { settings, ...deps } = bench.deps();
    await deliver({ ...deps, settings: { ...settings, PUBLIC_URL: 'https://new.test' } }, bench.webhooks[0]!);
    const told = { jobId: id, outputUrl: outputUrls[0]!.replace(origin, 'https://new.test') };
    expect(bench.provider.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([told]);
  });

  it('waits for the job to be over: one that was lined up by a process which died then says how it ended', async () => {
    // Runs a process for each effect at which it may die, until one dies between the delivery and its end.
    const died = async (at: number) => {
      const bench = await JobBench.create();
      const job = await bench.start({}, { webhookUrl: RECEIVER_URL });
      await bench.dies((deps: JobDeps) => cancelJob(deps, job), at, true);
      return { bench, job };
    };
    let at = 0;
    let { bench, job } = await died(at);
    while (at < 30 && (await stateOf(bench)) === undefined) ({ bench, job } = await died(++at));
    expect((await bench.job(job.id)).settledAt).toBeNull();
    await deliver(bench.deps(), { deliveryId: (await stateOf(bench)).id, turn: 0 });
    expect(bench.provider.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([{ status: 'canceled', jobId: job.id }]);
    expect((await bench.job(job.id)).settledAt).not.toBeNull();
  });

  it('is tried by the published schedule, apart from the third failure on, and is kept when it is dead', async () => {
    const { bench, deliveryId } = await endedJob();
    bench.provider.receiverStatus = 500;
    const delays: number[] = [];
    const queues: boolean[] = [];
    for (let turn = 0; bench.webhooks.length > 0; turn++) {
      const { delaySeconds, slow } = await next(bench);
      if (turn > 0) delays.push(delaySeconds);
      queues.push(slow);
    }
    expect(delays).toHaveLength(RETRY_SECONDS.length);
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(RETRY_SECONDS[index]!);
      expect(delay).toBeLessThanOrEqual(Math.ceil(RETRY_SECONDS[index]! * 1.1));
    }
    expect(queues).toEqual([false, false, false, ...Array(7).fill(true)]);
    expect(await stateOf(bench)).toMatchObject({ state: 'dead', tries: 10 });
    expect(new Set(bench.provider.received.map(({ id }) => id)).size).toBe(1);

    bench.provider.receiverStatus = 204;
    expect(await redeliver(bench.deps(), bench.account.id, deliveryId)).toMatchObject({ ok: true });
    await next(bench);
    expect(await stateOf(bench)).toMatchObject({ state: 'delivered' });
    expect(new Set(bench.provider.received.map(({ id }) => id)).size).toBe(1);
  });

  it('is not sent to where a receiver is gone until it is asked for; other addresses and other accounts have theirs', async () => {
    const { bench, deliveryId } = await endedJob();
    const { bench: other } = await endedJob();
    for (const one of [bench, other]) one.provider.receiverStatus = 410;
    await next(bench);
    expect(await stateOf(bench)).toMatchObject({ state: 'gone', tries: 1 });
    await next(other);
    expect(await stateOf(other)).toMatchObject({ state: 'gone', tries: 1 });
    for (const one of [bench, other]) one.provider.receiverStatus = 200;
    const sendsTo = async (of: JobBench, url: string) => {
      const before = of.provider.received.length;
      await next((await endedJob(url, of)).bench);
      return of.provider.received.length > before;
    };
    expect(await sendsTo(bench, `${RECEIVER_URL}/elsewhere`)).toBe(true);
    expect(await sendsTo(bench, RECEIVER_URL)).toBe(false);
    expect(await redeliver(bench.deps(), bench.account.id, deliveryId)).toMatchObject({ ok: true });
    await next(bench);
    expect(await sendsTo(bench, RECEIVER_URL)).toBe(true);
    expect(await sendsTo(other, RECEIVER_URL)).toBe(false);
  });

  it('is delivered by an answer from 200 to 299 alone, and is tried once a turn', async () => {
    for (const [status, state] of [
      [299, 'delivered'],
      [300, 'pending'],
      [410, 'gone'],
      [411, 'pending'],
    ] as const) {
      const { bench, deliveryId } = await endedJob();
      bench.provider.receiverStatus = status;
      await next(bench);
      expect(await stateOf(bench), `${status}`).toMatchObject({ state, tries: 1 });
      // A message of a try that was made already.
      await deliver(bench.deps(), { deliveryId, turn: 0 });
      expect(bench.provider.received).toHaveLength(1);
    }
  });

  it('is shown to its own account alone, and sent again for it alone, once it is over', async () => {
    const { bench, deliveryId } = await endedJob();
    const { bench: other } = await endedJob();
    const again = (of: JobBench) => redeliver(of.deps(), of.account.id, deliveryId);
    expect(await again(bench)).toMatchObject({ ok: false, error: { kind: 'conflict' } });
    await next(bench);
    const { deliveryId: second } = await endedJob(`${RECEIVER_URL}/second`, bench);
    await next(bench);
    expect(await again(other)).toMatchObject({ ok: false, error: { kind: 'not_found' } });
    expect(await findDelivery(env.DB, other.account.id, deliveryId)).toBeUndefined();
    expect(await again(bench)).toMatchObject({ ok: true });
    const listed = async (of: JobBench, filter: { state?: string; jobId?: string }) =>
      (await listDeliveries(env.DB, of.account.id, { ...filter, limit: 10 })).map(({ id }) => id);
    expect([await listed(bench, { state: 'pending' }), await listed(bench, { state: 'delivered' })]).toEqual([[deliveryId], [second]]);
    const jobId = second.replace('whd_', 'job_');
    expect([await listed(bench, { jobId }), await listed(other, { jobId })]).toEqual([[second], []]);
  });

  it('ends as its own receiver answers, whatever is sent to others at the same moment', async () => {
    const [{ bench }, { bench: other }] = [await endedJob(), await endedJob()];
    other.nowMs = bench.nowMs;
    other.provider.receiverStatus = 500;
    await Promise.all([bench, other].map((one) => deliver(one.deps(), one.webhooks[0]!)));
    expect(await Promise.all([bench, other].map(stateOf))).toMatchObject([
      { state: 'delivered', log: [{ status: 200 }] },
      { state: 'pending', log: [{ status: 500 }] },
    ]);
  });

  it('is what its later try says of it, where the one before took so long that it was taken for dead', async () => {
    const { bench } = await endedJob();
    const [message] = bench.webhooks;
    const deps = bench.deps();
    const fetch: JobDeps['fetch'] = async (url, init) => {
      if (url !== RECEIVER_URL) return deps.fetch(url, init);
      await bench.wait(61_000);
      await deliver(deps, message!);
      return new Response(null, { status: 500 });
    };
    await deliver({ ...deps, fetch }, message!);
    expect(await stateOf(bench)).toMatchObject({ state: 'delivered', tries: 1, log: [{ status: 200 }] });
  });

  it('is told of by its last hundred tries, however often it was sent again', async () => {
    const { bench, deliveryId } = await endedJob();
    const before = JSON.stringify(Array.from({ length: 100 }, (_, index) => ({ atMs: index, status: 500, durationMs: 1 })));
    await env.DB.prepare('UPDATE webhook_deliveries SET log = ? WHERE id = ?').bind(before, deliveryId).run();
    await next(bench);
    const [first, ...others] = (await stateOf(bench)).log as { atMs: number; status: number }[];
    expect([first!.atMs, others.length, others.at(-1)!.status]).toEqual([1, 99, 200]);
  });

  it('is forgotten with its job when it ends, where its receiver has deleted that', async () => {
    const { bench, deliveryId } = await endedJob();
    bench.provider.receiverFails = 1;
    await next(bench);
    const { jobId } = await stateOf(bench);
    await deleteContent(bench.deps(), await bench.job(jobId));
    expect(await stateOf(bench)).toMatchObject({ id: deliveryId, state: 'pending', tries: 1 });
    await next(bench);
    expect([bench.provider.received.length, await stateOf(bench)]).toEqual([2, undefined]);
  });

  it('whose message was lost is found by the sweeper', async () => {
    const { bench } = await endedJob();
    bench.webhooks.length = 0;
    await bench.wait(61_000);
    await sweepDeliveries(bench.deps());
    const { id } = await stateOf(bench);
    bench.webhooks.splice(0, bench.webhooks.length, ...bench.webhooks.filter(({ deliveryId }) => deliveryId === id));
    await next(bench);
    expect((await stateOf(bench)).state).toBe('delivered');
  });

  it('is not sent to a name that has come to lead inside', async () => {
    const { bench } = await endedJob();
    bench.provider.address = '10.0.0.8';
    await next(bench);
    expect(bench.provider.received).toEqual([]);
    expect((await stateOf(bench)).log).toMatchObject([{ status: null, error: 'the name leads to an address that is not public' }]);
  });
});
