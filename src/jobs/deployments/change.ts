/**
 * Changes a deployment's terms. New terms are written down before the provider is told, and until it has answered the
 * dearer of old and new count. What was cut off, or not answered, is told again by the sweeper.
 */
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import type { JobDeps } from '../deps';
import { commitToStart } from './funds';
import { gone, NOT_READY, updateUpstream } from './host';
import { meterUntil } from './meter';
import { changeDeployment, type Deployment, type DeploymentChange } from './store';
import { chargedTerms, isDearer } from './terms';

/** Whoever tells a provider has an answer by then, or will never have one. */
const UNDER_WAY_MS = 2 * 60_000;
/** How long a worker without a payer may idle at most. */
const STOPPED_IDLE_SECONDS = 5;

export const isUnderWay = (row: Pick<Deployment, 'state' | 'updatedAt'>, nowMs: number): boolean =>
  row.state === 'updating' && nowMs - row.updatedAt < UNDER_WAY_MS;

/** It was deleted while its provider was being told, so it must not cost anything any more. */
const isGoing = ({ state }: Deployment): boolean => state === 'deleting';

const busy = (): { ok: false; error: GatewayError } =>
  fail('conflict', 'This deployment is being changed; try again when that is done.', { code: 'deployment_updating', retryAfterSeconds: 5 });

/** Its owner asks for a change; what may cost more than before must be covered by the account. */
export async function requestChange(deps: JobDeps, known: Deployment, change: DeploymentChange): Promise<Result<Deployment>> {
  const begun = await begin(deps, known, change);
  if (!begun.ok) return begun;
  const row = begun.value;
  if (!row.test && isDearer(chargedTerms(row), row)) {
    const funds = await commitToStart(deps, row);
    if (!funds.ok) {
      // An earlier change that got no answer is still what the provider is to be told.
      await changeDeployment(deps, row, known.state === 'updating' ? { pending: known.pending } : { state: 'active', pending: null });
      return funds;
    }
  }
  return finish(deps, row);
}

/** Time that has passed is charged by the terms that applied then. */
async function begin(deps: JobDeps, known: Deployment, change: DeploymentChange): Promise<Result<Deployment>> {
  if (known.state !== 'active' && known.state !== 'updating') return NOT_READY;
  if (isUnderWay(known, deps.now())) return busy();
  const row = await meterUntil(deps, known, deps.now());
  if (!row || isGoing(row)) return gone();
  const pending = { ...row.pending, ...change };
  const begun = await changeDeployment(deps, row, { state: 'updating', pending, updatedAt: deps.now() });
  return begun ? ok(begun) : busy();
}

/** Tells the provider; its answer puts the terms in force. Without an answer they stay pending. */
async function finish(deps: JobDeps, row: Deployment): Promise<Result<Deployment>> {
  const { pending } = row;
  const told = await updateUpstream(deps, { ...row, ...pending });
  if (!told.ok && !told.certain) return told;
  const metered = await meterUntil(deps, row, deps.now());
  if (!metered || isGoing(metered)) return gone();
  const terms = told.ok ? { ...pending, updatedAt: deps.now() } : {};
  const changed = await changeDeployment(deps, metered, { ...terms, state: 'active', pending: null });
  if (!told.ok) return told;
  return changed ? ok(changed) : busy();
}

/** Finishes a change whose maker died or got no answer. Terms that were never paid for are not told. */
export async function finishChange(deps: JobDeps, known: Deployment): Promise<void> {
  const row = await changeDeployment(deps, known, { updatedAt: deps.now() });
  if (!row) return;
  if (!row.test && isDearer(chargedTerms(row), row) && !(await commitToStart(deps, row)).ok) {
    // The provider may have been told of them all the same, so it is now told of those in force.
    const back = await changeDeployment(deps, row, { pending: { ...row.pending, ...termsOf(row) } });
    return back && void (await finish(deps, back));
  }
  const done = await finish(deps, row);
  if (!done.ok)
    console.error('deployment not changed', JSON.stringify({ accountId: row.accountId, slug: row.slug, error: done.error.message }));
}

const termsOf = ({ minWorkers, maxWorkers, idleTimeoutSeconds, gpuTypes }: Deployment): DeploymentChange => ({
  minWorkers,
  maxWorkers,
  idleTimeoutSeconds,
  gpuTypes,
});

const WHY = {
  balance: 'the balance was too low to keep them. Runs still start workers, which stop soon after them.',
  spending_limit: "their API key's spending limit for the month is used up.",
  suspended: 'the account is suspended.',
} as const;

/** Stops a deployment's workers because the account cannot pay for them. */
export async function stopWorkers(deps: JobDeps, row: Deployment, why: keyof typeof WHY): Promise<void> {
  const { idleTimeoutSeconds } = row;
  const waits = why !== 'spending_limit' && idleTimeoutSeconds > STOPPED_IDLE_SECONDS;
  if (row.minWorkers === 0 && !waits) return;
  const begun = await begin(deps, row, {
    minWorkers: 0,
    ...(waits && { idleTimeoutSeconds: STOPPED_IDLE_SECONDS }),
    notice: `${row.minWorkers > 0 ? 'The workers that always ran were stopped' : 'Workers that waited were stopped'}: ${WHY[why]}`,
  });
  if (!begun.ok) return;
  const stopped = await finish(deps, begun.value);
  if (!stopped.ok) throw new Error(stopped.error.message);
}
