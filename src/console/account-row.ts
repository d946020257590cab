import type { AccountProfile } from '../account/types';

/**
 * The account in D1 at once, for lists and for the nightly check; else it would be there when its outbox has been
 * emptied, some seconds later. Version 0 gives way to whatever the account object says.
 */
export const listInD1 = (db: D1Database, { id, name, email, grantedTier, createdAtMs }: AccountProfile): D1PreparedStatement =>
  db
    .prepare('INSERT INTO accounts (id, version, name, email, tier, created_at) VALUES (?, 0, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .bind(id, name, email, grantedTier, createdAtMs);
