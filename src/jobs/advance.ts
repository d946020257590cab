/** One look at one job: does the next step for its state. A look may come twice, late, or at the same time as another. */
import { type Copy, copyResult } from './copy';
import type { JobDeps } from './deps';
import { settleJob } from './finish';
import type { JobMessage } from './messages';
import { SWEEP_AFTER_MS } from './pace';
import { pollJob } from './poll';
import { noBudget } from './query-budget';
import { changeJob, listForgotten, MOST_QUERIES_A_CHANGE, readJob } from './store';
import { resolveLost, submitJob } from './submit';
import { isFinal } from './types';

const SWEPT_AT_ONCE = 500;

export async function advanceJob(deps: JobDeps, message: JobMessage, copy: Copy = copyResult): Promise<void> {
  const job = await readJob(deps.db, message.jobId);
  if (!job || job.settledAt !== null) return;
  if (message.chain !== undefined && message.chain !== job.chain) return;
  if (isFinal(job.state)) return settleJob(deps, job);
  // Another look is working on it. Should that one die, the sweeper comes by when its claim ends.
  if (job.claimedUntil !== null && job.claimedUntil > deps.now()) return;
  if (job.state === 'queued') return submitJob(deps, job);
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
      if (begun) await deps.jobs.send({ jobId: begun.id, chain: begun.chain, turn: 0 });
    } catch (error) {
      failure = error;
    }
  }
  if (failure) throw failure;
  return swept;
}
