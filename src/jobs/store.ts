/** Jobs in D1. Every change is a compare-and-set: of two who want to make one, the second looks again. */
import { and, desc, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { rowsBefore } from '../db/after';
import { database } from '../db/client';
import { jobs } from '../db/jobs';
import type { Job } from './types';

const TRIES = 6;
/** By a caller who always comes too late. */
export const MOST_QUERIES_A_CHANGE = 2 * TRIES;

type Row = typeof jobs.$inferSelect;
export type JobChange = Partial<Omit<Job, 'id' | 'version'>>;

/** A safe cast: only this module writes the table, and it writes only jobs. */
const asJob = (row: Row | undefined): Job | undefined => row as Job | undefined;

export const insertJob = async (db: D1Database, job: Job): Promise<void> => {
  await database(db).insert(jobs).values(job);
};

export async function readJob(db: D1Database, id: string): Promise<Job | undefined> {
  const [row] = await database(db).select().from(jobs).where(eq(jobs.id, id));
  return asJob(row);
}

/**
 * Applies the change that `decide` returns for the job's current row, and reads again as long as somebody else is
 * quicker. Undefined when `decide` returns none.
 */
export async function changeJob(db: D1Database, known: Job, decide: (job: Job) => JobChange | undefined): Promise<Job | undefined> {
  let job: Job | undefined = known;
  for (let attempt = 0; attempt < TRIES && job; attempt++) {
    const change = decide(job);
    if (!change) return undefined;
    const [row] = await database(db)
      .update(jobs)
      .set({ ...change, version: job.version + 1 })
      .where(and(eq(jobs.id, job.id), eq(jobs.version, job.version)))
      .returning();
    if (row) return asJob(row);
    job = await readJob(db, job.id);
  }
  if (job) throw new Error(`the job ${job.id} changes faster than it can be written`);
  return undefined;
}

export async function listJobs(
  db: D1Database,
  accountId: string,
  {
    limit,
    before,
    state,
    overAs,
    family,
  }: {
    limit: number;
    before?: Pick<Job, 'createdAt' | 'id'> | undefined;
    state?: string | undefined;
    /** The final state, once it is settled; null while it is not over. */
    overAs?: Job['state'] | null | undefined;
    family?: string | undefined;
  },
): Promise<Job[]> {
  const rows = await database(db)
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.accountId, accountId),
        before && rowsBefore([jobs.createdAt, jobs.id], [before.createdAt, before.id]),
        state === undefined ? undefined : eq(jobs.state, state),
        overAs ? and(eq(jobs.state, overAs), isNotNull(jobs.settledAt)) : undefined,
        overAs === null ? isNull(jobs.settledAt) : undefined,
        family === undefined ? undefined : eq(jobs.family, family),
      ),
    )
    .orderBy(desc(jobs.createdAt), desc(jobs.id))
    .limit(limit);
  return rows as Job[];
}

/** The latest job that an idempotency key has made since then. The pluses have it found by the key, and not among all jobs since. */
export async function findIdempotent(db: D1Database, accountId: string, hash: string, sinceMs: number): Promise<Job | undefined> {
  const [row] = await database(db)
    .select()
    .from(jobs)
    .where(and(eq(jobs.accountId, accountId), eq(jobs.idempotencyHash, hash), sql`+${jobs.createdAt} > ${sinceMs}`))
    .orderBy(sql`+${jobs.createdAt} DESC`)
    .limit(1);
  return asJob(row);
}

export async function findByHold(db: D1Database, holdId: string): Promise<Job | undefined> {
  const [row] = await database(db).select().from(jobs).where(eq(jobs.holdId, holdId)).limit(1);
  return asJob(row);
}

/** Jobs that were not looked at in time. */
export async function listForgotten(db: D1Database, beforeMs: number, limit: number): Promise<Job[]> {
  const rows = await database(db)
    .select()
    .from(jobs)
    .where(and(isNull(jobs.settledAt), lt(jobs.nextAt, beforeMs)))
    .orderBy(jobs.nextAt)
    .limit(limit);
  return rows as Job[];
}
