/** The verbs for an organization's members. Every change has the condition that an owner remains. */
import * as z from 'zod';
import type { KeySummary } from '../../account/types';
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import { auditRecord, collectAudit, commit } from '../audit/commit';
import type { VerbContext } from '../context';
import { ROLES, type Role } from '../permissions';
import { LAST_OWNER, NO_MEMBER, organizationOf, refuseBeyondRole } from './internal';
import { revokeUnbacked } from './invitations';

export interface MemberView {
  userId: string;
  name: string;
  email: string;
  role: Role;
  source: string;
  createdAt: number;
}

/** A person may have removed their name. */
const LIST = `SELECT m.user_id AS userId, COALESCE(NULLIF(u.name, ''), u.email) AS name, u.email, m.role, m.source, m.created_at AS createdAt FROM members m
  JOIN users u ON u.id = m.user_id WHERE m.organization_id = ?`;

export async function listMembers(context: VerbContext) {
  const { results } = await context.db.prepare(`${LIST} ORDER BY m.created_at, u.email`).bind(organizationOf(context).id).all<MemberView>();
  return { members: results.map((member) => ({ ...member, createdAt: new Date(member.createdAt).toISOString() })) };
}

const find = (context: VerbContext, userId: string): Promise<MemberView | null> =>
  context.db.prepare(`${LIST} AND m.user_id = ?`).bind(organizationOf(context).id, userId).first<MemberView>();

/** The row to change is not an owner's, or there is another owner. */
const NOT_THE_LAST_OWNER = `(role <> 'owner' OR (SELECT COUNT(*) FROM members o WHERE o.organization_id = ?1 AND o.role = 'owner') > 1)`;

export const changeRoleInput = z.strictObject({ role: z.enum(ROLES) });

export async function changeRole(
  context: VerbContext,
  userId: string,
  { role }: z.infer<typeof changeRoleInput>,
): Promise<Result<{ userId: string; role: Role }>> {
  const member = await find(context, userId);
  if (!member) return fail('not_found', NO_MEMBER);
  const allowed = refuseBeyondRole(context, role, member.role);
  if (!allowed.ok) return allowed;
  const change = context.db
    .prepare(
      `UPDATE members SET role = ?3 WHERE organization_id = ?1 AND user_id = ?2 AND role = ?4 AND (?3 = 'owner' OR ${NOT_THE_LAST_OWNER})`,
    )
    .bind(organizationOf(context).id, userId, role, member.role);
  const entry = { action: 'member.change_role', target: userId, detail: { from: member.role, to: role } };
  const changed = await commit(context, entry, change, revokeUnbacked(context.db, organizationOf(context).id));
  return changed ? ok({ userId, role }) : whyNot(context, member);
}

/** What keeps a change of a member from taking effect. */
async function whyNot(context: VerbContext, { userId, role }: MemberView): Promise<{ ok: false; error: GatewayError }> {
  const present = await find(context, userId);
  if (!present) return fail('not_found', NO_MEMBER);
  return present.role === role
    ? fail('conflict', LAST_OWNER)
    : fail('conflict', `Their role has just been changed to ${present.role}; look again.`);
}

/** Removes a member and revokes the keys whose secret they know; where they know only the old secret of a rotated key, that secret ends. */
export async function removeMember(context: VerbContext, userId: string): Promise<Result<{ userId: string; keysRevoked: number }>> {
  const member = await find(context, userId);
  if (!member) return fail('not_found', NO_MEMBER);
  const leaves = userId === context.actor.id;
  const allowed = leaves ? ok(null) : refuseBeyondRole(context, member.role);
  if (!allowed.ok) return allowed;
  if (member.role === 'owner' && (await isLastOwner(context))) return fail('conflict', LAST_OWNER);
  // Before and after, so that no key outlives their leaving, not even one made meanwhile.
  const keysRevoked = await revokeKeysOf(context, userId);
  const change = context.db
    .prepare(`DELETE FROM members WHERE organization_id = ?1 AND user_id = ?2 AND role = ?3 AND ${NOT_THE_LAST_OWNER}`)
    .bind(organizationOf(context).id, userId, member.role);
  const entry = {
    action: leaves ? 'member.leave' : 'member.remove',
    target: userId,
    detail: { email: member.email, role: member.role, keysRevoked },
  };
  const others = [revokeUnbacked(context.db, organizationOf(context).id), ...(leaves ? [] : [keepOut(context, userId)])];
  if (!(await commit(context, entry, change, ...others))) return whyNot(context, member);
  const later = await revokeKeysOf(context, userId);
  return ok({ userId, keysRevoked: keysRevoked.length + later.length });
}

/** Their identity provider still vouches for them, so without this they would be back at the next sign-in. */
const keepOut = (context: VerbContext, userId: string): D1PreparedStatement =>
  context.db
    .prepare(
      `INSERT INTO removed_members (organization_id, user_id, removed_at)
       SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM members WHERE organization_id = ?1 AND user_id = ?2)
       ON CONFLICT DO NOTHING`,
    )
    .bind(organizationOf(context).id, userId, context.now());

async function isLastOwner(context: VerbContext): Promise<boolean> {
  const query = "SELECT COUNT(*) AS owners FROM members WHERE organization_id = ? AND role = 'owner'";
  const row = await context.db.prepare(query).bind(organizationOf(context).id).first<{ owners: number }>();
  return (row?.owners ?? 0) < 2;
}

/** Keys whose current secret a member knows: keys they made that nobody else has rotated since, and keys they rotated. */
const hasSecret = ({ userId, secretBy }: KeySummary, member: string): boolean => (secretBy ?? userId) === member;

/** How many keys would end with their leaving. */
export async function countKeysOf(context: VerbContext, userId: string): Promise<number> {
  const all = await context.account(context.accountId).listKeys();
  return all.filter((key) => key.status !== 'revoked' && hasSecret(key, userId)).length;
}

async function revokeKeysOf(context: VerbContext, userId: string): Promise<string[]> {
  const stub = context.account(context.accountId);
  const all = (await stub.listKeys()).filter(({ status }) => status !== 'revoked');
  const keys = all.filter((key) => hasSecret(key, userId));
  const others = all.filter((key) => key.previousBy === userId && !keys.includes(key));
  const detail = { because: 'its maker leaves', userId };
  await stub.revokeKeys(keys.map(({ id }) => ({ id, audit: auditRecord(context, { action: 'api_key.revoke', target: id, detail }) })));
  for (const { id } of others) await stub.endGrace(id, auditRecord(context, { action: 'api_key.end_grace', target: id, detail }));
  if (keys.length + others.length > 0) await collectAudit(context, context.accountId);
  return keys.map(({ id }) => id);
}

export const transferInput = z.strictObject({ userId: z.string().min(1).max(100) });

/** Hands the organization to another member; the previous owner stays as an admin. */
export async function transferOrganization(
  context: VerbContext,
  { userId }: z.infer<typeof transferInput>,
): Promise<Result<{ ownerId: string }>> {
  if (userId === context.actor.id) return fail('invalid_request', 'It is yours already.', { param: 'userId' });
  if (!(await find(context, userId))) return fail('not_found', NO_MEMBER);
  const change = context.db
    .prepare(
      `UPDATE members SET role = CASE user_id WHEN ?2 THEN 'owner' ELSE 'admin' END WHERE organization_id = ?1 AND user_id IN (?2, ?3)
       AND EXISTS (SELECT 1 FROM members t WHERE t.organization_id = ?1 AND t.user_id = ?2)
       AND EXISTS (SELECT 1 FROM members a WHERE a.organization_id = ?1 AND a.user_id = ?3 AND a.role = 'owner')`,
    )
    .bind(organizationOf(context).id, userId, context.actor.id);
  const entry = { action: 'organization.transfer', target: userId, detail: { from: context.actor.id } };
  const revoke = revokeUnbacked(context.db, organizationOf(context).id);
  if (await commit(context, entry, change, revoke)) return ok({ ownerId: userId });
  return fail('conflict', 'Nothing was handed over: that member has left meanwhile, or you no longer own the organization.');
}
