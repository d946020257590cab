/** A deployment's runs, as far as they concern its workers' time. */
import { and, eq, gt, isNull, lte, or } from 'drizzle-orm';
import { HOUR_MS } from '../../core/time';
import { database } from '../../db/client';
import { jobs } from '../../db/jobs';
import type { JobDeps } from '../deps';
import type { Job } from '../types';
import type { Deployment } from './store';
import { chargedTerms, type Run } from './terms';

/** From being asked for to being given up, no run takes longer. */
export const LONGEST_RUN_MS = 5 * HOUR_MS;

export const runModelOf = ({ slug }: Pick<Deployment, 'slug'>): string => `deployment:${slug}`;

/**
 * The runs that may matter for the time since the last charge. When they had a worker is what the provider says, else
 * from being sent to being over. A run that is over and cost nothing counts as no time: a worker that always runs was
 * idle meanwhile, and any other idles after it.
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
