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

/** The organization that a wallet belongs to, if it is one's. */
export const findByAccount = (db: D1Database, accountId: string): Promise<OrganizationRef | null> =>
  db
    .prepare('SELECT id, slug, name FROM organizations WHERE account_id = ? AND deleted_at IS NULL')
    .bind(accountId)
    .first<OrganizationRef>();
