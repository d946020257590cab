/** Hands an answer that its upstream goes on working on over to the queue that looks after such answers. */
import type { BackgroundMessage, CloseRequest } from '../account/types';
import type { Attempt } from './failover';
import { detailOf, type Run } from './run';
import { storedAs } from './stored-answer';

/** Long enough for the queue to take over, and for many looks after that. */
const LEASE_MS = 900_000;

/** The call stays open, and its hold with it, until the answer is there. */
export async function handOver(
  run: Run,
  { target, keyIndex }: Pick<Attempt, 'target' | 'keyIndex'>,
  storedId: string,
  idempotency?: CloseRequest['idempotency'],
): Promise<void> {
  const provider = target.provider.spec.id;
  const { deps, accountId, holdId, plan, keyMode, startedAtMs } = run;
  const detail = { ...detailOf(run, 'background', undefined), provider, ...storedAs(run, keyIndex, storedId) };
  const message: BackgroundMessage = {
    accountId,
    holdId,
    provider,
    storedId,
    price: plan.price,
    estimatedInputTokens: run.call.estimatedInputTokens,
    free: keyMode === 'test',
    startedAtMs,
    detail,
    ...(idempotency && { idempotency }),
  };
  // A hold that runs out meanwhile is made up for when the answer is charged; an answer nobody looks after never is.
  await insist('hold not renewed', () => deps.account(accountId).beat({ holdId, checkpointMicro: 0, leaseMs: LEASE_MS, note: detail }));
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
