import { monthOf, parseOperationId } from '../core/ids';
import type { AccountRow, AccountStore, OperationRow } from './store';
import type { Operation } from './types';

/**
 * Brings a restored account up to date from D1's lines of its epoch (all those above the confirmed close
 * sequence that it was restored with), then begins a new epoch. What it had closed and D1 never saw is numbered
 * anew in that epoch, so that it is sent after all.
 */
export function replayLines(store: AccountStore, row: AccountRow, lines: readonly Operation[]): { epoch: number; replayed: number } {
  const oldEpoch = row.epoch;
  const inD1 = new Set(lines.filter(({ closeEpoch }) => closeEpoch === oldEpoch).map(({ closeSeq }) => closeSeq));
  let replayed = 0;
  for (const line of lines) {
    if (replayLine(store, row, line)) replayed++;
    row.seq = Math.max(row.seq, line.seq);
  }
  row.epoch = Math.max(oldEpoch, ...lines.map(({ closeEpoch }) => closeEpoch ?? 0)) + 1;
  const unseen = [...store.operationsFrom(row.lowSeq)].filter(
    ({ closeEpoch, closeSeq }) => closeEpoch === oldEpoch && closeSeq !== null && closeSeq > row.acked && !inD1.has(closeSeq),
  );
  row.closeSeq = 0;
  row.acked = 0;
  for (const operation of unseen) store.renumber(operation, row.epoch, ++row.closeSeq);
  store.writeSums(row);
  store.writeProfile(row);
  return { epoch: row.epoch, replayed };
}

/** Applies one line, unless the account has it closed already. */
function replayLine(store: AccountStore, row: AccountRow, line: Operation): boolean {
  const ref = parseOperationId(line.id);
  if (!ref) return false;
  const known = store.findOperation(ref.month, line.seq);
  if (known && known.state !== 'open') return false;
  const operation: OperationRow = { ...line, nonce: ref.nonce, epoch: ref.epoch, month: ref.month, checkpointMicro: 0 };
  if (known) {
    row.held -= known.heldMicro;
    store.closeOperation(operation);
  } else {
    store.insertOperation(operation);
  }
  row.balance += line.amountMicro;
  if (line.kind === 'grant') {
    const { eventId, topUp } = line.detail as { eventId?: string; topUp?: boolean };
    if (eventId !== undefined && !store.isPaid(eventId)) store.markPaid(eventId, line.id);
    if (topUp) row.topUp += line.amountMicro;
  }
  if (line.keyId !== null && line.amountMicro < 0) respend(store, row, line.keyId, ref.month, -line.amountMicro);
  return true;
}

function respend(store: AccountStore, row: AccountRow, keyId: string, month: number, costMicro: number): void {
  const all = store.readKeySpend();
  const spend = all.get(keyId) ?? { month, spent: 0, alerted80: false, alerted100: false };
  if (spend.month !== month || month < monthOf(Date.now())) return;
  spend.spent += costMicro;
  all.set(keyId, spend);
  store.writeSumsAndSpend(row, all, keyId);
}
