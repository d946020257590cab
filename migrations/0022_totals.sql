-- What all lines of the ledger come to, for who watches the gateway: kept by the consumer that writes the lines, in the same
-- step, since to add them up takes longer the more there are. They begin with this migration, and hold what was written since.

-- One row for each kind of line. Its id is given out in turn, so that the last one says how many rows there are.
CREATE TABLE ledger_totals (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  test INTEGER NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  ending TEXT NOT NULL,
  outcome TEXT NOT NULL,
  lines INTEGER NOT NULL,
  charged_micro INTEGER NOT NULL,
  credited_micro INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  -- How long calls took, and lines on their way here: how many did, how long together, and how many no longer than so many ms.
  duration_count INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  duration_le_1000 INTEGER NOT NULL,
  duration_le_5000 INTEGER NOT NULL,
  duration_le_15000 INTEGER NOT NULL,
  duration_le_60000 INTEGER NOT NULL,
  duration_le_300000 INTEGER NOT NULL,
  duration_le_900000 INTEGER NOT NULL,
  delay_count INTEGER NOT NULL,
  delay_ms INTEGER NOT NULL,
  delay_le_15000 INTEGER NOT NULL,
  delay_le_120000 INTEGER NOT NULL,
  delay_le_600000 INTEGER NOT NULL,
  delay_le_3600000 INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  UNIQUE (kind, test, model, provider, endpoint, ending, outcome)
);

-- The same of what was tried at providers. `wait` is until the first byte of a stream, or until all of another answer.
CREATE TABLE attempt_totals (
  provider TEXT NOT NULL,
  test INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  wait_count INTEGER NOT NULL,
  wait_ms INTEGER NOT NULL,
  wait_le_500 INTEGER NOT NULL,
  wait_le_1000 INTEGER NOT NULL,
  wait_le_2000 INTEGER NOT NULL,
  wait_le_5000 INTEGER NOT NULL,
  wait_le_10000 INTEGER NOT NULL,
  wait_le_30000 INTEGER NOT NULL,
  wait_le_120000 INTEGER NOT NULL,
  PRIMARY KEY (provider, test, outcome, status)
) WITHOUT ROWID;

-- What the nightly check of the books saw of all accounts together, as JSON.
ALTER TABLE reconciliation_runs ADD COLUMN sums TEXT;

-- Webhooks that were given up lately, among all those that arrived.
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (ended_at) WHERE state = 'dead';
