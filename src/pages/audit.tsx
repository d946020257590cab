/** The audit log of a wallet, personal or an organization's. */
import { listApiKeys } from '../console/api-keys/list';
import type { VerbContext } from '../console/context';
import { listInvitations } from '../console/organizations/invitations';
import { listMembers } from '../console/organizations/members';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { auditLogPage, type Names } from './audit-log';
import { orgQuery } from './shell';

const PATH = '/settings/audit';

export const auditPath = (context: VerbContext): string => `${PATH}${orgQuery(context)}`;

/** The names of the wallet's keys and members, for their ids. */
export async function namesOf(context: VerbContext): Promise<Names> {
  const [{ keys }, { members }, { invitations }] = await Promise.all([
    context.permissions.has('keys.read') ? listApiKeys(context) : { keys: [] },
    context.organization && context.permissions.has('members.read') ? listMembers(context) : { members: [] },
    context.organization && context.permissions.has('members.read') ? listInvitations(context) : { invitations: [] },
  ]);
  return new Map([
    ...keys.map(({ id, name }): [string, string] => [id, name]),
    ...members.map(({ userId, email }): [string, string] => [userId, email]),
    ...invitations.map(({ id, email }): [string, string] => [id, email]),
  ]);
}

async function auditPage(c: AppContext, context: VerbContext): Promise<Response> {
  const { organization } = context;
  return auditLogPage(c, {
    of: context,
    path: PATH,
    exportPath: '/api/audit/export',
    keeps: organization ? { org: organization.id } : {},
    title: 'Audit log',
    about: `Who did what, each entry sealed with those before it${organization ? `, of ${organization.name}` : ''}`,
    names: await namesOf(context),
    frame: { context },
  });
}

export const auditPages: AccountRoute[] = [{ method: 'GET', path: PATH, permission: 'audit.read', handle: auditPage }];
