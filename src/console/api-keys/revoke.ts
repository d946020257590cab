import { ok, type Result } from '../../core/errors';
import type { VerbContext } from '../context';
import { type KeyView, refuseLimited, revokeKey } from './internal';

/** The key is refused from its next request on. */
export async function revokeApiKey(context: VerbContext, id: string): Promise<Result<KeyView>> {
  const unlimited = id === context.actor.id ? ok(null) : await refuseLimited(context);
  return unlimited.ok ? revokeKey(context, context.accountId, id) : unlimited;
}
