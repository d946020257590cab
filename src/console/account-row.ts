import type { AccountProfile } from '../account/types';

/**
 * Lists an account in D1 at once rather than seconds later, when its outbox arrives. It has version 0, so whatever the
 * account object sends replaces it.
 */
export const listInD1 = (db: D1Database, { id, name, email, grantedTier, createdAtMs }: AccountProfile): D1PreparedStatement =>
  db
    .prepare('INSERT INTO accounts (id, version, name, email, tier, created_at) VALUES (?, 0, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .bind(id, name, email, grantedTier, createdAtMs);
