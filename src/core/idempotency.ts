import type { KeyMode } from './api-key';
import { DAY_MS } from './time';

/** How long a request is known again by its key. */
export const IDEMPOTENCY_KEEP_MS = DAY_MS;

/** By these a repeated request is recognised, and told apart from another one under the same key. */
export interface IdempotencyHashes {
  keyHash: string;
  bodyHash: string;
}

/** Test keys have idempotency keys of their own: an answer of the sandbox must not be replayed to a live call. */
export const idempotencyIn = (mode: KeyMode, hashes: IdempotencyHashes | undefined): IdempotencyHashes | undefined =>
  hashes && mode === 'test' ? { ...hashes, keyHash: `test-${hashes.keyHash}` } : hashes;

/** The path counts as the body does. */
export const OTHER_REQUEST = 'This Idempotency-Key was used before with another request body, or at another path.';
