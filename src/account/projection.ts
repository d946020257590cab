import type { AccountStore, OperationRow } from './store';
import type { LedgerMessage, Operation, OutboxEntity } from './types';

export interface Unconfirmed {
  closeSeq: number;
  month: number;
  seq: number;
}

/** A queue message may have 128 kB; this leaves room for its envelope. */
const MAX_MESSAGE_CHARS = 100_000;
const MAX_ROWS = 100;

/** What the account alone needs stays here. */
function publicOperation({
  nonce: _nonce,
  epoch: _epoch,
  month: _month,
  checkpointMicro: _checkpoint,
  ...operation
}: OperationRow): Operation {
  return operation;
}

/** Cuts closed operations and entities into queue messages; each says which closes it carries. */
export function* ledgerMessages(
  store: AccountStore,
  accountId: string,
  lines: readonly Unconfirmed[],
  entities: OutboxEntity[],
): Generator<{ message: LedgerMessage; closeSeqs: number[] }> {
  let operations: Operation[] = [];
  let size = 0;
  let rest = entities;
  const cut = () => {
    const message: LedgerMessage = { accountId, operations, entities: rest };
    const closeSeqs = operations.map(({ closeSeq }) => closeSeq!);
    operations = [];
    rest = [];
    size = 0;
    return { message, closeSeqs };
  };
  for (const { month, seq } of lines) {
    const found = store.findOperation(month, seq);
    if (!found) continue;
    const operation = publicOperation(found);
    const chars = JSON.stringify(operation).length;
    if (operations.length > 0 && (operations.length >= MAX_ROWS || size + chars > MAX_MESSAGE_CHARS)) yield cut();
    operations.push(operation);
    size += chars;
  }
  if (operations.length > 0 || rest.length > 0) yield cut();
}
