// When the database fails, the log says so without showing what the queries were about.
import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import '../../../src/account-plane';
import worker from '../../../src/index';
import { TestAccount } from '../account/support';
import { someone } from '../console/support';
import { ask, keyFor } from './support';

const REASON = 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.';

/** The statement as it is, except that running it fails. */
const failing = (statement: D1PreparedStatement): D1PreparedStatement =>
  new Proxy(statement, {
    get: (target, name) => {
      if (name === 'bind') return (...values: unknown[]) => failing(target.bind(...values));
      return () => Promise.reject(new Error(REASON));
    },
  });

/** Fails every batch, and every query that matches. */
function brokenDatabase(broken: RegExp): D1Database {
  return new Proxy(env.DB, {
    get: (target, name) => {
      if (name === 'prepare') {
        return (sql: string) => (broken.test(sql) ? failing(target.prepare(sql)) : target.prepare(sql));
      }
      if (name === 'batch') return () => Promise.reject(new Error(REASON));
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const WRITES = /^\s*(?:insert|update|delete)/i;
const ALL = /./;

/** Collects everything written to the console, as deep as a log shows it. */
function listen(): () => string {
  const lines: string[] = [];
  const deep = (value: unknown): string =>
    value instanceof Error ? [value.message, value.stack, deep(value.cause), JSON.stringify(value)].join('\n') : String(value);
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...told: unknown[]) => void lines.push(told.map(deep).join(' ')));
  return () => lines.join('\n');
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** A mail binding, so that there is mail to send. */
const SINK = { fetch: async () => new Response() } as unknown as Fetcher;

async function post(path: string, body: BodyInit, broken: RegExp, headers: Record<string, string> = {}) {
  const context = createExecutionContext();
  const request = new Request(`https://gateway.test${path}`, {
    method: 'POST',
    headers: { origin: 'https://gateway.test', ...headers },
    body,
  });
  const response = await worker.fetch(request, { ...env, DB: brokenDatabase(broken), MAIL_SINK: SINK } as typeof env, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, text };
}

const ADA = { name: 'Ada Lovelace', email: 'ada@example.com', password: 'the-password-of-ada' };

async function signUp(broken: RegExp) {
  return (await post('/api/auth/sign-up/email', JSON.stringify(ADA), broken, { 'content-type': 'application/json' })).status;
}

it('a sign-in that breaks says so, and is no wrong password: to a program in JSON, and to a person on a page', async () => {
  listen();
  const api = await post('/api/auth/sign-in/email', JSON.stringify(ADA), ALL, { 'content-type': 'application/json' });
  expect([api.status, JSON.parse(api.text)]).toMatchObject([500, { error: { type: 'api_error', request_id: expect.any(String) } }]);
  const page = await post('/sign-in', new URLSearchParams({ ...ADA, how: 'password' }), ALL, { accept: 'text/html' });
  expect(page).toMatchObject({ status: 500, text: expect.stringMatching(/Something went wrong on our side.*req_/s) });
  expect(page.text, 'nothing of the inside').not.toMatch(/D1_ERROR|Network connection|\.ts:/);
});

it.each([
  ['reads', ALL],
  ['writes', WRITES],
])('a sign-up that the database does not take (%s) leaves nobody in the log', async (_, broken) => {
  const told = listen();
  expect(await signUp(broken)).toBeGreaterThanOrEqual(400);
  expect(told()).toContain('overloaded');
  expect(told()).not.toMatch(/ada|lovelace/i);
});

const DEPLOYMENT = { slug: 'mine', name: 'Mine', dockerImage: 'acme/worker:1', gpuTypes: ['ADA_48_PRO'], env: { HF_TOKEN: 'hf_secret' } };

const CALLS = [
  ['a picture', '/v1/images/generations', { model: 'gpt-image-2', prompt: 'my diagnosis is secret-prompt' }, /secret-prompt/],
  ['a deployment', '/v1/deployments', DEPLOYMENT, /hf_secret/],
  ['a new signing secret', '/v1/webhooks/secret/rotate', {}, /whsec_/],
] as const;

it.each(CALLS)('%s that the database does not take leaves nothing of itself in the log', async (_, path, body, secret) => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const key = await keyFor(account);
  const told = listen();
  const { status, text } = await ask({ key, path, body, bindings: { ...env, DB: brokenDatabase(WRITES) } });
  expect(status, text).toBeGreaterThanOrEqual(500);
  expect(told()).toContain('overloaded');
  expect(told()).not.toMatch(secret);
  expect(told()).not.toContain(key);
  expect(told()).not.toMatch(/https:\/\/gateway\.test\/media/);
  expect(told()).not.toContain('params:');
});

it('the page that says how the gateway is says so without a database', async () => {
  const told = listen();
  const bindings = { ...env, DB: brokenDatabase(ALL) } as typeof env;
  const { cookie } = await someone();
  for (const more of [{}, { cookie }]) {
    const { status, text } = await ask({ path: '/status', body: null, bindings, headers: { accept: 'text/html', ...more } });
    expect([status, text]).toEqual([200, expect.stringMatching(/Upstreams.*The database does not answer/s)]);
  }
  expect(told()).toContain('overloaded');
});

it('single sign-on that finds no database says so on a page, and to a program in JSON', async () => {
  listen();
  const bindings = { ...env, DB: brokenDatabase(ALL) } as typeof env;
  const begin = (accept: string) => ask({ path: '/api/auth/sso/prv_1/start', body: null, bindings, headers: { accept } });
  const { status, text } = await begin('text/html');
  expect([status, text]).toEqual([503, expect.stringMatching(/^<!doctype html>.*Something went wrong.*try again in a moment/s)]);
  const json = { error: { type: 'api_error', message: expect.stringContaining('try again in a moment') } };
  expect(JSON.parse((await begin('application/json')).text)).toMatchObject(json);
});
