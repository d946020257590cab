-- Room for uploads under way: those that begin together cannot all have the same room. What a Worker that died has
-- left counts for an hour.
CREATE TABLE storage_reservations (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX storage_reservations_by_account ON storage_reservations (account_id, at);
