import type { Result } from '../../core/errors';
import type { VerbContext } from '../context';
import { type KeyView, revokeKey } from './internal';

/** From its next request on the key is refused. */
export const revokeApiKey = (context: VerbContext, id: string): Promise<Result<KeyView>> => revokeKey(context, context.accountId, id);
