import { fail, ok, type Result } from '../core/errors';
import { sha256Hex } from '../core/hex';
import type { IdempotencyHashes } from '../core/idempotency';

const MAX_KEY_CHARS = 255;

/** Hashes the idempotency key and the request that came with it; undefined without a key. See `idempotencyIn`. */
export async function idempotencyOf(key: string | null, endpoint: string, body: string): Promise<Result<IdempotencyHashes | undefined>> {
  if (key === null) return ok(undefined);
  if (key === '' || key.length > MAX_KEY_CHARS)
    return fail('invalid_request', `The Idempotency-Key header must have 1 to ${MAX_KEY_CHARS} characters.`, { param: 'Idempotency-Key' });
  return ok({ keyHash: await sha256Hex(key), bodyHash: await sha256Hex(`${endpoint}\n${body}`) });
}
