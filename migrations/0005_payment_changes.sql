-- What came back of payments: refunds and disputes, in cents, negative where money was taken back. Each event is here
-- once, and may be before its payment is: the payment takes it up when it comes.
CREATE TABLE payment_changes (
  event_id TEXT PRIMARY KEY,
  payment_intent TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('refund', 'dispute')),
  cents INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX payment_changes_by_intent ON payment_changes (payment_intent);

-- What came back says how a payment stands.
ALTER TABLE payments DROP COLUMN status;
