import type { GatewayError } from '../core/errors';
import { isPassing, toldOf } from '../core/passing';
import { type AppContext, requestIdOf } from './context';

/** A failure that nobody expected: the reason goes to the log, the client is told only what to do. */
export function noteFailure(error: Error, c: AppContext, words: string): GatewayError {
  const reason = { requestId: requestIdOf(c), path: c.req.path, error: error.message, stack: error.stack };
  console.error(isPassing(error) ? 'storage not reached' : words, JSON.stringify(reason));
  return toldOf(error, c.req.method);
}
