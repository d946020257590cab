// What a program changes of what an account has, with its key, on the paths of the API.
import { describe, expect, it } from 'vitest';
import { accountOf, audited, call, must, someone } from './support';

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
