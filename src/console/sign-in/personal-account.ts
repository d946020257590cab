/** A person's own wallet. Its id is derived from theirs, so making it twice makes one. */
import type { AccountProfile } from '../../account/types';
import { accountId } from '../../core/ids';
import { listInD1 } from '../account-row';
import { type AuditContext, commit } from '../audit/commit';
import type { ConsoleDeps } from '../deps';

export interface Person {
  id: string;
  name: string;
  email: string;
}

const ACCOUNT_BYTES = 12;

async function accountIdOf(userId: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`personal account of ${userId}`));
  return accountId(new Uint8Array(digest).slice(0, ACCOUNT_BYTES));
}

export async function personalAccountOf(db: D1Database, userId: string): Promise<string | undefined> {
  const query = 'SELECT account_id FROM personal_accounts WHERE user_id = ?';
  return (await db.prepare(query).bind(userId).first<{ account_id: string }>())?.account_id;
}

const INSERT = 'INSERT OR IGNORE INTO personal_accounts (user_id, account_id, created_at) VALUES (?, ?, ?)';

/** The person's wallet, made without credits if they have none yet. */
export async function ensurePersonalAccount(
  deps: ConsoleDeps,
  person: Person,
  audit: Pick<AuditContext, 'actor' | 'from'>,
): Promise<string> {
  const known = await personalAccountOf(deps.db, person.id);
  if (known !== undefined) return known;
  const id = await accountIdOf(person.id);
  const createdAtMs = deps.now();
  const profile: AccountProfile = { id, name: person.name || person.email, email: person.email, createdAtMs, grantedTier: 'free' };
  await deps.account(id).create(profile);
  const insert = deps.db.prepare(INSERT).bind(person.id, id, createdAtMs);
  await commit({ ...deps, ...audit, accountId: id }, { action: 'account.create', target: id }, insert, listInD1(deps.db, profile));
  return id;
}
