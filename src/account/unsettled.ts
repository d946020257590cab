import { within } from '../core/within';
import type { Ledger } from './ledger';
import type { BackgroundMessage, BeatRequest, Operation } from './types';

/** Each look renews the lease, and the longest pause between two is a minute. */
const LEASE_MS = 15 * 60_000;
/** A message that the queue did not take is sent again after this. */
const AGAIN_AFTER_MS = 60_000;
const PATIENCE_MS = 30_000;

/** By which an answer in the background is looked after, made of its receipt; undefined of any other call. */
export function unsettledOf(
  accountId: string,
  { id, test, openedAtMs, detail }: Pick<Operation, 'id' | 'test' | 'openedAtMs' | 'detail'>,
): BackgroundMessage | undefined {
  // Still set on a receipt whose hold expired, since that can be made up for.
  if (detail.ending !== 'background') return undefined;
  const { background, ...known } = detail;
  const { provider, storedId, price } = known as Pick<BackgroundMessage, 'provider' | 'storedId' | 'price'>;
  const kept = { estimatedInputTokens: 0, ...(background as Pick<BackgroundMessage, 'heardMicro' | 'idempotency'> | undefined) };
  return { accountId, holdId: id, provider, storedId, price, free: test, startedAtMs: openedAtMs, detail: known, ...kept };
}

/**
 * An answer in the background that is looked after has its lease renewed, so the message of an overdue one was lost: it is
 * sent again, however often it is lost, and the hold stays until the answer is over. Gives the leases for which that holds.
 */
export function haveLookedAfter(
  queue: Pick<Queue<BackgroundMessage>, 'send'>,
  ledger: Pick<Ledger, 'overdue' | 'row'>,
  nowMs: number,
): Promise<BeatRequest[]> {
  const messages = ledger.overdue(nowMs).flatMap((operation) => unsettledOf(ledger.row.profile.id, operation) ?? []);
  return Promise.all(
    messages.map(async (message) => {
      const { holdId, heardMicro = 0 } = message;
      const leaseMs = (await isSent(queue, message)) ? LEASE_MS : AGAIN_AFTER_MS;
      return { holdId, checkpointMicro: heardMicro, leaseMs };
    }),
  );
}

async function isSent(queue: Pick<Queue<BackgroundMessage>, 'send'>, message: BackgroundMessage): Promise<boolean> {
  try {
    if (
      await within(
        queue.send(message).then(() => true),
        PATIENCE_MS,
      )
    )
      return true;
    throw new Error('the queue does not answer');
  } catch (error) {
    console.error('answer not looked after', JSON.stringify({ holdId: message.holdId, error: String(error) }));
    return false;
  }
}
