/** Invitations by mail. The token is only in the mail, and is valid once, for one address. */

import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { sha256Hex, toHex } from '../../core/hex';
import { DAY_MS } from '../../core/time';
import { inMail } from '../../mail/mail';
import { type AuditContext, commit } from '../audit/commit';
import type { OrganizationRef, VerbContext } from '../context';
import type { ConsoleDeps } from '../deps';
import { PERMISSIONS, ROLES, type Role } from '../permissions';
import { NO_MAIL } from '../sign-in/guards';
import { organizationOf, refuseBeyondRole } from './internal';

const GOOD_FOR_MS = 7 * DAY_MS;
const MOST_PENDING = 200;
/** Counts revoked and used ones too: each was a mail to somebody who had not asked for one. */
const MOST_A_DAY = 50;

const INSERT = `INSERT INTO invitations (id, organization_id, email, role, token_hash, invited_by, status, created_at, expires_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, ?8
  WHERE (SELECT COUNT(*) FROM invitations WHERE organization_id = ?2 AND created_at > ?9) < ${MOST_A_DAY}
    AND (SELECT COUNT(*) FROM invitations WHERE invited_by = ?6 AND created_at > ?9) < ${MOST_A_DAY}`;

export const inviteInput = z.strictObject({
  email: z
    .email()
    .max(200)
    .transform((email) => email.toLowerCase()),
  role: z.enum(ROLES),
});

export interface InvitationView {
  id: string;
  email: string;
  role: Role;
  status: string;
  createdAt: number;
  expiresAt: number;
}

const COLUMNS = 'id, email, role, status, created_at AS createdAt, expires_at AS expiresAt';

const view = (row: InvitationView) => ({
  ...row,
  createdAt: new Date(row.createdAt).toISOString(),
  expiresAt: new Date(row.expiresAt).toISOString(),
});

export async function listInvitations(context: VerbContext) {
  const { results } = await context.db
    .prepare(`SELECT ${COLUMNS} FROM invitations WHERE organization_id = ? ORDER BY created_at DESC LIMIT 500`)
    .bind(organizationOf(context).id)
    .all<InvitationView>();
  return { invitations: results.map(view) };
}

async function refuseInvitation(context: VerbContext, email: string): Promise<Result<null>> {
  const { id } = organizationOf(context);
  if (!context.mail) return fail('not_set_up', NO_MAIL);
  const known = await context.db
    .prepare('SELECT 1 FROM members m JOIN users u ON u.id = m.user_id WHERE m.organization_id = ? AND u.email = ?')
    .bind(id, email)
    .first();
  if (known) return fail('conflict', 'There is a member with this address already.', { param: 'email' });
  const pending = await context.db
    .prepare("SELECT COUNT(*) AS count FROM invitations WHERE organization_id = ? AND status = 'pending' AND expires_at > ?")
    .bind(id, context.now())
    .first<{ count: number }>();
  return (pending?.count ?? 0) >= MOST_PENDING ? fail('conflict', `There are ${MOST_PENDING} open invitations already.`) : ok(null);
}

export async function inviteMember(context: VerbContext, { email, role }: z.infer<typeof inviteInput>) {
  const allowed = refuseBeyondRole(context, role);
  if (!allowed.ok) return allowed;
  const possible = await refuseInvitation(context, email);
  if (!possible.ok) return possible;
  const { id: organizationId, name } = organizationOf(context);
  const shown = inMail(name);
  const token = toHex(crypto.getRandomValues(new Uint8Array(24)));
  const id = `inv_${toHex(crypto.getRandomValues(new Uint8Array(8)))}`;
  const [createdAt, expiresAt] = [context.now(), context.now() + GOOD_FOR_MS];
  // An address needs only its newest invitation, which has the intended role. Only if the statement before took effect.
  const replace = context.db
    .prepare(
      `UPDATE invitations SET status = 'revoked' WHERE organization_id = ?2 AND email = ?3 AND status = 'pending' AND id <> ?1
       AND EXISTS (SELECT 1 FROM invitations n WHERE n.id = ?1)`,
    )
    .bind(id, organizationId, email);
  const insert = context.db
    .prepare(INSERT)
    .bind(id, organizationId, email, role, await sha256Hex(token), context.actor.id, createdAt, expiresAt, createdAt - DAY_MS);
  if (!(await commit(context, { action: 'invitation.create', target: id, detail: { email, role } }, insert, replace)))
    return fail(
      'rate_limited',
      `An organization, and a person, may send ${MOST_A_DAY} invitations a day, those that were revoked included.`,
    );
  const mail = {
    to: email,
    subject: `${context.actor.name} invites you to ${shown} on ${context.settings.BRAND}`,
    paragraphs: [
      `${context.actor.name} invites you to join ${shown} as ${role}.`,
      'The invitation is for this address, and good for seven days. If you did not expect it, ignore this mail.',
    ],
    action: { label: `Join ${shown}`, url: `${context.origin}/invitations/accept?token=${token}` },
    idempotencyKey: id,
  };
  try {
    await context.mail!(mail);
  } catch (error) {
    console.error('mail not sent', String(error));
    // Its link cannot be sent any more, since it is only in the mail.
    await revokeInvitation(context, id);
    return fail('unavailable', 'The mail could not be sent, so nobody is invited: try again.');
  }
  return ok(view({ id, email, role, status: 'pending', createdAt, expiresAt }));
}

export async function revokeInvitation(context: VerbContext, id: string): Promise<Result<{ id: string; status: 'revoked' }>> {
  const change = context.db
    .prepare("UPDATE invitations SET status = 'revoked' WHERE id = ? AND organization_id = ? AND status = 'pending'")
    .bind(id, organizationOf(context).id);
  const revoked = await commit(context, { action: 'invitation.revoke', target: id }, change);
  return revoked ? ok({ id, status: 'revoked' }) : fail('not_found', 'There is no such open invitation.');
}

const INVITERS = PERMISSIONS['members.write'].map((role) => `'${role}'`).join(', ');

/** The sender of an invitation may still send it. */
const backed = (of: string): string => `EXISTS (SELECT 1 FROM members b WHERE b.organization_id = ${of}.organization_id
  AND b.user_id = ${of}.invited_by AND b.role IN (${INVITERS}) AND (b.role = 'owner' OR ${of}.role <> 'owner'))`;

/** Runs with every change of membership: nobody joins by an invitation of somebody who left or may no longer invite. */
export const revokeUnbacked = (db: D1Database, organizationId: string): D1PreparedStatement =>
  db
    .prepare(`UPDATE invitations SET status = 'revoked' WHERE organization_id = ? AND status = 'pending' AND NOT ${backed('invitations')}`)
    .bind(organizationId);

export const acceptInput = z.strictObject({ token: z.string().min(1).max(200) });

const FIND = `SELECT i.id, i.email, i.role, i.organization_id AS organizationId, o.account_id AS accountId, o.slug, o.name,
  u.name AS inviterName, u.email AS inviterEmail FROM invitations i
  JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL LEFT JOIN users u ON u.id = i.invited_by
  WHERE i.token_hash = ? AND i.status = 'pending' AND i.expires_at > ? AND ${backed('i')}`;

/** An invitation that is still valid. */
export interface OpenInvitation {
  id: string;
  email: string;
  role: Role;
  organizationId: string;
  accountId: string;
  slug: string;
  name: string;
  /** Null where they are gone. */
  inviterName: string | null;
  inviterEmail: string | null;
}

/** The invitation that a link is for, while it is valid. */
export const findInvitation = async ({ db, now }: Pick<ConsoleDeps, 'db' | 'now'>, token: string): Promise<OpenInvitation | null> =>
  db
    .prepare(FIND)
    .bind(await sha256Hex(token), now())
    .first<OpenInvitation>();

/** The signed-in person joins, if the invitation is for their address. */
export async function acceptInvitation(context: VerbContext, { token }: z.infer<typeof acceptInput>) {
  const gone = fail('not_found', 'This invitation is no longer good: ask for another.');
  const invitation = await findInvitation(context, token);
  if (!invitation) return gone;
  if (invitation.email !== context.actor.name.toLowerCase())
    return fail('permission_denied', 'This invitation is for another address: sign in with the one that it was sent to.');
  const { organizationId, role, accountId, slug, name } = invitation;
  return (await accept({ ...context, accountId }, invitation)) ? ok({ id: organizationId, slug, name, role }) : gone;
}

type Acceptable = Pick<OpenInvitation, 'id' | 'email' | 'organizationId' | 'role'>;

/** The actor joins in the invitation's role. False where it is no longer valid. */
function accept(context: AuditContext, { id, email, organizationId, role }: Acceptable): Promise<boolean> {
  const { db, actor } = context;
  const take = db
    .prepare(
      `UPDATE invitations SET status = 'accepted' WHERE id = ? AND status = 'pending' AND expires_at > ? AND ${backed('invitations')}`,
    )
    .bind(id, context.now());
  // Only if the statement before took effect, and never over an existing role.
  const join = db
    .prepare(
      `INSERT INTO members (organization_id, user_id, role, source, created_at)
       SELECT organization_id, ?2, role, 'invited', ?3 FROM invitations WHERE id = ?1 AND status = 'accepted'
       ON CONFLICT DO NOTHING`,
    )
    .bind(id, actor.id, context.now());
  const wasTaken = "EXISTS (SELECT 1 FROM invitations a WHERE a.id = ?1 AND a.status = 'accepted')";
  // A member needs no further invitation, which would stay open for ever.
  const closeOthers = db
    .prepare(`UPDATE invitations SET status = 'revoked' WHERE organization_id = ?2 AND email = ?3 AND status = 'pending' AND ${wasTaken}`)
    .bind(id, organizationId, email);
  const forgive = db
    .prepare(`DELETE FROM removed_members WHERE organization_id = ?2 AND user_id = ?3 AND ${wasTaken}`)
    .bind(id, organizationId, actor.id);
  const entry = { action: 'invitation.accept', target: id, detail: { role, userId: actor.id } };
  return commit(context, entry, take, join, closeOthers, forgive);
}

const FIND_OF_ADDRESS = `SELECT i.id, i.email, i.role, i.organization_id AS organizationId FROM invitations i
  WHERE i.organization_id = ? AND i.email = ? AND i.status = 'pending' AND i.expires_at > ? AND ${backed('i')} ORDER BY i.created_at DESC`;

/**
 * For somebody who has proven their address in another way than by the mail. False where no invitation applies. An
 * invitation as owner waits for its link: an identity provider that vouches for the mailbox must not make owners.
 */
export async function joinAsInvited(context: AuditContext, organizationId: string, email: string): Promise<boolean> {
  const invitation = await context.db.prepare(FIND_OF_ADDRESS).bind(organizationId, email, context.now()).first<Acceptable>();
  return invitation !== null && (invitation.role === 'owner' || accept(context, invitation));
}

const FIND_TAKEN = `SELECT o.id, o.slug, o.name FROM invitations i JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
  JOIN members m ON m.organization_id = o.id AND m.user_id = ? WHERE i.token_hash = ? AND i.status = 'accepted'`;

/** The organization that the person joined by this link's invitation. */
export const joinedBy = async ({ db, actor }: VerbContext, token: string): Promise<OrganizationRef | null> =>
  db
    .prepare(FIND_TAKEN)
    .bind(actor.id, await sha256Hex(token))
    .first<OrganizationRef>();
