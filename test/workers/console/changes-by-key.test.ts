// What a program changes of what an account has, with its key, on the paths of the API.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/console/permissions';
import { accountOf, audited, call, join, must, organization, someone } from './support';

const setUp = async () => {
  const person = await someone();
  const account = await accountOf(person);
  const { key, id } = await must('POST', '/api/api-keys', { as: person, json: { name: 'a program', mode: 'test' } });
  const noted = async () => (await audited(account)).filter(({ actor_id }) => actor_id === id);
  return { key, id, noted };
};

const DEPLOYMENT = { slug: 'my-model', dockerImage: 'registry.example.com/model:1', gpuTypes: 'ADA_48_PRO' };

describe("a key's change", () => {
  it('of a deployment is in the audit log, and one that is refused is not', async () => {
    const { key, noted } = await setUp();
    expect((await call('POST', '/v1/deployments', { key, json: { slug: 'NO' } })).status).toBe(400);
    expect((await call('POST', '/v1/deployments', { key, json: DEPLOYMENT })).status).toBe(201);
    expect((await call('PATCH', '/v1/deployments/my-model', { key, json: { maxWorkers: 5 } })).status).toBe(200);
    expect((await call('DELETE', '/v1/deployments/my-model', { key })).status).toBe(200);
    expect((await call('DELETE', '/v1/deployments/my-model', { key })).status).toBe(404);
    expect((await noted()).map(({ action, target, actor_kind }) => [action, target, actor_kind])).toEqual([
      ['deployment.create', 'my-model', 'api_key'],
      ['deployment.update', 'my-model', 'api_key'],
      ['deployment.delete', 'my-model', 'api_key'],
    ]);
  });

  it("of stored files and of the webhooks' secret is in the audit log, which knows neither", async () => {
    const { key, noted } = await setUp();
    const form = { filename: 'a.txt', contentType: 'text/plain' };
    const stored = await call('POST', `/v1/storage?${new URLSearchParams(form)}`, { key, json: { a: 1 } });
    expect(stored.status, stored.text).toBe(201);
    expect((await call('DELETE', `/v1/storage/${stored.body.id}`, { key })).status).toBe(200);
    const rotated = await call('POST', '/v1/webhooks/secret/rotate', { key, json: {} });
    expect(rotated.status).toBe(200);
    const entries = await noted();
    expect(entries.map(({ action, target }) => [action, target])).toEqual([
      ['storage.create', stored.body.id],
      ['storage.delete', stored.body.id],
      ['webhook_secret.rotate', null],
    ]);
    expect(JSON.stringify(entries)).not.toContain(rotated.body.secret);
  });
});

describe("a key of an organization's member", () => {
  it.each<[Role, number, number]>([
    ['owner', 200, 201],
    ['admin', 200, 201],
    ['developer', 403, 201],
  ])('who is %s has their role in what it changes', async (role, rotated, deployed) => {
    const [person, { id, accountId }] = [await someone(), await organization()];
    await join(id, person, role);
    const { key } = await must('POST', `/api/api-keys?org=${id}`, { as: person, json: { name: 'x', mode: 'test' } });
    const answer = await call('POST', '/v1/webhooks/secret/rotate', { key, json: {} });
    expect(answer.status, answer.text).toBe(rotated);
    if (rotated === 403) expect(answer.body).toMatchObject({ error: { type: 'access_denied', permission: 'webhooks.write' } });
    expect((await call('POST', '/v1/deployments', { key, json: DEPLOYMENT })).status).toBe(deployed);
    await env.DB.prepare("UPDATE members SET role = 'viewer' WHERE user_id = ?").bind(person.id).run();
    expect((await call('DELETE', '/v1/deployments/my-model', { key })).status).toBe(403);
    expect((await audited(accountId)).map(({ action }) => action)).not.toContain('deployment.delete');
  });
});
