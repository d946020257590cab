/**
 * Replaces a module of better-auth in the build (scripts/lib/build-worker.mjs). The original imports dynamically and
 * keeps the promise for all requests; if the request that began the import ends first, workerd never settles the
 * promise, and every later sign-in of the isolate hangs.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export const getAsyncLocalStorage = async (): Promise<typeof AsyncLocalStorage> => AsyncLocalStorage;
