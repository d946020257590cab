/** From a request to a job: plan, admit, store, queue. Requests with the same idempotency key make one job. */
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, fail, KEY_REFUSALS, ok, type RefusedCall, type Result, unknownKey } from '../core/errors';
import { HOURLY_LIMITS } from '../core/family';
import { IDEMPOTENCY_KEEP_MS, type IdempotencyHashes, idempotencyIn, OTHER_REQUEST } from '../core/idempotency';
import { newJobId, newNonce, newToken } from '../core/ids';
import type { Labels } from '../core/labels';
import { microAt } from '../core/money';
import { readPublicUrl } from '../core/public-url';
import { sandboxAnswers } from '../providers/registry';
import type { JobDeps } from './deps';
import { jobPrefix } from './files';
import { SWEEP_AFTER_MS } from './pace';
import { type MediaCall, type PlannedJob, planJob } from './plan';
import { removeAll } from './retention';
import { keepInput } from './sources';
import { findByHold, findIdempotent, insertJob } from './store';
import type { Job, JobPlan } from './types';

/** Lasts until the job's first look, which renews it; a hold whose job was never stored is released by it. */
const ADMIT_LEASE_MS = 15 * 60_000;

export interface JobRequest {
  endpoint: string;
  /** Every correctly signed key that was sent; usually one. */
  keys: readonly ApiKey[];
  origin: string | null;
  ip: string | null;
  idempotency: IdempotencyHashes | undefined;
  webhookUrl: string | null;
  labels: Labels;
  /** The gateway's public origin, for URLs of results. */
  publicOrigin: string;
  /** What concerns only the answer's form. */
  answer: Record<string, unknown>;
}

export interface CreatedJob {
  job: Job;
  /** The same idempotency key had already made it. */
  repeated: boolean;
}

export type JobResult = { ok: true; value: CreatedJob } | RefusedCall;

export const urlRules = ({ settings }: Pick<JobDeps, 'settings'>) => ({
  anywhere: settings.PRIVATE_ADDRESSES === 'allowed',
  isLocal: settings.LOCAL === '1',
});

/** A job of one of the catalogue's media or GPU models. */
export const createMediaJob = (deps: JobDeps, request: JobRequest, call: MediaCall): Promise<JobResult> =>
  createJob(deps, request, (_key, sandbox) => Promise.resolve(planJob(deps.registry, call, sandbox, urlRules(deps))));

/** Tries each key; the first one that its account accepts decides. */
export async function createJob(
  deps: JobDeps,
  request: JobRequest,
  planFor: (key: ApiKey, sandbox: boolean) => Promise<Result<PlannedJob>>,
): Promise<JobResult> {
  if (request.webhookUrl !== null) {
    const url = readPublicUrl(request.webhookUrl, 'webhook_url', urlRules(deps));
    if (!url.ok) return url;
  }
  let refused: JobResult = unknownKey();
  for (const key of request.keys) {
    const asked = { ...request, idempotency: idempotencyIn(key.mode, request.idempotency) };
    // A repeated request gets the earlier job, even if a new one would be refused now.
    const earlier = await findEarlier(deps, key, asked);
    if (earlier) return earlier;
    const sandbox = key.mode === 'test' || sandboxAnswers(deps);
    const planned = await planFor(key, sandbox);
    if (!planned.ok) return planned;
    refused = await admitJob(deps, asked, key, planned.value);
    if (refused.ok || !KEY_REFUSALS.has(refused.error.kind)) return refused;
  }
  return refused;
}

/** It may be tried again. A run that was stopped, and is owed for what it had worked, is what was asked for. */
const cameToNothing = ({ state, costMicro }: Job): boolean => ['failed', 'canceled', 'expired'].includes(state) && !costMicro;

/** The job that the same idempotency key has made, unless that came to nothing. */
async function findEarlier(deps: JobDeps, key: ApiKey, { idempotency, origin, ip }: JobRequest): Promise<Result<CreatedJob> | undefined> {
  if (!idempotency) return undefined;
  const job = await findIdempotent(deps.db, key.accountId, idempotency.keyHash, deps.now() - IDEMPOTENCY_KEEP_MS);
  if (!job || cameToNothing(job)) return undefined;
  const { keyId, secretHash } = key;
  const refusal = await deps.account(key.accountId).authorize({ keyId, secretHash, origin, ip });
  if (refusal) return undefined;
  if (job.bodyHash !== idempotency.bodyHash) return fail('idempotency_mismatch', OTHER_REQUEST);
  return ok({ job, repeated: true });
}

async function admitJob(deps: JobDeps, request: JobRequest, key: ApiKey, planned: PlannedJob): Promise<JobResult> {
  const { model, rateFamily, minimumTier, estimateMicro } = planned;
  const { endpoint, origin, ip, idempotency } = request;
  const stub = deps.account(key.accountId);
  let admitted: Awaited<ReturnType<typeof stub.admit>>;
  try {
    admitted = await stub.admit({
      nonce: newNonce(),
      keyId: key.keyId,
      secretHash: key.secretHash,
      origin,
      ip,
      family: rateFamily,
      modelFamily: model.family,
      model: model.id,
      endpoint,
      minimumTier,
      minimumBalanceMicro: 0,
      estimateMicro,
      leaseMs: ADMIT_LEASE_MS,
      hourlyLimit: deps.hourlyLimits[rateFamily] ?? HOURLY_LIMITS[rateFamily],
      idempotency: idempotency ?? null,
    });
  } catch (error) {
    console.error('admission failed', String(error));
    return accountUnreachable();
  }
  if (!admitted.ok) return { ...admitted, isCounted: true };
  if ('replay' in admitted) {
    const job = await findByHold(deps.db, admitted.replay.operationId);
    return job ? ok({ job, repeated: true }) : fail('idempotency_mismatch', 'The answer to this Idempotency-Key is no longer kept.');
  }
  const { holdId, pricePermille } = admitted.admission;
  const giveBack = async (ending: string): Promise<void> => {
    const closing = {
      holdId,
      detailJson: JSON.stringify({ ending }),
      unsent: true,
      ...(idempotency && { idempotency: { keyHash: idempotency.keyHash, stored: false } }),
    };
    await stub.release(closing).catch((unreleased: unknown) => console.error('hold left to its lease', String(unreleased)));
  };
  const names = { id: newJobId(), mediaToken: newToken(), callbackToken: newToken() };
  try {
    const secured = (await planned.secure?.()) ?? ok(true);
    if (!secured.ok) {
      await giveBack('refused');
      return { ...secured, isCounted: true };
    }
    const priced = pricePermille === undefined ? planned : atAccountPrices(planned, pricePermille);
    const job = await keepJob(deps, request, key, priced, { ...names, holdId });
    return ok({ job, repeated: false });
  } catch (error) {
    console.error('job not kept', JSON.stringify({ holdId, error: String(error) }));
    await giveBack('not_kept');
    // Files are kept for so long as their job's row says.
    await removeAll(deps, jobPrefix(names)).catch((left: unknown) => console.error('inputs left', names.id, String(left)));
    const { error: unkept } = fail('unavailable', 'The job could not be stored; try again. Nothing was charged.', { retryAfterSeconds: 2 });
    return { ok: false, error: unkept, isCounted: true };
  }
}

/** The job at its account's own prices, at which the hold already is. */
const atAccountPrices = (planned: PlannedJob, pricePermille: number): PlannedJob => ({
  ...planned,
  plan: { ...planned.plan, unitMicro: microAt(planned.plan.unitMicro, pricePermille), pricePermille },
  estimateMicro: microAt(planned.estimateMicro, pricePermille),
});

async function keepJob(
  deps: JobDeps,
  request: JobRequest,
  key: ApiKey,
  planned: PlannedJob,
  names: Pick<Job, 'id' | 'mediaToken' | 'callbackToken' | 'holdId'>,
): Promise<Job> {
  const nowMs = deps.now();
  const { answer, labels } = request;
  const plan: JobPlan = {
    ...planned.plan,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(answer).length > 0 && { answer }),
  };
  const job: Job = {
    ...names,
    accountId: key.accountId,
    keyId: key.keyId,
    test: key.mode === 'test',
    kind: planned.input.kind,
    family: planned.model.family,
    model: planned.model.id,
    endpoint: request.endpoint,
    state: 'queued',
    version: 0,
    chain: 0,
    input: await keepInput(deps, names, planned.input),
    plan,
    provider: null,
    upstream: null,
    result: null,
    outputs: null,
    attempts: [],
    error: null,
    copyTries: 0,
    cancelRequested: false,
    heldMicro: key.mode === 'test' ? 0 : planned.estimateMicro,
    costMicro: null,
    webhookUrl: request.webhookUrl ?? planned.webhookUrl ?? null,
    origin: request.publicOrigin,
    idempotencyHash: request.idempotency?.keyHash ?? null,
    bodyHash: request.idempotency?.bodyHash ?? null,
    createdAt: nowMs,
    startedAt: null,
    claimedUntil: null,
    nextAt: nowMs + SWEEP_AFTER_MS,
    deadline: nowMs + planned.terms.deadlineSeconds * 1_000,
    endedAt: null,
    settledAt: null,
    filesRemovedAt: null,
    partials: null,
  };
  await insertJob(deps.db, job);
  // If the queue does not take it, the sweeper will.
  await deps.submissions.send({ jobId: job.id }).catch((error: unknown) => console.error('job not lined up', job.id, String(error)));
  return job;
}
