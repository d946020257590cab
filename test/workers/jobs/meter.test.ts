// What a deployment's idle workers cost: charged once for each window, and stopped before the balance is used up.
import { env } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { advanceJob } from '../../../src/jobs/advance';
import { createDeployment, deleteDeployment, updateDeployment } from '../../../src/jobs/deployments/manage';
import { changeDeployment, findDeployment } from '../../../src/jobs/deployments/store';
import { sweepDeployments } from '../../../src/jobs/deployments/sweep';
import { finishJob } from '../../../src/jobs/finish';
import { createRun } from '../../../src/jobs/gpu';
import { applyStep } from '../../../src/jobs/poll';
import { changeJob } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { jobView } from '../../../src/jobs/view';
import type { MediaStep } from '../../../src/providers/media/types';
import { testKey } from '../account/support';
import { begun, deployed, FIELDS, present } from './deployments';
import { JobBench, KEY, requestOf } from './support';

// The meter looks at all deployments, including other tests'.
beforeEach(async () => {
  await env.DB.exec('DELETE FROM deployments');
});

const MINUTE_MS = 60_000;
/** A tenth of the price of a second of work on the dearest named pool, which is 4 credits. */
const IDLE_MICRO = 400_000;
/** An hour of one that always runs, and the idle time of two others after a run. */
const TO_START = 1_444;

/** A run that has just ended, after this long on a GPU. */
async function ran(bench: JobBench, gpuMs: number): Promise<number> {
  const job = await begun(bench);
  await bench.wait(gpuMs);
  await finishJob(bench.deps(), job, { state: 'succeeded', outputs: { files: [], output: 1, usage: { gpuMs } } });
  return (await bench.job(job.id)).costMicro!;
}

/** A run that its provider reports as ended after 100 s. */
async function endedBy(bench: JobBench, step: MediaStep): Promise<Job> {
  const job = await begun(bench);
  await bench.wait(100_000);
  await applyStep(bench.deps(), bench.deps().registry.providers.get('fake')!, job, step);
  return bench.job(job.id);
}

const ATTEMPT = { provider: 'fake', model: 'ep0', keyIndex: 0, atMs: 0, status: 200, outcome: 'started' } as const;

const linesOf = async (bench: JobBench) => (await bench.account.stub.operations(100)).lines.filter(({ kind }) => kind === 'adjust');

describe('workers that always run', () => {
  it('are charged for each window once, however often the meter looks', async () => {
    const { bench, row } = await deployed({ minWorkers: 2 });
    await bench.wait(25 * MINUTE_MS);
    await Promise.all([sweepDeployments(bench.deps()), sweepDeployments(bench.deps())]);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(2 * 20 * 60 * IDLE_MICRO);
    const lines = await linesOf(bench);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      keyId: KEY.keyId,
      model: 'deployment:comfy',
      endpoint: '/v1/deployments/comfy',
      amountMicro: -2 * 600 * IDLE_MICRO,
      detail: { ending: 'idle', usage: { idleSeconds: 1_200 } },
    });
    expect((await present(row)).meteredUntil).toBe(row.meteredUntil + 20 * MINUTE_MS);
  });

  it('are not charged again when the process dies between charging and writing that down', async () => {
    const { bench, row } = await deployed({ minWorkers: 1 });
    await bench.wait(15 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    await changeDeployment(bench.deps(), await present(row), {
      meteredUntil: row.meteredUntil,
      meteringUntil: row.meteredUntil + 10 * MINUTE_MS,
    });
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(600 * IDLE_MICRO);
  });

  it('are charged up to the moment that they are given up, or the deployment goes', async () => {
    const { bench, row } = await deployed({ minWorkers: 1 });
    await bench.wait(3 * MINUTE_MS);
    const changed = await updateDeployment(bench.deps(), row, { minWorkers: 0 });
    expect(changed).toMatchObject({ ok: true, value: { minWorkers: 0 } });
    expect(await bench.spentMicro()).toBe(180 * IDLE_MICRO);
    await bench.wait(60 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(180 * IDLE_MICRO);
    await updateDeployment(bench.deps(), await present(row), { minWorkers: 1 });
    await bench.wait(MINUTE_MS);
    await deleteDeployment(bench.deps(), await present(row));
    expect(await bench.spentMicro()).toBe((180 + 60) * IDLE_MICRO);
    expect(await findDeployment(env.DB, row.accountId, row.slug)).toBeUndefined();
  });

  it('pay the price of work while they work, and that of waiting for the rest', async () => {
    const { bench } = await deployed({ minWorkers: 1 });
    const cost = await ran(bench, 100_000);
    expect(cost).toBe(300_000_000);
    await bench.wait(12 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(cost + 500 * IDLE_MICRO);
  });

  it('pay the price of waiting for a run that nobody pays', async () => {
    const { bench } = await deployed({ minWorkers: 1 });
    const failure = { action: 'next_target', message: 'CUDA out of memory', mayHaveStarted: true } as const;
    const error = { kind: 'upstream_failed', message: 'The run failed: CUDA out of memory' };
    expect(await endedBy(bench, { state: 'failed', failure })).toMatchObject({ state: 'failed', costMicro: 0, error });
    await bench.wait(12 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(600 * IDLE_MICRO);
  });

  it('need an hour in the balance to be started, and are stopped before it is empty', async () => {
    const bench = await JobBench.create(1_000);
    const maker = { accountId: bench.account.id, keyId: KEY.keyId, test: false };
    const refused = await createDeployment(bench.deps(), maker, { ...FIELDS, minWorkers: 1 });
    expect(refused).toMatchObject({
      ok: false,
      error: { kind: 'insufficient_credits', details: { required: TO_START, available: 1_000 } },
    });
    expect(await findDeployment(env.DB, bench.account.id, 'comfy')).toBeUndefined();

    const { bench: short, row } = await deployed({ minWorkers: 1 }, TO_START);
    for (let window = 0; window < 8; window++) {
      await short.wait(10 * MINUTE_MS);
      await sweepDeployments(short.deps());
    }
    expect(await present(row)).toMatchObject({ minWorkers: 0, notice: expect.stringContaining('balance') });
    expect(short.provider.endpoints).toContainEqual(expect.objectContaining({ minWorkers: 0 }));
    const left = (await short.account.stub.view())!.balanceMicro;
    expect(left).toBeGreaterThan(0);
    await short.wait(60 * MINUTE_MS);
    await sweepDeployments(short.deps());
    expect((await short.account.stub.view())!.balanceMicro).toBe(left);
  });

  it("need an hour of their key's monthly limit to be started, and are stopped when it is used up", async () => {
    const bench = await JobBench.create(100_000);
    const limited = (credits: number) => bench.account.stub.putKey(testKey({ spendingLimitMicro: credits * 1_000_000, autoDisable: true }));
    const maker = { accountId: bench.account.id, keyId: KEY.keyId, test: false };
    const fields = { ...FIELDS, minWorkers: 1, maxWorkers: 1 };
    await limited(1_439);
    expect(await createDeployment(bench.deps(), maker, fields)).toMatchObject({
      ok: false,
      error: { kind: 'spending_limit', param: 'minWorkers', details: { limit: 1_439, spent: 0, required: 1_440 } },
    });
    await limited(1_440);
    const made = await createDeployment(bench.deps(), maker, fields);
    if (!made.ok) throw new Error(made.error.message);
    const { row } = made.value;
    for (let window = 0; window < 8; window++) {
      expect(await present(row)).toMatchObject({ minWorkers: window < 7 ? 1 : 0 });
      await bench.wait(10 * MINUTE_MS);
      await sweepDeployments(bench.deps());
    }
    expect(await present(row)).toMatchObject({ minWorkers: 0, notice: expect.stringContaining('spending limit') });
    expect(bench.provider.endpoints).toContainEqual(expect.objectContaining({ minWorkers: 0 }));
    expect((await bench.account.stub.listKeys())[0]).toMatchObject({ status: 'disabled' });
    const spent = await bench.spentMicro();
    await bench.wait(60 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(spent);
    expect(await updateDeployment(bench.deps(), await present(row), { minWorkers: 1 })).toMatchObject({
      ok: false,
      error: { kind: 'spending_limit' },
    });
  });

  it('of a test key cost nothing', async () => {
    const bench = await JobBench.create(0);
    const made = await createDeployment(bench.deps(), { accountId: bench.account.id, test: true }, { ...FIELDS, minWorkers: 3 });
    expect(made).toMatchObject({ ok: true, value: { row: { test: true, provider: 'sandbox' } } });
    await bench.wait(60 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await linesOf(bench)).toEqual([]);
  });
});

describe('workers that come and go', () => {
  it('are charged for the wait after a run, and for nothing else', async () => {
    const { bench } = await deployed({ idleTimeoutSeconds: 60 });
    const cost = await ran(bench, 10_000);
    await bench.wait(13 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(cost + 60 * IDLE_MICRO);
    await bench.wait(60 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(cost + 60 * IDLE_MICRO);
  });
});

describe("a run of a customer's own container", () => {
  const timedOut = { action: 'next_target', message: 'The run took too long.', mayHaveStarted: true } as const;

  it.each([
    ['that is canceled', { state: 'canceled', usage: { gpuMs: 100_000 } }, 'canceled', 300],
    ['that takes longer than it may', { state: 'failed', failure: { ...timedOut, timedOut: { gpuMs: 100_000 } } }, 'expired', 300],
    ['that is canceled before it had a worker', { state: 'canceled' }, 'canceled', 0],
    ['that times out, for how long nobody says', { state: 'failed', failure: { ...timedOut, timedOut: {} } }, 'expired', 0],
  ] satisfies [string, MediaStep, string, number][])('%s costs the GPU time that its provider reports', async (_, step, state, credits) => {
    const { bench } = await deployed({ minWorkers: 1 });
    const job = await endedBy(bench, step);
    expect(job).toMatchObject({ state, costMicro: credits * 1_000_000 });
    expect(jobView(job)).toMatchObject({ status: state, creditsUsed: credits, outputUrls: [] });
    expect(await bench.spentMicro()).toBe(credits * 1_000_000);
    expect(await bench.heldMicro()).toBe(0);
    const [line] = (await bench.account.stub.operations(100)).lines.filter(({ kind }) => kind === 'usage');
    expect(line).toMatchObject({ outcome: credits > 0 ? 'actual' : 'released', detail: { ending: state } });
    if (credits > 0) expect(line!.detail.usage).toEqual({ gpuSeconds: 100 });
    await bench.wait(12 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    const workedSeconds = credits > 0 ? 100 : 0;
    expect(await bench.spentMicro()).toBe(credits * 1_000_000 + (600 - workedSeconds) * IDLE_MICRO);
  });

  it('that is not over at its deadline is stopped, and costs what its provider says then', async () => {
    const { bench } = await deployed();
    bench.provider.started.push({ id: 'up', reference: '', polls: 0 });
    bench.provider.ending = 'never';
    bench.provider.canceledGpuMs = 600_000;
    const started = await begun(bench);
    const upstream = { id: 'up', model: 'ep0' };
    const job = (await changeJob(env.DB, started, () => ({ provider: 'fake', upstream, attempts: [ATTEMPT] })))!;
    expect(job.deadline - job.createdAt).toBe((7_200 + 600) * 1_000);
    await bench.wait(job.deadline - bench.nowMs + 1_000);
    await advanceJob(bench.deps(), { jobId: job.id });
    expect(bench.provider.canceled).toEqual(new Set(['up']));
    expect(await bench.job(job.id)).toMatchObject({ state: 'expired', costMicro: 600 * 3_000_000 });
  });

  it('that is under way when its deployment goes is stopped before, and costs what its provider says then', async () => {
    const { bench, row } = await deployed();
    bench.provider.started.push({ id: 'up', reference: '', polls: 0 });
    bench.provider.ending = 'never';
    bench.provider.canceledGpuMs = 100_000;
    const started = await begun(bench);
    await changeJob(env.DB, started, () => ({ provider: 'fake', upstream: { id: 'up', model: 'ep0' }, attempts: [ATTEMPT] }));
    const waiting = await createRun(bench.deps(), requestOf('/v1/gpu/run/comfy', bench.account.id), 'comfy', { input: {} });
    if (!waiting.ok) throw new Error(waiting.error.message);
    await bench.wait(100_000);
    expect(await deleteDeployment(bench.deps(), await present(row))).toMatchObject({ ok: true });
    expect(await bench.job(started.id)).toMatchObject({ state: 'canceled', costMicro: 300_000_000 });
    expect(await bench.job(waiting.value.job.id)).toMatchObject({ state: 'canceled', costMicro: 0 });
    expect(bench.provider.removedEndpoints).toEqual(['ep0']);
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([300_000_000, 0]);
  });

  it('that waits behind sixty others when its deployment is deleted is canceled once its provider has forgotten it', async () => {
    const { bench, row } = await deployed();
    const ids: string[] = [];
    for (let count = 0; count < 61; count++) {
      const body = { input: {}, maxSeconds: 5 };
      const created = await createRun(bench.deps(), requestOf('/v1/gpu/run/comfy', bench.account.id), 'comfy', body);
      if (!created.ok) throw new Error(created.error.message);
      const upstream = { id: `up${count}`, model: 'ep0' };
      await changeJob(env.DB, created.value.job, () => ({ state: 'running', startedAt: bench.nowMs, provider: 'fake', upstream }));
      bench.provider.started.push({ id: upstream.id, reference: '', polls: 0 });
      ids.push(created.value.job.id);
    }
    bench.provider.ending = 'never';
    expect(await deleteDeployment(bench.deps(), await present(row))).toMatchObject({ ok: true });
    expect(await bench.heldMicro()).toBe(15_000_000);
    // The provider forgets all runs of a removed endpoint.
    bench.provider.started.length = 0;
    for (const jobId of ids) await advanceJob(bench.deps(), { jobId });
    expect(new Set(await Promise.all(ids.map(async (id) => (await bench.job(id)).state)))).toEqual(new Set(['canceled']));
    expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([0, 0]);
  });

  it('that was asked for is told again under its idempotency key, though its deployment has gone', async () => {
    const { bench, row } = await deployed();
    const request = { ...requestOf('/v1/gpu/run/comfy', bench.account.id), idempotency: { keyHash: 'k', bodyHash: 'b' } };
    const first = await createRun(bench.deps(), request, 'comfy', { input: {} });
    if (!first.ok) throw new Error(first.error.message);
    const { job } = first.value;
    await finishJob(bench.deps(), job, { state: 'succeeded', outputs: { files: [], output: 1, usage: { gpuMs: 1_000 } } });
    expect(await deleteDeployment(bench.deps(), await present(row))).toMatchObject({ ok: true });
    const again = await createRun(bench.deps(), request, 'comfy', { input: {} });
    expect(again).toMatchObject({ ok: true, value: { repeated: true, job: { id: job.id } } });
  });

  it.each([
    ['that was stopped and is owed for', 1_000, true],
    ['that came to nothing', 0, false],
  ])('%s is the one that its idempotency key has made, unless it cost nothing', async (_what, gpuMs, repeated) => {
    const { bench } = await deployed();
    const request = { ...requestOf('/v1/gpu/run/comfy', bench.account.id), idempotency: { keyHash: 'k', bodyHash: 'b' } };
    const first = await createRun(bench.deps(), request, 'comfy', { input: {} });
    if (!first.ok) throw new Error(first.error.message);
    await finishJob(bench.deps(), first.value.job, { state: 'canceled', ...(gpuMs > 0 && { usage: { gpuMs } }) });
    const spentMicro = await bench.spentMicro();
    expect(await createRun(bench.deps(), request, 'comfy', { input: {} })).toMatchObject({ ok: true, value: { repeated } });
    expect([await bench.spentMicro(), spentMicro > 0]).toEqual([spentMicro, gpuMs > 0]);
  });

  it('is held, and paid, for five seconds at least: it is given no less', async () => {
    const { bench } = await deployed();
    const body = { input: {}, maxSeconds: 1 };
    const created = await createRun(bench.deps(), requestOf('/v1/gpu/run/comfy', bench.account.id), 'comfy', body);
    if (!created.ok) throw new Error(created.error.message);
    const { job } = created.value;
    expect(job).toMatchObject({ heldMicro: 15_000_000, input: { maxSeconds: 5 } });
    await finishJob(bench.deps(), job, { state: 'succeeded', outputs: { files: [], usage: { gpuMs: 4_900 } } });
    expect(await bench.job(job.id)).toMatchObject({ costMicro: 15_000_000 });
  });

  it('alone is: a job of a model of the catalogue is free when it is canceled', async () => {
    const bench = await JobBench.create();
    const { id } = await bench.start();
    const job = (await changeJob(env.DB, await bench.job(id), () => ({ state: 'running', startedAt: bench.nowMs })))!;
    const step: MediaStep = { state: 'canceled', usage: { gpuMs: 100_000 } };
    await applyStep(bench.deps(), bench.deps().registry.providers.get('fake')!, job, step);
    expect(await bench.job(id)).toMatchObject({ state: 'canceled', costMicro: 0 });
  });
});

describe('a deployment', () => {
  it('is made once of requests under one idempotency key, together or one after the other', async () => {
    const bench = await JobBench.create();
    const maker = (bodyHash: string) => ({
      accountId: bench.account.id,
      keyId: KEY.keyId,
      test: false,
      idempotency: { keyHash: 'k', bodyHash },
    });
    const twins = await Promise.all(Array.from({ length: 20 }, () => createDeployment(bench.deps(), maker('b'), FIELDS)));
    for (const twin of twins) if (!twin.ok) expect(twin.error.kind).toBe('idempotency_in_flight');
    expect(twins.filter((twin) => twin.ok && !twin.value.repeated)).toHaveLength(1);
    expect(bench.provider.endpoints).toHaveLength(1);
    expect(await createDeployment(bench.deps(), maker('b'), FIELDS)).toMatchObject({ ok: true, value: { repeated: true } });
    expect(await createDeployment(bench.deps(), maker('other'), { ...FIELDS, slug: 'two' })).toMatchObject({
      error: { kind: 'idempotency_mismatch' },
    });
    await bench.wait(25 * 60 * MINUTE_MS);
    expect(await createDeployment(bench.deps(), maker('other'), { ...FIELDS, slug: 'two' })).toMatchObject({
      ok: true,
      value: { repeated: false },
    });
  });

  it('whose making was cut off is removed', async () => {
    const { bench, row } = await deployed();
    await changeDeployment(bench.deps(), await present(row), { state: 'creating' });
    await bench.wait(30 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await findDeployment(env.DB, row.accountId, row.slug)).toBeUndefined();
    expect(bench.provider.removedEndpoints).toEqual(['ep0']);
  });

  it('is one of so many', async () => {
    const bench = await JobBench.create();
    const maker = { accountId: bench.account.id, test: false };
    const deps = { ...bench.deps(), settings: { ...bench.deps().settings, DEPLOYMENT_LIMIT: 2 } };
    for (const slug of ['a', 'b']) expect((await createDeployment(deps, maker, { ...FIELDS, slug })).ok).toBe(true);
    expect(await createDeployment(deps, maker, { ...FIELDS, slug: 'c' })).toMatchObject({
      error: { kind: 'conflict', code: 'too_many_deployments' },
    });
  });
});
