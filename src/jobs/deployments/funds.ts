/** Sets money aside in the account for what a deployment's workers may cost, and explains a refusal. */
import type { CommitRequest, CommitResult } from '../../account/commitments';
import { SUSPENDED } from '../../account/key-scope';
import { fail, ok, type Result } from '../../core/errors';
import { toCredits } from '../../core/money';
import type { JobDeps } from '../deps';
import { gone } from './host';
import { isCharged } from './meter';
import { runsOf } from './runs';
import { type Deployment, rereadDeployment } from './store';
import { amountsToKeep, amountsToStart, chargedTerms, type Run } from './terms';

const TRIES = 3;

const commit = (
  deps: Pick<JobDeps, 'account'>,
  { accountId, upstreamName: id, version, keyId }: Deployment,
  request: Omit<CommitRequest, 'id' | 'version' | 'keyId'>,
): Promise<CommitResult> => deps.account(accountId).commit({ id, version, keyId, ...request });

/** Rounded for the message; the details beside it have every digit. */
const spoken = (amount: number): string => amount.toLocaleString('en', { maximumFractionDigits: 2 });

function refused(result: CommitResult & { ok: false }, what: string): { ok: false; error: ReturnType<typeof fail>['error'] } {
  if (result.reason === 'stale') return fail('unavailable', 'This deployment has just changed; try again.', { retryAfterSeconds: 1 });
  if (result.reason === 'suspended') return SUSPENDED;
  const required = toCredits(result.requiredMicro);
  if (result.reason === 'balance') {
    const available = toCredits(result.availableMicro);
    return fail(
      'insufficient_credits',
      `${what} ${spoken(required)} credits; the account has ${spoken(available)} that are not held. Top up to go on.`,
      {
        details: { required, available },
      },
    );
  }
  const [limit, spent] = [toCredits(result.limitMicro), toCredits(result.spentMicro)];
  return fail(
    'spending_limit',
    `${what} ${spoken(required)} credits; their API key has spent ${spoken(spent)} of its ${spoken(limit)} credits a month. Raise its spending limit.`,
    { code: 'insufficient_quota', details: { limit, spent, required } },
  );
}

/** Sets aside the first hour of the workers that always run and one idle time of each of the others; refused where there is not enough. */
export async function commitToStart(deps: Pick<JobDeps, 'account'>, row: Deployment): Promise<Result<true>> {
  const terms = chargedTerms(row);
  const result = await commit(deps, row, { ...amountsToStart(terms), ...(terms.minWorkers > 0 && { limited: 'starts' }) });
  if (result.ok) return ok(true);
  const { error } = refused(result, 'The first hour of its workers that always run, and the wait of the others after a run, may cost');
  return { ok: false, error: { ...error, param: terms.minWorkers > 0 ? 'minWorkers' : 'idleTimeout' } };
}

/** The same before a run begins, which may leave a worker idling. */
export async function commitToRun(deps: Pick<JobDeps, 'account' | 'db' | 'now'>, known: Deployment): Promise<Result<true>> {
  let row: Deployment | undefined = known;
  let result: CommitResult = { ok: false, reason: 'stale' };
  for (let tries = TRIES; row && tries > 0; tries--, row = await rereadDeployment(deps, row)) {
    if (!isCharged(row)) return ok(true);
    result = await commit(deps, row, { ...amountsToKeep(row, await runsOf(deps, row, deps.now()), deps.now()), begins: true });
    if (result.ok) return ok(true);
    if (result.reason !== 'stale') break;
  }
  return row ? refused(result, 'The wait of its worker after this run, and what its workers come to beside it, may cost') : gone();
}

/** Renews what is set aside by what is known of the runs. What the account cannot pay is the reason to stop the workers. */
export async function commitToKeep(
  deps: Pick<JobDeps, 'account' | 'now'>,
  row: Deployment,
  runs: readonly Run[],
): Promise<'balance' | 'spending_limit' | 'suspended' | undefined> {
  const amounts = amountsToKeep(row, runs, deps.now());
  const result = await commit(deps, row, { ...amounts, ...(chargedTerms(row).minWorkers > 0 && { limited: 'keeps' }) });
  return result.ok || result.reason === 'stale' ? undefined : result.reason;
}

/** Sets the money free: the deployment costs nothing any more. */
export async function release(deps: Pick<JobDeps, 'account'>, row: Deployment): Promise<void> {
  if (row.test) return;
  const none = { wantedMicro: 0, leastMicro: 0, waits: { known: 0, most: 0, eachMicro: 0 } };
  await commit(deps, { ...row, version: Number.MAX_SAFE_INTEGER }, none);
}
