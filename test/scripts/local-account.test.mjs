import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refused } from '../../scripts/lib/admin-api.mjs';
import { readJson, writeJson } from '../../scripts/lib/files.mjs';
import { ensureAccount } from '../../scripts/lib/local-account.mjs';

let folder;
let path;
let server;
let url;
let signed;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'account-test-'));
  path = join(folder, 'account.json');
  signed = new Set();
  server = createServer((request, response) => {
    const key = request.headers.authorization.replace('Bearer ', '');
    response.writeHead(signed.has(key) && request.method === 'GET' ? 200 : 401).end('{}');
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${server.address().port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The operator's API, backed by a Map of accounts. */
function fakeApi() {
  const accounts = new Map();
  const api = { accounts, created: 0, minted: 0 };
  const find = (id) => {
    const account = accounts.get(id);
    if (!account) throw new Refused(404, 'No such account.');
    return account;
  };
  api.createAccount = async (input) => {
    api.created += 1;
    const id = `acc_${api.created}`;
    accounts.set(id, { input, keys: [], balance: input.credits });
    return { id };
  };
  api.getAccount = async (id) => ({ account: { id }, balanceCredits: find(id).balance });
  api.listKeys = async (id) => ({ keys: find(id).keys });
  api.createKey = async (id, { name, mode }) => {
    if (api.failing === mode) throw new Refused(503, 'Not now.');
    api.minted += 1;
    const key = `${mode === 'test' ? 'ck_test_' : 'ck_'}${api.minted}`;
    signed.add(key);
    find(id).keys.push({ id: `key_${api.minted}`, name, mode, status: 'active' });
    return { id: `key_${api.minted}`, key };
  };
  return api;
}

describe('the local account', () => {
  it('is made the first time, with 10,000 credits, the highest tier and two keys', async () => {
    const api = fakeApi();
    const account = await ensureAccount({ api, url, path });
    expect(account).toMatchObject({ id: 'acc_1', key: 'ck_1', testKey: 'ck_test_2', balanceCredits: 10_000, created: true });
    expect(api.accounts.get('acc_1').input).toEqual({ name: 'Local', credits: 10_000, tier: 'scale' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is kept the second time, whatever its balance', async () => {
    const api = fakeApi();
    await ensureAccount({ api, url, path });
    api.accounts.get('acc_1').balance = 12;
    const again = await ensureAccount({ api, url, path });
    expect(again).toMatchObject({ id: 'acc_1', key: 'ck_1', testKey: 'ck_test_2', balanceCredits: 12, created: false });
    expect([api.created, api.minted]).toEqual([1, 2]);
  });

  it('is made anew when the data is gone', async () => {
    const api = fakeApi();
    await ensureAccount({ api, url, path });
    api.accounts.clear();
    expect(await ensureAccount({ api, url, path })).toMatchObject({ id: 'acc_2', key: 'ck_3', testKey: 'ck_test_4', created: true });
  });

  it('gets new keys, and keeps its balance, when the old ones are no longer signed or are revoked', async () => {
    const api = fakeApi();
    await ensureAccount({ api, url, path });
    signed.clear();
    expect(await ensureAccount({ api, url, path })).toMatchObject({ id: 'acc_1', key: 'ck_3', testKey: 'ck_test_4' });
    api.accounts.get('acc_1').keys.find(({ id }) => id === 'key_4').status = 'revoked';
    expect(await ensureAccount({ api, url, path })).toMatchObject({ id: 'acc_1', key: 'ck_3', testKey: 'ck_test_5' });
  });

  it('goes on from where a start was cut short', async () => {
    const api = fakeApi();
    api.failing = 'test';
    await expect(ensureAccount({ api, url, path })).rejects.toThrow('Not now.');
    expect(readJson(path)).toEqual({ id: 'acc_1', key: 'ck_1', keyId: 'key_1' });
    api.failing = undefined;
    expect(await ensureAccount({ api, url, path })).toMatchObject({ id: 'acc_1', key: 'ck_1', testKey: 'ck_test_2' });
  });

  it('survives a damaged file', async () => {
    const api = fakeApi();
    writeFileSync(path, '{"id": "acc_');
    expect(await ensureAccount({ api, url, path })).toMatchObject({ id: 'acc_1' });
    writeJson(path, { id: 7, key: null });
    expect(await ensureAccount({ api, url, path })).toMatchObject({ id: 'acc_2' });
  });

  it('fails rather than makes another when the gateway cannot say', async () => {
    const api = fakeApi();
    await ensureAccount({ api, url, path });
    api.getAccount = async () => {
      throw new Refused(500, 'Broken.');
    };
    await expect(ensureAccount({ api, url, path })).rejects.toThrow('Broken.');
    expect(api.created).toBe(1);
  });
});
