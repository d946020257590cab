/**
 * Charges for the time that deployments' workers stand idle, since the GPU provider does: in windows that follow each
 * other, each charged once by its own event. Workers that always run are stopped when the balance no longer bears them, or the
 * monthly limit of the key that they count towards is used up.
 */
import { and, eq, gt, isNull, lte, or } from 'drizzle-orm';
import { fail, ok, type Result } from '../../core/errors';
import { type MicroCredits, toCredits } from '../../core/money';
import { database } from '../../db/client';
import { deployments, jobs } from '../../db/jobs';
import { idlePoolMicro } from '../../providers/catalogue/media-terms';
import type { JobDeps } from '../deps';
import type { Job } from '../types';
import { removeUpstream, updateUpstream } from './host';
import { idleMs, type RunTime } from './idle-time';
import { changeDeployment, type Deployment } from './store';

const WINDOW_MS = 10 * 60_000;
/** A run that has ended is written down by then. */
const LAG_MS = 2 * 60_000;
/** What a deployment with workers that always run must be able to pay for before they are started, and to keep them. */
const PAID_AHEAD_MS = 3_600_000;
const KEPT_AHEAD_MS = 1_800_000;
/** No run takes longer, from being asked for to being given up. */
const LONGEST_RUN_MS = 4 * 3_600_000;
const METERED_AT_ONCE = 200;
/** Made by an invocation that died on the way. */
const STUCK_AFTER_MS = 15 * 60_000;

export const runModelOf = ({ slug }: Pick<Deployment, 'slug'>): string => `deployment:${slug}`;

const costOf = ({ gpuTypes }: Pick<Deployment, 'gpuTypes'>, ms: number): MicroCredits => Math.ceil((idlePoolMicro(gpuTypes) * ms) / 1_000);

/** What the key that a deployment counts towards has spent this month, and may spend; undefined without a limit. */
async function keyLimitOf({ account }: Pick<JobDeps, 'account'>, accountId: string, keyId: string | null) {
  if (keyId === null) return undefined;
  const key = (await account(accountId).listKeys()).find(({ id }) => id === keyId);
  return key && key.spendingLimitMicro !== null ? { limitMicro: key.spendingLimitMicro, spentMicro: key.spentThisMonthMicro } : undefined;
}

/** Is there enough for the first hour of the workers that always run? */
export async function requireIdleFunds(
  deps: Pick<JobDeps, 'account'>,
  accountId: string,
  { minWorkers, keyId, ...deployment }: Pick<Deployment, 'gpuTypes' | 'minWorkers' | 'keyId'>,
): Promise<Result<true>> {
  if (minWorkers === 0) return ok(true);
  const requiredMicro = costOf(deployment, PAID_AHEAD_MS) * minWorkers;
  const required = toCredits(requiredMicro);
  const instead = 'Set `minWorkers` to 0, or';
  const view = await deps.account(accountId).view();
  const available = toCredits((view?.balanceMicro ?? 0) - (view?.heldMicro ?? 0));
  if (available < required)
    return fail(
      'insufficient_credits',
      `Workers that always run cost ${required} credits for their first hour; the account has ${available}. ${instead} top up.`,
      { param: 'minWorkers', details: { required, available } },
    );
  const key = await keyLimitOf(deps, accountId, keyId);
  if (!key || key.spentMicro + requiredMicro <= key.limitMicro) return ok(true);
  const [limit, spent] = [toCredits(key.limitMicro), toCredits(key.spentMicro)];
  return fail(
    'spending_limit',
    `Workers that always run cost ${required} credits for their first hour; their API key has spent ${spent} of its ${limit} credits a month. ${instead} raise its spending limit.`,
    { param: 'minWorkers', code: 'insufficient_quota', details: { limit, spent, required } },
  );
}

/**
 * When its runs had a worker: by what the provider says where it does, else from being sent to being over. One that is
 * over and cost nothing leaves its worker's time to be paid as that of waiting.
 */
async function runsOf(deps: JobDeps, row: Deployment, fromMs: number, toMs: number): Promise<RunTime[]> {
  const keepsMs = row.idleTimeoutSeconds * 1_000;
  const { startedAt: started, endedAt: ended, outputs: made } = jobs;
  const rows = (await database(deps.db)
    .select({ startedAt: started, endedAt: ended, outputs: made, costMicro: jobs.costMicro })
    .from(jobs)
    .where(
      and(
        eq(jobs.accountId, row.accountId),
        gt(jobs.createdAt, Math.max(row.createdAt, fromMs - keepsMs - LONGEST_RUN_MS) - 1),
        lte(jobs.createdAt, toMs),
        eq(jobs.model, runModelOf(row)),
        eq(jobs.test, false),
        or(isNull(jobs.endedAt), gt(jobs.endedAt, fromMs - keepsMs)),
      ),
    )) as Pick<Job, 'startedAt' | 'endedAt' | 'outputs' | 'costMicro'>[];
  return rows.flatMap(({ startedAt, endedAt, outputs, costMicro }) => {
    if (startedAt === null || startedAt >= toMs || (endedAt !== null && !costMicro)) return [];
    const gpuMs = outputs?.usage?.gpuMs;
    const endMs = endedAt ?? Infinity;
    return [{ startMs: endedAt !== null && gpuMs !== undefined ? endedAt - gpuMs : startedAt, endMs }];
  });
}

/** Charges one window; the row as it is after it, or undefined when somebody else has charged it. */
async function meterWindow(deps: JobDeps, row: Deployment, toMs: number): Promise<Deployment | undefined> {
  const { meteredUntil: fromMs, minWorkers, maxWorkers, idleTimeoutSeconds } = row;
  const runs = await runsOf(deps, row, fromMs, toMs);
  const ms = idleMs(runs, { minWorkers, maxWorkers, idleTimeoutMs: idleTimeoutSeconds * 1_000 }, fromMs, toMs);
  const amountMicro = costOf(row, ms);
  if (amountMicro > 0)
    await deps.account(row.accountId).charge({
      eventId: `idle:${row.upstreamName}:${fromMs}`,
      amountMicro,
      keyId: row.keyId,
      family: 'gpu',
      model: runModelOf(row),
      endpoint: `/v1/deployments/${row.slug}`,
      detail: {
        ending: 'idle',
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        price: { per: 'gpu_second', micro: idlePoolMicro(row.gpuTypes) },
        usage: { idleSeconds: ms / 1_000 },
      },
    });
  return changeDeployment(deps, row, { meteredUntil: toMs }, eq(deployments.meteredUntil, fromMs));
}

/** Charges what has passed: before the terms change, or the deployment goes. */
export async function meterUntil(deps: JobDeps, row: Deployment, untilMs: number): Promise<Deployment> {
  let present = row;
  while (!present.test && present.state === 'active' && present.meteredUntil < untilMs) {
    const metered = await meterWindow(deps, present, Math.min(present.meteredUntil + WINDOW_MS, untilMs));
    if (!metered) break;
    present = metered;
  }
  return present;
}

/** Every deployment whose window is over; one that cannot be charged now is charged later. */
export async function meterDeployments(deps: JobDeps): Promise<number> {
  const untilMs = deps.now() - LAG_MS;
  const due = (await database(deps.db)
    .select()
    .from(deployments)
    .where(and(eq(deployments.test, false), lte(deployments.meteredUntil, untilMs - WINDOW_MS)))
    .orderBy(deployments.meteredUntil)
    .limit(METERED_AT_ONCE)) as Deployment[];
  for (const row of due) {
    try {
      await meterOne(deps, row, untilMs);
    } catch (error) {
      console.error('deployment not metered', JSON.stringify({ accountId: row.accountId, slug: row.slug, error: String(error) }));
    }
  }
  return due.length;
}

async function stopWorkers(deps: JobDeps, row: Deployment, why: string): Promise<void> {
  const stopped = { ...row, minWorkers: 0 };
  const told = await updateUpstream(deps, stopped);
  if (!told.ok) throw new Error(told.error.message);
  const metered = await meterUntil(deps, row, deps.now());
  const notice = `The workers that always ran were stopped: ${why}`;
  await changeDeployment(deps, metered, { minWorkers: 0, notice, updatedAt: deps.now() });
}

async function meterOne(deps: JobDeps, row: Deployment, untilMs: number): Promise<void> {
  if (row.state !== 'active') {
    if (deps.now() - row.updatedAt > STUCK_AFTER_MS) await removeUpstream(deps, row);
    return;
  }
  // Whole windows only, so that a repeated one is the same.
  const wholeMs = row.meteredUntil + Math.floor((untilMs - row.meteredUntil) / WINDOW_MS) * WINDOW_MS;
  const { minWorkers, ...metered } = await meterUntil(deps, row, wholeMs);
  if (minWorkers === 0) return;
  const view = await deps.account(row.accountId).view();
  const available = (view?.balanceMicro ?? 0) - (view?.heldMicro ?? 0);
  const running = { ...metered, minWorkers };
  if (available < costOf(metered, KEPT_AHEAD_MS) * minWorkers)
    return stopWorkers(deps, running, 'the balance was too low to keep them. Runs still start workers.');
  const key = await keyLimitOf(deps, row.accountId, row.keyId);
  if (key && key.spentMicro >= key.limitMicro) await stopWorkers(deps, running, "their API key's spending limit for the month is used up.");
}
