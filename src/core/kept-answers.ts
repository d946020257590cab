/**
 * The R2 keys of whole answers, which are kept for idempotency keys and for calls that name items of an earlier answer.
 * The month of the operation is part of the key, so that old answers can be found by prefix.
 */
import { parseOperationId } from './ids';

const KINDS = ['replays', 'items'] as const;

export const KEPT_ANSWERS = KINDS.map((kind) => `${kind}/`);

/** Undefined where the id is no operation's, for which nothing is kept. */
export function keptAnswerKey(kind: (typeof KINDS)[number], accountId: string, operationId: string): string | undefined {
  const ref = parseOperationId(operationId);
  return ref && `${kind}/${ref.month}/${accountId}/${operationId}`;
}

/** All that may be kept of one operation. */
export const keptAnswerKeys = (accountId: string, operationId: string): string[] =>
  KINDS.map((kind) => keptAnswerKey(kind, accountId, operationId)).filter((key) => key !== undefined);

/** The month in such a key, for example 202611. */
export const monthOfKept = (key: string): number => Number(key.split('/')[1]);
