// Requests for an account that cannot be reached: the key may be valid, so no answer says that it is not.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env';
import { TestAccount } from '../account/support';
import { ask, keyFor } from './support';

const RESPONSE = { model: 'gpt-5.4', input: 'Hello' };

/** Every account object answers, except to these methods. */
function without(...methods: string[]): Bindings {
  const getByName = (name: string) =>
    new Proxy(env.ACCOUNT.getByName(name), {
      get: (stub, property) =>
        methods.includes(String(property)) ? () => Promise.reject(new Error('Network connection lost.')) : Reflect.get(stub, property),
    });
  return { ...env, ACCOUNT: { getByName } as unknown as Bindings['ACCOUNT'] };
}

async function stored() {
  const account = await TestAccount.create({ credits: 1_000, keys: [] });
  const key = await keyFor(account);
  const { status, text } = await ask({ key, path: '/v1/responses', body: RESPONSE });
  expect(status).toBe(200);
  return { account, key, id: (JSON.parse(text) as { id: string }).id };
}

function expectUnavailable({ status, text, headers }: Awaited<ReturnType<typeof ask>>): void {
  expect(JSON.parse(text)).toMatchObject({ error: { type: 'api_error', message: expect.stringMatching(/could not (be|reach)/) } });
  expect([status, headers.get('retry-after'), headers.get('x-should-retry')]).toEqual([503, '2', null]);
}

describe('an account that cannot be reached', () => {
  it.each(['authorize', 'operation'])('makes a stored response a 503, at %s', async (method) => {
    const { key, id } = await stored();
    expectUnavailable(await ask({ key, path: `/v1/responses/${id}`, body: null, bindings: without(method) }));
    expect((await ask({ key, path: `/v1/responses/${id}`, body: null })).status).toBe(200);
  });

  it.each(['operation', 'admitJson'])('makes a call that goes on from one a 503, at %s', async (method) => {
    const { account, key, id } = await stored();
    const before = await account.stub.view();
    const body = { ...RESPONSE, previous_response_id: id };
    expectUnavailable(await ask({ key, path: '/v1/responses', body, bindings: without(method) }));
    expect(await account.stub.view()).toEqual(before);
  });

  it('makes a list of jobs a 503', async () => {
    const key = await keyFor(await TestAccount.create({ credits: 1_000, keys: [] }));
    expectUnavailable(await ask({ key, path: '/v1/jobs', body: null, bindings: without('authorize') }));
  });

  it('does not keep the answer to a background response from its client, and the answer is charged in the end', async () => {
    const { account, key } = await stored();
    const before = (await account.stub.view())!.balanceMicro;
    const { status, text } = await ask({
      key,
      path: '/v1/responses',
      body: { ...RESPONSE, background: true },
      bindings: without('beat'),
    });
    expect([status, (JSON.parse(text) as { status: string }).status]).toEqual([200, 'queued']);
    await expect.poll(async () => (await account.stub.view())!.balanceMicro, { timeout: 15_000 }).toBeLessThan(before);
    expect((await account.stub.view())!.heldMicro).toBe(0);
  });
});

it('a kept answer that cannot be read is a 503', async () => {
  const account = await TestAccount.create({ credits: 1_000, keys: [] });
  const key = await keyFor(account);
  const headers = { 'idempotency-key': 'once' };
  const first = await ask({ key, headers });
  const spent = await account.stub.view();
  const FILES = { get: () => Promise.reject(new Error('R2 is away')) } as unknown as Bindings['FILES'];
  expectUnavailable(await ask({ key, headers, bindings: { ...env, FILES } }));
  expect((await ask({ key, headers })).text).toBe(first.text);
  expect(await account.stub.view()).toEqual(spent);
});

it('an account that cannot be reached makes what its operator asks of it a 503', async () => {
  const { id } = await TestAccount.create({ credits: 1_000, keys: [] });
  const path = `/api/admin/accounts/${id}`;
  expectUnavailable(await ask({ key: env.ADMIN_TOKEN, path, body: null, bindings: without('view') }));
  expect((await ask({ key: env.ADMIN_TOKEN, path, body: null })).status).toBe(200);
});

it.each(['ownKey'])('an account that cannot be reached makes what a key asks of the account plane a 503, at %s', async (method) => {
  const key = await keyFor(await TestAccount.create({ credits: 1_000, keys: [] }));
  expectUnavailable(await ask({ key, path: '/api/api-usage', body: null, bindings: without(method) }));
});
