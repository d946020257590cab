-- Who was taken out of an organization comes back by an invitation, and by no identity provider that vouches for them still.
CREATE TABLE removed_members (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  removed_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;
