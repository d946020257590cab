import { newNonce, requestId } from '../../core/ids';
import { commit } from '../audit/commit';
import type { ConsoleDeps } from '../deps';
import { ensurePersonalAccount, type Person } from './personal-account';

interface Origin {
  ipAddress?: string | null | undefined;
  userAgent?: string | null | undefined;
}

/** What follows a sign-in: the first one makes the person's wallet, and each is noted in its audit log. */
export const recordSignIn = (deps: ConsoleDeps, userId: string, origin: Origin): Promise<void> =>
  recordChange(deps, userId, 'session.create', origin);

/** What a person did to how they sign in, in the audit log of their own wallet. */
export async function recordChange(deps: ConsoleDeps, userId: string, action: string, { ipAddress, userAgent }: Origin): Promise<void> {
  const person = await deps.db.prepare('SELECT id, name, email FROM users WHERE id = ?').bind(userId).first<Person>();
  if (!person) return;
  const audit = {
    actor: { kind: 'user', id: person.id, name: person.email } as const,
    from: { ip: ipAddress || null, userAgent: userAgent || null, requestId: requestId(newNonce()) },
  };
  const accountId = await ensurePersonalAccount(deps, person, audit);
  await commit({ ...deps, ...audit, accountId }, { action, target: person.id });
}
