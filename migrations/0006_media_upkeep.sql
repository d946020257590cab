-- What is kept for customers has an end and a price: idle workers are charged, old files are removed, and a request that
-- is made twice under one Idempotency-Key makes one thing.

ALTER TABLE deployments ADD COLUMN key_id TEXT;
ALTER TABLE deployments ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
-- Until when its idle workers are charged.
ALTER TABLE deployments ADD COLUMN metered_until INTEGER NOT NULL DEFAULT 0;
-- What its owner has to know, such as why its workers were stopped.
ALTER TABLE deployments ADD COLUMN notice TEXT;
ALTER TABLE deployments ADD COLUMN idempotency_hash TEXT;
ALTER TABLE deployments ADD COLUMN body_hash TEXT;
UPDATE deployments SET metered_until = unixepoch() * 1000, test = provider = 'sandbox';
CREATE INDEX deployments_by_meter ON deployments (metered_until);
CREATE UNIQUE INDEX deployments_by_idempotency ON deployments (account_id, idempotency_hash) WHERE idempotency_hash IS NOT NULL;

ALTER TABLE stored_objects ADD COLUMN idempotency_hash TEXT;
ALTER TABLE stored_objects ADD COLUMN body_hash TEXT;
CREATE UNIQUE INDEX stored_objects_by_idempotency ON stored_objects (account_id, idempotency_hash) WHERE idempotency_hash IS NOT NULL;
CREATE INDEX stored_objects_by_age ON stored_objects (created_at);

-- When its files were removed; only jobs that still have some are in the index.
ALTER TABLE jobs ADD COLUMN files_removed_at INTEGER;
CREATE INDEX jobs_with_files ON jobs (ended_at) WHERE files_removed_at IS NULL AND settled_at IS NOT NULL;

-- Pictures as they were on their way to the result, for who watches.
ALTER TABLE jobs ADD COLUMN partials TEXT;
