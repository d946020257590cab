/**
 * A customer's own containers at a GPU provider. The row is there before anything is asked for, and each thing that
 * the provider made is written down before the next is asked for, so that all of it can be removed again.
 */
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import type { DeploymentAdapter, DeploymentSpec } from '../../providers/media/types';
import { redactSecrets } from '../../providers/redact';
import type { Provider } from '../../providers/types';
import type { JobDeps } from '../deps';
import { ask } from '../upstream';
import { changeDeployment, type Deployment, forgetDeployment } from './store';

const TIMEOUT_MS = 60_000;
/** No provider needs more; a loop of ours must end. */
const MAX_STEPS = 8;

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

/** Asks for all that the deployment needs; each answer is kept before the next is asked for. */
export async function buildUpstream(deps: JobDeps, row: Deployment): Promise<Result<Deployment>> {
  const host = hostOf(deps, row.provider);
  if (!host) return fail('no_provider', 'No GPU provider is configured.');
  let { upstream } = row;
  for (let step = 0; step < MAX_STEPS; step++) {
    const request = host.adapter.create(specOf(row), upstream);
    if (!request) {
      const nowMs = deps.now();
      const active = { state: 'active', meteredUntil: nowMs, updatedAt: nowMs } as const;
      return ok((await changeDeployment(deps, row, active)) ?? { ...row, ...active });
    }
    try {
      const read = host.adapter.readCreate(await ask(deps, host.provider, request, 0, TIMEOUT_MS), upstream);
      if (!read.ok) return failed(host, read.failure.message);
      upstream = { ...upstream, ...read.deployment };
    } catch {
      return failed(host, 'it did not answer');
    }
    await changeDeployment(deps, row, { upstream });
  }
  return failed(host, 'it is never ready');
}

/** Tells the provider of other terms. */
export async function updateUpstream(deps: JobDeps, row: Deployment): Promise<Result<true>> {
  const host = hostOf(deps, row.provider);
  const { endpointId } = row.upstream;
  if (!host || endpointId === undefined) return fail('conflict', 'This deployment is not ready yet.', { code: 'deployment_not_ready' });
  try {
    const answer = await ask(deps, host.provider, host.adapter.update(specOf(row), { ...row.upstream, endpointId }), 0, TIMEOUT_MS);
    const failure = host.adapter.readFailure(answer);
    return failure ? failed(host, failure.message) : ok(true);
  } catch {
    return failed(host, 'it did not answer');
  }
}

/** The row goes last: what could not be removed can be asked for again. */
export async function removeUpstream(deps: JobDeps, row: Deployment): Promise<Result<true>> {
  const host = hostOf(deps, row.provider);
  if (!host) return fail('no_provider', 'The GPU provider of this deployment is not configured any more.');
  for (const request of host.adapter.remove(row.upstream)) {
    try {
      const answer = await ask(deps, host.provider, request, 0, TIMEOUT_MS);
      const failure = answer.status === 404 ? undefined : host.adapter.readFailure(answer);
      if (failure) return failed(host, failure.message);
    } catch {
      return failed(host, 'it did not answer');
    }
  }
  await forgetDeployment(deps.db, row);
  return ok(true);
}
