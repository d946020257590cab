import type { Context } from 'hono';
import { newNonce, requestId } from '../core/ids';
import type { Bindings } from '../env';
import type { GatewayDeps } from '../gateway/deps';
import type { AskedCall } from '../gateway/note-refused';

interface Variables {
  /** Made on first use; see `requestIdOf`. */
  requestId: string | undefined;
  gateway: GatewayDeps;
  /** What is counted as refused with the error that the request gets. */
  asked: AskedCall | undefined;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: Variables;
}

export type AppContext = Context<AppEnv>;

/** The id of a request without a hold, made on first use. A request with a hold is named by it and needs none of these. */
export function requestIdOf(c: AppContext): string {
  const known = c.get('requestId');
  if (known !== undefined) return known;
  const fresh = requestId(newNonce());
  c.set('requestId', fresh);
  return fresh;
}
