// Who may call: every place for a key, what a key may be restricted to, and what every answer carries.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { openAccount } from './support/account';
import { askJson, askStream, chatBody } from './support/client';
import { until } from './support/wait';
import { ADMIN_TOKEN, Worker } from './support/worker';

const MODEL = 'gpt-5.4';
const FORGED = `ck_${'0'.repeat(58)}`;

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.shared();
});
afterAll(() => worker?.stop());

interface Refusal {
  error: { type: string; message: string; code: string | null; param: string | null; request_id: string };
}

/** A request with exactly these headers. */
const send = (path: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Response> =>
  fetch(worker.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body: JSON.stringify(chatBody(MODEL)) }),
  });

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function expectRefused(response: Response, words: RegExp): Promise<void> {
  const body = (await response.json()) as Refusal;
  expect(response.status, body.error.message).toBe(401);
  expect(body.error).toMatchObject({ type: 'authentication_error' });
  expect(body.error.message).toMatch(words);
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(body.error.request_id).toBe(response.headers.get('x-request-id'));
}

const keyIdOf = async (account: Account, name: string): Promise<string> => {
  const { keys } = await worker.admin<{ keys: { id: string; name: string }[] }>(`/accounts/${account.id}/keys`);
  return keys.find((key) => key.name === name)!.id;
};

const revoke = (account: Account, keyId: string): Promise<Response> =>
  fetch(`${worker.url}/api/admin/accounts/${account.id}/keys/${keyId}`, { method: 'DELETE', headers: bearer(ADMIN_TOKEN) });

const PLACES: Record<string, (key: string, base: string) => Promise<Response>> = {
  'Authorization: Bearer': (key, base) => send(`${base}/chat/completions`, bearer(key)),
  'authorization: bearer, in lower case': (key, base) => send(`${base}/chat/completions`, { authorization: `bearer  ${key} ` }),
  'x-api-key': (key, base) => send(`${base}/chat/completions`, { 'x-api-key': key }),
  'x-goog-api-key': (key, base) => send(`${base}/chat/completions`, { 'x-goog-api-key': key }),
  '?key=': (key, base) => send(`${base}/chat/completions?key=${key}`),
  '?key= among others': (key, base) => send(`${base}/chat/completions?alt=sse&key=${key}&x=1`),
};

describe.each(['/v1', '/api/v1'])('a key at %s', (base) => {
  it.concurrent.each(Object.keys(PLACES))('is taken from %s', async (place) => {
    const account = await openAccount(worker);
    const response = await PLACES[place]!(account.key, base);
    expect(response.status, await response.text()).toBe(200);
    expect((await account.settled()).spentMicro).toBeGreaterThan(0);
    await expectRefused(await PLACES[place]!(FORGED, base), /API key/);
  });

  it('is needed', async () => {
    await expectRefused(await send(`${base}/chat/completions`), /API key is required/);
    await expectRefused(await send(`${base}/generations/req_0123456789abc-1-4cc3-1`, {}, 'GET'), /API key is required/);
  });
});

describe('two keys at once', () => {
  it('are good if either is', async () => {
    const account = await openAccount(worker);
    const [revoked, live] = [await account.addKey({ name: 'revoked' }), account.key];
    await revoke(account, await keyIdOf(account, 'revoked'));
    for (const bad of ['not-a-key', FORGED, revoked]) {
      for (const [first, second] of [
        [bad, live],
        [live, bad],
      ] as const) {
        expect((await send('/v1/chat/completions', { ...bearer(first), 'x-api-key': second })).status).toBe(200);
        expect((await send(`/v1/chat/completions?key=${first}`, { 'x-goog-api-key': second })).status).toBe(200);
      }
    }
    expect(await account.calls()).toHaveLength(12);
  });

  it('are refused if neither is', async () => {
    await expectRefused(await send('/v1/chat/completions', { ...bearer('not-a-key'), 'x-api-key': FORGED }), /API key/);
  });
});

describe('a key that is no more', () => {
  it('is refused on the very next request once revoked, for reads too', async () => {
    const account = await openAccount(worker);
    const call = await askJson(account, chatBody(MODEL));
    expect(call.status).toBe(200);
    const revoked = await revoke(account, await keyIdOf(account, 'A key'));
    expect(await revoked.json()).toMatchObject({ status: 'revoked' });
    await expectRefused(await send('/v1/chat/completions', bearer(account.key)), /revoked/);
    await expectRefused(await send(`/v1/generations/${call.id}`, bearer(account.key), 'GET'), /revoked/);
    for (const id of ['resp_0123456789', 'resp_nobody'])
      await expectRefused(await send(`/v1/responses/${id}`, bearer(account.key), 'GET'), /revoked/);
  });

  it('is refused once expired', async () => {
    const account = await openAccount(worker);
    const expired = await account.addKey({ expiresAt: '2020-01-01T00:00:00Z' });
    await expectRefused(await send('/v1/chat/completions', bearer(expired)), /expired/);
    const soon = await account.addKey({ expiresAt: new Date(Date.now() + 3_000).toISOString() });
    expect((await send('/v1/chat/completions', bearer(soon))).status).toBe(200);
    await until('the key to expire', async () => (await send('/v1/chat/completions', bearer(soon))).status === 401);
    expect((await account.money()).heldMicro).toBe(0);
  });
});

describe('a key with a scope', () => {
  it('works from its origins only', async () => {
    const account = await openAccount(worker);
    const key = await account.addKey({ origins: ['https://app.example.com', 'http://localhost:3000'] });
    for (const origin of ['https://app.example.com', 'https://APP.example.com', 'http://localhost:3000'])
      expect((await send('/v1/chat/completions', { ...bearer(key), origin })).status, origin).toBe(200);
    for (const origin of ['https://evil.example.com', 'http://app.example.com', 'https://app.example.com.evil.test', 'null'])
      await expectRefused(await send('/v1/chat/completions', { ...bearer(key), origin }), /origin/);
    await expectRefused(await send('/v1/chat/completions', bearer(key)), /origin/);
    expect(await account.calls()).toHaveLength(3);
  });

  it.each([['127.0.0.1'], ['127.0.0.0/8'], ['0.0.0.0/0'], ['::ffff:127.0.0.1'], ['203.0.113.7', '127.0.0.1']])(
    'works from its addresses: %s',
    async (...ips) => {
      const account = await openAccount(worker);
      const key = await account.addKey({ ips });
      expect((await send('/v1/chat/completions', bearer(key))).status).toBe(200);
    },
  );

  it.each([['203.0.113.7'], ['10.0.0.0/8'], ['::1'], ['::/0']])('does not work from elsewhere than %s', async (...ips) => {
    const account = await openAccount(worker);
    const key = await account.addKey({ ips });
    await expectRefused(await send('/v1/chat/completions', { ...bearer(key), 'x-forwarded-for': '203.0.113.7' }), /IP address/);
    expect(await account.calls()).toEqual([]);
  });
});

describe('a test key', () => {
  it('is answered by the sandbox, free of charge', async () => {
    const account = await openAccount(worker);
    const key = await account.addKey({ mode: 'test' });
    expect(key).toMatch(/^ck_test_/);
    const document = await askJson(account, chatBody(MODEL), { headers: bearer(key) });
    expect(document).toMatchObject({ status: 200, body: { usage: { creditsUsed: 0 } } });
    expect(document.headers.get('x-credits-charged')).toBe('0');
    const stream = await askStream(account, chatBody(MODEL), { headers: bearer(key) });
    expect(stream.usages).toMatchObject([{ creditsUsed: 0 }]);
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
    expect(await account.generation(document.id)).toMatchObject({ test: true, provider: 'sandbox', creditsUsed: 0 });
  });

  it('is answered for an account that has nothing', async () => {
    const account = await openAccount(worker, 0);
    const key = await account.addKey({ mode: 'test' });
    expect((await askJson(account, chatBody(MODEL), { headers: bearer(key) })).status).toBe(200);
    expect((await askJson(account, chatBody(MODEL))).status).toBe(402);
  });
});

const ANYTHING: [string, string, number][] = [
  ['GET', '/healthz', 200],
  ['GET', '/v1/models', 200],
  ['HEAD', '/v1/models', 200],
  ['GET', '/v1/chat/completions', 200],
  ['HEAD', '/api/v1/chat/completions', 200],
  ['POST', '/v1/chat/completions', 401],
  ['GET', '/v1/models/gpt-99', 404],
  ['HEAD', '/', 200],
  ['HEAD', '/api/v1', 200],
  ['HEAD', '/api/hello', 200],
  ['HEAD', '/api/v1/api/hello', 200],
  ['GET', '/v2/chat/completions', 404],
  ['HEAD', '/v1/nothing', 404],
  ['POST', '/v1/models', 405],
  ['PUT', '/v1/chat/completions', 405],
  ['PATCH', '/v1/chat/completions', 405],
  ['DELETE', '/v1/chat/completions', 405],
  ['PUT', '/api/api-keys', 405],
  ['GET', '/api/api-keys/key_1', 405],
  ['POST', '/api/billing/nothing', 404],
  ['GET', '/v1/generations/x', 401],
  ['GET', '/api/admin/accounts', 401],
  ['POST', '/api/admin/nothing', 401],
  ['OPTIONS', '/v1/chat/completions', 204],
  ['OPTIONS', '/nowhere', 204],
];

describe('every answer', () => {
  it.each(ANYTHING)('carries its id and may be read from any origin: %s %s', async (method, path, status) => {
    const response = await send(path, { origin: 'https://app.example.com' }, method);
    const text = await response.text();
    expect(response.status, text).toBe(status);
    const id = response.headers.get('x-request-id');
    expect(id).toMatch(/^req_[0-9A-Za-z]{13}$/);
    expect(response.headers.get('request-id')).toBe(id);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.has('allow')).toBe(status === 405);
    if (status < 400 || method === 'HEAD') return;
    expect((JSON.parse(text) as Refusal).error.request_id).toBe(id);
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it('to a path that is none says so', async () => {
    const refusal = (await (await send('/nowhere', {}, 'POST')).json()) as Refusal;
    expect(refusal.error.message).toBe('There is nothing at POST /nowhere.');
  });

  it('lets a page read its cost, its id and its range', async () => {
    const account = await openAccount(worker);
    const response = await send('/v1/chat/completions', { ...bearer(account.key), origin: 'https://app.example.com' });
    const exposed = response.headers.get('access-control-expose-headers') ?? '';
    for (const name of ['x-request-id', 'request-id', 'x-credits-charged', 'retry-after', 'x-should-retry', 'x-resumable', 'content-range'])
      expect(exposed).toContain(name);
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
    expect(await account.generation(response.headers.get('x-request-id')!)).toMatchObject({ state: 'settled' });
  });

  it('to a preflight allows what was asked for, without a key', async () => {
    const asked = 'authorization,content-type,x-api-key,x-stainless-os,idempotency-key';
    const response = await send(
      '/v1/chat/completions',
      { 'access-control-request-headers': asked, 'access-control-request-method': 'POST' },
      'OPTIONS',
    );
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toBe(asked);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
  });

  it('to HEAD has no body', async () => {
    expect(await (await send('/v1/models', {}, 'HEAD')).text()).toBe('');
  });
});
