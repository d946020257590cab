// When a client hangs up, the platform ends the request's work, except for what it was told to wait for.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env';
import worker from '../../../src/index';
import { TestAccount } from '../account/support';
import { ORIGIN, someone } from '../console/support';
import { keyFor } from './support';

/** Whether the work would go on at this query if the client had hung up by then. */
async function goesOn(query: RegExp, path: string, headers: Record<string, string>, json: unknown) {
  let open = 0;
  const held: boolean[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => {
      open++;
      const done = () => void open--;
      work.then(done, done);
    },
    passThroughOnException: () => undefined,
  } as unknown as ExecutionContext;
  const DB = new Proxy(env.DB, {
    get: (db, name: keyof D1Database) => {
      if (name !== 'prepare') return Reflect.get(db, name).bind(db);
      return (text: string) => {
        if (query.test(text)) held.push(open > 0);
        return db.prepare(text);
      };
    },
  });
  const body = JSON.stringify(json);
  const given = { origin: ORIGIN, 'content-type': 'application/json', ...headers };
  const bindings: Bindings = { ...env, DB };
  // The first request also reads the catalogue in the background.
  await worker.fetch(new Request(`${ORIGIN}/healthz`), bindings, context);
  await expect.poll(() => open).toBe(0);
  const answer = await worker.fetch(new Request(`${ORIGIN}${path}`, { method: 'POST', headers: given, body }), bindings, context);
  expect(answer.status, await answer.text()).toBeLessThan(300);
  return held;
}

const ADMIN = { authorization: `Bearer ${env.ADMIN_TOKEN}` };

describe('what a request changes is done to its end though its client hangs up', () => {
  it('as a job, whose hold would be without one', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    await account.run((object) => void object.setTier('starter'));
    const authorization = `Bearer ${await keyFor(account)}`;
    expect(await goesOn(/^insert into "?jobs/i, '/v1/videos/generate', { authorization }, { model: 'wan2.6', prompt: 'a fox' })).toEqual([
      true,
    ]);
  });

  it('in the account plane', async () => {
    const { cookie } = await someone();
    expect(await goesOn(/^INSERT INTO organizations/, '/api/orgs', { cookie }, { name: 'Acme' })).toEqual([true]);
  });

  it('by the operator', async () => {
    expect(await goesOn(/^INSERT INTO vouchers/, '/api/admin/vouchers', ADMIN, { credits: 5 })).toEqual([true]);
  });
});
