/** Where a job is sent next: by its chain and by what its tries so far came to. Pure. */
import type { Registry } from '../providers/registry';
import type { MediaTarget, Provider } from '../providers/types';
import { type ReachableTarget, reachableTargets } from './plan';
import type { Job, JobAttempt } from './types';

const MAX_ATTEMPTS = 8;
const TRIES_PER_TARGET = 2;

export interface NextTarget {
  provider: Provider;
  target: MediaTarget;
  keyIndex: number;
}

function targetsOf(registry: Registry, job: Job): ReachableTarget[] {
  const { deployment, sandbox, mode } = job.plan;
  if (deployment) {
    const provider = registry.providers.get(sandbox ? 'sandbox' : deployment.provider);
    return provider ? [{ provider, target: { provider: deployment.provider, model: deployment.endpointId } }] : [];
  }
  const model = registry.models.find(job.model);
  return model ? reachableTargets(registry, model, job.kind, sandbox, mode) : [];
}

/** Keys in turn, so that one provider's jobs spread over them. */
function keysOf({ apiKeys }: Provider, jobId: string): number[] {
  if (apiKeys.length === 0) return [-1];
  const first = [...jobId].reduce((sum, character) => sum + character.charCodeAt(0), 0) % apiKeys.length;
  return apiKeys.map((_, index) => (first + index) % apiKeys.length);
}

function isOpen(attempts: readonly JobAttempt[], keyIndex: number): boolean {
  if (attempts.some(({ action }) => action === 'next_target' || action === 'caller')) return false;
  if (attempts.filter(({ action, outcome }) => action === 'retry' || outcome === 'lost').length >= TRIES_PER_TARGET) return false;
  return !attempts.some((attempt) => attempt.keyIndex === keyIndex && (attempt.action === 'next_key' || attempt.action === 'backoff_key'));
}

export function nextTarget(registry: Registry, job: Job): NextTarget | undefined {
  if (job.attempts.length >= MAX_ATTEMPTS) return undefined;
  for (const { provider, target } of targetsOf(registry, job)) {
    const attempts = job.attempts.filter((attempt) => attempt.provider === provider.spec.id && attempt.model === target.model);
    const keyIndex = keysOf(provider, job.id).find((index) => isOpen(attempts, index));
    if (keyIndex !== undefined) return { provider, target, keyIndex };
  }
  return undefined;
}

/** The target that the job was sent to, and is asked about. */
export function currentProvider(registry: Registry, job: Job): { provider: Provider; keyIndex: number } | undefined {
  const provider = job.provider === null ? undefined : registry.providers.get(job.provider);
  return provider && { provider, keyIndex: job.attempts.at(-1)?.keyIndex ?? 0 };
}
