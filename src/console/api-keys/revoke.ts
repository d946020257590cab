import { ok, type Result } from '../../core/errors';
import type { VerbContext } from '../context';
import { type KeyView, refuseLimited, revokeKey } from './internal';

/** From its next request on the key is refused. */
export async function revokeApiKey(context: VerbContext, id: string): Promise<Result<KeyView>> {
  const unlimited = id === context.actor.id ? ok(null) : await refuseLimited(context);
  return unlimited.ok ? revokeKey(context, context.accountId, id) : unlimited;
}
