// What an account's workers may cost is set aside before they run, and what their provider is told is stored first.
import { env } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDeployment, deleteDeployment, updateDeployment } from '../../../src/jobs/deployments/manage';
import { meterUntil } from '../../../src/jobs/deployments/meter';
import { findDeployment } from '../../../src/jobs/deployments/store';
import { sweepDeployments } from '../../../src/jobs/deployments/sweep';
import { finishJob } from '../../../src/jobs/finish';
import { createRun } from '../../../src/jobs/gpu';
import { admitRequest } from '../account/support';
import { begun, deployed, FIELDS, present } from './deployments';
import { JobBench, KEY, requestOf } from './support';

// The sweeper looks at all deployments, including other tests'.
beforeEach(async () => {
  await env.DB.exec('DELETE FROM deployments');
});

const MINUTE_MS = 60_000;
/** A second of idle time on the dearer of the two pools. */
const IDLE_MICRO = 400_000;
const HOUR = 1_440;

const committed = async (bench: JobBench): Promise<number> => (await bench.account.stub.view())!.committedMicro / 1_000_000;
const live = (bench: JobBench) => ({ accountId: bench.account.id, keyId: KEY.keyId, test: false });
const always = { minWorkers: 1, maxWorkers: 1 };
const run = (bench: JobBench) =>
  createRun(bench.deps(), requestOf('/v1/gpu/run/comfy', bench.account.id), 'comfy', { input: {}, maxSeconds: 10 });

describe('the first hour of workers that always run', () => {
  it('must be there for all deployments of the account together, also for those that are made at once', async () => {
    const { bench } = await deployed(always, 1.5 * HOUR);
    const second = await createDeployment(bench.deps(), live(bench), { ...FIELDS, ...always, slug: 'second' });
    expect(second).toMatchObject({ ok: false, error: { kind: 'insufficient_credits', details: { required: HOUR, available: HOUR / 2 } } });
    expect(await findDeployment(env.DB, bench.account.id, 'second')).toBeUndefined();

    const other = await JobBench.create(3.5 * HOUR);
    const slugs = Array.from({ length: 8 }, (_, index) => `d${index}`);
    const made = await Promise.all(slugs.map((slug) => createDeployment(other.deps(), live(other), { ...FIELDS, ...always, slug })));
    expect(made.filter(({ ok }) => ok)).toHaveLength(3);
    expect(await committed(other)).toBe(3 * HOUR);
  });

  it('must be there when a deployment goes to a dearer pool', async () => {
    const { bench, row } = await deployed({ ...always, gpuTypes: ['AMPERE_16'] }, 1.5 * 360);
    const refused = await updateDeployment(bench.deps(), row, { gpuTypes: ['HOPPER_141'] });
    expect(refused).toMatchObject({ ok: false, error: { kind: 'insufficient_credits', details: { required: 2_880 } } });
    expect(await present(row)).toMatchObject({ state: 'active', gpuTypes: ['AMPERE_16'], pending: null });
    expect(bench.provider.endpoints).toHaveLength(2);
  });

  it('is not for calls to spend, until the workers are given up', async () => {
    const { bench, row } = await deployed(always, HOUR + 10);
    const call = () => bench.account.stub.admit(admitRequest({ estimateMicro: 100_000_000 }));
    expect(await call()).toMatchObject({ ok: false, error: { kind: 'credits_in_flight' } });
    await deleteDeployment(bench.deps(), row);
    expect(await committed(bench)).toBe(0);
    expect(await call()).toMatchObject({ ok: true });
  });

  it('is not needed again for a change to fewer workers', async () => {
    const { bench, row } = await deployed({ minWorkers: 2, maxWorkers: 2 }, 2 * HOUR);
    await bench.account.stub.grant({ eventId: 'dispute', amountMicro: -1_500 * 1_000_000, reason: '', topUp: false });
    expect(await updateDeployment(bench.deps(), row, { minWorkers: 1 })).toMatchObject({ ok: true, value: { minWorkers: 1 } });
  });
});

describe('an account that cannot bear its workers any more', () => {
  it('has them stopped within a minute, not only when a window is over', async () => {
    const { bench, row } = await deployed({ ...always, idleTimeoutSeconds: 600 }, 3 * HOUR);
    await bench.wait(MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await present(row)).toMatchObject({ minWorkers: 1 });
    await bench.account.stub.grant({ eventId: 'dispute', amountMicro: -3 * HOUR * 1_000_000, reason: '', topUp: false });
    await sweepDeployments(bench.deps());
    expect(await present(row)).toMatchObject({ minWorkers: 0, idleTimeoutSeconds: 5, notice: expect.stringContaining('balance') });
    expect(bench.provider.endpoints.at(-1)).toMatchObject({ minWorkers: 0, idleTimeoutSeconds: 5 });
    expect(await bench.spentMicro()).toBe(60 * IDLE_MICRO + 3 * HOUR * 1_000_000);
  });

  it('nor may use them, since it is suspended, has them stopped too: nobody of its own can', async () => {
    const { bench, row } = await deployed({ ...always, idleTimeoutSeconds: 600 }, 3 * HOUR);
    await bench.account.stub.setStatus('suspended');
    await sweepDeployments(bench.deps());
    expect(await present(row)).toMatchObject({ minWorkers: 0, idleTimeoutSeconds: 5, notice: expect.stringContaining('suspended') });
    expect(bench.provider.endpoints.at(-1)).toMatchObject({ minWorkers: 0, idleTimeoutSeconds: 5 });
    const change = await updateDeployment(bench.deps(), await present(row), { minWorkers: 1 });
    expect(change).toMatchObject({ ok: false, error: { kind: 'account_suspended' } });
    await bench.account.stub.setStatus('active');
    expect(await updateDeployment(bench.deps(), await present(row), { minWorkers: 1 })).toMatchObject({ ok: true });
    await bench.account.stub.setStatus('suspended');
    await deleteDeployment(bench.deps(), await present(row));
    expect(await committed(bench)).toBe(0);
  });

  it('may not have a deployment that it could not run', async () => {
    const bench = await JobBench.create(0);
    expect(await createDeployment(bench.deps(), live(bench), FIELDS)).toMatchObject({ error: { kind: 'insufficient_credits' } });
    expect(await findDeployment(env.DB, bench.account.id, 'comfy')).toBeUndefined();
  });
});

describe('the wait of a worker after a run', () => {
  const waits = { gpuTypes: ['HOPPER_141'], idleTimeoutSeconds: 3_600, maxWorkers: 1 };

  /** A deployment without running workers, in an account with this many credits. */
  async function resting(fields: Partial<typeof FIELDS>, credits: number): Promise<JobBench> {
    const { bench } = await deployed({ ...waits, ...fields }, 20_000);
    await bench.wait(13 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await committed(bench)).toBe(0);
    await bench.account.stub.grant({ eventId: 'spent', amountMicro: (credits - 20_000) * 1_000_000, reason: '', topUp: false });
    return bench;
  }

  it('must be there before the run begins', async () => {
    const bench = await resting({}, 900);
    expect(await run(bench)).toMatchObject({ ok: false, error: { kind: 'insufficient_credits', details: { required: 2_880 } } });
    expect(await bench.heldMicro()).toBe(0);
  });

  it('is set aside for each of runs that begin together', async () => {
    const bench = await resting({ maxWorkers: 3 }, 2 * 2_880 + 240);
    const begin = await Promise.all([run(bench), run(bench), run(bench)]);
    expect(begin.filter(({ ok }) => ok)).toHaveLength(2);
    expect(await committed(bench)).toBe(2 * 2_880);
  });

  it('is charged after a run that failed too, and given back when it is over', async () => {
    const { bench } = await deployed({ idleTimeoutSeconds: 1_200 });
    const job = await begun(bench);
    await bench.wait(10_000);
    const error = { kind: 'job_failed', message: 'no' } as const;
    await finishJob(bench.deps(), job, { state: 'failed', error });
    for (let minute = 0; minute < 40; minute++) {
      await bench.wait(MINUTE_MS);
      await sweepDeployments(bench.deps());
    }
    expect(await bench.spentMicro()).toBe(1_200 * IDLE_MICRO);
    expect(await committed(bench)).toBe(0);
  });
});

describe('a run that has not ended', () => {
  it('hides no waiting when it comes to nothing in the end', async () => {
    const { bench } = await deployed(always);
    const job = await begun(bench);
    await bench.wait(25 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(0);
    expect(await committed(bench)).toBe(HOUR + 25 * 60 * 0.4);
    await finishJob(bench.deps(), job, { state: 'expired', error: { kind: 'job_failed', message: 'too late' } });
    await bench.wait(3 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await bench.spentMicro()).toBe(2 * 600 * IDLE_MICRO);
  });

  it('is paid as work alone when it is paid', async () => {
    const { bench } = await deployed(always);
    const job = await begun(bench);
    await bench.wait(15 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    const gpuMs = 15 * MINUTE_MS;
    await finishJob(bench.deps(), job, { state: 'succeeded', outputs: { files: [], usage: { gpuMs } } });
    await bench.wait(7 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    const { costMicro } = await bench.job(job.id);
    expect(await bench.spentMicro()).toBe(costMicro! + 300 * IDLE_MICRO);
  });

  it('cannot delay for ever the stop of workers that nobody can pay for', async () => {
    const { bench, row } = await deployed(always, HOUR);
    await begun(bench).catch(() => undefined);
    for (let minute = 0; minute < 60; minute += 10) {
      await bench.wait(10 * MINUTE_MS);
      await sweepDeployments(bench.deps());
    }
    expect(await present(row)).toMatchObject({ minWorkers: 0 });
    expect((await bench.account.stub.view())!.balanceMicro).toBeGreaterThanOrEqual(0);
  });
});

describe('a change of a deployment', () => {
  it('whose answer is lost counts as made until its provider has answered', async () => {
    const { bench, row } = await deployed({ maxWorkers: 2 });
    bench.provider.lostChanges = 1;
    const lost = await updateDeployment(bench.deps(), row, { minWorkers: 2 });
    expect(lost).toMatchObject({ ok: false, error: { kind: 'upstream_failed' } });
    expect(await present(row)).toMatchObject({ state: 'updating', minWorkers: 0, pending: { minWorkers: 2 } });
    await bench.wait(3 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await present(row)).toMatchObject({ state: 'active', minWorkers: 2, pending: null });
    expect(await bench.spentMicro()).toBe(2 * 180 * IDLE_MICRO);
    expect(bench.provider.endpoints.at(-1)).toMatchObject({ minWorkers: 2 });
  });

  it('that gives workers up counts once its provider has answered', async () => {
    const { bench, row } = await deployed(always);
    bench.provider.lostChanges = 1;
    expect(await updateDeployment(bench.deps(), row, { minWorkers: 0 })).toMatchObject({ ok: false });
    await bench.wait(3 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    await bench.wait(60 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await present(row)).toMatchObject({ state: 'active', minWorkers: 0 });
    expect(await bench.spentMicro()).toBe(180 * IDLE_MICRO);
  });

  it('is refused while another one is under way', async () => {
    const { bench, row } = await deployed({ maxWorkers: 3 });
    const changes = await Promise.all([
      updateDeployment(bench.deps(), row, { minWorkers: 3 }),
      updateDeployment(bench.deps(), row, { minWorkers: 1 }),
    ]);
    expect(changes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(changes.find(({ ok }) => !ok)).toMatchObject({ error: { kind: 'conflict', code: 'deployment_updating' } });
    expect(await present(row)).toMatchObject({ minWorkers: (bench.provider.endpoints.at(-1) as { minWorkers: number }).minWorkers });
  });

  it('does not bring back one that was given up meanwhile, whose workers nobody wants to pay any more', async () => {
    const { bench, row } = await deployed({ maxWorkers: 2 });
    const told = Promise.withResolvers<void>();
    const patient = bench.deps();
    const [slow, unreachable] = [bench.deps(), bench.deps()];
    slow.fetch = async (url, init) => {
      if (init.method === 'PATCH') await told.promise;
      return patient.fetch(url, init);
    };
    unreachable.fetch = () => Promise.reject(new Error('connection lost'));
    const changing = updateDeployment(slow, row, { minWorkers: 2 });
    while ((await present(row)).state !== 'updating') await new Promise((resolve) => setTimeout(resolve, 5));
    await bench.wait(30_000);
    expect(await deleteDeployment(unreachable, await present(row))).toMatchObject({ ok: false });
    await bench.wait(10_000);
    told.resolve();
    expect(await changing).toMatchObject({ ok: false });
    expect(await present(row)).toMatchObject({ state: 'deleting' });
    await bench.wait(60 * MINUTE_MS);
    await sweepDeployments(bench.deps());
    expect(await findDeployment(env.DB, row.accountId, row.slug)).toBeUndefined();
    expect(await bench.spentMicro()).toBe(2 * 30 * IDLE_MICRO);
  });

  it('is finished wherever it was cut off, and what has passed is charged once', async () => {
    for (const after of [false, true])
      for (let at = 0; ; at++) {
        await env.DB.exec('DELETE FROM deployments');
        const { bench, row } = await deployed({ maxWorkers: 2, minWorkers: 1 });
        await bench.wait(MINUTE_MS);
        const died = await bench.dies((deps) => updateDeployment(deps, row, { minWorkers: 2 }), at, after);
        for (const minutes of [3, 13, 1]) {
          await bench.wait(minutes * MINUTE_MS);
          await sweepDeployments(bench.deps());
        }
        const { minWorkers, meteredUntil, state } = await present(row);
        const told = bench.provider.endpoints.at(-1)!.minWorkers;
        expect([state, minWorkers]).toEqual(['active', told]);
        const seconds = (meteredUntil - row.meteredUntil) / 1_000;
        const spent = await bench.spentMicro();
        expect(spent).toBeGreaterThanOrEqual(seconds * IDLE_MICRO);
        expect(spent).toBeLessThanOrEqual((60 + 2 * (seconds - 60)) * IDLE_MICRO);
        if (!died) break;
      }
  });
});

it('a part of a window that is charged before its end is written down leaves the rest of it to be charged', async () => {
  const { bench, row } = await deployed(always);
  await bench.wait(1_000);
  const untilMs = bench.nowMs;
  // The window is named and charged; the process dies when it stores that.
  await bench.dies((deps) => meterUntil(deps, row, untilMs), 3, false);
  expect(await bench.spentMicro()).toBe(IDLE_MICRO);
  expect((await present(row)).meteringUntil).toBe(untilMs);
  await bench.wait(12 * MINUTE_MS + 1_000);
  await sweepDeployments(bench.deps());
  expect(await bench.spentMicro()).toBe(601 * IDLE_MICRO);
});

it('an account has so many workers at most', async () => {
  const bench = await JobBench.create(100_000);
  const deps = { ...bench.deps(), settings: { ...bench.deps().settings, DEPLOYMENT_WORKER_LIMIT: 5 } };
  const first = await createDeployment(deps, live(bench), { ...FIELDS, maxWorkers: 3 });
  expect(first.ok).toBe(true);
  expect(await createDeployment(deps, live(bench), { ...FIELDS, slug: 'b', maxWorkers: 3 })).toMatchObject({
    error: { kind: 'conflict', code: 'too_many_workers' },
  });
  if (first.ok)
    expect(await updateDeployment(deps, first.value.row, { maxWorkers: 6 })).toMatchObject({ error: { code: 'too_many_workers' } });
});
