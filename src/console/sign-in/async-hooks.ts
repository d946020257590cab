/**
 * In place of better-auth's own module, by scripts/lib/build-worker.mjs. Its one imports dynamically and keeps the
 * promise for all requests: where the request that began it ends first, workerd never settles it, and every sign-in of
 * the isolate waits for good.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export const getAsyncLocalStorage = async (): Promise<typeof AsyncLocalStorage> => AsyncLocalStorage;
