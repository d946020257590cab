// What conversations ask of the accounts of the keys that a request has. What they are is tested end to end.
import { createExecutionContext, env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { mintKey } from '../../../src/core/api-key';
import { newAccountBytes, newKeyBytes } from '../../../src/core/ids';
import type { Bindings } from '../../../src/env';
import worker from '../../../src/index';

const REFUSED = { kind: 'invalid_key', message: 'This key was revoked.' } as const;
const PATH = '/v1/conversations';

const newKey = () => mintKey(env.KEY_MAC_SECRET, 'live', newAccountBytes(), newKeyBytes());

/** Asks with one key or two, of accounts that refuse those that are revoked. */
function asking() {
  const places: unknown[] = [];
  const revoked = new Set<string>();
  const authorize = async ({ keyId, conversationChange }: { keyId: string; conversationChange?: { places: number } }) => {
    places.push(conversationChange?.places);
    return revoked.has(keyId) ? REFUSED : null;
  };
  const bindings = { ...env, ACCOUNT: { getByName: () => ({ authorize }) } } as unknown as Bindings;
  const ask = async (method: string, path: string, [key, other]: readonly string[], json?: object) => {
    const headers = { authorization: `Bearer ${key}`, ...(other !== undefined && { 'x-api-key': other }) };
    const body = json && JSON.stringify(json);
    const request = new Request(`https://gateway.test${PATH}${path}`, { method, headers, ...(body !== undefined && { body }) });
    const response = await worker.fetch(request, bindings, createExecutionContext());
    return { status: response.status, json: (await response.json()) as { id: string; error?: { message: string } } };
  };
  return { ask, places, revoked };
}

it('asks for a place for each change, for more where it is large, and for none to look', async () => {
  const { ask, places } = asking();
  const { token } = await newKey();
  const key = [token];
  const items = [{ id: 'msg_1', role: 'user', content: 'x'.repeat(65_536) }];
  const { id } = (await ask('POST', '', key, { items })).json;
  await ask('POST', '', key);
  await ask('POST', `/${id}`, key, { metadata: {} });
  await ask('POST', `/${id}/items`, key, { items: [{ role: 'user', content: 'x' }] });
  await ask('DELETE', `/${id}/items/msg_1`, key);
  for (const path of ['', '/items', '/items/msg_1']) await ask('GET', `/${id}${path}`, key);
  expect((await ask('DELETE', `/${id}`, key)).status).toBe(200);
  expect(places).toEqual([2, 0, 1, 1, 0, undefined, undefined, undefined, 0]);
});

it('finds a conversation with whichever key has it, and goes on from a key that may not be used', async () => {
  const { ask, revoked } = asking();
  const [own, other, bad] = [await newKey(), await newKey(), await newKey()];
  revoked.add(bad.keyId);
  const { id } = (await ask('POST', '', [own.token])).json;
  const statusOf = async (...keys: { token: string }[]) =>
    (
      await ask(
        'GET',
        `/${id}`,
        keys.map(({ token }) => token),
      )
    ).status;
  for (const keys of [
    [other, own],
    [own, other],
    [bad, own],
  ])
    expect(await statusOf(...keys)).toBe(200);
  expect([await statusOf(other), await statusOf(bad, other), await statusOf(bad)]).toEqual([404, 404, 401]);
  // What the first key that has it may not do is not tried with the next.
  expect((await ask('POST', `/${id}/items`, [own.token, other.token], { items: [] })).status).toBe(200);
  const taken = { items: [{ id: 'msg_1', role: 'user', content: 'x' }] };
  const added = async () => (await ask('POST', `/${id}/items`, [own.token, other.token], taken)).status;
  expect([await added(), await added()]).toEqual([200, 400]);
});
