-- Work that outlives a request: media and GPU jobs, what they deliver, and what is kept for customers.

-- One row a job. Every change is a compare-and-set on `version`; only who makes the last one moves money.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  hold_id TEXT NOT NULL,
  test INTEGER NOT NULL,
  kind TEXT NOT NULL,
  family TEXT NOT NULL,
  model TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  input TEXT NOT NULL,
  plan TEXT NOT NULL,
  provider TEXT,
  upstream TEXT,
  result TEXT,
  outputs TEXT,
  attempts TEXT NOT NULL,
  error TEXT,
  copy_tries INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  held_micro INTEGER NOT NULL,
  cost_micro INTEGER,
  webhook_url TEXT,
  origin TEXT NOT NULL,
  media_token TEXT NOT NULL,
  callback_token TEXT NOT NULL,
  idempotency_hash TEXT,
  body_hash TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  claimed_until INTEGER,
  next_at INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  ended_at INTEGER,
  settled_at INTEGER
) WITHOUT ROWID;

CREATE INDEX jobs_by_account ON jobs (account_id, created_at);
-- Only jobs under way are in it: the sweeper finds those that nobody looks after any more.
CREATE INDEX jobs_under_way ON jobs (next_at) WHERE settled_at IS NULL;
CREATE INDEX jobs_by_idempotency ON jobs (account_id, idempotency_hash) WHERE idempotency_hash IS NOT NULL;
CREATE INDEX jobs_by_hold ON jobs (hold_id);

-- One webhook a job; its id stays the same however often it is sent.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  log TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  claimed_until INTEGER,
  next_at INTEGER,
  ended_at INTEGER
) WITHOUT ROWID;

CREATE INDEX webhook_deliveries_by_account ON webhook_deliveries (account_id, created_at);
CREATE INDEX webhook_deliveries_by_job ON webhook_deliveries (job_id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (next_at) WHERE state = 'pending';

-- `previous` signs beside `current` for a day after a rotation.
CREATE TABLE webhook_secrets (
  account_id TEXT PRIMARY KEY,
  current TEXT NOT NULL,
  previous TEXT,
  rotated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Receivers that answered 410.
CREATE TABLE webhook_gone (
  account_id TEXT NOT NULL,
  url TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account_id, url)
) WITHOUT ROWID;

CREATE TABLE stored_objects (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  filename TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  file_key TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX stored_objects_by_account ON stored_objects (account_id, created_at);

-- A customer's own containers on rented GPUs.
CREATE TABLE deployments (
  account_id TEXT NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  docker_image TEXT NOT NULL,
  gpu_types TEXT NOT NULL,
  min_workers INTEGER NOT NULL,
  max_workers INTEGER NOT NULL,
  idle_timeout_seconds INTEGER NOT NULL,
  env TEXT NOT NULL,
  webhook_url TEXT,
  provider TEXT NOT NULL,
  upstream_name TEXT NOT NULL,
  upstream TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, slug)
) WITHOUT ROWID;
