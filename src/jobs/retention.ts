/**
 * Removes old files: results and inputs of jobs, answers kept for replay or for naming their items, and customers'
 * files where the operator sets a limit. Forgets jobs that have none any more.
 */
import { and, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import { fail, ok, type Result } from '../core/errors';
import { monthOf } from '../core/ids';
import { KEPT_ANSWERS, monthOfKept } from '../core/kept-answers';
import { DAY_MS } from '../core/time';
import { database } from '../db/client';
import { jobs, storedObjects } from '../db/jobs';
import type { JobDeps } from './deps';
import { inputToken, jobPrefix } from './files';
import { noBudget } from './query-budget';
import { deleteObject, objectPrefix } from './storage';
import { giveRoomBack } from './storage-room';
import { changeJob, MOST_QUERIES_A_CHANGE, readJob } from './store';
import type { Job } from './types';
import { isOver } from './view';

const REMOVED_AT_ONCE = 100;
/** R2's own limit for a listing and for a deletion. */
const LISTED_AT_ONCE = 1_000;
/** Answers are kept for the rest of their month and all of the next one, so at least this long. */
const ANSWERS_KEPT_DAYS = 31;
/** Test jobs are free, so anybody with an account could otherwise store files without end. */
const TESTS_KEPT_DAYS = 1;
/** Of jobs without content, as far back as usage is told; D1 has 10 GB for all. */
const JOBS_KNOWN_DAYS = 400;
const TEST_JOBS_KNOWN_DAYS = 31;
const FORGOTTEN_AT_ONCE = 500;

type RetentionDeps = Pick<JobDeps, 'db' | 'files' | 'now' | 'settings'>;
type RemovalDeps = Omit<RetentionDeps, 'settings'>;
/** For one job. Five removals go on side by side. */
const QUERIES_KEPT_BACK = 5 * (MOST_QUERIES_A_CHANGE + 1);
/** No upload takes so long. */
const CUT_SHORT_MS = DAY_MS;

/** Undefined where nothing is to be removed. */
const cutoffMs = (deps: RetentionDeps, days: number): number | undefined => (days === 0 ? undefined : deps.now() - days * DAY_MS);

/** For how long caches may keep the file. */
export const keptSeconds = (days: number, storedAtMs: number, nowMs: number): number | undefined =>
  days === 0 ? undefined : Math.max(0, Math.floor((storedAtMs + days * DAY_MS - nowMs) / 1_000));

/** Removes what is too old; gives the number of jobs, uploads and answers. */
export async function removeOldFiles(deps: RetentionDeps, queriesLeft = noBudget): Promise<number> {
  const results = cutoffMs(deps, deps.settings.RESULT_RETENTION_DAYS);
  const uploads = cutoffMs(deps, deps.settings.UPLOAD_RETENTION_DAYS);
  const goesOn = () => queriesLeft() >= QUERIES_KEPT_BACK;
  const removed = await Promise.all([
    results === undefined ? 0 : removeResults(deps, lte(jobs.endedAt, results), goesOn),
    removeResults(deps, and(OF_TESTS, lte(jobs.endedAt, cutoffMs(deps, TESTS_KEPT_DAYS)!))!, goesOn),
    uploads === undefined ? 0 : removeUploads(deps, lte(storedObjects.createdAt, uploads), goesOn),
    removeUploads(deps, GIVEN_UP, goesOn),
    removeCutShort(deps, goesOn),
    forgetJobs(deps),
    ...KEPT_ANSWERS.map((prefix) => removeAnswers(deps, prefix)),
  ]);
  return removed.reduce((total, count) => total + count, 0);
}

/** What they did and cost, the ledger tells. */
async function forgetJobs({ db, now }: RetentionDeps): Promise<number> {
  const before = (days: number): number => now() - days * DAY_MS;
  const results = await db.batch([
    db.prepare(forgetting(1)).bind(before(TEST_JOBS_KNOWN_DAYS)),
    db.prepare(forgetting(0)).bind(before(JOBS_KNOWN_DAYS)),
  ]);
  return results.reduce((count, { meta }) => count + meta.changes, 0);
}

const forgetting = (test: 0 | 1): string => `
DELETE FROM jobs WHERE id IN (
  SELECT id FROM jobs WHERE files_removed_at IS NOT NULL AND settled_at IS NOT NULL AND test = ${test} AND ended_at <= ?
  ORDER BY ended_at LIMIT ${FORGOTTEN_AT_ONCE})`;

/** A literal rather than a parameter, or SQLite could not use the partial index. */
const OF_TESTS = sql`test = 1`;

/** One that is under way is forgotten once it ends. */
const FORGET_DELIVERIES = 'DELETE FROM webhook_deliveries WHERE ended_at IS NOT NULL AND job_id IN (SELECT value FROM json_each(?))';

async function removeResults(deps: RetentionDeps, which: SQL, goesOn: () => boolean): Promise<number> {
  const due = (await database(deps.db)
    .select()
    .from(jobs)
    .where(and(isNull(jobs.filesRemovedAt), isNotNull(jobs.settledAt), which))
    .limit(REMOVED_AT_ONCE)) as Job[];
  // In one query for all: queries bound how many jobs a minute it can be, and there may be more that end.
  if (due.length > 0) await forgetDeliveries(deps, due);
  let removed = 0;
  for (const job of due) {
    if (!goesOn()) break;
    removed++;
    await removeContent(deps, job);
  }
  return removed;
}

const forgetDeliveries = ({ db }: Pick<RetentionDeps, 'db'>, of: readonly Job[]): Promise<unknown> =>
  db
    .prepare(FORGET_DELIVERIES)
    .bind(JSON.stringify(of.map(({ id }) => id)))
    .run();

async function removeContent(deps: RemovalDeps, job: Job): Promise<void> {
  await removeAll(deps, jobPrefix(job));
  await changeJob(deps.db, job, (present) => withoutContent(present, deps.now()));
}

/** Removes what a look has written that came late: the job had ended by another one, and its content was deleted. */
export async function removeLate(deps: Pick<RetentionDeps, 'db' | 'files'>, { id }: Pick<Job, 'id'>): Promise<void> {
  const job = await readJob(deps.db, id);
  if (job && job.filesRemovedAt !== null) await removeAll(deps, jobPrefix(job));
}

/** Removes at once, for its customer, what time would remove. Of a job that is not settled somebody may still write files. */
export async function deleteContent(deps: RemovalDeps, job: Job): Promise<Result<void>> {
  if (!isOver(job))
    return fail('conflict', 'This job is not over yet: cancel it, and delete it once it has ended.', { code: 'job_not_over' });
  try {
    if (job.filesRemovedAt === null) await removeContent(deps, job);
    await forgetDeliveries(deps, [job]);
    return ok(undefined);
  } catch (error) {
    console.error('content not deleted', JSON.stringify({ jobId: job.id, error: String(error) }));
    return fail('unavailable', 'Not all of what this job was asked for and made could be deleted; try again.', { retryAfterSeconds: 2 });
  }
}

/** What was asked for and made is removed with the files; what remains tells what was done, when, and at what cost. */
const withoutContent = ({ outputs, upstream }: Job, nowMs: number) => ({
  filesRemovedAt: nowMs,
  input: { stored: '' },
  result: null,
  // Of several pictures, what came before the last one is in there.
  upstream: upstream && { id: upstream.id, model: upstream.model },
  outputs: outputs && { files: outputs.files, ...(outputs.usage && { usage: outputs.usage }) },
});

/** Results, inputs, and what a copy that was begun again has left behind. */
export async function removeAll({ files }: Pick<RetentionDeps, 'files'>, prefix: string): Promise<void> {
  for (;;) {
    const { objects, truncated } = await files.list({ prefix });
    if (objects.length > 0) await files.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}

/** A listing begins with the oldest: where that one may stay, all may. */
async function removeAnswers({ files, now }: RetentionDeps, prefix: string): Promise<number> {
  const oldestMonth = monthOf(now() - ANSWERS_KEPT_DAYS * DAY_MS);
  const dueIn = async (limit: number) =>
    (await files.list({ prefix, limit })).objects.map(({ key }) => key).filter((key) => monthOfKept(key) < oldestMonth);
  if ((await dueIn(1)).length === 0) return 0;
  const due = await dueIn(LISTED_AT_ONCE);
  await files.delete(due);
  return due.length;
}

/** Left by a deleted organization; a literal for the same reason. */
const GIVEN_UP = sql`given_up = 1`;

async function removeUploads(deps: RetentionDeps, which: SQL, goesOn: () => boolean): Promise<number> {
  const due = await database(deps.db).select().from(storedObjects).where(which).limit(REMOVED_AT_ONCE);
  let removed = 0;
  for (const row of due) {
    if (!goesOn()) break;
    removed++;
    await deleteObject(deps, row);
  }
  return removed;
}

const CUT_SHORT = `SELECT id, EXISTS (SELECT 1 FROM stored_objects o WHERE o.id = r.id) AS isStored
  FROM storage_reservations r WHERE at <= ? LIMIT ${REMOVED_AT_ONCE}`;

/** Of an upload that was cut short nobody knows the file. */
async function removeCutShort(deps: RetentionDeps, goesOn: () => boolean): Promise<number> {
  const cutShort = deps.db.prepare(CUT_SHORT).bind(deps.now() - CUT_SHORT_MS);
  const { results } = await cutShort.all<{ id: string; isStored: number }>();
  let removed = 0;
  for (const { id, isStored } of results) {
    if (!goesOn()) break;
    removed++;
    if (!isStored) await removeAll(deps, objectPrefix(id));
    await giveRoomBack(deps, id);
  }
  return removed;
}

/**
 * Was there a result under this key, or what came with its request, which is not kept any more, and for how many days was it?
 * Only who has its URL is told.
 */
export async function wasKept(deps: RetentionDeps, key: string): Promise<{ days: number } | undefined> {
  const [place, id = '', token] = key.split('/');
  const job = place === 'media' ? await readJob(deps.db, id) : undefined;
  if (!job || job.endedAt === null) return undefined;
  if (token !== job.mediaToken && token !== (await inputToken(job))) return undefined;
  const days = job.test ? TESTS_KEPT_DAYS : deps.settings.RESULT_RETENTION_DAYS;
  const beforeMs = cutoffMs(deps, days);
  return job.filesRemovedAt !== null || (beforeMs !== undefined && job.endedAt <= beforeMs) ? { days } : undefined;
}
