import type { KeyMode } from './api-key';

/** What an Idempotency-Key, and what was sent with it, are told apart by. */
export interface IdempotencyHashes {
  keyHash: string;
  bodyHash: string;
}

/** Test keys have theirs apart: what the sandbox answered is no answer to a live call. */
export const idempotencyIn = (mode: KeyMode, hashes: IdempotencyHashes | undefined): IdempotencyHashes | undefined =>
  hashes && mode === 'test' ? { ...hashes, keyHash: `test-${hashes.keyHash}` } : hashes;

/** The path counts as the body does. */
export const OTHER_REQUEST = 'This Idempotency-Key was used before with another request body, or at another path.';
