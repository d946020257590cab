/**
 * Where R2 keeps whole answers: for idempotency keys, and for calls that name items of an earlier answer. By the month that
 * the operation's id tells, so that what is over can be found by its path.
 */
import { parseOperationId } from './ids';

const KINDS = ['replays', 'items'] as const;

export const KEPT_ANSWERS = KINDS.map((kind) => `${kind}/`);

/** Undefined where the id is none of an operation: nothing is kept of it. */
export function keptAnswerKey(kind: (typeof KINDS)[number], accountId: string, operationId: string): string | undefined {
  const ref = parseOperationId(operationId);
  return ref && `${kind}/${ref.month}/${accountId}/${operationId}`;
}

/** The month in the key of a kept answer, such as 202611. */
export const monthOfKept = (key: string): number => Number(key.split('/')[1]);
