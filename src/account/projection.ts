import type { Closed, OperationTables } from './operation-tables';
import type { RefusalReport } from './refusals';
import type { AccountRow } from './store';
import type { LedgerMessage, OutboxEntity } from './types';

/** A queue message may have 128 kB; this leaves room for its envelope. */
const MAX_MESSAGE_BYTES = 100_000;
const MAX_ROWS = 100;

const encoder = new TextEncoder();
/** The size within a message, where a line is a string within JSON. */
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/** Cuts reports of refusals, entities and closed operations of this epoch into queue messages. */
export function* ledgerMessages(
  operations: Pick<OperationTables, 'lines'>,
  { profile, epoch }: Pick<AccountRow, 'profile' | 'epoch'>,
  due: readonly Closed[],
  pending: readonly OutboxEntity[],
  reports: readonly RefusalReport[] = [],
): Generator<LedgerMessage> {
  let size = 0;
  const begin = (): LedgerMessage => ({ accountId: profile.id, epoch, closeSeqs: [], lines: [], entities: [] });
  let message = begin();
  /** Ends the current message when one more piece would make it too large. */
  const cutBefore = (bytes: number): LedgerMessage[] => {
    const isFull = size > 0 && (message.lines.length >= MAX_ROWS || size + bytes > MAX_MESSAGE_BYTES);
    const cut = isFull ? [message] : [];
    if (isFull) [message, size] = [begin(), 0];
    size += bytes;
    return cut;
  };
  for (const report of reports) {
    yield* cutBefore(bytesOf(report));
    message.refusals = [...(message.refusals ?? []), report];
  }
  for (const entity of pending) {
    yield* cutBefore(bytesOf(entity));
    message.entities.push(entity);
  }
  for (const { month, seqs } of pages(due)) {
    for (const { closeSeq, line } of operations.lines(profile.id, month, seqs)) {
      yield* cutBefore(bytesOf(line));
      message.closeSeqs.push(closeSeq);
      message.lines.push(line);
    }
  }
  if (size > 0) yield message;
}

/** Groups closed operations by table, a page at a time. */
function pages(due: readonly Closed[]): { month: number; seqs: number[] }[] {
  const found: { month: number; seqs: number[] }[] = [];
  for (const { month, seq } of due) {
    const last = found.at(-1);
    if (last?.month === month && last.seqs.length < MAX_ROWS) last.seqs.push(seq);
    else found.push({ month, seqs: [seq] });
  }
  return found;
}
