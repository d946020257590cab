-- People, and what they may do: sign-in, organizations, audit, single sign-on, payments. Money and keys stay with the
-- account objects; these tables say who may ask them.

-- Sign-in: the tables of better-auth, under our names. Times are milliseconds.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  email_verified INTEGER NOT NULL,
  image TEXT,
  two_factor_enabled INTEGER DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL,
  ip_address TEXT,
  user_agent TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id);

-- A way to sign in: a password, or somebody's id at GitHub, Google or an organization's identity provider.
CREATE TABLE identities (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  password TEXT,
  access_token TEXT,
  refresh_token TEXT,
  id_token TEXT,
  access_token_expires_at INTEGER,
  refresh_token_expires_at INTEGER,
  scope TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (provider_id, account_id)
) WITHOUT ROWID;

CREATE INDEX identities_by_user ON identities (user_id);

CREATE TABLE verifications (
  id TEXT PRIMARY KEY,
  identifier TEXT NOT NULL,
  value TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX verifications_by_identifier ON verifications (identifier);

CREATE TABLE two_factors (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  secret TEXT NOT NULL,
  backup_codes TEXT NOT NULL,
  verified INTEGER DEFAULT 1,
  failed_verification_count INTEGER DEFAULT 0,
  locked_until INTEGER
) WITHOUT ROWID;

CREATE INDEX two_factors_by_user ON two_factors (user_id);

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT,
  public_key TEXT NOT NULL,
  credential_id TEXT NOT NULL UNIQUE,
  counter INTEGER NOT NULL,
  device_type TEXT NOT NULL,
  backed_up INTEGER NOT NULL,
  transports TEXT,
  aaguid TEXT,
  created_at INTEGER
) WITHOUT ROWID;

CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- How often each path of the sign-in was asked for, by address.
CREATE TABLE sign_in_rates (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  count INTEGER NOT NULL,
  last_request INTEGER NOT NULL
) WITHOUT ROWID;

-- The wallet that a person has without any organization.
CREATE TABLE personal_accounts (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- An organization has one wallet. A deleted one keeps its row: its books and its audit log stay.
CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  account_id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;

CREATE TABLE members (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'billing', 'viewer')),
  -- `created`, `invited`, or the id of the identity provider that vouched for them.
  source TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;

CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'billing', 'viewer')),
  token_hash TEXT NOT NULL UNIQUE,
  invited_by TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'revoked')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX invitations_by_organization ON invitations (organization_id, created_at);

-- Who did what to an account, from where. Each row carries the hash of the one before it, so that none can be
-- changed or taken out unseen; the key keeps two from following the same one.
CREATE TABLE audit_log (
  account_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT,
  ip TEXT,
  user_agent TEXT,
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (account_id, seq)
) WITHOUT ROWID;

-- An organization's identity provider. It counts only for e-mail addresses of its domain, once that is verified.
CREATE TABLE sso_providers (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  kind TEXT NOT NULL CHECK (kind IN ('oidc', 'saml')),
  domain TEXT NOT NULL,
  domain_token TEXT NOT NULL,
  domain_verified_at INTEGER,
  default_role TEXT NOT NULL CHECK (default_role IN ('admin', 'developer', 'billing', 'viewer')),
  -- What was fetched or pasted, checked; a client secret is encrypted.
  settings TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sso_providers_by_organization ON sso_providers (organization_id);
-- Two organizations may claim a domain; only one can have shown that it is theirs.
CREATE UNIQUE INDEX sso_providers_by_verified_domain ON sso_providers (domain) WHERE domain_verified_at IS NOT NULL;

-- Sign-ins under way, and assertions that were used: each is good once.
CREATE TABLE sso_once (
  id TEXT PRIMARY KEY,
  provider_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sso_once_by_expiry ON sso_once (expires_at);

-- Payments, for receipts and to find the account that a refund or a dispute concerns.
CREATE TABLE payments (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  payment_intent TEXT UNIQUE,
  amount_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  receipt_url TEXT,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX payments_by_account ON payments (account_id, created_at);

-- When an alert's mail was taken on, and when it went out.
ALTER TABLE alerts ADD COLUMN claimed_at INTEGER;
ALTER TABLE alerts ADD COLUMN mailed_at INTEGER;
CREATE INDEX alerts_unmailed ON alerts (account_id) WHERE mailed_at IS NULL;
