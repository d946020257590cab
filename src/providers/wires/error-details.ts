/** Google's details of an error, in either of its formats: https://cloud.google.com/apis/design/errors#error_details */
import { isRecord } from '../../core/record';

/** The entry of an error's `details` with this `@type`. */
export function detailOf(json: unknown, type: string): Record<string, unknown> | undefined {
  const body: unknown = Array.isArray(json) ? json[0] : json;
  const details = isRecord(body) && isRecord(body.error) ? body.error.details : undefined;
  if (!Array.isArray(details)) return undefined;
  return details.filter(isRecord).find((detail) => detail['@type'] === `type.googleapis.com/google.rpc.${type}`);
}

/** How long to wait, which no header says: https://github.com/BerriAI/litellm/issues/25507 */
export function askedWait(json: unknown): { retryAfterMs?: number } {
  const [, seconds] = /^(\d{1,6}(?:\.\d+)?)s$/.exec(String(detailOf(json, 'RetryInfo')?.retryDelay)) ?? [];
  return seconds === undefined ? {} : { retryAfterMs: Math.ceil(Number(seconds) * 1_000) };
}
