/** What a vendor's word for a job's state means. */
export type VendorState = 'running' | 'succeeded' | 'failed' | 'canceled';

const WORDS: Readonly<Record<VendorState, readonly string[]>> = {
  running: [
    'created',
    'accepted',
    'submitted',
    'scheduled',
    'queued',
    'queueing',
    'in_queue',
    'pending',
    'waiting',
    'starting',
    'started',
    'preparing',
    'processing',
    'running',
    'in_progress',
    'generating',
    'finalizing',
    'retrying',
  ],
  succeeded: ['completed', 'complete', 'succeeded', 'succeed', 'success', 'successful', 'done', 'finished', 'ready', 'ok'],
  failed: ['failed', 'failure', 'fail', 'error', 'errored', 'rejected', 'aborted', 'timeout', 'timed_out', 'expired', 'terminated'],
  canceled: ['canceled', 'cancelled', 'revoked'],
};

const STATES = new Map(Object.entries(WORDS).flatMap(([state, words]) => words.map((word) => [word, state as VendorState] as const)));

/** In any letter case, with spaces, dashes or underscores. Undefined for a word never heard of, which says nothing. */
export const stateOf = (word: unknown): VendorState | undefined =>
  typeof word === 'string'
    ? STATES.get(
        word
          .trim()
          .toLowerCase()
          .replace(/[\s-]+/g, '_'),
      )
    : undefined;
