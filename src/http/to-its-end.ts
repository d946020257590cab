import type { AppContext } from './context';

/**
 * What a request changes is done to its end, whether its client hears of it or not: the platform ends the work of one that
 * hangs up wherever that is, and with it the trip to an account on which others' calls may be.
 */
export function toItsEnd<Value>({ executionCtx }: Pick<AppContext, 'executionCtx'>, work: Promise<Value>): Promise<Value> {
  // Who waits for it is told of its failure.
  executionCtx.waitUntil(work.catch(() => undefined));
  return work;
}

/** The same of all that a handler does. */
export const whole =
  (handler: (c: AppContext) => Response | Promise<Response>) =>
  (c: AppContext): Promise<Response> =>
    toItsEnd(c, Promise.resolve(handler(c)));
