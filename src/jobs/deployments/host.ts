/**
 * A customer's own containers at a GPU provider. The row is stored before anything is asked for, and everything that
 * the provider makes is noted before the next thing is asked for, so that all of it can be removed again.
 */
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import type { DeploymentAdapter, DeploymentSpec } from '../../providers/media/types';
import { redactSecrets } from '../../providers/redact';
import type { Provider } from '../../providers/types';
import type { JobDeps } from '../deps';
import { ask } from '../upstream';
import { changeDeployment, type Deployment, forgetDeployment } from './store';

const TIMEOUT_MS = 60_000;
/** No provider needs more; this only stops an endless loop. */
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

/** The provider that rents out GPUs, or the sandbox where it stands in for all. */
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

/** The request itself was refused and had no effect. A refused credential is not among them: it says nothing about earlier requests. */
const REFUSED: readonly number[] = [400, 404, 409, 422];
const NO_ANSWER = 'it did not answer';
export const NOT_READY = fail('conflict', 'This deployment is not ready yet.', { code: 'deployment_not_ready' });
export const gone = (): { ok: false; error: GatewayError } => fail('not_found', 'There is no such deployment.');

const failed = ({ provider }: Host, message: string): { ok: false; error: GatewayError } =>
  fail('upstream_failed', `The GPU provider refused: ${redactSecrets(message, provider.apiKeys) || 'no reason given'}`);

/** Asks for all that the deployment needs, without workers that always run. Each answer is stored before the next request. */
export async function buildUpstream(deps: JobDeps, row: Deployment): Promise<Result<Deployment>> {
  const host = hostOf(deps, row.provider);
  if (!host) return fail('no_provider', 'No GPU provider is configured.');
  let present = row;
  for (let step = 0; step < MAX_STEPS; step++) {
    const request = host.adapter.create(specOf(present), present.upstream);
    if (!request) {
      const nowMs = deps.now();
      const active = { state: 'active', meteredUntil: nowMs, updatedAt: nowMs } as const;
      const made = await changeDeployment(deps, present, active);
      return made ? ok(made) : gone();
    }
    let upstream: Deployment['upstream'];
    try {
      const read = host.adapter.readCreate(await ask(deps, host.provider, request, 0, TIMEOUT_MS), present.upstream);
      if (!read.ok) return failed(host, read.failure.message);
      upstream = { ...present.upstream, ...read.deployment };
    } catch {
      return failed(host, NO_ANSWER);
    }
    const kept = await changeDeployment(deps, present, { upstream });
    if (!kept) return gone();
    present = kept;
  }
  return failed(host, 'it is never ready');
}

export type Told =
  | { ok: true }
  | { ok: false; error: GatewayError /** Whether it knows of them: it refused, or nobody knows. */; certain: boolean };

/** Tells the provider of changed terms. */
export async function updateUpstream(deps: JobDeps, row: Deployment): Promise<Told> {
  const host = hostOf(deps, row.provider);
  const { endpointId } = row.upstream;
  if (!host || endpointId === undefined) return { ...NOT_READY, certain: host !== undefined };
  try {
    const answer = await ask(deps, host.provider, host.adapter.update(specOf(row), { ...row.upstream, endpointId }), 0, TIMEOUT_MS);
    const failure = host.adapter.readFailure(answer);
    if (!failure) return { ok: true };
    return { ...failed(host, failure.message), certain: REFUSED.includes(answer.status) };
  } catch {
    return { ...failed(host, NO_ANSWER), certain: false };
  }
}

/** The row is deleted last, so that what could not be removed can be removed again. */
export async function removeUpstream(deps: JobDeps, row: Deployment): Promise<Result<true>> {
  const host = hostOf(deps, row.provider);
  if (!host) return fail('no_provider', 'The GPU provider of this deployment is not configured any more.');
  for (const request of host.adapter.remove(row.upstream)) {
    try {
      const answer = await ask(deps, host.provider, request, 0, TIMEOUT_MS);
      const failure = answer.status === 404 ? undefined : host.adapter.readFailure(answer);
      if (failure) return failed(host, failure.message);
    } catch {
      return failed(host, NO_ANSWER);
    }
  }
  await forgetDeployment(deps.db, row);
  return ok(true);
}
