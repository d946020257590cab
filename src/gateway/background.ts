/** Hands an answer that its provider goes on working on to the queue that looks after such answers. */
import type { BackgroundMessage, CloseRequest } from '../account/types';
import type { MicroCredits } from '../core/money';
import type { Attempt } from './failover';
import { detailOf, type Run } from './run';
import { noteOf, storedAs } from './stored-answer';
import { askKeeper } from './stored-request';

/** Long enough for the queue to take over, and for many looks after that. */
const LEASE_MS = 900_000;

/**
 * Leaves the call and its hold open until the answer is there.
 *
 * @param heardMicro What the client was already sent of it; that is charged whatever becomes of the rest.
 */
export async function handOver(
  run: Run,
  { target, keyIndex }: Pick<Attempt, 'target' | 'keyIndex'>,
  storedId: string,
  idempotency?: CloseRequest['idempotency'],
  heardMicro: MicroCredits = 0,
): Promise<void> {
  const provider = target.provider.spec.id;
  const { deps, accountId, holdId, plan, keyMode, startedAtMs } = run;
  // Whoever finishes the call charges it by its receipt, so until then the receipt has the whole price, not only what
  // was used.
  const detail = { ...detailOf(run, 'background', undefined), price: plan.price, provider, ...storedAs(run, keyIndex, storedId) };
  const message: BackgroundMessage = {
    accountId,
    holdId,
    provider,
    storedId,
    price: plan.price,
    estimatedInputTokens: run.call.estimatedInputTokens,
    ...(heardMicro > 0 && { heardMicro }),
    free: keyMode === 'test',
    startedAtMs,
    detail,
    ...(idempotency && { idempotency }),
  };
  run.handedOver = true;
  // Should the hold expire meanwhile, the charge makes up for it later. An answer that nobody looks after is never
  // charged.
  const beat = {
    holdId,
    checkpointMicro: heardMicro,
    startsOver: true,
    leaseMs: LEASE_MS,
    note: noteOf(message),
    // A client that lost the answer and repeats the call gets the work's id, while the work goes on.
    ...(idempotency?.stored && { answeredKeyHash: idempotency.keyHash }),
  };
  await insist('hold not renewed', () => deps.account(accountId).beat(beat));
  await insist('answer not looked after', () => deps.background.send(message, { delaySeconds: 1 }));
}

/** Tries twice and then gives up: the client has its answer in any case. */
async function insist(failure: string, work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 2; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      console.error(failure, String(error));
    }
  }
}

/** Asks the provider to stop. Whether it did shows at the next look at the answer. */
export async function cancelStored({ deps }: Pick<Run, 'deps'>, { target }: Pick<Attempt, 'target'>, storedId: string): Promise<void> {
  try {
    const answer = await askKeeper(deps, target.provider, target.wire, storedId, { method: 'POST', suffix: '/cancel' });
    if (answer !== 'unreachable') await answer?.body?.cancel();
  } catch (error) {
    console.error('answer not canceled', String(error));
  }
}
