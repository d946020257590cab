-- The readable copy of what the account objects decide. Rows come from their outboxes through the ledger queue.

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  email TEXT,
  tier TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX accounts_by_creation ON accounts (created_at, id);

CREATE TABLE api_keys (
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  mode TEXT NOT NULL,
  status TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;

-- One row for each closed operation. Each index costs a written row, so there are two: an account's lines by time,
-- and by model and time. Other filters scan an account's month.
CREATE TABLE ledger (
  account_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  close_seq INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  key_id TEXT,
  user_id TEXT,
  family TEXT,
  test INTEGER NOT NULL,
  model TEXT,
  endpoint TEXT,
  held INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  outcome TEXT,
  detail TEXT NOT NULL,
  PRIMARY KEY (account_id, epoch, close_seq)
) WITHOUT ROWID;

CREATE INDEX ledger_by_time ON ledger (account_id, opened_at);
CREATE INDEX ledger_by_model ON ledger (account_id, model, opened_at);

-- Things that happened once and that somebody is to be told.
CREATE TABLE alerts (
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;

-- What the nightly comparison of the books with this copy found.
CREATE TABLE reconciliations (
  at INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  problem TEXT NOT NULL,
  PRIMARY KEY (account_id, at, problem)
) WITHOUT ROWID;
