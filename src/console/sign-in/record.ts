import { newNonce, requestId } from '../../core/ids';
import { commit } from '../audit/commit';
import type { ConsoleDeps } from '../deps';
import { ensurePersonalAccount, type Person } from './personal-account';

/** What follows a sign-in: the first one makes the person's wallet, and each is noted in its audit log. */
export async function recordSignIn(
  deps: ConsoleDeps,
  userId: string,
  { ipAddress, userAgent }: { ipAddress?: string | null | undefined; userAgent?: string | null | undefined },
): Promise<void> {
  const person = await deps.db.prepare('SELECT id, name, email FROM users WHERE id = ?').bind(userId).first<Person>();
  if (!person) return;
  const audit = {
    actor: { kind: 'user', id: person.id, name: person.email } as const,
    from: { ip: ipAddress || null, userAgent: userAgent || null, requestId: requestId(newNonce()) },
  };
  const accountId = await ensurePersonalAccount(deps, person, audit);
  await commit({ ...deps, ...audit, accountId }, { action: 'session.create', target: person.id });
}
