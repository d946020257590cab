import { isRecord, parseJson } from './record.js';

const FIRST_MS = 500;
const LONGEST_MS = 8_000;
/** A longer wait is not worth the silence; the error is thrown instead. */
const LONGEST_ASKED_MS = 60_000;

/** May a retry succeed? The gateway says so where the status alone does not. */
export function mayRetry({ status, headers }: Response): boolean {
  const advice = headers.get('x-should-retry');
  if (advice === 'true') return true;
  if (advice === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500 || headers.has('retry-after');
}

/** How long the server asks to wait; undefined when it does not say. */
function askedMs(headers: Headers | undefined): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') || Number.NaN);
  if (exact >= 0) return exact;
  const after = headers?.get('retry-after');
  if (!after) return undefined;
  const ms = Number.isNaN(Number(after)) ? Date.parse(after) - Date.now() : Number(after) * 1_000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/**
 * How long to wait before a try (counted from 1): doubling, minus up to a quarter at random, so that clients that
 * failed together do not return together. Undefined when the server asks for too long a wait.
 */
export function delayMs(attempt: number, headers?: Headers): number | undefined {
  const asked = askedMs(headers);
  if (asked !== undefined) return asked > LONGEST_ASKED_MS ? undefined : asked;
  return Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS) * (1 - Math.random() / 4);
}

/** Is an earlier try of this call, whose answer was lost, still under way? Then its answer is worth waiting for. */
export function isTwin(status: number, body: string): boolean {
  if (status !== 409) return false;
  const json = parseJson(body);
  return isRecord(json) && isRecord(json.error) && json.error.type === 'idempotency_error';
}
