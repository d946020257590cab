import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
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
  expect(await page('limit=2')).toEqual({ ids: [ids[2], ids[1]], next: ids[1] });
  expect(await page(`limit=2&before=${ids[1]}`)).toEqual({ ids: [ids[0]], next: null });
  expect((await page('')).ids).toHaveLength(3);
  for (const limit of ['0', '201', 'x'])
    expect(await call('GET', `/v1/webhooks/deliveries?limit=${limit}`, { key })).toMatchObject({
      status: 400,
      body: { error: { param: 'limit' } },
    });
});
