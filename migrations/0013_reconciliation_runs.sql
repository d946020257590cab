-- When a nightly check of the books had come to the last account: one that breaks off must not look like one that found nothing.
CREATE TABLE reconciliation_runs (ended_at INTEGER PRIMARY KEY);
