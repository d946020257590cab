import { describe, expect, it } from 'vitest';
import type { ApiKey, KeyReader } from '../../../src/core/api-key';
import { carriesKey, clientIp, requestKeys } from '../../../src/http/request-key';

const URL = 'https://gateway.test/v1/models';

/** Knows the keys `a` and `b`; what begins with `ck_` is a key of another gateway, and all else none. */
const reader = {
  read: async (token: string) =>
    /^[ab]$/.test(token)
      ? { ok: true, key: { keyId: token } as ApiKey }
      : { ok: false, reason: token.startsWith('ck_') ? 'forged' : 'malformed' },
} as unknown as KeyReader;

async function keysOf(headers: Record<string, string>, url = URL) {
  const read = await requestKeys(reader, new Request(url, { headers }));
  return read.ok ? read.value.map(({ keyId }) => keyId) : read.error;
}

describe('the keys of a request', () => {
  it.each<[string, Record<string, string>, string?]>([
    ['a bearer', { authorization: 'Bearer a' }],
    ['a bearer in small letters, with spaces behind', { authorization: 'bearer  a ' }],
    ['alone, as clients of other gateways send it', { authorization: 'a' }],
    ['in the header of Anthropic', { 'x-api-key': 'a' }],
    ['in the header of Google', { 'x-goog-api-key': 'a' }],
    ['in the URL', {}, `${URL}?alt=sse&key=a`],
    ['twice', { authorization: 'Bearer a', 'x-api-key': 'a' }],
    ['beside a bad one', { authorization: 'Bearer ck_x', 'x-api-key': 'a' }],
  ])('are found: %s', async (_where, headers, url) => {
    expect(await keysOf(headers, url)).toEqual(['a']);
  });

  it('are all that it has, in the order in which clients mean them', async () => {
    expect(await keysOf({ 'x-api-key': 'b', authorization: 'Bearer a' })).toEqual(['a', 'b']);
  });

  it('are asked for where there are none, and told apart from what is no key', async () => {
    expect(await keysOf({})).toMatchObject({ kind: 'missing_key' });
    expect(await keysOf({ authorization: 'Bearer sk-x' })).toMatchObject({
      message: expect.stringContaining('not an API key of this gateway'),
    });
    for (const headers of [{ authorization: 'Bearer ck_x' }, { authorization: 'Bearer sk-x', 'x-api-key': 'ck_x' }])
      expect(await keysOf(headers)).toMatchObject({ message: expect.not.stringContaining('not an API key of this gateway') });
  });

  it('are there, be they good or bad', () => {
    const carries = (headers: Record<string, string>, url = URL) => carriesKey(new Request(url, { headers }));
    for (const name of ['authorization', 'x-api-key', 'x-goog-api-key']) expect(carries({ [name]: 'x' }), name).toBe(true);
    expect([carries({}, `${URL}?key=`), carries({}, `${URL}?monkey=a`), carries({ cookie: 'key=a' })]).toEqual([true, false, false]);
  });
});

it('a client has the address that the edge saw, and in a local run this machine’s', () => {
  const from = (headers: Record<string, string>, LOCAL: '0' | '1') => clientIp(new Request(URL, { headers }), { LOCAL });
  const seen = { 'cf-connecting-ip': '203.0.113.7' };
  expect([from(seen, '0'), from(seen, '1'), from({}, '1'), from({}, '0')]).toEqual(['203.0.113.7', '203.0.113.7', '127.0.0.1', null]);
});
