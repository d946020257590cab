import type { Result } from '../../core/errors';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';
import { type KeyView, revokeKey } from './internal';

/** From its next request on the key is refused, whether or not the note of it could be written yet. */
export async function revokeApiKey(context: VerbContext, id: string): Promise<Result<KeyView>> {
  const revoked = await revokeKey(context, context.accountId, id);
  if (revoked.ok) await commit(context, { action: 'api_key.revoke', target: id });
  return revoked;
}
