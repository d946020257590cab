/** Hands an answer that its upstream goes on working on over to the queue that looks after such answers. */
import type { BackgroundMessage, CloseRequest } from '../account/types';
import type { MicroCredits } from '../core/money';
import type { Attempt } from './failover';
import { detailOf, type Run } from './run';
import { noteOf, storedAs } from './stored-answer';
import { askKeeper } from './stored-request';

/** Long enough for the queue to take over, and for many looks after that. */
const LEASE_MS = 900_000;

/**
 * The call stays open, and its hold with it, until the answer is there.
 *
 * @param heardMicro What the client has had of it already, which is charged whatever becomes of the rest.
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
  // By the receipt anybody may charge what the answer turns out to have used, so it has the whole price until then.
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
  // A hold that runs out meanwhile is made up for when the answer is charged; an answer nobody looks after never is.
  const beat = {
    holdId,
    checkpointMicro: heardMicro,
    startsOver: true,
    leaseMs: LEASE_MS,
    note: noteOf(message),
    // Who lost the answer learns by the same key what the work is called, while it goes on.
    ...(idempotency?.stored && { answeredKeyHash: idempotency.keyHash }),
  };
  await insist('hold not renewed', () => deps.account(accountId).beat(beat));
  await insist('answer not looked after', () => deps.background.send(message, { delaySeconds: 1 }));
}

/** Once more where it fails; its client has its answer all the same. */
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

/** Tells the provider to work on it no more; whether it listened is what the next look says. */
export async function cancelStored({ deps }: Pick<Run, 'deps'>, { target }: Pick<Attempt, 'target'>, storedId: string): Promise<void> {
  try {
    const answer = await askKeeper(deps, target.provider, target.wire, storedId, { method: 'POST', suffix: '/cancel' });
    if (answer !== 'unreachable') await answer?.body?.cancel();
  } catch (error) {
    console.error('answer not canceled', String(error));
  }
}
