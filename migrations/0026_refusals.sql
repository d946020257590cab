-- Calls that were refused, which leave no line in the ledger. They are counted where they are refused, and come in reports.

-- Reports that are counted, each of which may come again for as long as a queue keeps a message. Their ids begin with the time.
CREATE TABLE refusal_reports (
  id TEXT PRIMARY KEY
) WITHOUT ROWID;

-- For the account's people. By UTC days since 1970, of which the oldest are forgotten.
CREATE TABLE refusals (
  day INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  code TEXT NOT NULL,
  model TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  calls INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (day, account_id, key_id, code, model, endpoint)
) WITHOUT ROWID;

-- For who watches the gateway, since the beginning.
CREATE TABLE refusal_totals (
  code TEXT NOT NULL,
  test INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (code, test, endpoint)
) WITHOUT ROWID;
