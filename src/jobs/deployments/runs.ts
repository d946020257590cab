/** A deployment's runs, as far as its workers' time goes. */
import { and, eq, gt, isNull, lte, or } from 'drizzle-orm';
import { database } from '../../db/client';
import { jobs } from '../../db/jobs';
import type { JobDeps } from '../deps';
import type { Job } from '../types';
import type { Deployment } from './store';
import { chargedTerms, type Run } from './terms';

/** No run takes longer, from being asked for to being given up. */
export const LONGEST_RUN_MS = 5 * 3_600_000;

export const runModelOf = ({ slug }: Pick<Deployment, 'slug'>): string => `deployment:${slug}`;

/**
 * Those that may have to do with the time since it was last charged. When they had a worker is what the provider says,
 * else from being sent to being over. One that is over and cost nothing had a worker for no time: that of a worker that
 * always runs is paid as waiting, and another waits after it.
 */
export async function runsOf(deps: Pick<JobDeps, 'db'>, row: Deployment, toMs: number): Promise<Run[]> {
  const { meteredUntil: fromMs } = row;
  const keepsMs = chargedTerms(row).idleTimeoutSeconds * 1_000;
  const { createdAt: created, startedAt: started, endedAt: ended, outputs: made } = jobs;
  const rows = (await database(deps.db)
    .select({ createdAt: created, startedAt: started, endedAt: ended, outputs: made, costMicro: jobs.costMicro })
    .from(jobs)
    .where(
      and(
        eq(jobs.accountId, row.accountId),
        gt(created, Math.max(row.createdAt, fromMs - keepsMs - LONGEST_RUN_MS) - 1),
        lte(created, toMs),
        eq(jobs.model, runModelOf(row)),
        eq(jobs.test, false),
        or(isNull(ended), gt(ended, fromMs - keepsMs)),
      ),
    )) as Pick<Job, 'createdAt' | 'startedAt' | 'endedAt' | 'outputs' | 'costMicro'>[];
  return rows.flatMap(({ createdAt: createdAtMs, startedAt, endedAt, outputs, costMicro }): Run[] => {
    if (endedAt === null) return [{ createdAtMs, ended: false, startMs: startedAt ?? createdAtMs, endMs: Infinity }];
    // It was never sent.
    if (startedAt === null) return [];
    const gpuMs = costMicro ? outputs?.usage?.gpuMs : 0;
    return [{ createdAtMs, ended: true, startMs: gpuMs === undefined ? startedAt : endedAt - gpuMs, endMs: endedAt }];
  });
}
