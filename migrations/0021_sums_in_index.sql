-- What an account's lines come to by day, model and key is in the index by time itself: of a million lines looked up one by
-- one the sums took longer than D1 lets a query take. It stays one row a line.
DROP INDEX ledger_by_time;
CREATE INDEX ledger_by_time ON ledger (account_id, opened_at, epoch, close_seq, kind, model, amount, key_id);

-- An account's jobs that are not over, among all those that are.
CREATE INDEX jobs_of_account_under_way ON jobs (account_id, created_at) WHERE settled_at IS NULL;
