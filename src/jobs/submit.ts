/**
 * The one POST that starts paid work, from a queue of its own, since it may take minutes. Everything that can fail
 * without it is done before; then the job is claimed, the POST is sent, and its outcome is written. If the process dies
 * in between, nobody knows whether work was started: then only a provider that deduplicates by our reference is asked
 * again; otherwise the customer gets the money back.
 */
import { fail, type GatewayError } from '../core/errors';
import { inLanes } from '../core/lanes';
import { HOUR_MS } from '../core/time';
import type { MediaAdapter, MediaFailure, MediaInput, MediaRequest, Submission } from '../providers/media/types';
import { redactSecrets } from '../providers/redact';
import { toldToCustomer } from '../providers/told';
import { upstreamModelFor } from './able';
import { copyLater, copyResult, isStored, keepResult } from './copy';
import type { JobDeps } from './deps';
import { type Ending, finishJob } from './finish';
import { insist } from './insist';
import { pollDelaySeconds, SWEEP_AFTER_MS } from './pace';
import { isStream, readStream } from './partials';
import { firstFileOf, type InTurn, mergeParts, oneByOne, type Part, submissionsOf } from './parts';
import { requestsOf } from './price';
import { inputFor, SourceMissing } from './sources';
import { changeJob, type JobChange } from './store';
import { keyTagOf, type NextTarget, nextTarget, reopensAtMs, upstreamName } from './targets';
import type { Job, JobAttempt } from './types';
import { adapterOf, fetchFrom, readAnswer, SUBMIT_TIMEOUT_MS } from './upstream';

/** The hold outlives the job's deadline by this much, for the last poll and for copies. */
const HOLD_GRACE_MS = 2 * HOUR_MS;
const CLAIM_SPARE_MS = 60_000;
/** Of it, how much is left for writing what has come. */
const WRITE_MS = 30_000;
/** All rounds of POSTs together: a consumer may take 15 minutes (https://developers.cloudflare.com/queues/platform/limits/). */
const LONGEST_MS = 11 * 60_000;
/**
 * An invocation may wait for six answers to begin (https://developers.cloudflare.com/workers/platform/limits/): a seventh
 * request would wait unsent while its time runs. The sixth is for pictures that are stored meanwhile.
 */
const SENT_AT_ONCE = 5;
const RETRY_SECONDS = 1;
/** As long as the database is away for while it moves, and well within the claim. */
const KEEP_PAUSES_MS = [100, 400, 2_000, 5_000, 15_000];

/** For a look that finds the job queued; one that is not to be sent any more ends at once. */
export async function lineUp(deps: JobDeps, job: Job): Promise<void> {
  const ending = unwanted(deps, job);
  if (ending) await endUnsent(deps, job, ending);
  else await deps.submissions.send({ jobId: job.id });
}

function unwanted({ now }: JobDeps, { cancelRequested, deadline }: Job): Ending | undefined {
  if (cancelRequested) return { state: 'canceled' };
  return now() > deadline ? { state: 'expired', error: tooLate() } : undefined;
}

export async function submitJob(deps: JobDeps, job: Job): Promise<void> {
  const ending = unwanted(deps, job);
  if (ending) return endUnsent(deps, job, ending);
  const next = nextTarget(deps, job, deps.now());
  if (!next) return waitOrFail(deps, job);
  if (!(await keepHold(deps, job))) return endUnsent(deps, job, { state: 'expired', error: tooLate() });

  const { provider, target, keyIndex } = next;
  const adapter = adapterOf(provider);
  let submissions: Submission[];
  try {
    const input = await inputFor(deps, job, adapter.sources);
    const refused = await holdForLength(deps, job, input);
    if (refused) return endUnsent(deps, job, { state: 'failed', error: refused });
    submissions = submissionsOf(adapter, submissionOf(job, next, input, callbackUrl(deps, job)));
  } catch (error) {
    if (!(error instanceof SourceMissing)) throw error;
    return endUnsent(deps, job, { state: 'failed', error: fail('invalid_request', error.message).error });
  }
  const requests = buildRequests(adapter, submissions);
  if (!requests)
    return endUnsent(deps, job, { state: 'failed', error: fail('internal', 'This job could not be sent; please report its id.').error });
  const nowMs = deps.now();
  const rounds = Math.ceil(submissions.length / SENT_AT_ONCE);
  const timeoutMs = Math.min(adapter.submitTimeoutMs ?? SUBMIT_TIMEOUT_MS, LONGEST_MS / rounds);
  const claimedUntil = nowMs + rounds * timeoutMs + CLAIM_SPARE_MS;
  const keyTag = keyTagOf(provider, keyIndex);
  const attempt: JobAttempt = {
    provider: provider.spec.id,
    model: target.model,
    keyIndex,
    ...(keyTag !== undefined && { keyTag }),
    atMs: nowMs,
    status: null,
    outcome: 'started',
  };
  const claimed = await changeJob(deps.db, job, (present) =>
    present.state === 'queued' && !present.cancelRequested
      ? { state: 'submitting', provider: provider.spec.id, claimedUntil, nextAt: claimedUntil, attempts: [...present.attempts, attempt] }
      : undefined,
  );
  if (!claimed) return;

  const upstream = upstreamName(target);
  deps.health.begin(upstream);
  const inTurn = oneByOne();
  const sent = await inLanes(SENT_AT_ONCE, submissions, (one, index) => {
    const limitMs = Math.min(timeoutMs, claimedUntil - WRITE_MS - deps.now());
    return send(deps, claimed, next, one, requests[index]!, { index, limitMs, inTurn });
  });
  attempt.status = sent.find(({ status }) => status !== null)?.status ?? null;
  const step = mergeParts(sent.map(({ part }) => part));
  if (step.state === 'failed' && sent.some(({ status }) => status === null)) attempt.outcome = 'lost';
  noteHealth(deps, upstream, step);
  await applySubmitted(deps, claimed, attempt, step, next);
}

/** Unless another look has sent it meanwhile: then its provider decides. */
const endUnsent = (deps: JobDeps, job: Job, ending: Ending): Promise<void> =>
  finishJob(deps, job, ending, ({ state }) => state === 'queued');

/** One request and its outcome; without a status it was never answered. */
async function send(
  deps: JobDeps,
  job: Job,
  { provider, keyIndex }: NextTarget,
  submission: Submission,
  request: MediaRequest,
  { index, limitMs, inTurn }: { index: number; limitMs: number; inTurn: InTurn },
): Promise<{ part: Part; status: number | null }> {
  const adapter = adapterOf(provider);
  try {
    const response = await fetchFrom(deps, provider, request, keyIndex, Math.max(0, limitMs));
    const part = await inTurn(() => readPart(deps, job, adapter, submission, response, index));
    return { part, status: response.status };
  } catch (error) {
    const mayHaveStarted = adapter.lostSubmit !== 'repeatable';
    console.error('submit unanswered', JSON.stringify({ jobId: job.id, provider: provider.spec.id, error: String(error) }));
    const failure: MediaFailure = { action: 'retry', message: 'the provider could not be reached, or did not answer', mayHaveStarted };
    return { part: { state: 'failed', failure }, status: null };
  }
}

async function readPart(
  deps: JobDeps,
  job: Job,
  adapter: MediaAdapter,
  submission: Submission,
  response: Response,
  index: number,
): Promise<Part> {
  const { readEvent } = adapter;
  const step =
    readEvent && isStream(response)
      ? await readStream(deps, job, { readEvent }, submission, response)
      : adapter.readSubmit(await readAnswer(response), submission);
  if (step.state !== 'done') return step;
  const isPart = submission.reference !== job.id;
  return { ...step, result: await keepResult(deps, job, step.result, isPart ? firstFileOf(index) : 0) };
}

/** Counts failures of the upstream itself, which refusals of the request or of a credential are not. */
export function noteHealth({ health, now }: JobDeps, upstream: string, step: Pick<Part, 'state'> & { failure?: MediaFailure }): void {
  if (step.state === 'done') health.succeeded(upstream, now());
  else if (step.failure?.action === 'next_target' || step.failure?.action === 'retry') health.failed(upstream, now());
  else health.undecided(upstream);
}

/** Undefined when the adapter throws: a bug, which no retry cures. */
function buildRequests(adapter: MediaAdapter, submissions: readonly Submission[]): MediaRequest[] | undefined {
  try {
    return submissions.map((submission) => adapter.submit(submission));
  } catch (error) {
    const [{ reference, model } = {}] = submissions;
    console.error('submit not built', JSON.stringify({ jobId: reference, model, error: String(error) }));
    return undefined;
  }
}

/** Keeps the hold open for as long as the job may live. */
const leaseFor = ({ now }: Pick<JobDeps, 'now'>, { holdId, deadline }: Job) => ({
  holdId,
  checkpointMicro: 0,
  leaseMs: deadline - now() + HOLD_GRACE_MS,
});

/** False when the hold is gone, and then nothing may be started. */
const keepHold = async (deps: JobDeps, job: Job): Promise<boolean> => (await deps.account(job.accountId).beat(leaseFor(deps, job))).ok;

/** A recording behind a URL is read only now; price and hold are corrected by its length. */
async function holdForLength(deps: JobDeps, job: Job, input: MediaInput): Promise<GatewayError | undefined> {
  const { units, unitMicro, audioSecondsARequest } = job.plan;
  const needed = input.kind === 'asr' ? requestsOf(input.audio, audioSecondsARequest) : units;
  if (needed <= units) return undefined;
  if (!job.test) {
    const byMicro = Math.ceil(unitMicro * (needed - units));
    const extended = await deps.account(job.accountId).extend({ ...leaseFor(deps, job), byMicro, fromMicro: job.heldMicro });
    if (!extended.ok) return extended.error;
  }
  await changeJob(deps.db, job, (present) =>
    present.state === 'queued' && present.plan.units < needed ? { plan: { ...present.plan, units: needed } } : undefined,
  );
  return undefined;
}

const submissionOf = (job: Job, next: NextTarget, input: MediaInput, callback: string | undefined): Submission => ({
  model: upstreamModelFor(next, input),
  defaults: next.target.defaults ?? {},
  input,
  reference: job.id,
  callbackUrl: callback,
});

/** Undefined where no provider could reach it. */
function callbackUrl({ settings }: JobDeps, job: Job): string | undefined {
  const reachable = settings.PUBLIC_URL !== undefined || job.origin.startsWith('https:');
  return reachable ? `${job.origin}/callbacks/${job.id}/${job.callbackToken}` : undefined;
}

/** Writes the POST's outcome, which is nowhere else and would be lost with this process; so it insists when the database fails. */
const keep = (deps: JobDeps, claimed: Job, decide: (job: Job) => JobChange | undefined): Promise<Job | undefined> =>
  insist(
    deps,
    KEEP_PAUSES_MS,
    () => changeJob(deps.db, claimed, decide),
    (error) => console.error('submit not written yet', JSON.stringify({ jobId: claimed.id, error: String(error) })),
  );

/** Writes the POST's outcome. The claim is ours, so meanwhile only a request to cancel can have changed the row. */
async function applySubmitted(deps: JobDeps, claimed: Job, attempt: JobAttempt, step: Part, next: NextTarget): Promise<void> {
  const nowMs = deps.now();
  const isOurs = (present: Job): boolean => present.state === 'submitting' && present.claimedUntil === claimed.claimedUntil;
  const attempts = [...claimed.attempts.slice(0, -1), attempt];
  switch (step.state) {
    case 'done': {
      const { result } = step;
      const change = { state: 'running', result, attempts, startedAt: nowMs, claimedUntil: null, nextAt: nowMs + SWEEP_AFTER_MS } as const;
      const done = await keep(deps, claimed, (present) => (isOurs(present) ? change : undefined));
      if (done) await (result.files.every(isStored) ? copyResult : copyLater)(deps, done);
      return;
    }
    case 'running': {
      const delaySeconds = step.pollAfterMs === undefined ? pollDelaySeconds(claimed.kind, 0) : Math.ceil(step.pollAfterMs / 1_000);
      const nextAt = nowMs + delaySeconds * 1_000 + SWEEP_AFTER_MS;
      const change = { state: 'running', upstream: step.job, attempts, startedAt: nowMs, claimedUntil: null, nextAt } as const;
      const running = await keep(deps, claimed, (present) => (isOurs(present) ? change : undefined));
      if (running) await deps.jobs.send({ jobId: running.id, chain: running.chain, turn: 0 }, { delaySeconds });
      return;
    }
    case 'canceled':
      return finishJob(deps, claimed, { state: 'canceled', ...(step.usage && { usage: step.usage }) });
    default:
      return applyFailure(deps, claimed, attempt, step.failure, next, isOurs);
  }
}

async function applyFailure(
  deps: JobDeps,
  claimed: Job,
  attempt: JobAttempt,
  failure: MediaFailure,
  { provider }: NextTarget,
  isOurs: (job: Job) => boolean,
): Promise<void> {
  const { withheld, message, ...more } = toldToCustomer(failure, provider);
  if (withheld) {
    const { model, status } = attempt;
    console.warn('provider refuses the gateway', JSON.stringify({ provider: provider.spec.id, model, status, ...withheld }));
  }
  const failed: JobAttempt = {
    ...attempt,
    outcome: failure.mayHaveStarted || attempt.outcome === 'lost' ? 'lost' : 'failed',
    action: failure.action,
    message,
  };
  const attempts = [...claimed.attempts.slice(0, -1), failed];
  const again = !failure.mayHaveStarted && failure.action !== 'caller';
  const delaySeconds = failure.action === 'retry' ? RETRY_SECONDS : 0;
  const change = again
    ? ({ state: 'queued', attempts, claimedUntil: null, nextAt: deps.now() + SWEEP_AFTER_MS } as const)
    : { attempts, claimedUntil: null };
  const changed = await keep(deps, claimed, (present) => (isOurs(present) ? change : undefined));
  if (!changed) return;
  if (!again)
    return finishJob(deps, changed, { state: 'failed', error: errorOf(failed, { action: failure.action, ...more }, whoFailed(changed)) });
  if (nextTarget(deps, changed, deps.now())) await deps.submissions.send({ jobId: changed.id }, { delaySeconds });
  else await waitOrFail(deps, changed);
}

/** No target can be asked now. Waits where one was only short of capacity, otherwise fails the job. */
async function waitOrFail(deps: JobDeps, job: Job): Promise<void> {
  const nowMs = deps.now();
  const reopensMs = reopensAtMs(deps.registry, job);
  if (reopensMs === undefined || reopensMs > job.deadline) return endUnsent(deps, job, { state: 'failed', error: lastError(job) });
  const delaySeconds = Math.max(1, Math.ceil((reopensMs - nowMs) / 1_000));
  const nextAt = nowMs + delaySeconds * 1_000 + SWEEP_AFTER_MS;
  await changeJob(deps.db, job, (present) => (present.state === 'queued' ? { nextAt } : undefined));
  await deps.submissions.send({ jobId: job.id }, { delaySeconds });
}

/** A job whose POST was never recorded: the process died or was cut off. */
export async function resolveLost(deps: JobDeps, job: Job): Promise<void> {
  const provider = job.provider === null ? undefined : deps.registry.providers.get(job.provider);
  const repeatable = provider?.spec.media?.lostSubmit === 'repeatable';
  const last = job.attempts.at(-1);
  const attempts = last ? [...job.attempts.slice(0, -1), { ...last, outcome: 'lost' as const }] : job.attempts;
  console.error('submit lost', JSON.stringify({ jobId: job.id, provider: job.provider, repeatable }));
  const isLost = (present: Job): boolean => present.state === 'submitting' && present.claimedUntil === job.claimedUntil;
  const change = repeatable ? ({ state: 'queued', attempts, claimedUntil: null } as const) : { attempts, claimedUntil: null };
  const changed = await changeJob(deps.db, job, (present) => (isLost(present) ? change : undefined));
  if (!changed) return;
  if (repeatable) return lineUp(deps, changed);
  const { error } = fail(
    'job_failed',
    'The provider’s answer could not be read to its end, so this job was given up. Nothing was charged.',
  );
  await finishJob(deps, changed, { state: 'failed', error });
}

const tooLate = (): GatewayError => fail('job_failed', 'This job was not finished in time and was given up. Nothing was charged.').error;

const EVERYBODY = 'All providers of this model failed; the last one';
/** A deployment's run is the customer's own program, so its failure is not called the provider's. */
const whoFailed = ({ plan }: Pick<Job, 'plan'>): string => (plan.deployment ? 'The run failed' : 'The provider failed');

function errorOf(
  { message, status }: Pick<JobAttempt, 'message' | 'status'>,
  { action, code, param }: Pick<MediaFailure, 'action' | 'code' | 'param'>,
  who: string,
): GatewayError {
  const more = { ...(code !== undefined && { code }), ...(param !== undefined && { param }) };
  if (action === 'caller') {
    const own = status !== null && status >= 400 && status < 500 ? { status } : {};
    return fail('upstream_rejected', message || 'The provider refused the request.', { ...more, ...own }).error;
  }
  return fail('upstream_failed', `${who}: ${message || 'no reason given'}`, more).error;
}

function lastError(job: Job): GatewayError {
  const last = job.attempts.at(-1);
  if (!last) return fail('no_provider', `No provider is configured for \`${job.model}\` any more.`).error;
  return errorOf(last, { action: 'next_target' }, EVERYBODY);
}

/** The error of a job that failed at its provider while it ran. */
export const failedError = (job: Job, failure: MediaFailure, secrets: readonly string[]): GatewayError =>
  errorOf({ status: null, message: redactSecrets(failure.message, secrets) }, failure, whoFailed(job));
