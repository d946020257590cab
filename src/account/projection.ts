import type { AccountStore, OperationRow } from './store';
import type { LedgerMessage, Operation, OutboxEntity } from './types';

export interface Unconfirmed {
  closeSeq: number;
  month: number;
  seq: number;
}

/** A queue message may have 128 kB; this leaves room for its envelope. */
const MAX_MESSAGE_BYTES = 100_000;
const MAX_ROWS = 100;

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/** What the account alone needs stays here. */
function publicOperation({
  nonce: _nonce,
  epoch: _epoch,
  month: _month,
  checkpointMicro: _checkpoint,
  exposureMicro: _exposure,
  ...operation
}: OperationRow): Operation {
  return operation;
}

/** Cuts entities and closed operations into queue messages; each says which closes it carries. */
export function* ledgerMessages(
  store: AccountStore,
  accountId: string,
  lines: readonly Unconfirmed[],
  pending: readonly OutboxEntity[],
): Generator<{ message: LedgerMessage; closeSeqs: number[] }> {
  let operations: Operation[] = [];
  let entities: OutboxEntity[] = [];
  let size = 0;
  const cut = () => {
    const message: LedgerMessage = { accountId, operations, entities };
    const closeSeqs = operations.map(({ closeSeq }) => closeSeq!);
    operations = [];
    entities = [];
    size = 0;
    return { message, closeSeqs };
  };
  const isFull = (bytes: number): boolean => size > 0 && (operations.length >= MAX_ROWS || size + bytes > MAX_MESSAGE_BYTES);
  for (const entity of pending) {
    const bytes = bytesOf(entity);
    if (isFull(bytes)) yield cut();
    entities.push(entity);
    size += bytes;
  }
  for (const { month, seq } of lines) {
    const found = store.findOperation(month, seq);
    if (!found) continue;
    const operation = publicOperation(found);
    const bytes = bytesOf(operation);
    if (isFull(bytes)) yield cut();
    operations.push(operation);
    size += bytes;
  }
  if (size > 0) yield cut();
}
