/** Organizations: members, invitations, and their identity providers. */
import * as z from 'zod';
import { createOrganizationInput } from '../console/organizations/create';
import { deleteOrganizationInput } from '../console/organizations/delete';
import { acceptInput, inviteInput } from '../console/organizations/invitations';
import { changeRoleInput, transferInput } from '../console/organizations/members';
import { ALL_PERMISSIONS, type Permission, ROLES } from '../console/permissions';
import { createProviderInput } from '../console/sso/manage';
import { memberships } from './account';
import { type Answer, example, json, type RequestBody, type Route } from './describe';
import { FAILURES } from './errors';
import { credits, time } from './schemas';

const ONE = '/api/orgs/{organization}';
const role = z.enum(ROLES);

const organization = z.object({ id: z.string(), slug: z.string(), name: z.string(), role: role.nullable(), accountId: z.string() });
const joined = z.object({ id: z.string(), slug: z.string(), name: z.string(), role });

const shown = organization.extend({
  permissions: z.array(z.enum(ALL_PERMISSIONS as [Permission, ...Permission[]])),
  tier: z.string(),
  balanceCredits: credits,
});

const member = z.object({ userId: z.string(), name: z.string(), email: z.string(), role, source: z.string(), createdAt: time });
const left = z.object({ userId: z.string(), keysRevoked: z.int() });

const invitation = z.object({ id: z.string(), email: z.string(), role, status: z.string(), createdAt: time, expiresAt: time });

const providerShape = {
  id: z.string(),
  type: z.enum(['oidc', 'saml']),
  domain: z.string(),
  domainVerified: z.boolean(),
  challenge: z
    .object({ name: z.string(), type: z.literal('TXT'), value: z.string() })
    .meta({ description: 'The TXT record that proves who owns the domain.' }),
  defaultRole: role,
  createdAt: time,
  callbackUrl: z.string(),
  issuer: z.string().optional(),
  clientId: z.string().optional(),
  entityId: z.string().optional(),
  acsUrl: z.string().optional(),
  metadataUrl: z.string().optional(),
};
const provider = z.object(providerShape);
const created = z.object({ ...providerShape, check: z.object({ ok: z.boolean() }) });

interface Described {
  summary: string;
  description?: string;
  body?: RequestBody;
  answers: Record<string, Answer>;
  tag?: Route['tag'];
  access?: Route['access'];
  errors?: Route['errors'];
}

const route = (method: Route['method'], path: string, id: string, permission: string, described: Described): Route => ({
  method,
  path,
  id,
  tag: 'Organizations',
  access: permission === 'self' ? 'person' : 'account',
  permission,
  errors: FAILURES.account,
  ...described,
});

const ownRoutes: Route[] = [
  route('get', '/api/orgs', 'listOrganizations', 'self', {
    summary: 'Your organizations',
    answers: { 200: json('All of them.', z.object({ organizations: memberships })) },
  }),
  route('post', '/api/orgs', 'createOrganization', 'self', {
    summary: 'Create an organization with a wallet of its own',
    body: { schema: createOrganizationInput, examples: example('An organization', { name: 'Acme' }) },
    answers: { 201: json('The organization.', organization) },
  }),
  route('get', ONE, 'getOrganization', 'organization.read', {
    summary: 'One organization',
    answers: { 200: json('The organization.', shown) },
  }),
  route('patch', ONE, 'updateOrganization', 'organization.update', {
    summary: 'Rename an organization',
    body: { schema: createOrganizationInput, examples: example('Another name', { name: 'Acme Limited' }) },
    answers: { 200: json('The organization.', organization) },
  }),
  route('delete', ONE, 'deleteOrganization', 'organization.delete', {
    summary: 'Delete an organization',
    description:
      'Its keys end and the files that it stored are removed; what its jobs made is kept for as long as it would have been. Refused while it has deployments or calls under way.',
    body: { schema: deleteOrganizationInput, examples: example('By its slug', { confirm: 'acme' }) },
    answers: { 200: json('It is gone.', z.object({ id: z.string(), deleted: z.literal(true) })) },
  }),
  route('post', `${ONE}/transfer`, 'transferOrganization', 'organization.transfer', {
    summary: 'Hand an organization to another member',
    body: { schema: transferInput, examples: example('To a member', { userId: '00000000-0000-0000-0000-000000000000' }) },
    answers: { 200: json('Whose it is.', z.object({ ownerId: z.string() })) },
  }),
  route('post', `${ONE}/leave`, 'leaveOrganization', 'organization.read', {
    summary: 'Leave an organization',
    answers: { 200: json('You have left.', left) },
  }),
];

const memberRoutes: Route[] = [
  route('get', `${ONE}/members`, 'listMembers', 'members.read', {
    summary: 'Members',
    answers: { 200: json('All members.', z.object({ members: z.array(member) })) },
  }),
  route('patch', `${ONE}/members/{user}`, 'changeRole', 'members.write', {
    summary: 'Change a member’s role',
    body: { schema: changeRoleInput, examples: example('A viewer', { role: 'viewer' }) },
    answers: { 200: json('The role.', z.object({ userId: z.string(), role })) },
  }),
  route('delete', `${ONE}/members/{user}`, 'removeMember', 'members.write', {
    summary: 'Remove a member, and revoke the API keys whose secret they know',
    answers: { 200: json('They are out.', left) },
  }),
  route('get', `${ONE}/invitations`, 'listInvitations', 'members.read', {
    summary: 'Invitations, newest first',
    answers: { 200: json('Invitations.', z.object({ invitations: z.array(invitation) })) },
  }),
  route('post', `${ONE}/invitations`, 'inviteMember', 'members.write', {
    errors: [...FAILURES.account, 'rate_limited'],
    summary: 'Invite somebody by mail',
    body: { schema: inviteInput, examples: example('A developer', { email: 'ada@example.com', role: 'developer' }) },
    answers: { 201: json('The invitation.', invitation) },
  }),
  route('delete', `${ONE}/invitations/{invitation}`, 'revokeInvitation', 'members.write', {
    summary: 'Revoke an invitation',
    answers: { 200: json('It is void.', z.object({ id: z.string(), status: z.literal('revoked') })) },
  }),
  route('post', '/api/invitations/accept', 'acceptInvitation', 'self', {
    summary: 'Accept an invitation',
    body: { schema: acceptInput, examples: example('The token of the mail', { token: '0123456789abcdef' }) },
    answers: { 200: json('What you joined.', joined) },
  }),
];

const ssoRoutes: Route[] = [
  route('get', `${ONE}/sso`, 'listIdentityProviders', 'sso.read', {
    summary: 'Identity providers',
    answers: { 200: json('All of them.', z.object({ providers: z.array(provider) })) },
  }),
  route('post', `${ONE}/sso`, 'createIdentityProvider', 'sso.write', {
    summary: 'Add an identity provider',
    body: {
      schema: createProviderInput,
      examples: example('OpenID Connect', {
        type: 'oidc',
        issuer: 'https://login.example.com',
        clientId: 'gateway',
        clientSecret: 'a secret',
        domain: 'example.com',
      }),
    },
    answers: { 201: json('The provider, with the record that shows whose the domain is.', created) },
  }),
  route('delete', `${ONE}/sso/{provider}`, 'deleteIdentityProvider', 'sso.write', {
    summary: 'Remove an identity provider',
    answers: { 200: json('It is gone.', z.object({ id: z.string(), deleted: z.literal(true) })) },
  }),
  route('post', `${ONE}/sso/{provider}/check`, 'checkIdentityProvider', 'sso.read', {
    summary: 'Check that an identity provider answers',
    answers: { 200: json('Whether it is.', z.object({ ok: z.boolean(), message: z.string() })) },
  }),
  route('post', `${ONE}/sso/{provider}/verify-domain`, 'verifyDomain', 'sso.write', {
    summary: 'Verify a domain by its TXT record',
    answers: { 200: json('The provider, which counts from now on.', provider) },
  }),
];

export const organizationRoutes: Route[] = [...ownRoutes, ...memberRoutes, ...ssoRoutes];
