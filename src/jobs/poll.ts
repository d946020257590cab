/** Looks after a job that a provider has: from the poller, a callback, or a customer's request. */
import { fail, type GatewayError } from '../core/errors';
import { HOUR_MS } from '../core/time';
import type { MediaStep, PollStep, UpstreamJob } from '../providers/media/types';
import type { Provider } from '../providers/types';
import { type Copy, copyResult, keepResult } from './copy';
import { findDeployment } from './deployments/store';
import type { JobDeps } from './deps';
import { finishJob } from './finish';
import type { JobMessage } from './messages';
import { pollDelaySeconds, SWEEP_AFTER_MS } from './pace';
import { firstFileOf, joinParts, mergeParts, type Part, partsOf, runningJobs } from './parts';
import { removeLate } from './retention';
import { changeJob } from './store';
import { failedError, noteHealth } from './submit';
import { currentProvider, upstreamName } from './targets';
import type { Job } from './types';
import { adapterOf, ask, POLL_TIMEOUT_MS } from './upstream';

/** That a provider cannot be reached does not prove a failure: a job is given up only this long after its deadline. */
const UNKNOWN_GRACE_MS = HOUR_MS;
/** The most steps in one look that a provider may ask for, such as status and then result. */
const MAX_STEPS = 4;

/**
 * The next look of a chain is queued before this one begins, so the chain goes on if this one is cut off. A failing
 * look is not retried: its message, delivered again, would start a second chain.
 */
export async function pollJob(deps: JobDeps, job: Job, { chain, turn = 0 }: JobMessage, copy: Copy): Promise<void> {
  if (chain === undefined) return lookAfter(deps, job, copy);
  const delaySeconds = pollDelaySeconds(job.kind, turn);
  await deps.jobs.send({ jobId: job.id, chain, turn: turn + 1 }, { delaySeconds });
  try {
    await lookAfter(deps, await keepWatched(deps, job, delaySeconds), copy);
  } catch (error) {
    console.error('look failed', JSON.stringify({ jobId: job.id, turn, error: String(error) }));
  }
}

async function lookAfter(deps: JobDeps, job: Job, copy: Copy): Promise<void> {
  const current = currentProvider(deps.registry, job);
  if (!current || !job.upstream) return giveUp(deps, job, copy);
  const { provider, keyIndex } = current;
  if (job.cancelRequested) await cancelUpstream(deps, provider, keyIndex, job);
  const { step, job: asked } = await look(deps, provider, keyIndex, job);
  if (step.state === 'unknown' && (await isForgotten(deps, asked))) return endUnlessDone(deps, asked, { state: 'canceled' });
  const isLate = deps.now() > asked.deadline && asked.plan.deployment !== undefined && ['running', 'unknown'].includes(step.state);
  if (isLate) return endRun(deps, provider, keyIndex, asked, copy);
  await applyStep(deps, provider, asked, step, copy);
}

/** A run whose endpoint was deleted; nobody will ever say what became of it. */
async function isForgotten({ db }: JobDeps, { accountId, plan }: Job): Promise<boolean> {
  if (!plan.deployment) return false;
  const deployment = await findDeployment(db, accountId, plan.deployment.slug);
  return deployment?.upstream.endpointId !== plan.deployment.endpointId;
}

/**
 * A customer's container that runs too long has worked as its program told it to: it is stopped, and the provider's
 * word on it counts. Until the provider has answered, it is asked again, for as long as one that cannot be reached is.
 */
async function endRun(deps: JobDeps, provider: Provider, keyIndex: number, job: Job, copy: Copy): Promise<void> {
  await cancelUpstream(deps, provider, keyIndex, job);
  const { step, job: asked } = await look(deps, provider, keyIndex, job);
  if (step.state === 'canceled')
    return endUnlessDone(deps, asked, { state: 'expired', error: stoppedLate(), ...(step.usage && { usage: step.usage }) });
  if (step.state === 'done' || step.state === 'failed') return applyStep(deps, provider, asked, step, copy);
  if (deps.now() > asked.deadline + UNKNOWN_GRACE_MS) await giveUp(deps, asked, copy);
}

const stoppedLate = (): GatewayError =>
  fail('job_failed', 'This run was not finished in time and was stopped. The GPU time until then is charged.').error;

/** Moves the time at which the sweeper takes over, but only now and then, since each write is billed. */
async function keepWatched(deps: JobDeps, job: Job, delaySeconds: number): Promise<Job> {
  const expectedMs = deps.now() + delaySeconds * 1_000;
  if (job.nextAt >= expectedMs + SWEEP_AFTER_MS / 2) return job;
  const nextAt = expectedMs + SWEEP_AFTER_MS;
  return (
    (await changeJob(deps.db, job, (present) => (present.nextAt < nextAt && present.settledAt === null ? { nextAt } : undefined))) ?? job
  );
}

async function look(deps: JobDeps, provider: Provider, keyIndex: number, job: Job): Promise<{ step: PollStep | Part; job: Job }> {
  const adapter = adapterOf(provider);
  if (!adapter.poll || !adapter.readPoll) return { step: { state: 'unknown', message: 'this provider is not polled' }, job };
  const parts = partsOf(job.upstream!);
  if (parts) return lookAtParts(deps, provider, keyIndex, job, parts);
  let present = job;
  for (let count = 1; ; count++) {
    const step = await askAbout(deps, provider, keyIndex, present.upstream!);
    const moved = step.state === 'running' && JSON.stringify(step.job) !== JSON.stringify(present.upstream);
    if (!moved || step.state !== 'running') return { step, job: present };
    const upstream = step.job;
    const changed = await changeJob(deps.db, present, (row) => (row.state === 'running' && row.result === null ? { upstream } : undefined));
    if (!changed || count >= MAX_STEPS || step.pollAfterMs !== 0) return { step, job: changed ?? present };
    present = changed;
  }
}

async function askAbout(deps: JobDeps, provider: Provider, keyIndex: number, upstream: UpstreamJob): Promise<PollStep> {
  const { poll, readPoll } = adapterOf(provider);
  try {
    return readPoll!(await ask(deps, provider, poll!(upstream), keyIndex, POLL_TIMEOUT_MS), upstream);
  } catch (error) {
    return { state: 'unknown', message: String(error) };
  }
}

/** One part, through the steps that its provider asks for. No answer leaves it as it was. */
async function lookAtPart(deps: JobDeps, provider: Provider, keyIndex: number, job: Job, part: Part, index: number): Promise<Part> {
  let present = part;
  for (let count = 0; count < MAX_STEPS && present.state === 'running'; count++) {
    const step = await askAbout(deps, provider, keyIndex, present.job);
    if (step.state === 'unknown') return present;
    present = step.state === 'done' ? { ...step, result: await keepResult(deps, job, step.result, firstFileOf(index)) } : step;
    if (step.state === 'running' && step.pollAfterMs !== 0) break;
  }
  return present;
}

async function lookAtParts(
  deps: JobDeps,
  provider: Provider,
  keyIndex: number,
  job: Job,
  parts: readonly Part[],
): Promise<{ step: PollStep | Part; job: Job }> {
  const seen = await Promise.all(parts.map((part, index) => lookAtPart(deps, provider, keyIndex, job, part, index)));
  if (seen.every((part, index) => part === parts[index]))
    return { step: { state: 'unknown', message: 'none of its parts is told of' }, job };
  const merged = mergeParts(seen);
  if (merged.state !== 'running' || JSON.stringify(seen) === JSON.stringify(parts)) return { step: merged, job };
  const changed = await changeJob(deps.db, job, (row) => {
    const known = row.state === 'running' && row.result === null && row.upstream ? partsOf(row.upstream) : undefined;
    const joined = known && mergeParts(joinParts(known, seen));
    return joined?.state === 'running' ? { upstream: joined.job } : undefined;
  });
  return { step: merged, job: changed ?? job };
}

/** Asks the provider to cancel; the next poll shows whether it did. */
async function cancelUpstream(deps: JobDeps, provider: Provider, keyIndex: number, job: Job): Promise<void> {
  for (const upstream of runningJobs(job.upstream!)) {
    const request = adapterOf(provider).cancel?.(upstream);
    if (!request) return;
    try {
      await ask(deps, provider, request, keyIndex, POLL_TIMEOUT_MS);
    } catch (error) {
      console.error('cancel not sent', JSON.stringify({ jobId: job.id, error: String(error) }));
    }
  }
}

/** Applies what a provider says of its job, however that was heard. */
export async function applyStep(
  deps: JobDeps,
  provider: Provider,
  job: Job,
  step: MediaStep | PollStep | Part,
  copy: Copy = copyResult,
): Promise<void> {
  const nowMs = deps.now();
  switch (step.state) {
    case 'done':
      return applyDone(deps, job, step, copy);
    case 'failed': {
      noteRun(deps, job, step);
      const { timedOut } = step.failure;
      if (timedOut && job.plan.deployment) return endUnlessDone(deps, job, { state: 'expired', error: ranTooLong(), usage: timedOut });
      const secrets = [...provider.apiKeys, ...Object.values(provider.spec.headers ?? {})];
      return endUnlessDone(deps, job, { state: 'failed', error: failedError(job, step.failure, secrets) });
    }
    case 'canceled':
      return endUnlessDone(deps, job, { state: 'canceled', ...(step.usage && { usage: step.usage }) });
    default:
      if (nowMs > job.deadline + (step.state === 'unknown' ? UNKNOWN_GRACE_MS : 0)) return giveUp(deps, job, copy);
  }
}

async function applyDone(deps: JobDeps, job: Job, step: Extract<MediaStep | Part, { state: 'done' }>, copy: Copy): Promise<void> {
  const result = await keepResult(deps, job, step.result);
  const done = await changeJob(deps.db, job, (present) =>
    present.state === 'running' && present.result === null ? { result, nextAt: deps.now() + SWEEP_AFTER_MS } : undefined,
  );
  if (!done) return removeLate(deps, job);
  noteRun(deps, job, step);
  await copy(deps, done);
}

function noteRun(deps: JobDeps, { attempts }: Job, step: MediaStep | Part): void {
  const target = attempts.at(-1);
  if (target) noteHealth(deps, upstreamName(target), step);
}

const ranTooLong = (): GatewayError => fail('job_failed', 'The run was stopped at its time limit: `maxSeconds`.').error;

/** A result that was reported once counts, whatever else is said before or after. */
const endUnlessDone = (deps: JobDeps, job: Job, ending: Parameters<typeof finishJob>[2]): Promise<void> =>
  finishJob(deps, job, ending, ({ state, result }) => state === 'running' && result === null);

/** Of several pictures, those that have come are the result. */
async function giveUp(deps: JobDeps, job: Job, copy: Copy): Promise<void> {
  const current = currentProvider(deps.registry, job);
  if (current && job.upstream) await cancelUpstream(deps, current.provider, current.keyIndex, job);
  const come = job.upstream && partsOf(job.upstream)?.filter((part) => part.state !== 'running');
  const step = come && come.length > 0 ? mergeParts(come) : undefined;
  if (step?.state === 'done') return applyDone(deps, job, step, copy);
  const { error } = fail('job_failed', 'This job was not finished in time and was given up. Nothing was charged.');
  await endUnlessDone(deps, job, { state: 'expired', error });
}
