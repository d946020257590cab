/** Making, changing and removing deployments: what a customer asks for. */
import { fail, ok, type Result } from '../../core/errors';
import type { IdempotencyHashes } from '../../core/idempotency';
import { randomDigits } from '../../core/ids';
import type { JobDeps } from '../deps';
import { buildUpstream, deploymentProvider, removeUpstream, updateUpstream } from './host';
import { meterUntil, requireIdleFunds } from './meter';
import {
  changeDeployment,
  countDeployments,
  type Deployment,
  type DeploymentFields,
  findDeployment,
  findIdempotentDeployment,
  insertDeployment,
} from './store';

const IDEMPOTENCY_KEEP_MS = 24 * 3_600_000;

export interface Maker {
  accountId: string;
  /** Undefined for who is signed in rather than bearing a key. */
  keyId?: string;
  test: boolean;
  idempotency?: IdempotencyHashes | undefined;
}

export interface MadeDeployment {
  row: Deployment;
  /** It had been made before, under the same idempotency key. */
  repeated: boolean;
}

/** What the same idempotency key has made. */
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
    notice: null,
    idempotencyHash: idempotency?.keyHash ?? null,
    bodyHash: idempotency?.bodyHash ?? null,
  };
}

export async function createDeployment(deps: JobDeps, maker: Maker, fields: DeploymentFields): Promise<Result<MadeDeployment>> {
  const { accountId, test } = maker;
  const { DEPLOYMENT_LIMIT: limit } = deps.settings;
  const provider = deploymentProvider(deps, test);
  if (provider === undefined) return fail('no_provider', 'No GPU provider is configured.');
  const earlier = await findEarlier(deps, maker);
  if (earlier) return earlier;
  const exists = (): Result<never> => fail('conflict', `The deployment \`${fields.slug}\` exists already.`, { param: 'slug' });
  if (await findDeployment(deps.db, accountId, fields.slug)) return exists();
  if ((await countDeployments(deps.db, accountId)) >= limit)
    return fail('conflict', `An account may have ${limit} deployments; delete one first.`, { code: 'too_many_deployments' });
  const funds = test ? ok(true as const) : await requireIdleFunds(deps, accountId, { ...fields, keyId: maker.keyId ?? null });
  if (!funds.ok) return funds;
  const row = newRow(deps, provider, maker, fields);
  if (!(await insertDeployment(deps.db, row))) return (await findEarlier(deps, maker)) ?? exists();
  const made = await buildUpstream(deps, row);
  if (made.ok) return ok({ row: made.value, repeated: false });
  await removeUpstream(deps, (await findDeployment(deps.db, accountId, fields.slug)) ?? row);
  return made;
}

export async function updateDeployment(deps: JobDeps, row: Deployment, fields: Partial<DeploymentFields>): Promise<Result<Deployment>> {
  const changed: Deployment = { ...row, ...fields };
  const startsWorkers = changed.minWorkers > row.minWorkers;
  const funds = row.test || !startsWorkers ? ok(true as const) : await requireIdleFunds(deps, row.accountId, changed);
  if (!funds.ok) return funds;
  const told = await updateUpstream(deps, changed);
  if (!told.ok) return told;
  const nowMs = deps.now();
  // What has passed is charged by the terms that it passed under.
  const metered = await meterUntil(deps, row, nowMs);
  const notice = startsWorkers ? { notice: null } : {};
  const written = await changeDeployment(deps, metered, { ...fields, ...notice, updatedAt: nowMs });
  return written ? ok(written) : fail('not_found', 'There is no such deployment.');
}

export async function deleteDeployment(deps: JobDeps, row: Deployment): Promise<Result<true>> {
  const metered = await meterUntil(deps, row, deps.now());
  await changeDeployment(deps, metered, { state: 'deleting', updatedAt: deps.now() });
  return removeUpstream(deps, row);
}
