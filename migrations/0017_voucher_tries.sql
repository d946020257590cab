-- Codes that were tried and are no voucher's, for an hour.
CREATE TABLE voucher_tries (id TEXT PRIMARY KEY, account_id TEXT NOT NULL, ip TEXT, at INTEGER NOT NULL);
CREATE INDEX voucher_tries_by_account ON voucher_tries (account_id, at);
CREATE INDEX voucher_tries_by_ip ON voucher_tries (ip, at);
CREATE INDEX voucher_tries_by_time ON voucher_tries (at);
