// What a request costs the platform before its key is verified, and what it never asks for.
import { env, listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { mintKey } from '../../../src/core/api-key';
import { accountId, newAccountBytes, newKeyBytes } from '../../../src/core/ids';
import type { Bindings } from '../../../src/env';
import { TestAccount } from '../account/support';
import { ask, CHAT, keyFor } from './support';

const mint = async (account: Uint8Array, secret = env.KEY_MAC_SECRET) => (await mintKey(secret, 'live', account, newKeyBytes())).token;

const objectIds = async (): Promise<string[]> => (await listDurableObjectIds(env.ACCOUNT)).map(String).sort();

const tablesOf = (id: string): Promise<number> =>
  runInDurableObject(
    env.ACCOUNT.getByName(id),
    (_instance, state) =>
      state.storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray().length,
  );

/** Bindings without a database: each access throws and is counted. */
function withoutDatabase(): { bindings: Bindings; asked: () => number } {
  let asked = 0;
  const refuse = (): never => {
    asked++;
    throw new Error('the database was asked');
  };
  const DB = new Proxy({} as D1Database, { get: refuse, has: refuse });
  return { bindings: { ...env, DB }, asked: () => asked };
}

describe('a key that is not well signed', () => {
  const keys = async (): Promise<Record<string, string | undefined>> => {
    const good = await mint(newAccountBytes());
    const last = good.endsWith('0') ? '1' : '0';
    return {
      none: undefined,
      empty: '',
      malformed: 'ck_123',
      foreign: 'sk-proj-0123456789abcdef',
      'of another gateway': await mint(newAccountBytes(), 'the-secret-of-somebody-else-0123456789'),
      'with another signature': good.slice(0, -1) + last,
      'live, presented as test': good.replace('ck_', 'ck_test_'),
    };
  };

  it.each(['/v1/chat/completions', '/api/v1/chat/completions', '/v1/generations/req_0123456789abc-1-4cc3-1'])(
    'creates no object at %s',
    async (path) => {
      const before = await objectIds();
      for (const [name, key] of Object.entries(await keys())) {
        const body = path.includes('generations') ? null : CHAT;
        const { status, text } = await ask({ path, body, ...(key !== undefined && { key }) });
        expect(status, name).toBe(401);
        expect(JSON.parse(text), name).toMatchObject({ error: { type: 'authentication_error' } });
      }
      expect(await objectIds()).toEqual(before);
    },
  );

  it('creates no object that would outlive its connection', async () => {
    const streams = async () => (await listDurableObjectIds(env.LIVE_STREAM)).length;
    const before = await streams();
    for (const [name, key] of Object.entries(await keys())) {
      const { status } = await ask({ headers: { 'x-resumable': 'true' }, ...(key !== undefined && { key }) });
      expect(status, name).toBe(401);
    }
    expect(await streams()).toBe(before);
  });

  it('is refused before its body is read', async () => {
    const before = await objectIds();
    expect((await ask({ key: 'ck_123', body: 'no chat request' })).status).toBe(401);
    expect(await objectIds()).toEqual(before);
  });
});

describe('a bad request with a good key', () => {
  it('asks no account but its own, to be counted there, and writes nothing where there is none', async () => {
    const bytes = newAccountBytes();
    const key = await mint(bytes);
    const before = await objectIds();
    for (const body of [{}, { ...CHAT, model: 'gpt-99' }, { ...CHAT, model: 'claude-opus-4-6' }, { ...CHAT, n: 0 }, []])
      expect((await ask({ key, body })).status).toBe(400);
    const own = String(env.ACCOUNT.idFromName(accountId(bytes)));
    expect((await objectIds()).filter((id) => id !== own)).toEqual(before);
    expect(await tablesOf(accountId(bytes))).toBe(0);
  });
});

describe('a well-signed key of an account that never was', () => {
  it.each(['/v1/chat/completions', '/v1/generations/req_0123456789abc-1-4cc3-1'])(
    'is refused at %s, and nothing is written',
    async (path) => {
      const bytes = newAccountBytes();
      const body = path.includes('generations') ? null : CHAT;
      for (const more of [{}, { stream: true }]) {
        const { status, text } = await ask({ key: await mint(bytes), path, body: body && { ...body, ...more } });
        expect(status).toBe(401);
        expect(text).toContain('This API key does not exist.');
      }
      expect(await tablesOf(accountId(bytes))).toBe(0);
    },
  );
});

describe('a made-up account of the operator’s', () => {
  it('creates no object unless its id is one', async () => {
    const before = await objectIds();
    for (const id of ['acc_1', 'Acme', '..%2f', accountId(newAccountBytes()).slice(0, -1)]) {
      const { status } = await ask({ key: env.ADMIN_TOKEN, path: `/api/admin/accounts/${id}`, body: null });
      expect(status, id).toBe(404);
    }
    expect(await objectIds()).toEqual(before);
  });
});

describe('a call', () => {
  it.each([
    ['a document', {}],
    ['a stream', { stream: true }],
  ])('never asks D1: %s', async (_name, more) => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const { bindings, asked } = withoutDatabase();
    const key = await keyFor(account);
    const answered = await ask({ key, body: { ...CHAT, ...more }, bindings });
    expect(answered.status, answered.text).toBe(200);
    expect(answered.text).toContain('Hello');
    for (const body of [
      { ...CHAT, model: 'gpt-99' },
      { ...CHAT, ...more, messages: [{ role: 'user', content: 'sandbox:status=422' }] },
    ])
      expect((await ask({ key, body, bindings })).status).toBeGreaterThanOrEqual(400);
    expect(asked()).toBe(0);
    expect(await objectIds()).toContain(String(env.ACCOUNT.idFromName(account.id)));
    await account.run((object) => {
      expect(object.view()).toMatchObject({ heldMicro: 0 });
      expect(object.operations(10).lines.filter(({ kind }) => kind === 'usage')).toHaveLength(2);
    });
  });
});

it('a key that stands in its header by itself is read as one behind its scheme', async () => {
  const key = await keyFor(await TestAccount.create({ credits: 1_000, keys: [] }));
  const asked = (authorization: string) => ask({ path: '/v1/key', body: null, headers: { authorization } });
  for (const header of [key, `bearer ${key}`]) expect((await asked(header)).status).toBe(200);
  for (const header of [`Basic ${key}`, 'Bearer', '']) expect((await asked(header)).status).toBe(401);
});
