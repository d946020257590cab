// Every route that changes something, with the audit entry that it writes.
import { describe, expect, it } from 'vitest';
import { ACCOUNT_ROUTES } from '../../../src/routes/account/routes';
import { audited, call, join, must, organization, type Someone, someone } from './support';

interface Scene {
  owner: Someone;
  member: Someone;
  id: string;
  accountId: string;
  slug: string;
}

interface Step {
  /** The caller, if it is not the owner. */
  as?: Someone;
  path: string;
  json?: unknown;
}

/** Prepares what a request needs, and returns the request. */
type Act = (scene: Scene) => Promise<Step> | Step;

const keyOf = async ({ id, owner }: Scene): Promise<string> =>
  (await must('POST', `/api/api-keys?org=${id}`, { as: owner, json: { name: 'x' } })).id;

const ACTS: Record<string, [action: string, act: Act]> = {
  'POST /api/api-keys': ['api_key.create', ({ id }) => ({ path: `/api/api-keys?org=${id}`, json: { name: 'x' } })],
  'PATCH /api/api-keys/:id': [
    'api_key.update',
    async (scene) => ({ path: `/api/api-keys/${await keyOf(scene)}?org=${scene.id}`, json: { name: 'y' } }),
  ],
  'POST /api/api-keys/:id/rotate': [
    'api_key.rotate',
    async (scene) => ({ path: `/api/api-keys/${await keyOf(scene)}/rotate?org=${scene.id}`, json: {} }),
  ],
  'DELETE /api/api-keys/:id': ['api_key.revoke', async (scene) => ({ path: `/api/api-keys/${await keyOf(scene)}?org=${scene.id}` })],
  'PATCH /api/orgs/:organization': ['organization.update', ({ id }) => ({ path: `/api/orgs/${id}`, json: { name: 'New' } })],
  'DELETE /api/orgs/:organization': ['organization.delete', ({ id, slug }) => ({ path: `/api/orgs/${id}`, json: { confirm: slug } })],
  'POST /api/orgs/:organization/transfer': [
    'organization.transfer',
    ({ id, member }) => ({ path: `/api/orgs/${id}/transfer`, json: { userId: member.id } }),
  ],
  'POST /api/orgs/:organization/leave': ['member.leave', ({ id, member }) => ({ as: member, path: `/api/orgs/${id}/leave`, json: {} })],
  'PATCH /api/orgs/:organization/members/:user': [
    'member.change_role',
    ({ id, member }) => ({ path: `/api/orgs/${id}/members/${member.id}`, json: { role: 'billing' } }),
  ],
  'DELETE /api/orgs/:organization/members/:user': ['member.remove', ({ id, member }) => ({ path: `/api/orgs/${id}/members/${member.id}` })],
  'POST /api/orgs/:organization/sso': [
    'sso_provider.create',
    ({ id }) => ({ path: `/api/orgs/${id}/sso`, json: { type: 'saml', metadata: METADATA, domain: 'verbs.example' } }),
  ],
  'DELETE /api/orgs/:organization/sso/:provider': [
    'sso_provider.delete',
    async ({ id, owner }) => {
      const json = { type: 'saml', metadata: METADATA, domain: 'verbs.example' };
      return { path: `/api/orgs/${id}/sso/${(await must('POST', `/api/orgs/${id}/sso`, { as: owner, json })).id}` };
    },
  ],
};

const METADATA = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${'A'.repeat(200)}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>`;

/** They need mail, a name service, Stripe or an identity provider, or create the wallet that their entry is in: see these files. */
const ELSEWHERE: Record<string, string> = {
  'POST /api/orgs': 'organizations.test.ts: organization.create',
  'POST /api/orgs/:organization/invitations': 'organizations.test.ts: invitation.create',
  'DELETE /api/orgs/:organization/invitations/:invitation': 'organizations.test.ts: invitation.revoke',
  'POST /api/invitations/accept': 'organizations.test.ts: invitation.accept',
  'POST /api/billing/checkout': 'e2e/account-billing.test.ts: billing.begin_checkout',
  'POST /api/billing/redeem': 'vouchers.test.ts: billing.redeem',
  'POST /api/billing/webhook': 'billing.test.ts: billing.top_up, refund, dispute and what undoes them',
  'POST /api/orgs/:organization/sso/:provider/verify-domain': 'e2e/account-sso.test.ts: sso_provider.verify_domain',
  'POST /api/auth/sso/:provider': 'e2e/account-sso.test.ts: member.join_by_sso',
  'POST /api/orgs/:organization/sso/:provider/check': 'changes nothing',
  'POST /api/auth/sso/start': 'changes nothing of an account',
};

async function scene(): Promise<Scene> {
  const [owner, member, { id, accountId }] = [await someone(), await someone(), await organization()];
  await join(id, owner, 'owner');
  await join(id, member, 'developer');
  return { owner, member, id, accountId, slug: id };
}

describe('a change', () => {
  it.each(Object.entries(ACTS))('by %s is in the log, with who, what and from where', async (route, [action, act]) => {
    const set = await scene();
    const { as = set.owner, path, json } = await act(set);
    const before = (await audited(set.accountId)).length;
    const headers = { 'cf-connecting-ip': '192.0.2.44', 'user-agent': 'a test of verbs' };
    const answer = await call(route.split(' ')[0]!, path, { as, headers, ...(json !== undefined && { json }) });
    expect(answer.status, answer.text).toBeLessThan(300);
    const entries = (await audited(set.accountId)).slice(before);
    expect(entries.map((entry) => entry.action)).toEqual([action]);
    expect(entries[0]).toMatchObject({ actor_kind: 'user', actor_id: as.id, ip: '192.0.2.44', user_agent: 'a test of verbs' });
    expect(entries[0]).toMatchObject({ request_id: answer.headers.get('x-request-id') });
  });

  it('is tested for each route there is', () => {
    const routes = ACCOUNT_ROUTES.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
    expect([...Object.keys(ACTS), ...Object.keys(ELSEWHERE)].sort()).toEqual(routes.sort());
  });
});
