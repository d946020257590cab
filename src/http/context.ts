import type { Context } from 'hono';
import { newNonce, requestId } from '../core/ids';
import type { Bindings } from '../env';
import type { GatewayDeps } from '../gateway/deps';

export interface Variables {
  /** Set when first asked for; see `requestIdOf`. */
  requestId: string | undefined;
  gateway: GatewayDeps;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: Variables;
}

export type AppContext = Context<AppEnv>;

/** The id of a request that never held anything; one that did is named by its hold, so most need none of these. */
export function requestIdOf(c: AppContext): string {
  const known = c.get('requestId');
  if (known !== undefined) return known;
  const fresh = requestId(newNonce());
  c.set('requestId', fresh);
  return fresh;
}
