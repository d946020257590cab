/** Stops the runs of a deployment before it is deleted, after which nobody could tell what they cost. */
import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import { database } from '../../db/client';
import { jobs } from '../../db/jobs';
import { cancelJob } from '../access';
import type { JobDeps } from '../deps';
import type { Job } from '../types';
import { LONGEST_RUN_MS, runModelOf } from './runs';
import type { Deployment } from './store';

/** As many as an account may have workers; runs queued behind them have cost nothing. */
const AT_ONCE = 60;

/** Running ones first. A run on which the provider does not answer does not keep the deployment from being deleted. */
export async function stopRuns(deps: JobDeps, row: Deployment): Promise<void> {
  const isRecent = gt(jobs.createdAt, Math.max(row.createdAt - 1, deps.now() - LONGEST_RUN_MS));
  const isUnderWay = and(eq(jobs.accountId, row.accountId), isRecent, eq(jobs.model, runModelOf(row)), isNull(jobs.endedAt));
  const query = database(deps.db).select().from(jobs).where(isUnderWay);
  const runs = (await query.orderBy(isNull(jobs.startedAt), asc(jobs.startedAt)).limit(AT_ONCE)) as Job[];
  for (const stopped of await Promise.allSettled(runs.map((run) => cancelJob(deps, run))))
    if (stopped.status === 'rejected') console.error('run not stopped', JSON.stringify({ slug: row.slug, error: String(stopped.reason) }));
}
