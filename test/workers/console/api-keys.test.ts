import { env } from 'cloudflare:test';
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

  it('is changed in place, and a limit is taken away by null', async () => {
    const person = await someone();
    const { id } = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key', spendingLimit: 100, ips: ['10.0.0.1'] } });
    const changed = await must('PATCH', `/api/api-keys/${id}`, { as: person, json: { name: 'renamed', spendingLimit: null } });
    expect(changed).toMatchObject({ name: 'renamed', spendingLimit: null, ips: ['10.0.0.1'] });
    expect(await lastAudited(await accountOf(person))).toMatchObject({ action: 'api_key.update', target: id });
  });

  it.each([
    [{}, 'name'],
    [{ name: 'x', ips: ['not an address'] }, 'ips.0'],
    [{ name: 'x', origins: ['app.example.com'] }, 'origins.0'],
    [{ name: 'x', scopes: ['members.write'] }, 'scopes.0'],
    [{ name: 'x', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ name: 'x', secretHash: 'mine' }, 'secretHash'],
    [{ name: 'x', userId: 'somebody else' }, 'userId'],
  ])('is not made from %j, and nothing is noted', async (json, param) => {
    const person = await someone();
    const before = await audited(await accountOf(person));
    const answer = await call('POST', '/api/api-keys', { as: person, json });
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error', param } } });
    expect(await audited(await accountOf(person))).toEqual(before);
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
    expect((await call('GET', '/api/me', { key })).status).toBe(401);
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

  it('has none by default', async () => {
    const { key } = await must('POST', '/api/api-keys', { as: await someone(), json: { name: 'plain' } });
    expect((await call('GET', '/api/api-keys', { key })).status).toBe(403);
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
