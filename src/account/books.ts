import type { Open } from './open-account';
import type { Books } from './types';

/** Holds are closed by the alarm, which may come this much late. */
const OVERDUE_AFTER_MS = 60_000;

/** The sums of an account twice: as they are kept, and as its rows add up. */
export function booksOf({ ledger, operations, outbox }: Pick<Open, 'ledger' | 'operations' | 'outbox'>, nowMs: number): Books {
  let openHeldMicro = 0;
  let overdueHolds = 0;
  for (const operation of ledger.open.values()) {
    openHeldMicro += operation.heldMicro;
    if (operation.deadlineMs + OVERDUE_AFTER_MS < nowMs) overdueHolds++;
  }
  const { epoch, balance, held, closeSeq, acked, archived, archivedSeq } = ledger.row;
  const linesMicro = archived + operations.sumFrom(archivedSeq);
  return {
    epoch,
    balanceMicro: balance,
    heldMicro: held,
    linesMicro,
    openHeldMicro,
    closeSeq,
    ackedCloseSeq: acked,
    hasNews: outbox.size > 0,
    overdueHolds,
  };
}
