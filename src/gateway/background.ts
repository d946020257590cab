/** Hands an answer that its upstream goes on working on over to the queue that looks after such answers. */
import type { BackgroundMessage, CloseRequest } from '../account/types';
import { detailOf, type Run } from './run';
import { storedAs } from './stored-answer';

/** Long enough for the queue to take over, and for many looks after that. */
const LEASE_MS = 900_000;

/** The call stays open, and its hold with it, until the answer is there. */
export async function handOver(run: Run, provider: string, storedId: string, idempotency?: CloseRequest['idempotency']): Promise<void> {
  const { deps, accountId, holdId, plan, keyMode, startedAtMs } = run;
  const detail = { ...detailOf(run, 'background', undefined), provider, ...storedAs(storedId) };
  const message: BackgroundMessage = {
    accountId,
    holdId,
    provider,
    storedId,
    price: plan.price,
    free: keyMode === 'test',
    startedAtMs,
    detail,
    ...(idempotency && { idempotency }),
  };
  await deps.account(accountId).beat({ holdId, checkpointMicro: 0, leaseMs: LEASE_MS, note: detail });
  await deps.background.send(message, { delaySeconds: 1 });
}
