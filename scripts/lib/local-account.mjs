import { readJson, writeJson } from './files.mjs';

/** Somebody who runs the gateway for themselves may see usage with the printed key. */
const SCOPES = ['usage.read', 'keys.read', 'billing.read'];

const KEYS = [
  { mode: 'live', name: 'local', field: 'key', idField: 'keyId' },
  { mode: 'test', name: 'local test', field: 'testKey', idField: 'testKeyId' },
];

const unlessMissing = (promise) =>
  promise.catch((error) => {
    if (error.status === 404) return undefined;
    throw error;
  });

/** Was the key signed by this gateway? Asked by what is no call: one that is refused would be counted. */
async function isAccepted(url, key) {
  const response = await fetch(`${url}/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  await response.arrayBuffer();
  return response.status !== 401;
}

async function isUsable(url, listed, key, keyId) {
  const active = listed.some(({ id, status }) => id === keyId && (status === undefined || status === 'active'));
  return active && typeof key === 'string' && (await isAccepted(url, key));
}

/**
 * The local account and its two keys, made on the first start. Whatever was lost (a deleted data folder, an interrupted
 * start, a changed signing secret) is made anew; the rest is kept.
 */
export async function ensureAccount({ api, url, path }) {
  let stored = readJson(path) ?? {};
  const save = (change) => {
    stored = { ...stored, ...change };
    writeJson(path, stored);
  };
  let account = typeof stored.id === 'string' ? await unlessMissing(api.getAccount(stored.id)) : undefined;
  const created = account === undefined;
  if (created) {
    stored = {};
    const { id } = await api.createAccount({ name: 'Local', credits: 10_000, tier: 'scale' });
    save({ id });
    account = await api.getAccount(id);
  }
  const listed = created ? [] : ((await unlessMissing(api.listKeys(stored.id)))?.keys ?? []);
  for (const { mode, name, field, idField } of KEYS) {
    if (await isUsable(url, listed, stored[field], stored[idField])) continue;
    const { id, key } = await api.createKey(stored.id, { name, mode, scopes: SCOPES });
    save({ [field]: key, [idField]: id });
  }
  return { ...stored, created, balanceCredits: account.balanceCredits };
}
