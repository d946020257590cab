/** Makes, changes and deletes deployments, as customers ask for it. */
import { fail, ok, type Result } from '../../core/errors';
import { IDEMPOTENCY_KEEP_MS, type IdempotencyHashes } from '../../core/idempotency';
import { randomDigits } from '../../core/ids';
import type { JobDeps } from '../deps';
import { requestChange } from './change';
import { commitToStart, release } from './funds';
import { buildUpstream, deploymentProvider, gone, removeUpstream } from './host';
import { meterUntil } from './meter';
import { stopRuns } from './stop-runs';
import {
  changeDeployment,
  countDeployments,
  type Deployment,
  type DeploymentFields,
  findDeployment,
  findIdempotentDeployment,
  forgetDeployment,
  insertDeployment,
  rereadDeployment,
} from './store';

export interface Maker {
  accountId: string;
  /** Undefined for somebody who is signed in instead of sending a key. */
  keyId?: string;
  test: boolean;
  idempotency?: IdempotencyHashes | undefined;
}

export interface MadeDeployment {
  row: Deployment;
  /** The same idempotency key had already made it. */
  repeated: boolean;
}

/** The deployment that the same idempotency key has made. */
async function findEarlier(deps: JobDeps, { accountId, idempotency }: Maker): Promise<Result<MadeDeployment> | undefined> {
  if (!idempotency) return undefined;
  const row = await findIdempotentDeployment(deps.db, accountId, idempotency.keyHash, deps.now() - IDEMPOTENCY_KEEP_MS);
  if (!row) return undefined;
  if (row.bodyHash !== idempotency.bodyHash)
    return fail('idempotency_mismatch', 'This Idempotency-Key was used before with another request body.');
  if (row.state === 'creating')
    return fail('idempotency_in_flight', 'A request with this Idempotency-Key is under way.', { retryAfterSeconds: 1 });
  return ok({ row, repeated: true });
}

function newRow(deps: JobDeps, provider: string, { accountId, keyId, test, idempotency }: Maker, fields: DeploymentFields): Deployment {
  const nowMs = deps.now();
  return {
    ...fields,
    // Workers that always run are asked for once the deployment exists.
    minWorkers: 0,
    accountId,
    provider,
    upstreamName: `${fields.slug}-${randomDigits(8).toLowerCase()}`,
    upstream: {},
    state: 'creating',
    version: 0,
    createdAt: nowMs,
    updatedAt: nowMs,
    keyId: keyId ?? null,
    test,
    meteredUntil: nowMs,
    meteringUntil: null,
    pending: null,
    notice: null,
    idempotencyHash: idempotency?.keyHash ?? null,
    bodyHash: idempotency?.bodyHash ?? null,
  };
}

const DELETED = 'SELECT 1 FROM organizations WHERE account_id = ? AND deleted_at IS NOT NULL';

/**
 * Looked at with the one that was just made: of two that are made together, neither is overlooked, and of an organization that
 * goes meanwhile nothing is left.
 */
async function refuseMore({ db, settings }: JobDeps, { accountId, test }: Pick<Deployment, 'accountId' | 'test'>) {
  if (await db.prepare(DELETED).bind(accountId).first()) return fail('conflict', 'The organization of this wallet was deleted.');
  const { DEPLOYMENT_LIMIT: limit, DEPLOYMENT_WORKER_LIMIT: workerLimit } = settings;
  const { deployments, workers } = await countDeployments(db, accountId);
  if (deployments > limit)
    return fail('conflict', `An account may have ${limit} deployments; delete one first.`, { code: 'too_many_deployments' });
  return test || workers <= workerLimit ? undefined : tooManyWorkers(workerLimit);
}

const tooManyWorkers = (limit: number) =>
  fail('conflict', `The deployments of an account may have ${limit} workers together; set a lower \`maxWorkers\`.`, {
    code: 'too_many_workers',
    param: 'maxWorkers',
  });

export async function createDeployment(deps: JobDeps, maker: Maker, fields: DeploymentFields): Promise<Result<MadeDeployment>> {
  const { accountId, test } = maker;
  const provider = deploymentProvider(deps, test);
  if (provider === undefined) return fail('no_provider', 'No GPU provider is configured.');
  const earlier = await findEarlier(deps, maker);
  if (earlier) return earlier;
  const exists = (): Result<never> => fail('conflict', `The deployment \`${fields.slug}\` exists already.`, { param: 'slug' });
  if (await findDeployment(deps.db, accountId, fields.slug)) return exists();
  const row = newRow(deps, provider, maker, fields);
  if (!(await insertDeployment(deps.db, row))) return (await findEarlier(deps, maker)) ?? exists();
  const refused = (await refuseMore(deps, row)) ?? (test ? undefined : await refuseFunds(deps, { ...row, ...fields }));
  if (refused) {
    await forgetDeployment(deps.db, row);
    return refused;
  }
  const built = await buildUpstream(deps, row);
  // Made without workers, so that it costs nothing if it is cut off on the way.
  const { minWorkers } = fields;
  const made = built.ok && minWorkers > 0 ? await requestChange(deps, built.value, { minWorkers }) : built;
  if (made.ok) return ok({ row: made.value, repeated: false });
  await removeDeployment(deps, row);
  return made;
}

async function refuseFunds(deps: JobDeps, row: Deployment) {
  const funds = await commitToStart(deps, row);
  return funds.ok ? undefined : funds;
}

export async function updateDeployment(deps: JobDeps, row: Deployment, fields: Partial<DeploymentFields>): Promise<Result<Deployment>> {
  const more = (fields.maxWorkers ?? 0) - row.maxWorkers;
  if (more > 0 && !row.test) {
    const { workers } = await countDeployments(deps.db, row.accountId);
    const { DEPLOYMENT_WORKER_LIMIT: limit } = deps.settings;
    if (workers + more > limit) return tooManyWorkers(limit);
  }
  const startsWorkers = (fields.minWorkers ?? 0) > row.minWorkers;
  return requestChange(deps, row, { ...fields, ...(startsWorkers && { notice: null }) });
}

export async function deleteDeployment(deps: JobDeps, known: Deployment): Promise<Result<true>> {
  await stopRuns(deps, known);
  const row = await meterUntil(deps, known, deps.now());
  return row ? removeDeployment(deps, row) : gone();
}

/** Marked as deleting first, so that the sweeper goes on where this was cut off or got no answer. */
async function removeDeployment(deps: JobDeps, known: Deployment): Promise<Result<true>> {
  for (let row = await rereadDeployment(deps, known); row; row = await rereadDeployment(deps, row)) {
    const removing = await changeDeployment(deps, row, { state: 'deleting', updatedAt: deps.now() });
    if (!removing) continue;
    const removed = await removeUpstream(deps, removing);
    if (removed.ok) await release(deps, removing);
    return removed;
  }
  return gone();
}
