/** What D1 takes no more lines of: see `ledger_fences`. */

/** Who asks what a key spent in a week is told from D1 alone. */
export const LEAST_LEDGER_DAYS = 8;

/** Whether D1 may take a line, in SQL with the account's `fence` joined to it from the left. Both are of the line. */
export const aboveFence = (epoch: string, closeSeq: string): string =>
  `${epoch} > COALESCE(fence.epoch, 0)
  AND (${epoch}, ${closeSeq}) > (COALESCE(fence.archived_epoch, 0), COALESCE(fence.archived_close_seq, 0))`;
