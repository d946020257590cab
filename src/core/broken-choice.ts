import { isRecord } from './record';

/** Beyond the format's own reasons: by these some upstreams say that a model broke off. */
const BROKEN_ENDS: readonly unknown[] = ['error', 'network_error'];

/** Has this choice of Chat Completions, of an answer or of a stream's chunk, come to nothing? */
export const isBrokenChoice = (choice: unknown): choice is Record<string, unknown> =>
  isRecord(choice) && (BROKEN_ENDS.includes(choice.finish_reason) || isRecord(choice.error));
