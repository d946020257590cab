-- Does the account's object admit calls? A readable copy, for lists.
ALTER TABLE accounts ADD COLUMN status TEXT NOT NULL DEFAULT 'active';

-- Who is invited may sign up where nobody else may.
CREATE INDEX invitations_by_address ON invitations (email) WHERE status = 'pending';
