import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, call, must, someone } from '../console/support';

it('lists as many deliveries as it is asked for, and the rest on the next page', async () => {
  const person = await someone();
  const account = await accountOf(person);
  const { key } = await must('POST', '/api/api-keys', { as: person, json: { name: 'x' } });
  const insert = env.DB.prepare(
    "INSERT INTO webhook_deliveries VALUES (?, ?, 'job_x', 'http://127.0.0.1:9/', 'dead', 9, '[]', ?, NULL, NULL, 2)",
  );
  const ids = [1, 2, 3].map((at) => `whd_${account}_${at}`);
  await env.DB.batch(ids.map((id, at) => insert.bind(id, account, at)));
  const page = async (query: string) => {
    const { data, next } = await must('GET', `/v1/webhooks/deliveries?${query}`, { key });
    return { ids: data.map(({ id }: { id: string }) => id), next };
  };
  const first = await page('limit=2');
  expect(first).toEqual({ ids: [ids[2], ids[1]], next: expect.any(String) });
  const rest = { ids: [ids[0]], next: null };
  expect(await page(`limit=2&before=${ids[1]}`)).toEqual(rest);
  expect((await page('')).ids).toHaveLength(3);
  await env.DB.prepare('DELETE FROM webhook_deliveries WHERE id = ?').bind(ids[1]).run();
  expect(await page(`limit=2&before=${encodeURIComponent(first.next)}`)).toEqual(rest);
  for (const before of [ids[1], '', '1~', 'x~y'])
    expect(await call('GET', `/v1/webhooks/deliveries?before=${before}`, { key })).toMatchObject({
      status: 400,
      body: { error: { param: 'before' } },
    });
  for (const limit of ['0', '201', 'x'])
    expect(await call('GET', `/v1/webhooks/deliveries?limit=${limit}`, { key })).toMatchObject({
      status: 400,
      body: { error: { param: 'limit' } },
    });
});

it('lists files page by page for a client that deletes each page before it asks for the next', async () => {
  const person = await someone();
  await accountStub(env.ACCOUNT, await accountOf(person)).grant({ eventId: 'top-up', amountMicro: 1_000_000, reason: '', topUp: true });
  const { key } = await must('POST', '/api/api-keys', { as: person, json: { name: 'x' } });
  const stored = new Set<string>();
  for (const name of ['a', 'b', 'c']) stored.add((await must('POST', `/v1/storage?filename=${name}`, { key, json: {} })).id);
  for (let before = ''; ; ) {
    const { data, next } = await must('GET', `/v1/storage?limit=2${before}`, { key });
    for (const { id } of data as { id: string }[]) {
      expect(stored.delete(id)).toBe(true);
      await must('DELETE', `/v1/storage/${id}`, { key });
    }
    if (next === null) break;
    before = `&before=${encodeURIComponent(next)}`;
  }
  expect([...stored]).toEqual([]);
});
