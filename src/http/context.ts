import type { Context } from 'hono';
import { newNonce, requestId } from '../core/ids';
import type { Bindings } from '../env';
import type { GatewayDeps } from '../gateway/deps';

export interface Variables {
  /** Of a request that never held anything; one that did is named by its hold. */
  requestId: string;
  gateway: GatewayDeps;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: Variables;
}

export type AppContext = Context<AppEnv>;

export const freshRequestId = (): string => requestId(newNonce());
