-- Calls that failed, among all that did not: how often each kind came up is asked with each look at usage.
CREATE INDEX ledger_failures ON ledger (account_id, opened_at) WHERE state = 'released';
