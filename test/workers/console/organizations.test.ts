import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { createApiKey } from '../../../src/console/api-keys/create';
import type { VerbContext } from '../../../src/console/context';
import { deleteOrganization } from '../../../src/console/organizations/delete';
import { acceptInvitation, inviteMember } from '../../../src/console/organizations/invitations';
import { changeRole, removeMember } from '../../../src/console/organizations/members';
import { permissionsOf, type Role } from '../../../src/console/permissions';
import { verifyDomain } from '../../../src/console/sso/manage';
import { readMetadata } from '../../../src/console/sso/saml-metadata';
import { readAccountSettings } from '../../../src/env-account';
import { jobDeps } from '../../../src/http/deps';
import { createDeployment } from '../../../src/jobs/deployments/manage';
import { findDeployment } from '../../../src/jobs/deployments/store';
import { queryBudget } from '../../../src/jobs/query-budget';
import { removeOldFiles } from '../../../src/jobs/retention';
import type { Mail } from '../../../src/mail/mail';
import { testKey } from '../account/support';
import { audited, call, join, lastAudited, must, ORIGIN, organization, type Someone, someone } from './support';

const made = async (owner: Someone): Promise<{ id: string; slug: string; accountId: string }> =>
  must('POST', '/api/orgs', { as: owner, json: { name: 'Acme Inc' } });

const rolesOf = async (id: string, as: Someone): Promise<Record<string, string>> => {
  const { members } = await must('GET', `/api/orgs/${id}/members`, { as });
  return Object.fromEntries(members.map(({ userId, role }: { userId: string; role: string }) => [userId, role]));
};

/** A context for verbs that send mail, which workerd cannot do here. */
function contextOf(person: Someone, team: { id: string; accountId: string }, mails: Mail[]): VerbContext {
  return {
    db: env.DB,
    files: env.FILES,
    account: (id) => accountStub(env.ACCOUNT, id),
    macSecret: env.KEY_MAC_SECRET,
    now: Date.now,
    settings: readAccountSettings(env),
    origin: ORIGIN,
    mail: async (mail) => void mails.push(mail),
    fetch,
    catchUp: async () => undefined,
    actor: { kind: 'user', id: person.id, name: person.email },
    from: { ip: '192.0.2.7', userAgent: 'a test', requestId: 'req_test' },
    accountId: team.accountId,
    organization: { id: team.id, slug: team.id, name: 'Acme' },
    role: 'owner',
    permissions: new Set(permissionsOf('owner')),
  };
}

describe('an organization', () => {
  it('is made with a wallet of its own, and its maker owns it', async () => {
    const owner = await someone();
    const team = await made(owner);
    expect(team).toMatchObject({ slug: expect.stringMatching(/^acme-inc/), role: 'owner', accountId: expect.stringMatching(/^acc_/) });
    expect(await must('GET', `/api/orgs/${team.slug}`, { as: owner })).toMatchObject({ id: team.id, role: 'owner', balanceCredits: 0 });
    expect((await must('GET', '/api/orgs', { as: owner })).organizations).toMatchObject([{ id: team.id, role: 'owner' }]);
    expect(await audited(team.accountId)).toMatchObject([{ action: 'organization.create', actor_id: owner.id, target: team.id }]);
  });

  it('has a slug that can be read, of a name in other letters than those of an address', async () => {
    const owner = await someone();
    const slugOf = async (name: string) => (await must('POST', '/api/orgs', { as: owner, json: { name } })).slug;
    const unique = owner.id
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, 8);
    expect(await slugOf(`Müller & Cía. ${unique}`)).toBe(`muller-cia-${unique}`);
    expect(await slugOf(`${unique} ${'x'.repeat(31 - 1)} Söhne`)).toBe(`${unique}-${'x'.repeat(30)}`);
    expect(await slugOf('株式会社')).toMatch(/^team/);
  });

  it('is one of twenty that a person may make', async () => {
    const owner = await someone();
    const { accountId: _, id } = await made(owner);
    const rows = Array.from({ length: 19 }, (_, index) => `org_${index}_${id}`);
    await env.DB.batch(
      rows.flatMap((row) => [
        env.DB.prepare("INSERT INTO organizations VALUES (?1, ?1, 'Another', ?1, 1, NULL)").bind(row),
        env.DB.prepare("INSERT INTO members VALUES (?, ?, 'owner', 'created', 1)").bind(row, owner.id),
      ]),
    );
    const ask = () => call('POST', '/api/orgs', { as: owner, json: { name: 'One more' } });
    expect(await ask()).toMatchObject({ status: 409, body: { error: { code: 'too_many_organizations' } } });
    await env.DB.prepare('UPDATE organizations SET deleted_at = 2 WHERE id = ?').bind(rows[0]!).run();
    expect((await ask()).status).toBe(201);
  });

  it('is one of twenty also where they are made at once, each under a slug of its own', async () => {
    const owner = await someone();
    const make = () => call('POST', '/api/orgs', { as: owner, json: { name: `Twins ${owner.id.slice(0, 8)}` } });
    const answers = await Promise.all(Array.from({ length: 24 }, make));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(20).fill(201), ...Array(4).fill(409)]);
    expect(new Set(answers.map(({ body }) => body.slug)).size).toBe(21);
    expect((await must('GET', '/api/orgs', { as: owner })).organizations).toHaveLength(20);
  });

  it('is renamed', async () => {
    const owner = await someone();
    const { id, accountId } = await made(owner);
    expect(await must('PATCH', `/api/orgs/${id}`, { as: owner, json: { name: 'Acme GmbH' } })).toMatchObject({ name: 'Acme GmbH' });
    expect(await lastAudited(accountId)).toMatchObject({ action: 'organization.update', detail: '{"name":"Acme GmbH"}' });
  });

  it('is deleted by who types its slug: keys end, credits must be given up, the log stays', async () => {
    const owner = await someone();
    const { id, slug, accountId } = await made(owner);
    const { key } = await must('POST', `/api/api-keys?org=${id}`, { as: owner, json: { name: 'x', scopes: ['keys.read'] } });
    const stub = accountStub(env.ACCOUNT, accountId);
    await stub.grant({ eventId: 'e', amountMicro: 5_000_000, reason: '', topUp: false });
    const ask = (json: object) => call('DELETE', `/api/orgs/${id}`, { as: owner, json });
    expect((await ask({ confirm: 'acme' })).status).toBe(400);
    expect((await ask({ confirm: slug })).body.error.message).toContain('5 credits');
    expect((await ask({ confirm: slug, forfeitCredits: true })).status).toBe(200);
    expect((await call('GET', `/api/orgs/${id}`, { as: owner })).status).toBe(404);
    expect((await call('GET', '/api/api-keys', { key })).status).toBe(401);
    expect(await lastAudited(accountId)).toMatchObject({ action: 'organization.delete', target: id });
  });
});

describe('an identity provider', () => {
  const metadata = ({ entityId = 'x', location = 'https://idp.example/sso', certificates = 1 } = {}) =>
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">${`<X509Data><X509Certificate>${'A'.repeat(2_000)}</X509Certificate></X509Data>`.repeat(certificates)}</KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${location}"/></IDPSSODescriptor></EntityDescriptor>`;

  it('is one of fifty of its organization', async () => {
    const owner = await someone();
    const { id, accountId } = await made(owner);
    const save = () =>
      call('POST', `/api/orgs/${id}/sso`, { as: owner, json: { type: 'saml', metadata: metadata(), domain: 'acme.example' } });
    const insert = env.DB.prepare("INSERT INTO sso_providers VALUES (?, ?, 'saml', 'acme.example', '', NULL, 'viewer', '{}', 1)");
    await env.DB.batch(Array.from({ length: 49 }, () => insert.bind(crypto.randomUUID(), id)));
    const both = await Promise.all([save(), save()]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect((await audited(accountId)).filter(({ action }) => action === 'sso_provider.create')).toHaveLength(1);
  });

  it('that is deleted while the DNS is asked about it is not said to be verified', async () => {
    const owner = await someone();
    const team = await made(owner);
    const provider = await must('POST', `/api/orgs/${team.id}/sso`, {
      as: owner,
      json: { type: 'saml', metadata: metadata(), domain: 'meanwhile.example' },
    });
    const dns = async () => {
      await must('DELETE', `/api/orgs/${team.id}/sso/${provider.id}`, { as: owner });
      return Response.json({ Answer: [{ type: 16, data: `"${provider.challenge.value}"` }] });
    };
    const context = { ...contextOf(owner, team, []), fetch: dns as unknown as typeof fetch };
    expect(await verifyDomain(context, provider.id)).toMatchObject({ ok: false, error: { kind: 'not_found' } });
  });

  it('leaves no more in the database than a sign-in needs', async () => {
    const settings = { LOCAL: '0' } as const;
    const many = readMetadata(metadata({ certificates: 60 }), settings);
    expect(many.ok && many.value.certificates.length).toBe(10);
    for (const long of [{ entityId: 'x'.repeat(1_025) }, { location: `https://idp.example/${'x'.repeat(2_000)}` }])
      expect(readMetadata(metadata(long), settings)).toMatchObject({ ok: false, error: { param: 'metadata' } });
  });
});

describe('an organization that is deleted', () => {
  it('has no deployments left, which nobody could end', async () => {
    const owner = await someone();
    const { id, slug } = await made(owner);
    const { key } = await must('POST', `/api/api-keys?org=${id}`, { as: owner, json: { name: 'x', mode: 'test' } });
    const deployment = { slug: 'my-model', dockerImage: 'registry.example.com/model:1', gpuTypes: 'ADA_48_PRO' };
    await must('POST', '/v1/deployments', { key, json: deployment });
    const ask = () => call('DELETE', `/api/orgs/${id}`, { as: owner, json: { confirm: slug } });
    expect(await ask()).toMatchObject({
      status: 409,
      body: { error: { code: 'has_deployments', message: expect.stringContaining('my-model') } },
    });
    await must('DELETE', '/v1/deployments/my-model', { key });
    expect((await ask()).status).toBe(200);
  });

  it('stays, with all that it has, where a deployment is made while it goes', async () => {
    const [owner, other, team] = [await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    const mails: Mail[] = [];
    const context = contextOf(owner, team, mails);
    await inviteMember(context, { email: other.email, role: 'viewer' });
    const deployment = { dockerImage: 'registry.example.com/model:1', gpuTypes: ['ADA_48_PRO'], minWorkers: 0, maxWorkers: 1 };
    const fields = { ...deployment, slug: 'meanwhile', name: 'Meanwhile', idleTimeoutSeconds: 5, env: {}, webhookUrl: null };
    let made: Promise<unknown> | undefined;
    const batch: D1Database['batch'] = async (statements) => {
      made ??= createDeployment(jobDeps(env), { accountId: team.accountId, test: true }, fields);
      await made;
      return env.DB.batch(statements);
    };
    const db = new Proxy(env.DB, { get: (of, name) => (name === 'batch' ? batch : Reflect.get(of, name).bind(of)) });
    const deleted = await deleteOrganization({ ...context, db }, { confirm: team.id });
    expect(deleted).toMatchObject({ ok: false, error: { code: 'has_deployments', message: expect.stringContaining('meanwhile') } });
    const { invitations } = await must('GET', `/api/orgs/${team.id}/invitations`, { as: owner });
    expect(invitations).toMatchObject([{ status: 'pending' }]);
  });

  it('gets no deployment any more, which nobody could end', async () => {
    const team = await organization();
    await env.DB.prepare('UPDATE organizations SET deleted_at = 1 WHERE id = ?').bind(team.id).run();
    const deployment = { dockerImage: 'registry.example.com/model:1', gpuTypes: ['ADA_48_PRO'], minWorkers: 0, maxWorkers: 1 };
    const fields = { ...deployment, slug: 'late', name: 'Late', idleTimeoutSeconds: 5, env: {}, webhookUrl: null };
    expect(await createDeployment(jobDeps(env), { accountId: team.accountId, test: true }, fields)).toMatchObject({
      ok: false,
      error: { kind: 'conflict', message: expect.stringContaining('was deleted') },
    });
    expect(await findDeployment(env.DB, team.accountId, 'late')).toBeUndefined();
  });

  it('has no key, not even one that is made while it goes', async () => {
    const [owner, team] = [await someone(), await organization()];
    await join(team.id, owner, 'owner');
    const context = contextOf(owner, team, []);
    let isMade = false;
    const batch: D1Database['batch'] = async (statements) => {
      if (!isMade) await createApiKey(context, { name: 'meanwhile' });
      isMade = true;
      return env.DB.batch(statements);
    };
    const db = new Proxy(env.DB, { get: (of, name) => (name === 'batch' ? batch : Reflect.get(of, name).bind(of)) });
    expect((await deleteOrganization({ ...context, db }, { confirm: team.id })).ok).toBe(true);
    const keys = await accountStub(env.ACCOUNT, team.accountId).listKeys();
    expect(keys).toMatchObject([{ name: 'meanwhile', status: 'revoked' }]);
  });

  it('may have hundreds of keys: they end in one step, and the log has each', async () => {
    const [owner, team] = [await someone(), await organization()];
    await join(team.id, owner, 'owner');
    const stub = accountStub(env.ACCOUNT, team.accountId);
    for (const id of Array.from({ length: 150 }, (_, index) => `key_${index}`)) await stub.putKey(testKey({ id }));
    const { db, left } = queryBudget(env.DB, 1_000);
    let asked = 0;
    const counted = new Proxy(stub, {
      get(of, name) {
        asked++;
        return Reflect.get(of, name);
      },
    });
    const context = { ...contextOf(owner, team, []), db, account: () => counted };
    expect((await deleteOrganization(context, { confirm: team.id })).ok).toBe(true);
    expect(1_000 - left()).toBeLessThan(100);
    expect(asked).toBeLessThan(10);
    expect((await stub.listKeys()).every(({ status }) => status === 'revoked')).toBe(true);
    expect((await audited(team.accountId)).filter(({ action }) => action === 'api_key.revoke')).toHaveLength(150);
  });

  it('has no files left after the next sweep, and takes none of others with it', async () => {
    const [owner, neighbour] = [await someone(), await someone()];
    const { id, slug, accountId } = await made(owner);
    const { id: nextDoor, accountId: neighbours } = await made(neighbour);
    for (const wallet of [accountId, neighbours]) await accountStub(env.ACCOUNT, wallet).setTier('starter');
    const store = async (as: Someone, org: string) => {
      const { key } = await must('POST', `/api/api-keys?org=${org}`, { as, json: { name: 'x' } });
      return new URL((await must('POST', '/v1/storage?filename=a.txt', { key, json: { a: 1 } })).url).pathname;
    };
    const [gone, kept] = [await store(owner, id), await store(neighbour, nextDoor)];
    await must('DELETE', `/api/orgs/${id}`, { as: owner, json: { confirm: slug } });
    await removeOldFiles(jobDeps(env));
    expect((await call('GET', gone)).status).toBe(404);
    expect((await call('GET', kept)).status).toBe(200);
  });
});

describe('a member', () => {
  it('gets another role', async () => {
    const [owner, other, team] = [await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, other, 'viewer');
    await must('PATCH', `/api/orgs/${team.id}/members/${other.id}`, { as: owner, json: { role: 'developer' } });
    expect(await rolesOf(team.id, owner)).toEqual({ [owner.id]: 'owner', [other.id]: 'developer' });
    const noted = await lastAudited(team.accountId);
    expect(noted).toMatchObject({ action: 'member.change_role', target: other.id, detail: '{"from":"viewer","to":"developer"}' });
  });

  it('is removed, and the keys that they made go with them', async () => {
    const [owner, other, team] = [await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, other, 'developer');
    const theirs = await must('POST', `/api/api-keys?org=${team.id}`, { as: other, json: { name: 'theirs' } });
    const mine = await must('POST', `/api/api-keys?org=${team.id}`, { as: owner, json: { name: 'mine' } });
    await must('DELETE', `/api/orgs/${team.id}/members/${other.id}`, { as: owner });
    expect((await call('GET', `/api/orgs/${team.id}`, { as: other })).status).toBe(404);
    const keys = await accountStub(env.ACCOUNT, team.accountId).listKeys();
    expect(Object.fromEntries(keys.map(({ id, status }) => [id, status]))).toEqual({ [theirs.id]: 'revoked', [mine.id]: 'active' });
    expect(await lastAudited(team.accountId)).toMatchObject({ action: 'member.remove', target: other.id });
  });

  it('leaves by themselves, but the last owner stays', async () => {
    const [owner, other, team] = [await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, other, 'viewer');
    await must('POST', `/api/orgs/${team.id}/leave`, { as: other });
    expect(await lastAudited(team.accountId)).toMatchObject({ action: 'member.leave', actor_id: other.id });
    const before = await audited(team.accountId);
    expect((await call('POST', `/api/orgs/${team.id}/leave`, { as: owner })).status).toBe(409);
    expect((await call('PATCH', `/api/orgs/${team.id}/members/${owner.id}`, { as: owner, json: { role: 'admin' } })).status).toBe(409);
    expect(await audited(team.accountId)).toEqual(before);
    expect(await rolesOf(team.id, owner)).toEqual({ [owner.id]: 'owner' });
  });

  it('is told of as they are where two change them at once', async () => {
    const [owner, other, team] = [await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, other, 'viewer');
    const at = `/api/orgs/${team.id}/members/${other.id}`;
    const context = contextOf(owner, team, []);
    /** The same person's context, in which another change is made first. */
    const second = (first: () => Promise<unknown>): VerbContext => {
      let before: Promise<unknown> | undefined;
      const batch: D1Database['batch'] = async (statements) => {
        before ??= first();
        await before;
        return env.DB.batch(statements);
      };
      return { ...context, db: new Proxy(env.DB, { get: (of, name) => (name === 'batch' ? batch : Reflect.get(of, name).bind(of)) }) };
    };
    const promote = () => must('PATCH', at, { as: owner, json: { role: 'developer' } });
    expect(await changeRole(second(promote), other.id, { role: 'billing' })).toMatchObject({
      error: { kind: 'conflict', message: expect.stringContaining('changed to developer') },
    });
    const remove = () => must('DELETE', at, { as: owner });
    expect(await removeMember(second(remove), other.id)).toMatchObject({ error: { kind: 'not_found' } });
  });

  it('who is an admin makes no owner and removes none', async () => {
    const [owner, admin, other, team] = [await someone(), await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, admin, 'admin');
    await join(team.id, other, 'viewer');
    const at = (user: Someone) => `/api/orgs/${team.id}/members/${user.id}`;
    for (const [method, path, json] of [
      ['PATCH', at(other), { role: 'owner' }],
      ['PATCH', at(admin), { role: 'owner' }],
      ['PATCH', at(owner), { role: 'viewer' }],
      ['DELETE', at(owner), {}],
      ['POST', `/api/orgs/${team.id}/invitations`, { email: 'x@example.com', role: 'owner' }],
      ['POST', `/api/orgs/${team.id}/transfer`, { userId: admin.id }],
    ] as const)
      expect((await call(method, path, { as: admin, json })).status, `${method} ${path}`).toBe(403);
    expect(await audited(team.accountId)).toEqual([]);
  });

  it('takes over, and who owned it stays as an admin', async () => {
    const [owner, other, team] = [await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, other, 'viewer');
    await must('POST', `/api/orgs/${team.id}/transfer`, { as: owner, json: { userId: other.id } });
    expect(await rolesOf(team.id, owner)).toEqual({ [owner.id]: 'admin', [other.id]: 'owner' });
    expect(await lastAudited(team.accountId)).toMatchObject({ action: 'organization.transfer', target: other.id });
    expect((await call('POST', `/api/orgs/${team.id}/transfer`, { as: other, json: { userId: 'nobody' } })).status).toBe(404);
  });

  it('takes over alone, though it is handed to two at once', async () => {
    const [owner, one, other, team] = [await someone(), await someone(), await someone(), await organization()];
    await join(team.id, owner, 'owner');
    for (const person of [one, other]) await join(team.id, person, 'viewer');
    const hand = (to: Someone) => call('POST', `/api/orgs/${team.id}/transfer`, { as: owner, json: { userId: to.id } });
    const statuses = (await Promise.all([one, other].map(hand))).map(({ status }) => status);
    expect(Object.values(await rolesOf(team.id, owner)).sort()).toEqual(['admin', 'owner', 'viewer']);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });
});

describe('an invitation', () => {
  const invited = async (email: string) => {
    const [owner, team, mails] = [await someone(), await organization(), [] as Mail[]];
    await join(team.id, owner, 'owner');
    const context = contextOf(owner, team, mails);
    const result = await inviteMember(context, { email: email.toLowerCase(), role: 'developer' });
    if (!result.ok) throw new Error(result.error.message);
    return { owner, team, mails, context, invitation: result.value, token: new URL(mails[0]!.action!.url).searchParams.get('token')! };
  };

  it('is mailed, accepted once by who has the address, and each step is noted', async () => {
    const guest = await someone();
    const { owner, team, mails, token, invitation, context } = await invited(guest.email);
    expect(mails).toMatchObject([{ to: guest.email, subject: expect.stringContaining('Acme') }]);
    expect(await lastAudited(team.accountId)).toMatchObject({ action: 'invitation.create', target: invitation.id });
    expect((await inviteMember(context, { email: owner.email, role: 'viewer' })).ok).toBe(false);
    const joined = await must('POST', '/api/invitations/accept', { as: guest, json: { token } });
    expect(joined).toMatchObject({ id: team.id, role: 'developer' });
    expect(await lastAudited(team.accountId)).toMatchObject({ action: 'invitation.accept', actor_id: guest.id, target: invitation.id });
    expect(await rolesOf(team.id, guest)).toMatchObject({ [guest.id]: 'developer' });
    expect((await call('POST', '/api/invitations/accept', { as: guest, json: { token } })).status).toBe(404);
  });

  it('says whom, where and as what before it is accepted, and what to do with another account', async () => {
    const [guest, other] = [await someone('guest'), await someone('other')];
    const { owner, token } = await invited(guest.email);
    const path = `/invitations/accept?token=${token}`;
    const words = `<bdi>person</bdi> (${owner.email}) invites <strong>${guest.email}</strong> to <strong><bdi>Acme</bdi></strong> as developer.`;
    const shown = await call('GET', path, { as: guest });
    expect(shown.text.replaceAll(/\s+/g, ' ')).toContain(words);
    expect(shown.text).toContain('>Join Acme</button>');
    const wrong = await call('GET', path, { as: other });
    expect(wrong.text).toContain(`Sign out and go on as ${guest.email}`);
    expect(wrong.text).not.toContain('>Join');
    const out = await call('POST', '/sign-out', { as: other, form: { next: path } });
    expect([out.status, out.headers.get('location')]).toEqual([303, path]);
    const next = encodeURIComponent(path);
    const signIn = (await call('GET', `/sign-in?next=${next}`)).text;
    expect(signIn.replaceAll(/\s+/g, ' ')).toContain(words);
    expect(signIn).toContain(`value="${guest.email}"`);
    for (const link of ['/sign-up', '/forgot-password']) expect(signIn).toContain(`href="${link}?next=${next}"`);
    expect((await call('GET', `/sign-up?next=${next}`)).text).toContain(`href="/sign-in?next=${next}"`);
  });

  it('replaces the one before to the same address, and is open no more once they are in or its time is over', async () => {
    const guest = await someone();
    const { owner, team, token, context } = await invited(guest.email);
    const listed = async () => (await call('GET', `/settings/organization?org=${team.id}`, { as: owner })).text.match(/invited as \w+/g);
    expect((await inviteMember(context, { email: guest.email, role: 'viewer' })).ok).toBe(true);
    expect(await listed()).toEqual(['invited as viewer']);
    expect((await call('POST', '/api/invitations/accept', { as: guest, json: { token } })).status).toBe(404);
    const elsewhere = `late-${crypto.randomUUID()}@example.com`;
    await inviteMember({ ...context, now: () => Date.now() - 8 * 86_400_000 }, { email: elsewhere, role: 'billing' });
    expect(await listed()).toEqual(['invited as viewer']);
  });

  it('is of no use to another address', async () => {
    const [guest, other] = [await someone(), await someone()];
    const { token, team } = await invited(guest.email);
    expect((await call('POST', '/api/invitations/accept', { as: other, json: { token } })).status).toBe(403);
    expect((await call('GET', `/api/orgs/${team.id}`, { as: other })).status).toBe(404);
  });

  it('is taken back', async () => {
    const guest = await someone();
    const { owner, token, team, invitation } = await invited(guest.email);
    await must('DELETE', `/api/orgs/${team.id}/invitations/${invitation.id}`, { as: owner });
    expect(await lastAudited(team.accountId)).toMatchObject({ action: 'invitation.revoke', target: invitation.id });
    expect((await call('POST', '/api/invitations/accept', { as: guest, json: { token } })).status).toBe(404);
    expect((await call('DELETE', `/api/orgs/${team.id}/invitations/${invitation.id}`, { as: owner })).status).toBe(404);
  });

  it('is one of fifty a day, of an organization and of a person, also where they were revoked', async () => {
    const [owner, other, team, elsewhere, mails] = [
      await someone(),
      await someone(),
      await organization(),
      await organization(),
      [] as Mail[],
    ];
    for (const person of [owner, other]) await join(team.id, person, 'owner');
    const nth = (index: number) => `invited-${index}-${crypto.randomUUID()}@example.com`;
    const invite = (context: VerbContext, index: number) => inviteMember(context, { email: nth(index), role: 'viewer' });
    const context = contextOf(owner, team, mails);
    const before = await audited(team.accountId);
    const insert = "INSERT INTO invitations VALUES (?1, ?2, 'x@example.com', 'viewer', ?1, ?3, 'revoked', ?4, 0)";
    await env.DB.batch(
      Array.from({ length: 45 }, (_, index) =>
        env.DB.prepare(insert).bind(`inv_${index}_${team.id}`, team.id, owner.id, Date.now() - 3_600_000),
      ),
    );
    const sent = await Promise.all(Array.from({ length: 8 }, (_, index) => invite(context, index)));
    expect(sent.filter(({ ok }) => ok)).toHaveLength(5);
    const refused = { ok: false, error: { kind: 'rate_limited' } };
    expect(await invite(contextOf(other, team, mails), 60)).toMatchObject(refused);
    expect(await invite(contextOf(owner, elsewhere, mails), 61)).toMatchObject(refused);
    expect(mails).toHaveLength(5);
    expect((await audited(team.accountId)).length - before.length).toBe(5);
    expect((await invite(contextOf(other, elsewhere, mails), 62)).ok).toBe(true);
    expect((await invite({ ...context, now: () => Date.now() + 25 * 3_600_000 }, 63)).ok).toBe(true);
  });

  it('names the organization in its subject, and no address to go to', async () => {
    const [owner, team, mails] = [await someone(), await organization(), [] as Mail[]];
    await join(team.id, owner, 'owner');
    const context = contextOf(owner, team, mails);
    const name = 'You won: https://www.evil.example/claim\r\nBcc: x';
    await inviteMember({ ...context, organization: { ...context.organization!, name } }, { email: 'a@example.com', role: 'viewer' });
    expect(mails[0]!.subject).toContain('invites you to You won: evil.example claim Bcc: x on');
  });

  it.each<[string, Role, (team: { id: string }, owner: Someone, inviter: Someone) => Promise<unknown>]>([
    ['was removed', 'admin', (team, owner, { id }) => must('DELETE', `/api/orgs/${team.id}/members/${id}`, { as: owner })],
    ['left', 'viewer', (team, _, inviter) => must('POST', `/api/orgs/${team.id}/leave`, { as: inviter })],
    [
      'may invite no more',
      'viewer',
      (team, owner, { id }) => must('PATCH', `/api/orgs/${team.id}/members/${id}`, { as: owner, json: { role: 'viewer' } }),
    ],
    [
      'is no owner any more, to one',
      'owner',
      (team, owner, { id }) => must('PATCH', `/api/orgs/${team.id}/members/${id}`, { as: owner, json: { role: 'admin' } }),
    ],
    [
      'handed it over, to an owner',
      'owner',
      (team, owner, inviter) => must('POST', `/api/orgs/${team.id}/transfer`, { as: inviter, json: { userId: owner.id } }),
    ],
  ])('ends with the right of who sent it, who %s', async (_, role, change) => {
    const [owner, inviter, guest, team, mails] = [await someone(), await someone(), await someone(), await organization(), [] as Mail[]];
    for (const person of [owner, inviter]) await join(team.id, person, 'owner');
    expect((await inviteMember(contextOf(inviter, team, mails), { email: guest.email, role })).ok).toBe(true);
    await change(team, owner, inviter);
    const token = new URL(mails[0]!.action!.url).searchParams.get('token')!;
    expect((await call('POST', '/api/invitations/accept', { as: guest, json: { token } })).status).toBe(404);
    expect((await must('GET', `/api/orgs/${team.id}/invitations`, { as: owner })).invitations).toMatchObject([{ status: 'revoked' }]);
    expect(await rolesOf(team.id, owner)).not.toHaveProperty(guest.id);
  });

  it('stays good while who sent it may invite, in another role too', async () => {
    const [owner, inviter, guest, team, mails] = [await someone(), await someone(), await someone(), await organization(), [] as Mail[]];
    for (const person of [owner, inviter]) await join(team.id, person, 'owner');
    await inviteMember(contextOf(inviter, team, mails), { email: guest.email, role: 'developer' });
    await must('PATCH', `/api/orgs/${team.id}/members/${inviter.id}`, { as: owner, json: { role: 'admin' } });
    const token = new URL(mails[0]!.action!.url).searchParams.get('token')!;
    expect(await must('POST', '/api/invitations/accept', { as: guest, json: { token } })).toMatchObject({ role: 'developer' });
  });

  it('runs out, and two who accept at once join once', async () => {
    const guest = await someone();
    const { token, team, context } = await invited(guest.email);
    const asGuest = contextOf(guest, { id: '', accountId: '' }, []);
    const late = await acceptInvitation({ ...asGuest, now: () => Date.now() + 8 * 86_400_000 }, { token });
    expect(late.ok).toBe(false);
    const both = await Promise.all([acceptInvitation(asGuest, { token }), acceptInvitation(asGuest, { token })]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await audited(team.accountId)).filter(({ action }) => action === 'invitation.accept')).toHaveLength(1);
    expect(context.organization).toBeTruthy();
  });
});
