/** Where a job is sent next, by its model's chain and its tries so far. Pure. */
import type { Health } from '../core/health';
import { shortHash } from '../core/hex';
import type { Registry } from '../providers/registry';
import type { MediaTarget, Provider } from '../providers/types';
import { ableTargets } from './able';
import { type ReachableTarget, reachableTargets } from './plan';
import type { Job, JobAttempt } from './types';

const MAX_ATTEMPTS = 8;
const TRIES_PER_TARGET = 2;
/** Jobs have time: a rate-limited credential is tried again after a while, then after a longer one. */
const BACKOFF_MS = [5_000, 20_000, 60_000];

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

/** The targets that can take everything that the caller sent, if there are any; the others would leave something out. */
function suitableTargets(registry: Registry, job: Job): ReachableTarget[] {
  const targets = targetsOf(registry, job);
  const able = 'stored' in job.input ? targets : ableTargets(targets, job.input);
  return able.length > 0 ? able : targets;
}

/** Credentials in rotation, so that a provider's jobs spread over them. */
function keysOf({ apiKeys }: Provider, jobId: string): number[] {
  if (apiKeys.length === 0) return [-1];
  const first = [...jobId].reduce((sum, character) => sum + character.charCodeAt(0), 0) % apiKeys.length;
  return apiKeys.map((_, index) => (first + index) % apiKeys.length);
}

/** When a credential may be tried, by the tries at this target so far: 0 for at once, undefined for never. */
function openFromMs(attempts: readonly JobAttempt[], keyIndex: number): number | undefined {
  if (attempts.some(({ action }) => action === 'next_target' || action === 'caller')) return undefined;
  if (attempts.filter(({ action, outcome }) => action === 'retry' || outcome === 'lost').length >= TRIES_PER_TARGET) return undefined;
  const own = attempts.filter((attempt) => attempt.keyIndex === keyIndex);
  if (own.some(({ action }) => action === 'next_key')) return undefined;
  const limited = own.filter(({ action }) => action === 'backoff_key');
  if (limited.length === 0) return 0;
  const backoffMs = BACKOFF_MS[limited.length - 1];
  return backoffMs === undefined ? undefined : limited.at(-1)!.atMs + backoffMs;
}

/**
 * Every target and credential that may still be tried, in order of preference. After a lost submit, only a provider
 * that may already have the work can be asked again; any other would do it twice.
 */
function* openTargets(registry: Registry, job: Job): Generator<NextTarget & { fromMs: number }> {
  if (job.attempts.length >= MAX_ATTEMPTS) return;
  const lost = job.attempts.find(({ outcome }) => outcome === 'lost');
  for (const { provider, target } of suitableTargets(registry, job)) {
    const attempts = job.attempts.filter((attempt) => attempt.provider === provider.spec.id && attempt.model === target.model);
    if (lost && (lost.provider !== provider.spec.id || lost.model !== target.model)) continue;
    for (const keyIndex of lost ? [lost.keyIndex] : keysOf(provider, job.id)) {
      const fromMs = openFromMs(attempts, keyIndex);
      if (fromMs !== undefined) yield { provider, target, keyIndex, fromMs };
    }
  }
}

/** The name that an upstream model's health is kept under: a broken model says nothing of the provider's others. */
export const upstreamName = ({ provider, model }: MediaTarget): string => `${provider}/${model}`;

/** The next target to try. One that keeps failing is left out for a while, unless there is no other. */
export function nextTarget(
  { registry, health }: { registry: Registry; health?: Pick<Health, 'allows'> },
  job: Job,
  nowMs: number,
): NextTarget | undefined {
  const open = [...openTargets(registry, job)].filter(({ fromMs }) => fromMs <= nowMs);
  return open.find(({ target }) => health?.allows(upstreamName(target), nowMs) ?? true) ?? open[0];
}

/** When the first rate-limited target may be tried again; undefined when there is none. */
export function reopensAtMs(registry: Registry, job: Job): number | undefined {
  const times = [...openTargets(registry, job)].map(({ fromMs }) => fromMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Distinguishes a provider's few credentials without revealing anything of them. */
export function keyTagOf({ apiKeys }: Pick<Provider, 'apiKeys'>, keyIndex: number): string | undefined {
  const apiKey = apiKeys[keyIndex];
  return apiKey === undefined ? undefined : shortHash(apiKey);
}

/** The target that has the job, with the credential that it was sent by or, where that was removed, another one. */
export function currentProvider(registry: Registry, job: Job): { provider: Provider; keyIndex: number } | undefined {
  const provider = job.provider === null ? undefined : registry.providers.get(job.provider);
  if (!provider) return undefined;
  const { keyIndex = 0, keyTag } = job.attempts.at(-1) ?? {};
  const known = keyTag === undefined ? -1 : provider.apiKeys.findIndex((_, index) => keyTagOf(provider, index) === keyTag);
  return { provider, keyIndex: known >= 0 ? known : keyIndex < provider.apiKeys.length ? keyIndex : 0 };
}
