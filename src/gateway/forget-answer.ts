import { fail, ok, type Result } from '../core/errors';
import { parseOperationId } from '../core/ids';
import { keptAnswerKey, keptAnswerKeys } from '../core/kept-answers';
import type { GatewayDeps } from './deps';

type Deps = Pick<GatewayDeps, 'account' | 'files' | 'now'>;

/** Items are written in the background when their answer ends, and a fast client may delete it before that. */
const LOOKS_AFTER_MS = [0, 300, 1_000] as const;
const WRITTEN_WITHIN_MS = 10_000;

/** Deletes what the gateway itself keeps of an answer: for an idempotency key, and for calls that name its items. Was there any? */
export async function forgetAnswer(deps: Deps, accountId: string, requestId: string, isOwned: boolean): Promise<Result<boolean>> {
  const { files } = deps;
  const keys = keptAnswerKeys(accountId, requestId);
  try {
    // Of an answer that a provider keeps no items are.
    if (!isOwned && (await hasJustEnded(deps, accountId, requestId))) await itemsWritten(deps, accountId, requestId);
    const found = await Promise.all(keys.map((key) => files.head(key)));
    const isThere = found.some(Boolean);
    if (isThere) await files.delete(keys);
    return ok(isThere);
  } catch (error) {
    console.error('kept answer not deleted', String(error));
    return fail('unavailable', 'What is kept of this answer could not be deleted; try again.', { retryAfterSeconds: 2 });
  }
}

async function hasJustEnded({ account, now }: Deps, accountId: string, requestId: string): Promise<boolean> {
  const ref = parseOperationId(requestId);
  const operation = ref && (await account(accountId).operation(ref.month, ref.seq));
  return operation?.id === requestId && now() - (operation.closedAtMs ?? 0) < WRITTEN_WITHIN_MS;
}

/** Waits no longer than a write takes: many answers have no items that are kept. */
async function itemsWritten({ files }: Deps, accountId: string, requestId: string): Promise<void> {
  const key = keptAnswerKey('items', accountId, requestId)!;
  for (const afterMs of LOOKS_AFTER_MS) {
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (await files.head(key)) return;
  }
}
