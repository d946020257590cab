import { toCredits } from '../../core/money';
import type { VerbContext } from '../context';
import type { Role } from '../permissions';

interface MemberOf {
  id: string;
  slug: string;
  name: string;
  role: Role;
  accountId: string;
}

const ORGANIZATIONS = `SELECT o.id, o.slug, o.name, m.role, o.account_id AS accountId FROM members m
  JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = ? AND o.deleted_at IS NULL ORDER BY o.name, o.id`;

export const organizationsOf = async (db: D1Database, userId: string): Promise<MemberOf[]> =>
  (await db.prepare(ORGANIZATIONS).bind(userId).all<MemberOf>()).results;

/** The one that is asked for, by its id or slug. */
export const organizationNamed = (organizations: readonly MemberOf[], asked: string | undefined): MemberOf | undefined =>
  organizations.find(({ id, slug }) => id === asked || slug === asked);

/** The person, their wallet, and the organizations that they are in. */
export async function showMe(context: VerbContext) {
  const { actor, accountId, db, account } = context;
  const person = await db
    .prepare('SELECT id, name, email, email_verified AS verified, two_factor_enabled AS twoFactor FROM users WHERE id = ?')
    .bind(actor.id)
    .first<{ id: string; name: string; email: string; verified: number; twoFactor: number | null }>();
  const view = await account(accountId).view();
  return {
    id: actor.id,
    name: person?.name ?? '',
    email: person?.email ?? actor.name,
    emailVerified: person?.verified === 1,
    twoFactorEnabled: person?.twoFactor === 1,
    accountId,
    tier: view?.tier ?? 'free',
    balanceCredits: toCredits(view?.balanceMicro ?? 0),
    organizations: await organizationsOf(db, actor.id),
  };
}
