import { fail, ok, type Result } from '../core/errors';
import { keptAnswerKeys } from '../core/kept-answers';
import type { GatewayDeps } from './deps';

/** Deletes what the gateway itself keeps of an answer: for an idempotency key, and for calls that name its items. Was there any? */
export async function forgetAnswer({ files }: Pick<GatewayDeps, 'files'>, accountId: string, requestId: string): Promise<Result<boolean>> {
  const keys = keptAnswerKeys(accountId, requestId);
  try {
    const found = await Promise.all(keys.map((key) => files.head(key)));
    const isThere = found.some(Boolean);
    if (isThere) await files.delete(keys);
    return ok(isThere);
  } catch (error) {
    console.error('kept answer not deleted', String(error));
    return fail('unavailable', 'What is kept of this answer could not be deleted; try again.', { retryAfterSeconds: 2 });
  }
}
