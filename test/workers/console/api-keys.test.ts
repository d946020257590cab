import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, audited, call, join, lastAudited, must, organization, someone } from './support';

const CHAT = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }] };
const chat = (key: string, headers: Record<string, string> = {}) => call('POST', '/v1/chat/completions', { key, json: CHAT, headers });
const grant = (accountId: string) =>
  accountStub(env.ACCOUNT, accountId).grant({ eventId: crypto.randomUUID(), amountMicro: 1_000_000_000, reason: '', topUp: false });

describe('an API key', () => {
  it('is made with every option, shown once, and its making is noted', async () => {
    const person = await someone();
    const options = {
      name: 'production',
      mode: 'live',
      spendingLimit: 50_000,
      limitPeriod: 'week',
      autoDisable: true,
      origins: ['https://app.example.com'],
      ips: ['10.0.0.0/8', '192.0.2.1'],
      expiresAt: '2040-01-01T00:00:00.000Z',
      models: ['gpt-5.4'],
      families: ['chat'],
      scopes: ['usage.read'],
    };
    const made = await must('POST', '/api/api-keys', { as: person, json: options });
    expect(made).toMatchObject({ ...options, status: 'active', spentThisMonth: 0, key: expect.stringMatching(/^ck_[0-9A-Za-z]+$/) });
    const { keys } = await must('GET', '/api/api-keys', { as: person });
    expect(keys).toMatchObject([{ id: made.id, name: 'production', spendingLimit: 50_000 }]);
    expect(JSON.stringify(keys)).not.toMatch(/ck_|secret[^U]|Hash/);
    const noted = await lastAudited(await accountOf(person));
    expect(noted).toMatchObject({ action: 'api_key.create', actor_id: person.id, target: made.id });
    expect(JSON.parse(noted!.detail)).toEqual(options);
    expect(noted!.detail).not.toContain(made.key);
  });

  it('works at once, and fails on its next request once it is revoked', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await grant(account);
    const { id, key } = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key' } });
    expect((await chat(key)).status).toBe(200);
    expect(await must('DELETE', `/api/api-keys/${id}`, { as: person })).toMatchObject({ status: 'revoked' });
    expect((await chat(key)).body.error.message).toContain('revoked');
    expect(await lastAudited(account)).toMatchObject({ action: 'api_key.revoke', target: id });
    expect((await call('POST', `/api/api-keys/${id}/rotate`, { as: person, json: {} })).status).toBe(404);
    expect((await call('PATCH', `/api/api-keys/${id}`, { as: person, json: { status: 'active' } })).status).toBe(404);
  });

  it('that is rotated has a new secret, and the old one only for its grace', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await grant(account);
    const first = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key', spendingLimit: 100 } });
    const second = await must('POST', `/api/api-keys/${first.id}/rotate`, { as: person, json: { graceSeconds: 3_600 } });
    expect(second).toMatchObject({ id: first.id, spendingLimit: 100, graceUntil: expect.any(String) });
    expect(await lastAudited(account)).toMatchObject({ action: 'api_key.rotate', target: first.id, detail: '{"graceSeconds":3600}' });
    expect([(await chat(first.key)).status, (await chat(second.key)).status]).toEqual([200, 200]);
    const third = await must('POST', `/api/api-keys/${first.id}/rotate`, { as: person, json: { graceSeconds: 0 } });
    expect([(await chat(first.key)).status, (await chat(second.key)).status, (await chat(third.key)).status]).toEqual([401, 401, 200]);
  });

  it('that is rotated twice within the grace keeps the secret that its owner still uses, unless told otherwise', async () => {
    const person = await someone();
    await grant(await accountOf(person));
    const first = await must('POST', '/api/api-keys', { as: person, json: { name: 'production' } });
    const rotate = (json: object) => call('POST', `/api/api-keys/${first.id}/rotate`, { as: person, json });
    const [one, two] = await Promise.all([rotate({}), rotate({})]);
    const [second, refused] = one.status === 200 ? [one, two] : [two, one];
    expect(refused).toMatchObject({ status: 409, body: { error: { param: 'endGrace', graceUntil: second!.body.graceUntil } } });
    expect([(await chat(first.key)).status, (await chat(second!.body.key)).status]).toEqual([200, 200]);
    const third = await rotate({ endGrace: true });
    const statuses = [first.key, second!.body.key, third.body.key].map(async (key) => (await chat(key)).status);
    expect(await Promise.all(statuses)).toEqual([401, 200, 200]);
  });

  it('is changed in place, in what is sent alone, and a limit is taken away by null', async () => {
    const person = await someone();
    const { id } = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key' } });
    const change = async (json: object) => {
      const { keys } = await must('GET', '/api/api-keys', { as: person });
      const { key: _, ...changed } = await must('PATCH', `/api/api-keys/${id}`, { as: person, json });
      return { before: keys[0], changed };
    };
    const limits = {
      ...{ spendingLimit: 5, limitPeriod: 'day', autoDisable: true, origins: ['https://app.example.com'], ips: ['10.0.0.1'] },
      ...{ expiresAt: '2040-01-01T00:00:00.000Z', models: ['gpt-5.4'], families: ['chat'], scopes: ['usage.read'] },
    };
    for (const [name, value] of Object.entries({ name: 'renamed', status: 'disabled', ...limits })) {
      const { before, changed } = await change({ [name]: value });
      expect(changed).toEqual({ ...before, [name]: value });
    }
    const none = Object.fromEntries(Object.keys(limits).map((name) => [name, null]));
    const free = { spendingLimit: null, limitPeriod: 'month', autoDisable: false, expiresAt: null };
    const lists = { origins: [], ips: [], models: [], families: [], scopes: [] };
    expect((await change(none)).changed).toMatchObject({ name: 'renamed', status: 'disabled', ...free, ...lists });
    expect((await change({ status: 'active' })).changed).toMatchObject({ status: 'active', spentOfLimit: 0 });
    expect(await lastAudited(await accountOf(person))).toMatchObject({ action: 'api_key.update', target: id });
  });

  it.each(['010.0.0.1', '192.168.010.0/24', '10/8', '127.1', '0x7f.0.0.1', '1'])(
    'is for no address in a notation that says another than it seems to: %s',
    async (range) => {
      const person = await someone();
      const asked = await call('POST', '/api/api-keys', {
        as: person,
        json: { name: 'a key', ips: ['2001:db8::/32', '10.0.0.0/8', range] },
      });
      expect(asked).toMatchObject({ status: 400, body: { error: { param: 'ips.2' } } });
    },
  );

  it('may call a model that it was given by another of its names', async () => {
    const person = await someone();
    await grant(await accountOf(person));
    const message = { model: 'claude-sonnet-4-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] };
    const named = { models: ['claude-sonnet-4-5', 'claude-sonnet-4-6', 'deployment:mine'] };
    const made = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key', ...named } });
    expect(made.models).toEqual(['claude-sonnet-4-6', 'deployment:mine']);
    expect((await call('POST', '/v1/messages', { key: made.key, json: message })).status).toBe(200);
    const other = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key', models: ['gpt-5.4'] } });
    expect((await call('POST', '/v1/messages', { key: other.key, json: message })).status).toBe(403);
    await must('PATCH', `/api/api-keys/${other.id}`, { as: person, json: named });
    expect((await call('POST', '/v1/messages', { key: other.key, json: message })).status).toBe(200);
    const change = { as: person, json: { models: ['gpt-5.44'] } };
    expect(await call('PATCH', `/api/api-keys/${other.id}`, change)).toMatchObject({ status: 400, body: { error: { param: 'models' } } });
  });

  it.each([
    [{}, 'name'],
    [{ name: 'x', ips: ['not an address'] }, 'ips.0'],
    [{ name: 'x', origins: ['app.example.com'] }, 'origins.0'],
    [{ name: 'x', origins: ['https://app.example.com/path'] }, 'origins.0'],
    [{ name: 'x', scopes: ['members.write'] }, 'scopes.0'],
    [{ name: 'x', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ name: 'x', secretHash: 'mine' }, 'secretHash'],
    [{ name: 'x', userId: 'somebody else' }, 'userId'],
    [{ name: 'x', models: ['m'.repeat(100_000)] }, 'models.0'],
    [{ name: 'x', models: ['gpt-5.4', 'gpt-5.44'] }, 'models'],
    [{ name: 'x', models: ['deployment:no slug'] }, 'models'],
  ])('is not made from %j, and nothing is noted', async (json, param) => {
    const person = await someone();
    const before = await audited(await accountOf(person));
    const answer = await call('POST', '/api/api-keys', { as: person, json });
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error', param } } });
    expect(await audited(await accountOf(person))).toEqual(before);
  });
});

describe('an account with as many keys as it may have', () => {
  it('is told so, by its owner’s page and by the operator’s API too', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await must('POST', '/api/api-keys', { as: person, json: { name: 'the only one' } });
    await runInDurableObject(env.ACCOUNT.getByName(account), (object) => {
      object.mostKeys = 1;
    });
    const refusal = { status: 409, body: { error: { type: 'conflict_error', code: 'too_many_keys' } } };
    expect(await call('POST', '/api/api-keys', { as: person, json: { name: 'x' } })).toMatchObject(refusal);
    expect(await call('POST', `/api/admin/accounts/${account}/keys`, { key: env.ADMIN_TOKEN, json: { name: 'x' } })).toMatchObject(refusal);
    expect((await call('POST', '/manage-api-keys', { as: person, form: { name: 'x', mode: 'live' } })).text).toContain('revoke some first');
    expect((await audited(account)).filter(({ action }) => action === 'api_key.create')).toHaveLength(1);
  });
});

describe('who changes something without end', () => {
  it('is slowed down, and keeps nobody else from changing, or from looking', async () => {
    const [person, other, { id, accountId }] = [await someone(), await someone(), await organization()];
    for (const one of [person, other]) await join(id, one, 'owner');
    const { key } = await must('POST', `/api/api-keys?org=${id}`, { as: person, json: { name: 'x', scopes: ['keys.read', 'keys.write'] } });
    await runInDurableObject(env.ACCOUNT.getByName(accountId), (object) => {
      while (!object.refuseChange(person.id));
    });
    const rename = { as: person, json: { name: 'again' } };
    expect(await call('PATCH', `/api/orgs/${id}`, rename)).toMatchObject({ status: 429, body: { error: { type: 'rate_limit_error' } } });
    expect((await call('POST', `/manage-api-keys?org=${id}`, { as: person, form: { name: 'x', mode: 'live' } })).status).toBe(429);
    expect((await call('GET', `/api/orgs/${id}`, { as: person })).status).toBe(200);
    expect((await call('PATCH', `/api/orgs/${id}`, { ...rename, as: other })).status).toBe(200);
    expect((await call('POST', '/api/api-keys', { key, json: { name: 'y' } })).status).toBe(201);
  });
});

describe('an API key with scopes', () => {
  it('may do what they name, and nothing else', async () => {
    const person = await someone();
    const { key, id } = await must('POST', '/api/api-keys', { as: person, json: { name: 'reader', scopes: ['keys.read'] } });
    expect((await must('GET', '/api/api-keys', { key })).keys).toHaveLength(1);
    expect(await call('POST', '/api/api-keys', { key, json: { name: 'x' } })).toMatchObject({
      status: 403,
      body: { error: { type: 'access_denied', permission: 'keys.write' } },
    });
    for (const path of ['/api/me', '/api/orgs']) {
      expect(await call('GET', path, { key })).toMatchObject({ status: 403, body: { error: { type: 'access_denied' } } });
      expect((await call('GET', path, { key: `${key.slice(0, -1)}${key.endsWith('0') ? 1 : 0}` })).status).toBe(401);
    }
    await must('DELETE', `/api/api-keys/${id}`, { as: person });
    expect((await call('GET', '/api/api-keys', { key })).status).toBe(401);
  });

  it('hands on no more than it has, and is named as who did it', async () => {
    const person = await someone();
    const { key, id } = await must('POST', '/api/api-keys', { as: person, json: { name: 'maker', scopes: ['keys.write'] } });
    expect((await call('POST', '/api/api-keys', { key, json: { name: 'x', scopes: ['usage.read'] } })).status).toBe(403);
    await must('POST', '/api/api-keys', { key, json: { name: 'x', scopes: ['keys.write'] } });
    expect(await lastAudited(await accountOf(person))).toMatchObject({ action: 'api_key.create', actor_kind: 'api_key', actor_id: id });
  });

  it.each([
    { spendingLimit: 10 },
    { expiresAt: '2040-01-01T00:00:00.000Z' },
    { origins: ['https://gateway.test'] },
    { ips: ['0.0.0.0/0', '::/0'] },
    { models: ['gpt-5.4'] },
    { families: ['chat'] },
  ])('and with %j makes no key without it, nor has the secret of one, nor takes it or another away', async (limit) => {
    const person = await someone();
    const scopes = ['keys.read', 'keys.write'];
    const limited = await must('POST', '/api/api-keys', { as: person, json: { name: 'limited', scopes, ...limit } });
    const other = await must('POST', '/api/api-keys', { as: person, json: { name: 'other' } });
    const headers = { 'cf-connecting-ip': '192.0.2.1' };
    const ask = (method: string, path: string, json: object) => call(method, `/api/api-keys${path}`, { key: limited.key, json, headers });
    const [name] = Object.keys(limit);
    for (const answer of [
      await ask('POST', '', { name: 'x' }),
      await ask('POST', `/${other.id}/rotate`, {}),
      await ask('PATCH', `/${limited.id}`, { [name!]: null }),
      await ask('DELETE', `/${other.id}`, {}),
    ])
      expect([answer.status, answer.body.error?.message], answer.text).toEqual([403, expect.stringContaining('limits of its own')]);
    expect((await ask('POST', `/${limited.id}/rotate`, { graceSeconds: 60 })).status).toBe(200);
    expect((await ask('DELETE', `/${limited.id}`, {})).status).toBe(200);
  });

  it('has them beside a key that is good no more, and after a rotation', async () => {
    const person = await someone();
    const scoped = { name: 'x', scopes: ['keys.read'] };
    const [gone, { id, key: before }] = [
      await must('POST', '/api/api-keys', { as: person, json: scoped }),
      await must('POST', '/api/api-keys', { as: person, json: scoped }),
    ];
    await must('DELETE', `/api/api-keys/${gone.id}`, { as: person });
    const { key } = await must('POST', `/api/api-keys/${id}/rotate`, { as: person, json: { graceSeconds: 0 } });
    const read = (first: string, second: string) => call('GET', '/api/api-keys', { key: first, headers: { 'x-api-key': second } });
    expect([(await read(gone.key, key)).status, (await read(key, gone.key)).status, (await read(gone.key, before)).status]).toEqual([
      200, 200, 401,
    ]);
  });

  it('has them in its organization by either of its names, also where the operator made it', async () => {
    const { id, accountId } = await organization();
    const slug = id.replace('org_', 'acme-');
    await env.DB.prepare('UPDATE organizations SET slug = ? WHERE id = ?').bind(slug, id).run();
    const json = { name: 'x', scopes: ['keys.read', 'keys.write'] };
    const { key } = await must('POST', `/api/admin/accounts/${accountId}/keys`, { key: env.ADMIN_TOKEN, json });
    for (const name of ['', `?org=${id}`, `?org=${slug}`])
      expect((await must('GET', `/api/api-keys${name}`, { key })).keys).toHaveLength(1);
    expect((await call('GET', `/api/api-keys?org=${(await organization()).id}`, { key })).status).toBe(404);
  });

  it('has none by default', async () => {
    const { key } = await must('POST', '/api/api-keys', { as: await someone(), json: { name: 'plain' } });
    expect((await call('GET', '/api/api-keys', { key })).status).toBe(403);
  });
});

describe('somebody who may do less than a key', () => {
  const team = async () => {
    const [owner, developer, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, owner, 'owner');
    await join(id, developer, 'developer');
    return { owner, developer, accountId, at: (path = '') => `/api/api-keys${path}?org=${id}`, id };
  };

  it('has no secret of it by a rotation, nor gives one more than they have', async () => {
    const { owner, developer, at } = await team();
    const strong = await must('POST', at(), { as: owner, json: { name: 'strong', scopes: ['audit.read', 'billing.read'] } });
    const ask = (path: string, json: object, method = 'POST') => call(method, at(path), { as: developer, json });
    expect((await ask(`/${strong.id}/rotate`, {})).status).toBe(403);
    expect((await ask('', { name: 'x', scopes: ['audit.read'] })).status).toBe(403);
    const weak = await must('POST', at(), { as: developer, json: { name: 'weak', scopes: ['keys.write'] } });
    expect((await ask(`/${weak.id}`, { scopes: ['audit.read'] }, 'PATCH')).status).toBe(403);
    const rotate = (key: string) => call('POST', at(`/${strong.id}/rotate`), { key, json: {} });
    expect((await rotate(weak.key)).status).toBe(403);
    expect((await call('GET', `/api/audit`, { key: strong.key })).status).toBe(200);
  });

  it('has a key that may as little, from the change of their role on', async () => {
    const { owner, developer: admin, at, id } = await team();
    await must('PATCH', `/api/orgs/${id}/members/${admin.id}`, { as: owner, json: { role: 'admin' } });
    const scopes = ['keys.read', 'keys.write'];
    const { key, id: keyId } = await must('POST', at(), { as: admin, json: { name: 'maker', scopes } });
    await must('POST', at(), { key, json: { name: 'x' } });
    await must('PATCH', `/api/orgs/${id}/members/${admin.id}`, { as: owner, json: { role: 'viewer' } });
    expect(await call('POST', at(), { key, json: { name: 'x' } })).toMatchObject({
      status: 403,
      body: { error: { permission: 'keys.write' } },
    });
    await must('GET', at(), { key });
    const rotated = await must('POST', at(`/${keyId}/rotate`), { as: owner, json: { graceSeconds: 0 } });
    await must('POST', at(), { key: rotated.key, json: { name: 'x' } });
    await env.DB.prepare('DELETE FROM members WHERE user_id = ?').bind(owner.id).run();
    expect((await call('GET', at(), { key: rotated.key })).status).toBe(403);
  });

  it('knows no secret once they are out: of keys that they made, rotated, or made by a key', async () => {
    const { owner, developer, at, id, accountId } = await team();
    const made = await must('POST', at(), { as: developer, json: { name: 'made', scopes: ['keys.write'] } });
    const byKey = await must('POST', at(), { key: made.key, json: { name: 'by a key', scopes: ['keys.write'] } });
    const byThat = await must('POST', at(), { key: byKey.key, json: { name: 'by that' } });
    const owners = await must('POST', at(), { as: owner, json: { name: 'production' } });
    const rotated = await must('POST', at(`/${owners.id}/rotate`), { as: developer, json: {} });
    expect(JSON.stringify(rotated)).not.toContain('secretBy');
    const others = await must('POST', at(), { as: owner, json: { name: 'other' } });
    const removed = await must('DELETE', `/api/orgs/${id}/members/${developer.id}`, { as: owner });
    expect(removed.keysRevoked).toBe(4);
    const keys = await accountStub(env.ACCOUNT, accountId).listKeys();
    expect(Object.fromEntries(keys.map((key) => [key.id, key.status]))).toEqual({
      [made.id]: 'revoked',
      [byKey.id]: 'revoked',
      [byThat.id]: 'revoked',
      [owners.id]: 'revoked',
      [others.id]: 'active',
    });
    const noted = (await audited(accountId)).filter(({ action }) => action === 'api_key.revoke');
    expect(noted.map(({ target }) => target).sort()).toEqual([made.id, byKey.id, byThat.id, owners.id].sort());
  });

  it('knows no secret once they are out, where another rotated the key after them', async () => {
    const { owner, developer, at, id, accountId } = await team();
    await grant(accountId);
    const { id: keyId } = await must('POST', at(), { as: owner, json: { name: 'production' } });
    const theirs = await must('POST', at(`/${keyId}/rotate`), { as: developer, json: {} });
    const present = await must('POST', at(`/${keyId}/rotate`), { as: owner, json: { graceSeconds: 86_400, endGrace: true } });
    expect(JSON.stringify(present)).not.toContain(developer.id);
    expect((await chat(theirs.key)).status).toBe(200);
    await must('DELETE', `/api/orgs/${id}/members/${developer.id}`, { as: owner });
    expect([(await chat(theirs.key)).status, (await chat(present.key)).status]).toEqual([401, 200]);
    const { keys } = await must('GET', at(), { as: owner });
    expect(keys).toMatchObject([{ id: keyId, status: 'active', graceUntil: null }]);
    expect((await audited(accountId)).filter(({ action }) => action === 'api_key.end_grace')).toMatchObject([{ target: keyId }]);
  });
});

describe('a key that another rotates before its maker leaves', () => {
  it('goes on under its new secret, and the one that its maker knows ends', async () => {
    const [owner, leaver, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, owner, 'owner');
    await join(id, leaver, 'developer');
    await grant(accountId);
    const at = (path = '') => `/api/api-keys${path}?org=${id}`;
    const made = await must('POST', at(), { as: leaver, json: { name: 'production' } });
    const present = await must('POST', at(`/${made.id}/rotate`), { as: owner, json: {} });
    expect((await chat(made.key)).status).toBe(200);
    const page = (await call('GET', `/settings/organization?org=${id}`, { as: leaver })).text;
    expect(page).not.toContain('stop working at once');
    expect(await must('DELETE', `/api/orgs/${id}/members/${leaver.id}`, { as: owner })).toMatchObject({ keysRevoked: 0 });
    expect([(await chat(made.key)).status, (await chat(present.key)).status]).toEqual([401, 200]);
  });
});

describe('a test key', () => {
  it('reads here what its scopes name, and changes nothing', async () => {
    const person = await someone();
    const json = (scopes: string[]) => ({ name: 'test', mode: 'test', scopes });
    expect(await call('POST', '/api/api-keys', { as: person, json: json(['keys.write']) })).toMatchObject({
      status: 400,
      body: { error: { param: 'scopes' } },
    });
    const { key, id } = await must('POST', '/api/api-keys', { as: person, json: json(['keys.read']) });
    expect(key).toMatch(/^ck_test_/);
    expect((await call('GET', '/api/api-keys', { key })).status).toBe(200);
    await must('PATCH', `/api/api-keys/${id}`, { as: person, json: { scopes: ['keys.read', 'keys.write'] } });
    expect((await call('POST', '/api/api-keys', { key, json: { name: 'x' } })).status).toBe(403);
    expect((await call('DELETE', `/api/api-keys/${id}`, { key })).status).toBe(403);
  });
});

describe("an organization's key", () => {
  it('belongs to its wallet, and counts against the limits of the member who made it', async () => {
    const [person, { id, accountId }] = [await someone(), await organization()];
    await join(id, person, 'developer');
    const made = await must('POST', `/api/api-keys?org=${id}`, { as: person, json: { name: 'team' } });
    expect(made.userId).toBe(person.id);
    expect((await accountStub(env.ACCOUNT, accountId).listKeys()).map((key) => key.id)).toEqual([made.id]);
    expect((await must('GET', '/api/api-keys', { as: person })).keys).toEqual([]);
    expect(await audited(accountId)).toMatchObject([{ action: 'api_key.create', actor_id: person.id }]);
  });
});
