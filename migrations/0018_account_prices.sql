-- What models cost an account, in thousandths of their prices.
ALTER TABLE accounts ADD COLUMN price_permille INTEGER NOT NULL DEFAULT 1000;
