// What a program changes in an account with its key, by the paths of the API.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import type { Role } from '../../../src/console/permissions';
import { accountOf, audited, call, join, must, organization, someone } from './support';

const setUp = async () => {
  const person = await someone();
  const account = await accountOf(person);
  await accountStub(env.ACCOUNT, account).grant({ eventId: 'top-up', amountMicro: 5_000_000_000, reason: '', topUp: true });
  const addKey = (fields: object) => must('POST', '/api/api-keys', { as: person, json: { name: 'a program', ...fields } });
  const { key, id } = await addKey({});
  const noted = async () => (await audited(account)).filter(({ actor_id }) => actor_id === id);
  return { account, addKey, key, id, noted };
};

const DEPLOYMENT = { slug: 'my-model', dockerImage: 'registry.example.com/model:1', gpuTypes: 'ADA_48_PRO' };
const FILE = `/v1/storage?${new URLSearchParams({ filename: 'a.txt', contentType: 'text/plain' })}`;
const SLOW_VIDEO = { model: 'wan2.6', prompt: 'sandbox:delay=60s' };

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

  it('of a deployment is refused where the key may not use GPUs', async () => {
    const { addKey } = await setUp();
    const { key } = await addKey({ families: ['chat', 'image'] });
    const refused = await call('POST', '/v1/deployments', { key, json: DEPLOYMENT });
    expect([refused.status, refused.body.error.permission]).toEqual([403, 'deployments.write']);
    const { key: other } = await addKey({ families: ['gpu'] });
    expect((await call('POST', '/v1/deployments', { key: other, json: DEPLOYMENT })).status).toBe(201);
  });

  it('of a deployment is refused where the key is limited to models that are not it', async () => {
    const { addKey } = await setUp();
    const { key: elsewhere } = await addKey({ models: ['gpt-5.5', 'deployment:another'] });
    const { key: here } = await addKey({ models: [`deployment:${DEPLOYMENT.slug}`] });
    const path = `/v1/deployments/${DEPLOYMENT.slug}`;
    const refused = async (method: string, at: string, json?: object) => {
      const answer = await call(method, at, { key: elsewhere, json });
      expect([answer.status, answer.body.error.permission], `${method} ${at}`).toEqual([403, 'deployments.write']);
    };
    await refused('POST', '/v1/deployments', DEPLOYMENT);
    expect((await call('POST', '/v1/deployments', { key: here, json: DEPLOYMENT })).status).toBe(201);
    await refused('PATCH', path, { maxWorkers: 2 });
    await refused('DELETE', path);
    expect((await call('PATCH', path, { key: here, json: { maxWorkers: 2 } })).status).toBe(200);
  });

  it("of stored files and of the webhooks' secret is in the audit log, which knows neither", async () => {
    const { key, noted } = await setUp();
    const stored = await call('POST', FILE, { key, json: { a: 1 } });
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

it('a key that stands in pages sees and changes what it knows the id of, and no more of the account', async () => {
  const { addKey, key: live } = await setUp();
  const headers = { origin: 'https://shop.example' };
  const { key } = await addKey({ origins: [headers.origin] });
  await must('POST', '/v1/deployments', { key: live, json: DEPLOYMENT });
  const file = await must('POST', FILE, { key, headers, json: { a: 1 } });
  const { jobId } = await must('POST', '/v1/videos/generate', { key, headers, json: SLOW_VIDEO });
  const { secret } = await must('GET', '/v1/webhooks/secret', { key: live });
  for (const [method, path, json] of [
    ['GET', '/v1/jobs'],
    ['GET', '/v1/storage'],
    ['DELETE', `/v1/storage/${file.id}`],
    ['DELETE', `/v1/jobs/${jobId}`],
    ['DELETE', `/v1/videos/${jobId}`],
    ['GET', '/v1/deployments'],
    ['GET', '/v1/deployments/my-model'],
    ['POST', '/v1/deployments', DEPLOYMENT],
    ['PATCH', '/v1/deployments/my-model', { dockerImage: 'registry.example.com/another:1' }],
    ['DELETE', '/v1/deployments/my-model'],
    ['GET', '/v1/webhooks/secret'],
    ['POST', '/v1/webhooks/secret/rotate', {}],
    ['GET', '/v1/webhooks/deliveries'],
    ['POST', '/v1/webhooks/deliveries/whd_any/redeliver', {}],
  ] as const) {
    const answer = await call(method, path, { key, headers, ...(json && { json }) });
    expect([method, path, answer.status, answer.body.error?.type]).toEqual([method, path, 403, 'access_denied']);
  }
  expect((await must('GET', '/v1/deployments/my-model', { key: live })).dockerImage).toBe(DEPLOYMENT.dockerImage);
  expect((await must('GET', '/v1/webhooks/secret', { key: live })).secret).toBe(secret);
  expect((await must('GET', `/v1/storage/${file.id}`, { key, headers })).id).toBe(file.id);
  expect((await must('POST', `/v1/jobs/${jobId}/cancel`, { key, headers, json: {} })).jobId).toBe(jobId);
  expect((await must('GET', `/v1/jobs/${jobId}`, { key, headers })).jobId).toBe(jobId);
});

describe('a test key', () => {
  const addDelivery = (account: string, id: string, jobId: string) =>
    env.DB.prepare("INSERT INTO webhook_deliveries VALUES (?, ?, ?, 'http://127.0.0.1:9/', 'dead', 9, '[]', 1, NULL, NULL, 2)")
      .bind(id, account, jobId)
      .run();

  it('changes nothing that live keys have made, and has no part in the secret of webhooks', async () => {
    const { account, addKey, key: live } = await setUp();
    const { key, id } = await addKey({ mode: 'test' });
    await must('POST', '/v1/deployments', { key: live, json: DEPLOYMENT });
    const file = await must('POST', FILE, { key: live, json: { a: 1 } });
    const { jobId } = await must('POST', '/v1/videos/generate', { key: live, json: SLOW_VIDEO });
    const delivery = `whd_${crypto.randomUUID()}`;
    await addDelivery(account, delivery, jobId);
    const { secret } = await must('GET', '/v1/webhooks/secret', { key: live });
    for (const [method, path, json] of [
      ['PATCH', '/v1/deployments/my-model', { dockerImage: 'registry.example.com/another:1' }],
      ['DELETE', '/v1/deployments/my-model'],
      ['DELETE', `/v1/storage/${file.id}`],
      ['POST', `/v1/jobs/${jobId}/cancel`, {}],
      ['DELETE', `/v1/jobs/${jobId}`],
      ['DELETE', `/v1/videos/${jobId}`],
      ['POST', `/v1/webhooks/deliveries/${delivery}/redeliver`, {}],
      ['GET', '/v1/webhooks/secret'],
      ['POST', '/v1/webhooks/secret/rotate', {}],
    ] as const) {
      const answer = await call(method, path, { key, ...(json && { json }) });
      expect([method, path, answer.status, answer.body.error?.code]).toEqual([method, path, 403, 'test_key']);
    }
    expect((await must('GET', '/v1/deployments/my-model', { key })).dockerImage).toBe(DEPLOYMENT.dockerImage);
    expect((await must('GET', `/v1/jobs/${jobId}`, { key })).status).not.toBe('canceled');
    expect((await must('GET', '/v1/webhooks/secret', { key: live })).secret).toBe(secret);
    expect((await audited(account)).filter(({ actor_id }) => actor_id === id)).toEqual([]);
  });

  it('changes what test keys have made', async () => {
    const { account, addKey } = await setUp();
    const { key } = await addKey({ mode: 'test' });
    await must('POST', '/v1/deployments', { key, json: DEPLOYMENT });
    await must('PATCH', '/v1/deployments/my-model', { key, json: { maxWorkers: 5 } });
    await must('DELETE', '/v1/deployments/my-model', { key });
    await must('DELETE', `/v1/storage/${(await must('POST', FILE, { key, json: { a: 1 } })).id}`, { key });
    const { jobId } = await must('POST', '/v1/videos/generate', { key, json: SLOW_VIDEO });
    await must('POST', `/v1/jobs/${jobId}/cancel`, { key, json: {} });
    expect(await must('DELETE', `/v1/jobs/${jobId}`, { key })).toEqual({ id: jobId, object: 'job', deleted: true });
    expect((await audited(account)).map(({ action, target }) => [action, target])).toContainEqual(['job.delete', jobId]);
    const delivery = `whd_${crypto.randomUUID()}`;
    await addDelivery(account, delivery, jobId);
    await must('POST', `/v1/webhooks/deliveries/${delivery}/redeliver`, { key, json: {} });
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
    await accountStub(env.ACCOUNT, accountId).grant({ eventId: 'top-up', amountMicro: 10_000_000, reason: '', topUp: true });
    const { key } = await must('POST', `/api/api-keys?org=${id}`, { as: person, json: { name: 'x' } });
    const answer = await call('POST', '/v1/webhooks/secret/rotate', { key, json: {} });
    expect(answer.status, answer.text).toBe(rotated);
    if (rotated === 403) expect(answer.body).toMatchObject({ error: { type: 'access_denied', permission: 'webhooks.write' } });
    expect((await call('POST', '/v1/deployments', { key, json: DEPLOYMENT })).status).toBe(deployed);
    expect((await call('GET', '/v1/webhooks/secret', { key })).status).toBe(200);
    await env.DB.prepare("UPDATE members SET role = 'viewer' WHERE user_id = ?").bind(person.id).run();
    for (const [method, path] of [
      ['DELETE', '/v1/deployments/my-model'],
      ['POST', '/v1/jobs/job_1/cancel'],
      ['DELETE', '/v1/jobs/job_1'],
      ['GET', '/v1/webhooks/secret'],
      ['POST', '/v1/webhooks/deliveries/whd_1/redeliver'],
    ] as const)
      expect([path, (await call(method, path, { key })).status]).toEqual([path, 403]);
    expect((await audited(accountId)).map(({ action }) => action)).not.toContain('deployment.delete');
  });
});
