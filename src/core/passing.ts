/**
 * Failures of the platform that are over by themselves: an object, or the one that D1 is, is moved, gets new code with a
 * deploy, or has too much to do.
 * https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 * https://developers.cloudflare.com/d1/observability/debug-d1/#error-list
 */
import { fail, type GatewayError, internalError } from './errors';

const SAID_BY_D1 = /network connection lost|caused object to be reset|reset because its code was updated|transient issue|overloaded/i;
const TOO_MUCH_TO_DO = /overloaded/i;

const MOVED_SECONDS = 2;
const OVERLOADED_SECONDS = 10;

type Thrown = Error & { retryable?: unknown; overloaded?: unknown };

export const isPassing = ({ message, retryable, overloaded }: Thrown): boolean =>
  retryable === true || overloaded === true || SAID_BY_D1.test(message);

/** What whoever asked is told of a failure that nobody expected. Whether a change was made nobody knows. */
export function toldOf(error: Thrown, method: string): GatewayError {
  if (!isPassing(error)) return internalError().error;
  const isOverloaded = error.overloaded === true || TOO_MUCH_TO_DO.test(error.message);
  const isRead = method === 'GET' || method === 'HEAD';
  const again = isRead ? 'try again in a moment.' : 'look whether it was done, else try again in a moment.';
  return fail('unavailable', `The gateway could not reach its storage just now: ${again}`, {
    retryAfterSeconds: isOverloaded ? OVERLOADED_SECONDS : MOVED_SECONDS,
  }).error;
}
