-- What the lines of each day come to, and who called: for who runs the gateway and asks about the last days rather than about
-- all time. Counted as `ledger_totals` is, in the same step, from this migration on. Days are those of UTC in which a line was
-- closed, counted since 1970.

-- `kind` is the line's, but of grants what they are: `top_up` or `given`. `failed` is of calls.
CREATE TABLE ledger_days (
  day INTEGER NOT NULL,
  kind TEXT NOT NULL,
  test INTEGER NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  failed INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  charged_micro INTEGER NOT NULL,
  credited_micro INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  -- How many calls were timed, and how long those took together.
  duration_count INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  PRIMARY KEY (day, kind, test, model, provider, failed)
) WITHOUT ROWID;

-- Without calls of test keys, which cost nothing, and without grants.
CREATE TABLE account_days (
  day INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  charged_micro INTEGER NOT NULL,
  credited_micro INTEGER NOT NULL,
  PRIMARY KEY (day, account_id)
) WITHOUT ROWID;
