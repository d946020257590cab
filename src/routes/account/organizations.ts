import { showMe } from '../../console/me/show';
import { createOrganization, createOrganizationInput } from '../../console/organizations/create';
import { deleteOrganization, deleteOrganizationInput } from '../../console/organizations/delete';
import {
  acceptInput,
  acceptInvitation,
  inviteInput,
  inviteMember,
  listInvitations,
  revokeInvitation,
} from '../../console/organizations/invitations';
import {
  changeRole,
  changeRoleInput,
  listMembers,
  removeMember,
  transferInput,
  transferOrganization,
} from '../../console/organizations/members';
import { showOrganization } from '../../console/organizations/show';
import { updateOrganization } from '../../console/organizations/update';
import { ok } from '../../core/errors';
import { type AccountRoute, answer, parameter, withInput } from './route';

const ONE = '/api/orgs/:organization';

export const organizationRoutes: AccountRoute[] = [
  {
    method: 'GET',
    path: '/api/orgs',
    permission: 'self',
    handle: async (c, context) => c.json({ organizations: (await showMe(context)).organizations }),
  },
  {
    method: 'POST',
    path: '/api/orgs',
    permission: 'self',
    handle: withInput(createOrganizationInput, createOrganization, 201),
  },
  { method: 'GET', path: ONE, permission: 'organization.read', handle: async (c, context) => c.json(await showOrganization(context)) },
  {
    method: 'PATCH',
    path: ONE,
    permission: 'organization.update',
    handle: withInput(createOrganizationInput, async (context, input) => ok(await updateOrganization(context, input))),
  },
  { method: 'DELETE', path: ONE, permission: 'organization.delete', handle: withInput(deleteOrganizationInput, deleteOrganization) },
  {
    method: 'POST',
    path: `${ONE}/transfer`,
    permission: 'organization.transfer',
    handle: withInput(transferInput, transferOrganization),
  },
  {
    method: 'POST',
    path: `${ONE}/leave`,
    permission: 'organization.read',
    handle: async (c, context) => answer(c, await removeMember(context, context.actor.id)),
  },
  { method: 'GET', path: `${ONE}/members`, permission: 'members.read', handle: async (c, context) => c.json(await listMembers(context)) },
  {
    method: 'PATCH',
    path: `${ONE}/members/:user`,
    permission: 'members.write',
    handle: withInput(changeRoleInput, (context, input, c) => changeRole(context, parameter(c, 'user'), input)),
  },
  {
    method: 'DELETE',
    path: `${ONE}/members/:user`,
    permission: 'members.write',
    handle: async (c, context) => answer(c, await removeMember(context, parameter(c, 'user'))),
  },
  {
    method: 'GET',
    path: `${ONE}/invitations`,
    permission: 'members.read',
    handle: async (c, context) => c.json(await listInvitations(context)),
  },
  { method: 'POST', path: `${ONE}/invitations`, permission: 'members.write', handle: withInput(inviteInput, inviteMember, 201) },
  {
    method: 'DELETE',
    path: `${ONE}/invitations/:invitation`,
    permission: 'members.write',
    handle: async (c, context) => answer(c, await revokeInvitation(context, parameter(c, 'invitation'))),
  },
  { method: 'POST', path: '/api/invitations/accept', permission: 'self', handle: withInput(acceptInput, acceptInvitation) },
];
