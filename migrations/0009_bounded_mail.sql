-- Mail that goes out on somebody's word has an end: invitations are counted by who sends them, tries of an alert by
-- recipient.
CREATE INDEX invitations_by_inviter ON invitations (invited_by, created_at);

ALTER TABLE alerts ADD COLUMN mail_tries INTEGER NOT NULL DEFAULT 0;
-- A JSON list of addresses.
ALTER TABLE alerts ADD COLUMN mailed_to TEXT NOT NULL DEFAULT '[]';
