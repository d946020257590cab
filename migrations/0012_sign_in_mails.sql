-- Mails that anybody can have sent to any mailbox are counted by mailbox, for a day. Of the address there is a hash alone.
CREATE TABLE sign_in_mails (mailbox TEXT NOT NULL, at INTEGER NOT NULL);

CREATE INDEX sign_in_mails_by_mailbox ON sign_in_mails (mailbox, at);
CREATE INDEX sign_in_mails_by_time ON sign_in_mails (at);
