import type { AccountProfile } from '../account/types';

/**
 * Lists an account in D1 at once rather than seconds later, when its outbox arrives. It has version 0, so whatever the
 * account object sends replaces it.
 */
export const listInD1 = (db: D1Database, { id, name, email, grantedTier, createdAtMs }: AccountProfile): D1PreparedStatement =>
  db
    .prepare('INSERT INTO accounts (id, version, name, email, tier, created_at) VALUES (?, 0, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .bind(id, name, email, grantedTier, createdAtMs);

/** The name of an account's organization or person, where it has one. The account itself only knows that from when it was made. */
export const PRESENT_NAME = "COALESCE(o.name, NULLIF(u.name, ''))";
/** For a query of accounts `a`. */
export const PRESENT_NAMES = `LEFT JOIN organizations o ON o.account_id = a.id
  LEFT JOIN personal_accounts p ON p.account_id = a.id LEFT JOIN users u ON u.id = p.user_id`;
