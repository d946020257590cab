-- An audit entry that comes from an account object's outbox may come more than once: its id lets it in once.
ALTER TABLE audit_log ADD COLUMN entry_id TEXT;
CREATE UNIQUE INDEX audit_log_by_entry ON audit_log (account_id, entry_id) WHERE entry_id IS NOT NULL;
