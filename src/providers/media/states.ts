/** What vendors' words for job states mean. */
export type VendorState = 'running' | 'succeeded' | 'failed' | 'canceled';

const WORDS: readonly (readonly [VendorState, string])[] = [
  ['running', 'created accepted submitted scheduled queued queueing in_queue pending waiting starting started preparing'],
  ['running', 'processing running in_progress generating finalizing retrying'],
  ['succeeded', 'completed complete succeeded succeed success successful done finished ready ok'],
  ['failed', 'failed failure fail error errored rejected aborted timeout timed_out expired terminated'],
  ['canceled', 'canceled cancelled revoked'],
];

const STATES = new Map(WORDS.flatMap(([state, words]) => words.split(' ').map((word) => [word, state] as const)));

/** Ignores case, spaces, dashes and underscores. Undefined for an unknown word, which says nothing about the job. */
export const stateOf = (word: unknown): VendorState | undefined =>
  typeof word === 'string'
    ? STATES.get(
        word
          .trim()
          .toLowerCase()
          .replace(/[\s-]+/g, '_'),
      )
    : undefined;
