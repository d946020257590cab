import { newNonce, requestId } from '../../core/ids';
import { commit } from '../audit/commit';
import type { ConsoleDeps } from '../deps';
import { ensurePersonalAccount, type Person } from './personal-account';

export interface SessionOrigin {
  ipAddress?: string | null | undefined;
  userAgent?: string | null | undefined;
}

/**
 * After a sign-in: the first one makes the person's wallet, and each is recorded in its audit log. A sign-in that still
 * needs a second factor is recorded as such, since anybody with the password gets that far.
 */
export async function recordSignIn(deps: ConsoleDeps, userId: string, origin: SessionOrigin, asksSecond: boolean): Promise<void> {
  const query = 'SELECT 1 FROM users WHERE id = ? AND two_factor_enabled = 1';
  const hasSecond = asksSecond && (await deps.db.prepare(query).bind(userId).first()) !== null;
  await recordChange(deps, userId, hasSecond ? 'session.first_factor' : 'session.create', origin);
}

/** Records a change of how a person signs in, in their own wallet's audit log. */
export async function recordChange(
  deps: ConsoleDeps,
  userId: string,
  action: string,
  { ipAddress, userAgent }: SessionOrigin,
): Promise<void> {
  const person = await deps.db.prepare('SELECT id, name, email FROM users WHERE id = ?').bind(userId).first<Person>();
  if (!person) return;
  const audit = {
    actor: { kind: 'user', id: person.id, name: person.email } as const,
    from: { ip: ipAddress || null, userAgent: userAgent || null, requestId: requestId(newNonce()) },
  };
  const accountId = await ensurePersonalAccount(deps, person, audit);
  await commit({ ...deps, ...audit, accountId }, { action, target: person.id });
}
