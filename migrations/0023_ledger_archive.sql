-- Old lines leave D1 for files in R2, since D1 holds 10 GB. A part is the lines of one file: of one account and epoch, without a
-- gap but for what an epoch that is over never got. It is named by its last line.
CREATE TABLE ledger_parts (
  account_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  close_seq INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  -- The least and the most `seq` of its lines, which are in the order of their closing.
  low_seq INTEGER NOT NULL,
  high_seq INTEGER NOT NULL,
  file TEXT NOT NULL,
  PRIMARY KEY (account_id, epoch, close_seq)
) WITHOUT ROWID;

-- D1 takes no line again that has left it: how far they have, and what those come to.
ALTER TABLE ledger_fences ADD COLUMN archived_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger_fences ADD COLUMN archived_close_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger_fences ADD COLUMN archived_micro INTEGER NOT NULL DEFAULT 0;
