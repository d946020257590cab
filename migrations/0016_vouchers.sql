-- Credits for whoever has a voucher's code, of which only a digest is kept.
CREATE TABLE vouchers (
  id TEXT PRIMARY KEY,
  code_hash TEXT NOT NULL UNIQUE,
  code_start TEXT NOT NULL,
  credits_micro INTEGER NOT NULL,
  max_accounts INTEGER NOT NULL,
  top_up INTEGER NOT NULL,
  note TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
);
CREATE INDEX vouchers_by_time ON vouchers (created_at, id);

-- An account redeems a voucher once. Without `granted_at` its credits are still to come.
CREATE TABLE voucher_redemptions (
  voucher_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  redeemed_by TEXT NOT NULL,
  redeemed_at INTEGER NOT NULL,
  granted_at INTEGER,
  PRIMARY KEY (voucher_id, account_id)
);
CREATE INDEX voucher_redemptions_to_grant ON voucher_redemptions (redeemed_at) WHERE granted_at IS NULL;
