/**
 * A customer's own containers at a GPU provider. The row is there before anything is asked for, and each thing that
 * the provider made is written down before the next is asked for, so that all of it can be removed again.
 */
import { and, eq } from 'drizzle-orm';
import { fail, type GatewayError, ok, type Result } from '../core/errors';
import { randomDigits } from '../core/ids';
import { database } from '../db/client';
import { deployments } from '../db/jobs';
import type { DeploymentAdapter, DeploymentSpec, UpstreamDeployment } from '../providers/media/types';
import { redactSecrets } from '../providers/redact';
import type { Provider } from '../providers/types';
import type { JobDeps } from './deps';
import { ask } from './upstream';

const TIMEOUT_MS = 60_000;
/** No provider needs more; a loop of ours must end. */
const MAX_STEPS = 8;

export interface Deployment {
  accountId: string;
  slug: string;
  name: string;
  dockerImage: string;
  gpuTypes: readonly string[];
  minWorkers: number;
  maxWorkers: number;
  idleTimeoutSeconds: number;
  env: Readonly<Record<string, string>>;
  webhookUrl: string | null;
  provider: string;
  /** Unique at the provider. */
  upstreamName: string;
  upstream: Partial<UpstreamDeployment>;
  state: 'creating' | 'active' | 'deleting';
  version: number;
  createdAt: number;
  updatedAt: number;
}

export type DeploymentFields = Pick<
  Deployment,
  'slug' | 'name' | 'dockerImage' | 'gpuTypes' | 'minWorkers' | 'maxWorkers' | 'idleTimeoutSeconds' | 'env' | 'webhookUrl'
>;

const mine = (accountId: string, slug: string) => and(eq(deployments.accountId, accountId), eq(deployments.slug, slug));

export async function findDeployment(db: D1Database, accountId: string, slug: string): Promise<Deployment | undefined> {
  const [row] = await database(db).select().from(deployments).where(mine(accountId, slug));
  return row as Deployment | undefined;
}

export async function listDeployments(db: D1Database, accountId: string): Promise<Deployment[]> {
  const rows = await database(db).select().from(deployments).where(eq(deployments.accountId, accountId)).orderBy(deployments.slug);
  return rows as Deployment[];
}

interface Host {
  provider: Provider;
  adapter: DeploymentAdapter;
}

function hostOf(deps: JobDeps, id: string): Host | undefined {
  const provider = deps.registry.providers.get(id);
  const adapter = provider?.spec.media?.deployments;
  if (!provider || !adapter) return undefined;
  const baseUrl = provider.deploymentsBaseUrl ?? adapter.baseUrl ?? provider.baseUrl;
  return { provider: { ...provider, baseUrl }, adapter };
}

/** The provider that rents out GPUs; the sandbox where it stands in for all. */
export function deploymentProvider(deps: JobDeps, test: boolean): string | undefined {
  const alone = deps.settings.LOCAL === '1' && deps.registry.configuredProviders.length === 0;
  if (test || alone) return 'sandbox';
  return [...deps.registry.providers.values()].find(({ spec }) => spec.media?.deployments && !spec.serve)?.spec.id;
}

const specOf = (row: Deployment): DeploymentSpec => ({
  name: row.upstreamName,
  dockerImage: row.dockerImage,
  gpuTypes: row.gpuTypes,
  minWorkers: row.minWorkers,
  maxWorkers: row.maxWorkers,
  idleTimeoutSeconds: row.idleTimeoutSeconds,
  env: row.env,
});

const failed = ({ provider }: Host, message: string): { ok: false; error: GatewayError } =>
  fail('upstream_failed', `The GPU provider refused: ${redactSecrets(message, provider.apiKeys) || 'no reason given'}`);

async function change(deps: JobDeps, { accountId, slug }: Deployment, set: Partial<Deployment>): Promise<Deployment | undefined> {
  const [row] = await database(deps.db)
    .update(deployments)
    .set({ ...set, updatedAt: deps.now() })
    .where(mine(accountId, slug))
    .returning();
  return row as Deployment | undefined;
}

export async function createDeployment(
  deps: JobDeps,
  accountId: string,
  test: boolean,
  fields: DeploymentFields,
): Promise<Result<Deployment>> {
  const id = deploymentProvider(deps, test);
  const host = id === undefined ? undefined : hostOf(deps, id);
  if (id === undefined || !host) return fail('no_provider', 'No GPU provider is configured.');
  const nowMs = deps.now();
  const upstreamName = `${fields.slug}-${randomDigits(8).toLowerCase()}`;
  const state = 'creating' as const;
  const row: Deployment = {
    ...fields,
    accountId,
    provider: id,
    upstreamName,
    upstream: {},
    state,
    version: 0,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
  const [inserted] = await database(deps.db).insert(deployments).values(row).onConflictDoNothing().returning();
  if (!inserted) return fail('conflict', `The deployment \`${fields.slug}\` exists already.`, { param: 'slug' });
  const made = await build(deps, host, row);
  if (made.ok) return made;
  await remove(deps, host, (await findDeployment(deps.db, accountId, fields.slug)) ?? row);
  return made;
}

async function build(deps: JobDeps, host: Host, row: Deployment): Promise<Result<Deployment>> {
  let { upstream } = row;
  for (let step = 0; step < MAX_STEPS; step++) {
    const request = host.adapter.create(specOf(row), upstream);
    if (!request) return ok((await change(deps, row, { state: 'active' })) ?? row);
    try {
      const read = host.adapter.readCreate(await ask(deps, host.provider, request, 0, TIMEOUT_MS), upstream);
      if (!read.ok) return failed(host, read.failure.message);
      upstream = { ...upstream, ...read.deployment };
    } catch {
      return failed(host, 'it did not answer');
    }
    await change(deps, row, { upstream });
  }
  return failed(host, 'it is never ready');
}

export async function updateDeployment(deps: JobDeps, row: Deployment, fields: Partial<DeploymentFields>): Promise<Result<Deployment>> {
  const host = hostOf(deps, row.provider);
  const { endpointId } = row.upstream;
  if (!host || endpointId === undefined) return fail('conflict', 'This deployment is not ready yet.', { code: 'deployment_not_ready' });
  const changed: Deployment = { ...row, ...fields };
  try {
    const answer = await ask(deps, host.provider, host.adapter.update(specOf(changed), { ...row.upstream, endpointId }), 0, TIMEOUT_MS);
    const failure = host.adapter.readFailure(answer);
    if (failure) return failed(host, failure.message);
  } catch {
    return failed(host, 'it did not answer');
  }
  const written = await change(deps, row, fields);
  return written ? ok(written) : fail('not_found', 'There is no such deployment.');
}

export async function deleteDeployment(deps: JobDeps, row: Deployment): Promise<Result<true>> {
  const host = hostOf(deps, row.provider);
  if (!host) return fail('no_provider', 'The GPU provider of this deployment is not configured any more.');
  await change(deps, row, { state: 'deleting' });
  return remove(deps, host, row);
}

/** The row goes last: what could not be removed can be asked for again. */
async function remove(deps: JobDeps, host: Host, row: Deployment): Promise<Result<true>> {
  for (const request of host.adapter.remove(row.upstream)) {
    try {
      const answer = await ask(deps, host.provider, request, 0, TIMEOUT_MS);
      const failure = answer.status === 404 ? undefined : host.adapter.readFailure(answer);
      if (failure) return failed(host, failure.message);
    } catch {
      return failed(host, 'it did not answer');
    }
  }
  await database(deps.db).delete(deployments).where(mine(row.accountId, row.slug));
  return ok(true);
}
