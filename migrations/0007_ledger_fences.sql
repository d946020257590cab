-- Epochs of an account that are over: lines of them that are still on their way came too late. A recovery writes one
-- before it reads what D1 has, since it numbers anew whatever D1 lacks.
CREATE TABLE ledger_fences (
  account_id TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL
) WITHOUT ROWID;
