-- What an account's lines come to by day, model and key is in the index by time itself: of a million lines looked up one by
-- one the sums took longer than D1 lets a query take. It stays one row a line.
DROP INDEX ledger_by_time;
CREATE INDEX ledger_by_time ON ledger (account_id, opened_at, epoch, close_seq, kind, model, amount, key_id);

-- An account's jobs that are not over, among all those that are.
CREATE INDEX jobs_of_account_under_way ON jobs (account_id, created_at) WHERE settled_at IS NULL;

-- What an account's files come to is asked with each upload: from the index, too.
DROP INDEX stored_objects_by_account;
CREATE INDEX stored_objects_by_account ON stored_objects (account_id, created_at, id, size_bytes);

-- Has somebody redeemed a voucher of thousands?
CREATE INDEX voucher_redemptions_by_person ON voucher_redemptions (voucher_id, redeemed_by, account_id);
