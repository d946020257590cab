/** Hands an answer that its provider goes on working on to the queue that looks after such answers. */
import type { BackgroundMessage, CloseRequest } from '../account/types';
import type { MicroCredits } from '../core/money';
import type { Attempt } from './failover';
import { beat, detailOf, type Run } from './run';
import { noteOf, storedAs } from './stored-answer';
import { askKeeper } from './stored-request';

/** Long enough for the queue to take over, and for many looks after that. */
const LEASE_MS = 900_000;

/** All that is needed to look after an answer and charge it when it is over. */
function messageOf(
  run: Run,
  { target, keyIndex }: Pick<Attempt, 'target' | 'keyIndex'>,
  storedId: string,
  idempotency: CloseRequest['idempotency'],
  heardMicro: MicroCredits,
): BackgroundMessage {
  const provider = target.provider.spec.id;
  const { accountId, holdId, plan, keyMode, startedAtMs } = run;
  return {
    accountId,
    holdId,
    provider,
    storedId,
    price: plan.price,
    estimatedInputTokens: run.call.estimatedInputTokens,
    ...(heardMicro > 0 && { heardMicro }),
    free: keyMode === 'test',
    startedAtMs,
    // Whoever finishes the call charges it by its receipt, so until then the receipt has the whole price, not only what
    // was used.
    detail: { ...detailOf(run, 'background', undefined), price: plan.price, provider, ...storedAs(run, keyIndex, storedId) },
    ...(idempotency && { idempotency }),
  };
}

/** A stream's own answer is not kept for its idempotency key unless the stream gets to its end. */
const keyOf = ({ idempotencyKeyHash: keyHash }: Run): CloseRequest['idempotency'] =>
  keyHash === undefined ? undefined : { keyHash, stored: false };

/**
 * Says on the receipt whose answer a stream passes on. Its client may ask for it by its id meanwhile, and should this
 * Worker die, the account has the answer looked after when the lease is over.
 */
export function noteStream(run: Run, attempt: Pick<Attempt, 'target' | 'keyIndex'>, storedId: string, heardMicro: MicroCredits): void {
  beat(run, heardMicro, noteOf(messageOf(run, attempt, storedId, keyOf(run), heardMicro)));
}

/** Leaves a stream's answer to the queue. */
export const handOverStream = (
  run: Run,
  attempt: Pick<Attempt, 'target' | 'keyIndex'>,
  storedId: string,
  heardMicro: MicroCredits,
): Promise<void> => handOver(run, attempt, storedId, keyOf(run), heardMicro);

/**
 * Leaves the call and its hold open until the answer is there.
 *
 * @param heardMicro What the client was already sent of it; that is charged whatever becomes of the rest.
 */
export async function handOver(
  run: Run,
  attempt: Pick<Attempt, 'target' | 'keyIndex'>,
  storedId: string,
  idempotency?: CloseRequest['idempotency'],
  heardMicro: MicroCredits = 0,
): Promise<void> {
  const { deps, accountId, holdId } = run;
  const message = messageOf(run, attempt, storedId, idempotency, heardMicro);
  run.handedOver = true;
  // Should the hold expire meanwhile, the charge makes up for it later. An answer that nobody looks after is never
  // charged.
  const lastBeat = {
    holdId,
    checkpointMicro: heardMicro,
    startsOver: true,
    leaseMs: LEASE_MS,
    note: noteOf(message),
    // A client that lost the answer and repeats the call gets the work's id, while the work goes on.
    ...(idempotency?.stored && { answeredKeyHash: idempotency.keyHash }),
  };
  await insist('hold not renewed', () => deps.account(accountId).beat(lastBeat));
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
