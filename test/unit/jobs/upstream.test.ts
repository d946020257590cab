import { describe, expect, it } from 'vitest';
import { fetchFrom, readAll } from '../../../src/jobs/upstream';
import type { Provider } from '../../../src/providers/types';

const provider = (baseUrl: string) =>
  ({
    spec: {
      id: 'a',
      baseUrl: 'https://api.vendor.example/v1',
      media: { authorize: (key: string) => ({ authorization: `Bearer ${key}` }), hosts: ['files.vendor.example'] },
    },
    baseUrl,
    apiKeys: ['the-key'],
  }) as unknown as Provider;

/** Where a request really goes, and whether the credential goes along. */
async function sent(url: string, baseUrl = 'https://api.vendor.example/v1') {
  const seen: { url: string; init: RequestInit }[] = [];
  const fetch = async (to: string, init: RequestInit) => {
    seen.push({ url: to, init });
    return new Response();
  };
  await fetchFrom({ fetch }, provider(baseUrl), { method: 'GET', url }, 0, 1_000);
  return { to: seen[0]!.url, hasKey: new Headers(seen[0]!.init.headers).has('authorization'), redirect: seen[0]!.init.redirect };
}

describe('a provider’s credential', () => {
  it.each([
    ['/jobs/1', true],
    ['https://api.vendor.example/v1', true],
    ['https://api.vendor.example/v1/jobs/1', true],
    ['https://api.vendor.example/v2/jobs/1', true],
    ['https://files.vendor.example/1.png', true],
    ['http://api.vendor.example/v1/jobs/1', false],
    ['http://files.vendor.example/1.png', false],
    ['https://api.vendor.example.evil.example/v1/jobs/1', false],
    ['https://api.vendor.example:8443/v1/jobs/1', false],
    ['https://evil.example/https://api.vendor.example/v1', false],
  ])('with %s goes along: %s', async (url, hasKey) => {
    expect(await sent(url)).toMatchObject({ hasKey, redirect: 'manual' });
  });

  it('goes to no host whose name only begins as the provider’s does', async () => {
    const base = 'https://api.vendor.example';
    expect((await sent(`${base}/jobs/1`, base)).hasKey).toBe(true);
    expect((await sent(`${base}.evil.example/jobs/1`, base)).hasKey).toBe(false);
  });

  it('goes to the operator’s proxy, to which the vendor’s own URLs lead, by plain HTTP too', async () => {
    const proxy = 'http://127.0.0.1:9000/vendor';
    expect(await sent('https://api.vendor.example/v1/jobs/1', proxy)).toMatchObject({ to: `${proxy}/jobs/1`, hasKey: true });
    expect(await sent('https://api.vendor.example/v1beta/jobs/1', proxy)).toMatchObject({ hasKey: false });
    expect(await sent('http://127.0.0.1:9000/vendors/1', proxy)).toMatchObject({ hasKey: false });
  });
});

it('an answer that is announced, or proves, too large is not read', async () => {
  const response = (headers: Record<string, string> = {}) => new Response('abcdef', { headers });
  expect(new TextDecoder().decode(await readAll(response(), 6))).toBe('abcdef');
  await expect(readAll(response(), 5)).rejects.toThrow('too large');
  const announced = response({ 'content-length': '7' });
  await expect(readAll(announced, 6)).rejects.toThrow('too large');
  expect(await readAll(new Response(null), 0)).toEqual(new Uint8Array());
});
