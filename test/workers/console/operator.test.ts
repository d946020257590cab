// What the operator does is in the audit log, of the account or of the gateway.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import guide from '../../../docs/operating.md?raw';
import { accountOf, audited, call, join, must, organization, someone } from './support';

const ask = (method: string, path: string, json?: unknown) =>
  call(method, `/api/admin${path}`, { key: env.ADMIN_TOKEN, ...(json !== undefined && { json }) });

const account = async (json: Record<string, unknown> = {}): Promise<string> =>
  (await ask('POST', '/accounts', { name: 'Acme', ...json })).body.id;

const last = async (id: string) => (await audited(id)).at(-1);

describe("the operator's change", () => {
  it('is noted: an account that is opened, with its credits', async () => {
    const id = await account({ credits: 5, tier: 'starter', email: 'a@example.com' });
    expect(await audited(id)).toMatchObject([
      { action: 'account.create', actor_kind: 'operator', target: id },
      { action: 'account.grant', actor_kind: 'operator', target: `opening:${id}` },
    ]);
    expect(JSON.parse((await audited(id))[0]!.detail)).toEqual({ name: 'Acme', email: 'a@example.com', tier: 'starter' });
  });

  it('is noted: credits that are given, once for each event', async () => {
    const id = await account();
    for (let again = 0; again < 2; again++) await ask('POST', `/accounts/${id}/grants`, { credits: 7, reason: 'sorry', eventId: 'e-1' });
    const grants = (await audited(id)).filter(({ action }) => action === 'account.grant');
    expect(grants).toMatchObject([{ target: 'e-1', detail: '{"credits":7,"reason":"sorry","topUp":false}' }]);
  });

  it('is noted: a tier, prices, a key that is made, and one that is revoked', async () => {
    const id = await account();
    await ask('PUT', `/accounts/${id}/tier`, { tier: 'growth' });
    expect(await last(id)).toMatchObject({ action: 'account.set_tier', detail: '{"from":"free","to":"growth"}' });
    await ask('PUT', `/accounts/${id}/prices`, { factor: 0.8 });
    expect(await last(id)).toMatchObject({ action: 'account.set_prices', detail: '{"from":1,"to":0.8}' });
    const { id: keyId, key } = (await ask('POST', `/accounts/${id}/keys`, { name: 'ci' })).body;
    expect(await last(id)).toMatchObject({ action: 'api_key.create', target: keyId, actor_kind: 'operator' });
    expect((await last(id))!.detail).not.toContain(key);
    await ask('DELETE', `/accounts/${id}/keys/${keyId}`);
    expect(await last(id)).toMatchObject({ action: 'api_key.revoke', target: keyId });
  });

  it('names an account as its organization, or its person, is called now', async () => {
    const [person, { id, accountId }] = [await someone('Ada'), await organization('Acme')];
    await join(id, person, 'owner');
    const own = await accountOf(person);
    await must('PATCH', `/api/orgs/${id}`, { as: person, json: { name: 'Globex' } });
    await env.DB.prepare('UPDATE users SET name = ? WHERE id = ?').bind('Ada Lovelace', person.id).run();
    await env.DB.prepare('INSERT OR IGNORE INTO accounts (id, version, name, tier, created_at) VALUES (?, 0, ?, ?, 0)')
      .bind(accountId, 'Acme', 'free')
      .run();
    const { accounts } = (await ask('GET', '/accounts?limit=500')).body;
    const named = (wanted: string) => accounts.find((one: { id: string }) => one.id === wanted)?.name;
    expect([named(accountId), named(own)]).toEqual(['Globex', 'Ada Lovelace']);
    expect((await ask('GET', `/accounts/${accountId}`)).body.account.name).toBe('Globex');
    expect((await ask('PUT', `/accounts/${own}/tier`, { tier: 'growth' })).body.name).toBe('Ada Lovelace');
    expect((await ask('GET', `/accounts/${await account()}`)).body.account.name).toBe('Acme');
  });

  it('suspends an account: its keys are refused at once and it changes nothing, its person reads on; and resumes it', async () => {
    const person = await someone();
    const { accountId: id } = (await call('GET', '/api/me', { as: person })).body;
    const { key } = (await call('POST', '/api/api-keys', { as: person, json: { name: 'ci', scopes: ['usage.read'] } })).body;
    const notice = 'This wallet is suspended: its keys are refused';
    expect((await call('GET', '/usage', { as: person })).text).not.toContain(notice);
    const suspended = await ask('PUT', `/accounts/${id}/status`, { status: 'suspended', reason: 'charged back' });
    expect(suspended).toMatchObject({ status: 200, body: { id, status: 'suspended' } });
    expect(await last(id)).toMatchObject({ action: 'account.suspend', detail: '{"reason":"charged back"}' });
    for (const path of ['/usage', '/manage-api-keys', '/settings/billing'])
      expect((await call('GET', path, { as: person })).text, path).toContain(notice);
    const refused = { status: 403, body: { error: { type: 'access_denied' } } };
    for (const [method, path] of [
      ['GET', '/api/api-usage'],
      ['GET', '/v1/storage'],
    ] as const)
      expect(await call(method, path, { key }), path).toMatchObject(refused);
    const chat = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'hi' }] };
    expect(await call('POST', '/v1/chat/completions', { key, json: chat })).toMatchObject(refused);
    expect(await call('POST', '/api/api-keys', { as: person, json: { name: 'another' } })).toMatchObject(refused);
    expect(await call('POST', '/api/orgs', { as: person, json: { name: 'Another' } })).toMatchObject(refused);
    expect((await call('GET', '/api/me', { as: person })).status).toBe(200);
    expect((await ask('GET', `/accounts/${id}`)).body.account).toMatchObject({ status: 'suspended' });
    await ask('PUT', `/accounts/${id}/status`, { status: 'active' });
    expect(await last(id)).toMatchObject({ action: 'account.resume' });
    expect((await call('GET', '/v1/storage', { key })).status).toBe(200);
    expect((await ask('PUT', `/accounts/${id}/status`, { status: 'gone' })).status).toBe(400);
  });

  it('is noted: a recovery after a restore', async () => {
    const id = await account({ credits: 3 });
    expect((await ask('POST', `/accounts/${id}/recover`, {})).status).toBe(200);
    expect(await last(id)).toMatchObject({ action: 'account.recover', actor_kind: 'operator', target: id });
  });

  it('is noted: a catalogue, under the hash of its text, and not one that is refused', async () => {
    const before = (await audited('gateway')).length;
    expect((await ask('PUT', '/catalogue', { text: '{"models": [}' })).status).toBe(400);
    expect((await ask('PUT', '/catalogue', { text: '{"models": []}' })).status).toBe(200);
    const noted = (await audited('gateway')).slice(before);
    expect(noted).toMatchObject([{ action: 'catalogue.update', actor_kind: 'operator' }]);
    expect(JSON.parse(noted[0]!.detail)).toEqual({ models: 0, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('is read and checked through the same API, and by nobody else', async () => {
    const id = await account({ credits: 3 });
    const { entries } = (await ask('GET', `/accounts/${id}/audit?action=account.grant`)).body;
    expect(entries).toMatchObject([{ actorName: 'Operator', detail: { credits: 3 } }]);
    expect((await ask('GET', `/accounts/${id}/audit/verify`)).body).toMatchObject({ intact: true, entries: 2 });
    expect((await ask('GET', '/audit')).body.entries).toBeInstanceOf(Array);
    expect((await call('GET', `/api/admin/accounts/${id}/audit`, { key: 'not the token' })).status).toBe(401);
  });
});

describe('an account that was just opened', () => {
  it("is in the operator's list at once", async () => {
    const id = await account({ name: 'New' });
    const row = await env.DB.prepare('SELECT name FROM accounts WHERE id = ?').bind(id).first('name');
    expect(row).toBe('New');
    expect((await ask('POST', '/reconcile', { accountId: id })).body).toEqual({ checked: 1, problems: [], nextCursor: null });
  });
});

it('forgets a person by what the guide says, with all that lets them in', async () => {
  const [person, { id }] = [await someone('Ada'), await organization('Acme')];
  await join(id, person, 'developer');
  const own = await accountOf(person);
  const statement = /"(DELETE FROM users [^"]+)"/.exec(guide)![1]!.replace('person@example.com', person.email);
  expect((await env.DB.prepare(statement).run()).meta.changes).toBeGreaterThan(0);
  expect((await call('GET', '/api/billing', { as: person })).status).toBe(401);
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%user_id TEXT%' AND name NOT IN ('ledger')",
  ).all<{ name: string }>();
  expect(tables.length).toBeGreaterThan(5);
  for (const { name } of tables) {
    const left = await env.DB.prepare(`SELECT 1 FROM ${name} WHERE user_id = ?`).bind(person.id).all();
    expect(left.results, name).toEqual([]);
  }
  expect((await audited(own)).length).toBeGreaterThan(0);
});
