import type { ConversationChange } from '../account/rate-windows';
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, type GatewayError } from '../core/errors';
import type { GatewayDeps } from './deps';

interface KeyUse {
  origin: string | null;
  ip: string | null;
  tokenCountsAtMost?: number;
  conversationChange?: ConversationChange;
}

/** Why a key may not be used from where the request comes; null where it may. For requests that hold nothing. */
export async function authorizeKey(
  { account }: Pick<GatewayDeps, 'account'>,
  { accountId, keyId, secretHash }: ApiKey,
  { origin, ip, tokenCountsAtMost, conversationChange }: KeyUse,
): Promise<GatewayError | null> {
  try {
    return await account(accountId).authorize({
      keyId,
      secretHash,
      origin,
      ip,
      ...(tokenCountsAtMost !== undefined && { tokenCountsAtMost }),
      ...(conversationChange && { conversationChange }),
    });
  } catch (error) {
    console.error('key not checked', String(error));
    return accountUnreachable().error;
  }
}

/** Why none of the keys that were sent may be used; undefined as soon as one may. */
export async function refuseKeys(
  deps: Pick<GatewayDeps, 'account'>,
  keys: readonly ApiKey[],
  from: { origin: string | null; ip: string | null },
): Promise<GatewayError | undefined> {
  let refused: GatewayError | null = null;
  for (const key of keys) {
    refused = await authorizeKey(deps, key, from);
    if (!refused) return undefined;
  }
  return refused ?? undefined;
}
