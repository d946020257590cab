import type { OrganizationRef } from '../context';
import type { Role } from '../permissions';

export interface Membership extends OrganizationRef {
  accountId: string;
  role: Role;
}

const FIND = `SELECT o.id, o.slug, o.name, o.account_id AS accountId, m.role FROM organizations o
  JOIN members m ON m.organization_id = o.id AND m.user_id = ?2
  WHERE (o.id = ?1 OR o.slug = ?1) AND o.deleted_at IS NULL`;

/** The organization, by id or slug, if the person is one of its members. */
export const findMembership = (db: D1Database, organization: string, userId: string): Promise<Membership | null> =>
  db.prepare(FIND).bind(organization, userId).first<Membership>();

const FIND_BY_ACCOUNT = `SELECT o.id, o.slug, o.name, m.role FROM organizations o
  LEFT JOIN members m ON m.organization_id = o.id AND m.user_id = ?2 WHERE o.account_id = ?1 AND o.deleted_at IS NULL`;

/** The organization that a wallet belongs to, if any, and the person's role in it. */
export async function findByAccount(
  db: D1Database,
  accountId: string,
  userId: string,
): Promise<{ organization: OrganizationRef; role: Role | null } | null> {
  const found = await db.prepare(FIND_BY_ACCOUNT).bind(accountId, userId).first<OrganizationRef & { role: Role | null }>();
  if (!found) return null;
  const { role, ...organization } = found;
  return { organization, role };
}
