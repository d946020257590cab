import { isRecord } from './record';

/** Beyond the format's own finish reasons: with these some upstreams say that a model broke off. */
const BROKEN_ENDS: readonly unknown[] = ['error', 'network_error'];

/** Did this choice of a Chat Completions answer, or of a chunk, fail? */
export const isBrokenChoice = (choice: unknown): choice is Record<string, unknown> =>
  isRecord(choice) && (BROKEN_ENDS.includes(choice.finish_reason) || isRecord(choice.error));
