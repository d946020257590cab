/** What a customer may do with their own jobs; another account's job looks as if it did not exist. */
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, fail, ok, type Result, unknownKey } from '../core/errors';
import { advanceJob } from './advance';
import { copyLater } from './copy';
import type { JobDeps } from './deps';
import { finishJob } from './finish';
import { applyStep } from './poll';
import { changeJob, readJob } from './store';
import { currentProvider } from './targets';
import { isFinal, type Job } from './types';
import { isOver } from './view';

const FIRST_LOOK_MS = 150;
const LONGEST_LOOK_MS = 2_000;
const COPIED_MS = 3_000;

export interface Reader {
  keys: readonly ApiKey[];
  origin: string | null;
  ip: string | null;
}

/** The first of the keys that is good. */
export async function authorize(deps: Pick<JobDeps, 'account'>, { keys, origin, ip }: Reader): Promise<Result<ApiKey>> {
  let refused: Result<ApiKey> = unknownKey();
  for (const key of keys) {
    const { accountId, keyId, secretHash } = key;
    try {
      const refusal = await deps.account(accountId).authorize({ keyId, secretHash, origin, ip });
      if (!refusal) return ok(key);
      refused = { ok: false, error: refusal };
    } catch (error) {
      console.error('key not checked', String(error));
      return accountUnreachable();
    }
  }
  return refused;
}

export async function findJob(deps: Pick<JobDeps, 'account' | 'db'>, reader: Reader, id: string): Promise<Result<Job>> {
  const key = await authorize(deps, reader);
  return key.ok ? findJobOf(deps, key.value, id) : key;
}

export async function findJobOf(deps: Pick<JobDeps, 'db'>, { accountId }: Pick<ApiKey, 'accountId'>, id: string): Promise<Result<Job>> {
  // The documents give a result an id of its own; it is the job's with another prefix.
  const job = await readJob(deps.db, id.replace(/^res_/, 'job_'));
  return job && job.accountId === accountId ? ok(job) : fail('not_found', 'Job not found');
}

/**
 * Waits until the job is over (or `isEnough` says so), time is up, or nobody waits any more. A single failed look among
 * hundreds is only repeated: the client already has a 200.
 */
export async function waitForJob(
  deps: Pick<JobDeps, 'db' | 'now'>,
  job: Job,
  waitMs: number,
  isGone: () => boolean,
  isEnough: (job: Job) => boolean = isOver,
): Promise<Job> {
  const endMs = deps.now() + waitMs;
  let present = job;
  for (let lookMs = FIRST_LOOK_MS; !isEnough(present); lookMs = Math.min(lookMs * 1.3, LONGEST_LOOK_MS)) {
    const leftMs = endMs - deps.now();
    if (leftMs <= 0 || isGone()) return present;
    await new Promise((resolve) => setTimeout(resolve, Math.min(lookMs, leftMs)));
    try {
      present = (await readJob(deps.db, job.id)) ?? present;
    } catch (error) {
      console.error('job not read', JSON.stringify({ jobId: job.id, error: String(error) }));
    }
  }
  return present;
}

/** Asks the provider about a running job. If it is done by then, waits briefly for the copy, so that the client sees it finished. */
export async function lookInPassing(deps: JobDeps, job: Job, isGone: () => boolean): Promise<Job> {
  if (job.state !== 'running') return job;
  try {
    await advanceJob(deps, { jobId: job.id }, copyLater);
  } catch (error) {
    console.error('live poll failed', String(error));
  }
  const present = (await readJob(deps.db, job.id)) ?? job;
  return present.result ? waitForJob(deps, present, COPIED_MS, isGone) : present;
}

/** A job that was not sent yet ends at once. Otherwise the provider is asked to cancel it and decides. Asking twice cancels once. */
export async function cancelJob(deps: JobDeps, job: Job): Promise<Result<Job>> {
  if (job.state === 'canceled') return ok(job);
  if (isFinal(job.state)) return fail('conflict', `This job has ended: it is ${job.state}.`, { code: 'job_ended' });
  const asked = await changeJob(deps.db, job, (present) => (isFinal(present.state) ? undefined : { cancelRequested: true }));
  if (!asked) return fail('conflict', 'This job has just ended.', { code: 'job_ended' });
  if (asked.state === 'queued') await finishJob(deps, asked, { state: 'canceled' });
  else await advanceJob(deps, { jobId: job.id }, copyLater);
  return ok((await readJob(deps.db, job.id)) ?? asked);
}

/** A provider's callback, under a URL that only it was told. An unsigned one only makes us ask. */
export async function takeCallback(
  deps: JobDeps,
  { jobId, token, headers, body, json }: { jobId: string; token: string; headers: Headers; body: string; json: unknown },
): Promise<boolean> {
  const job = await readJob(deps.db, jobId);
  if (!job || job.callbackToken !== token) return false;
  const current = currentProvider(deps.registry, job);
  const reader = current?.provider.spec.media?.callback;
  const secret = current?.provider.webhookSecret;
  const callback = { headers, body, json };
  if (current && job.upstream && job.state === 'running' && !job.result && reader?.read && reader.verify && secret !== undefined) {
    const step = (await reader.verify(callback, secret, deps.now())) ? reader.read(callback, job.upstream) : undefined;
    if (step && step.state !== 'running') {
      await applyStep(deps, current.provider, job, step, copyLater);
      return true;
    }
  }
  await deps.jobs.send({ jobId });
  return true;
}
