/**
 * One look at one job: does the next step for its state. A look may come twice, late, or at the same time as another.
 * What a provider may take minutes to answer has a queue of its own: there the job is sent, and is not looked at.
 */
import { type Copy, copyResult } from './copy';
import type { JobDeps } from './deps';
import { settleJob } from './finish';
import type { JobMessage } from './messages';
import { SWEEP_AFTER_MS } from './pace';
import { pollJob } from './poll';
import { noBudget } from './query-budget';
import { changeJob, listForgotten, MOST_QUERIES_A_CHANGE, readJob } from './store';
import { lineUp, resolveLost, submitJob } from './submit';
import { isFinal, type Job } from './types';

const SWEPT_AT_ONCE = 500;

/** Undefined when there is nothing left to do for this message. */
async function jobOf({ db }: JobDeps, { jobId, chain }: JobMessage): Promise<Job | undefined> {
  const job = await readJob(db, jobId);
  return job?.settledAt === null && (chain === undefined || chain === job.chain) ? job : undefined;
}

/** Sends a job that waits for it. A lost one is found by the sweeper, and one that runs has a chain of looks already. */
export async function startJob(deps: JobDeps, message: JobMessage): Promise<void> {
  const job = await jobOf(deps, message);
  if (!job) return;
  if (isFinal(job.state)) return settleJob(deps, job);
  if (job.state === 'queued') await submitJob(deps, job);
}

export async function advanceJob(deps: JobDeps, message: JobMessage, copy: Copy = copyResult): Promise<void> {
  const job = await jobOf(deps, message);
  if (!job) return;
  if (isFinal(job.state)) return settleJob(deps, job);
  // Another look is working on it. Should that one die, the sweeper comes by when its claim ends.
  if (job.claimedUntil !== null && job.claimedUntil > deps.now()) return;
  if (job.state === 'queued') return lineUp(deps, job);
  if (job.state === 'submitting') return resolveLost(deps, job);
  return job.result ? copy(deps, job) : pollJob(deps, job, message, copy);
}

/** Queues a look at every job that was not looked at in time: its message was lost, or its Worker died. */
export async function sweepJobs(deps: JobDeps, aheadMs = 0, queriesLeft = noBudget): Promise<number> {
  const nowMs = deps.now();
  const dueMs = nowMs + aheadMs;
  const forgotten = await listForgotten(deps.db, dueMs, SWEPT_AT_ONCE);
  let swept = 0;
  let failure: unknown;
  for (const job of forgotten) {
    if (queriesLeft() < MOST_QUERIES_A_CHANGE) break;
    swept++;
    try {
      // A new chain number, so that an old chain that turns out to be alive ends itself.
      const begun = await changeJob(deps.db, job, (present) =>
        present.settledAt === null && present.nextAt <= dueMs
          ? { chain: present.chain + 1, nextAt: nowMs + 2 * SWEEP_AFTER_MS }
          : undefined,
      );
      if (!begun) continue;
      const queue = begun.state === 'queued' ? deps.submissions : deps.jobs;
      await queue.send({ jobId: begun.id, chain: begun.chain, turn: 0 });
    } catch (error) {
      failure = error;
    }
  }
  if (failure) throw failure;
  return swept;
}
