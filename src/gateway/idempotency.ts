import { fail, ok, type Result } from '../core/errors';
import type { IdempotencyHashes } from '../core/idempotency';

const MAX_KEY_CHARS = 255;
const encoder = new TextEncoder();

async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Hashes of the idempotency key and of what it was sent with; undefined without one. See `idempotencyIn`. */
export async function idempotencyOf(key: string | null, endpoint: string, body: string): Promise<Result<IdempotencyHashes | undefined>> {
  if (key === null) return ok(undefined);
  if (key === '' || key.length > MAX_KEY_CHARS)
    return fail('invalid_request', `The Idempotency-Key header must have 1 to ${MAX_KEY_CHARS} characters.`, { param: 'Idempotency-Key' });
  return ok({ keyHash: await sha256(key), bodyHash: await sha256(`${endpoint}\n${body}`) });
}
