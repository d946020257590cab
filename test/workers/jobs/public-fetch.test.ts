import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { publicFetch, RefusedUrl, redirectOf } from '../../../src/core/public-fetch';
import { isPublicAddress, readPublicUrl } from '../../../src/core/public-url';
import { readSettings } from '../../../src/env';

/** A network of names, and of pages that redirect; it records what is asked of it. */
class FakeNetwork {
  readonly fetched: string[] = [];
  /** Bodies of redirects, each of which holds a connection until it is read or given up. */
  unread = 0;
  names: Record<string, string[]> = {};
  redirects: Record<string, string> = {};

  readonly deps = {
    settings: { ...readSettings(env), PRIVATE_ADDRESSES: 'refused' as const },
    fetch: async (url: string): Promise<Response> => {
      const { hostname, searchParams, pathname } = new URL(url);
      if (hostname === 'cloudflare-dns.com') return this.lookUp(searchParams.get('name')!, searchParams.get('type')!);
      this.fetched.push(url);
      const location = this.redirects[pathname];
      if (location === undefined) return new Response('here');
      this.unread++;
      return new Response(new ReadableStream({ cancel: () => void this.unread-- }), { status: 302, headers: { location } });
    },
  };

  private lookUp(name: string, type: string): Response {
    const addresses = (this.names[name] ?? []).filter((address) => address.includes(':') === (type === 'AAAA'));
    const answers = addresses.map((data) => ({ name, type: type === 'A' ? 1 : 28, TTL: 60, data }));
    // An alias that precedes an address in the answer is not an address.
    return Response.json({ Status: 0, Answer: [{ name, type: 5, data: 'alias.example.com.' }, ...answers] });
  }
}

const refused = (network: FakeNetwork, url: string) =>
  publicFetch(network.deps, url).then(
    () => 'fetched',
    (error: unknown) => (error instanceof RefusedUrl ? 'refused' : String(error)),
  );

describe('an address', () => {
  it.each([
    ['93.184.216.34', true],
    ['2606:4700::1111', true],
    ['127.0.0.1', false],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['192.0.2.1', false],
    ['198.18.0.1', false],
    ['::1', false],
    ['::', false],
    ['fe80::1', false],
    ['fc00::1', false],
    ['ff02::1', false],
    ['::ffff:127.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['2001:db8::1', false],
    ['2001:0:a00:1::', false],
    ['64:ff9b:1::a00:1', false],
    ['::7f00:1', false],
    ['::ffff:0:7f00:1', false],
    ['fec0::1', false],
    ['4000::1', false],
    ['3fff::1', false],
    ['2001:2::1', false],
    ['192.0.0.192', false],
    ['198.51.100.1', false],
    ['240.0.0.1', false],
    ['100.100.100.200', false],
    ['168.63.129.16', false],
    ['::ffff:168.63.129.16', false],
    ['1.1', false],
    ['0127.0.0.1', false],
    ['not an address', false],
  ])('%s is public: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });

  it('is seen through every notation of a URL', () => {
    const hosts = [
      ...['2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '127.1', '127.0.0.1.', '0', '0x0'],
      ...['①②⑦.⓪.⓪.①', '127。0。0。1', '%31%32%37.0.0.1', 'example.com@127.0.0.1', '\\127.0.0.1'],
      ...['[::1]', '[::ffff:7f00:1]', '[::ffff:127.0.0.1]', '[::127.0.0.1]', '[0:0:0:0:0:ffff:169.254.169.254]', '[fe80::1%25eth0]'],
      ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fd00:ec2::254]', '168.63.129.16', '100.100.100.200', '169.254.169.254'],
      ...[
        'localhost',
        'localhost.',
        'localhost%2e',
        'LOCALHOST',
        'foo.localhost',
        'loc\u00adalhost',
        'metadata.google.internal.',
        'intranet',
      ],
    ];
    for (const host of hosts) expect(readPublicUrl(`https://${host}/`, 'url', { anywhere: false }).ok, host).toBe(false);
    for (const url of ['https:127.0.0.1', 'https:/127.0.0.1/', 'https:\\\\127.0.0.1', ' https://127.0.0.1', 'https://127.0.0.1:443/'])
      expect(readPublicUrl(url, 'url', { anywhere: false }).ok, url).toBe(false);
  });
});

describe('a URL', () => {
  const reads = (url: string, anywhere = false) => readPublicUrl(url, 'url', { anywhere }).ok;
  const long = (chars: number) => `https://example.com/${'x'.repeat(chars - 'https://example.com/'.length)}`;

  it('that a developer’s own gateway refuses names the variable that allows it', () => {
    for (const url of ['http://example.com', 'https://127.0.0.1/hook', 'https://localhost/hook']) {
      const of = (isLocal: boolean) => readPublicUrl(url, 'url', { anywhere: false, isLocal });
      expect(of(true), url).toMatchObject({ ok: false, error: { message: expect.stringContaining('PRIVATE_ADDRESSES=allowed') } });
      expect(JSON.stringify(of(false)), url).not.toContain('PRIVATE');
    }
  });

  it('may be of a public name or address, and so long', () => {
    for (const url of [
      'https://example.com',
      'https://example.com./a',
      'https://93.184.216.34/',
      'https://[2606:4700::1111]/',
      long(4_096),
    ])
      expect(reads(url), url).toBe(true);
  });

  it.each([
    '',
    'example.com',
    'http://example.com/',
    'ftp://example.com/',
    'https://me@example.com/',
    'https://:secret@example.com/',
    long(4_097),
  ])('is none that may be fetched: %s', (url) => {
    expect(reads(url)).toBe(false);
  });

  it('may lead anywhere where that is allowed, and still has no user and no other scheme', () => {
    for (const url of ['http://127.0.0.1:9/', 'http://localhost/', 'https://10.0.0.1/'])
      expect([reads(url), reads(url, true)]).toEqual([false, true]);
    for (const url of ['ftp://localhost/', 'http://me@localhost/', 'file:///etc/passwd']) expect(reads(url, true), url).toBe(false);
  });
});

describe('a fetch', () => {
  it('goes anywhere where that is allowed, without a look at names', async () => {
    const network = new FakeNetwork();
    const deps = { ...network.deps, settings: { ...network.deps.settings, PRIVATE_ADDRESSES: 'allowed' as const } };
    expect(await (await publicFetch(deps, 'http://inner.example.com/')).text()).toBe('here');
  });

  it('says who asks, unless told otherwise, and fails where names cannot be looked up', async () => {
    const network = new FakeNetwork();
    network.names['cdn.example.com'] = ['93.184.216.34'];
    const asked: RequestInit[] = [];
    const { fetch } = network.deps;
    const deps = {
      ...network.deps,
      fetch: (url: string, init: RequestInit) => {
        asked.push(init);
        return fetch(url);
      },
    };
    await publicFetch(deps, 'https://cdn.example.com/', { headers: { range: 'bytes=0-1' } });
    await publicFetch(deps, 'https://cdn.example.com/');
    expect(asked.filter(({ redirect }) => redirect === 'manual').map(({ headers }) => headers)).toEqual([
      { range: 'bytes=0-1' },
      { 'user-agent': 'hypereal-gateway/1.0' },
    ]);
    const broken = { ...network.deps, fetch: async () => Response.json({ Answer: [{ type: 1, data: '93.184.216.34' }] }, { status: 502 }) };
    await expect(publicFetch(broken, 'https://cdn.example.com/')).rejects.toThrow('could not be looked up: 502');
  });

  it('goes to a name that is public in all its addresses', async () => {
    const network = new FakeNetwork();
    network.names['cdn.example.com'] = ['93.184.216.34', '2606:4700::1111'];
    expect(await refused(network, 'https://cdn.example.com/a.png')).toBe('fetched');
    network.names['half.example.com'] = ['93.184.216.34', '10.0.0.1'];
    expect(await refused(network, 'https://half.example.com/a.png')).toBe('refused');
    network.names['inner.example.com'] = ['fd00::1'];
    expect(await refused(network, 'https://inner.example.com/a.png')).toBe('refused');
    expect(await refused(network, 'https://nowhere.example.com/a.png')).toBe('refused');
    expect(network.fetched).toEqual(['https://cdn.example.com/a.png']);
  });

  it('looks a name up each time, since it may come to lead elsewhere, and takes wildcards of addresses for what they are', async () => {
    const network = new FakeNetwork();
    network.names['turns.example.com'] = ['93.184.216.34'];
    expect(await refused(network, 'https://turns.example.com/')).toBe('fetched');
    network.names['turns.example.com'] = ['127.0.0.1'];
    expect(await refused(network, 'https://turns.example.com/')).toBe('refused');
    network.names['127.0.0.1.nip.io'] = ['127.0.0.1'];
    expect(await refused(network, 'https://127.0.0.1.nip.io/')).toBe('refused');
    network.names['mapped.example.com'] = ['::ffff:10.0.0.1'];
    expect(await refused(network, 'https://mapped.example.com/')).toBe('refused');
    network.redirects = { '/turns': 'https://turns.example.com/inside', '/number': 'https://2130706433/', '/scheme': '//127.0.0.1/' };
    network.names['cdn.example.com'] = ['93.184.216.34'];
    for (const path of ['turns', 'number', 'scheme'])
      expect(await refused(network, `https://cdn.example.com/${path}`), path).toBe('refused');
    expect(network.fetched.filter((url) => !url.startsWith('https://cdn.example.com/'))).toEqual(['https://turns.example.com/']);
  });

  it('judges every redirect anew, and follows few', async () => {
    const network = new FakeNetwork();
    network.names['cdn.example.com'] = ['93.184.216.34'];
    network.names['inner.example.com'] = ['10.0.0.1'];
    network.redirects = {
      '/address': 'https://169.254.169.254/latest/meta-data',
      '/name': 'https://inner.example.com/',
      '/plain': 'http://cdn.example.com/',
      '/file': 'file:///etc/passwd',
      '/nowhere': 'https://',
      '/round': '/round',
      '/6': '/5',
      '/5': '/4',
      '/4': '/3',
      '/3': '/2',
      '/2': '/1',
      '/1': '/there',
    };
    for (const path of ['address', 'name', 'plain', 'file', 'nowhere', 'round', '6'])
      expect(await refused(network, `https://cdn.example.com/${path}`), path).toBe('refused');
    expect(network.fetched.every((url) => url.startsWith('https://cdn.example.com/'))).toBe(true);
    expect(await (await publicFetch(network.deps, 'https://cdn.example.com/5')).text()).toBe('here');
    expect(network.unread).toBe(0);
  });

  it('is led on by a redirect alone, and asks for no name of an address', async () => {
    const location = 'https://cdn.example.com/';
    const leads = (status: number) => redirectOf(new Response(null, { status, headers: { location } }));
    expect([201, 300, 302, 399, 400].map(leads)).toEqual([null, location, location, location, null]);
    expect(await refused(new FakeNetwork(), 'https://93.184.216.34/')).toBe('fetched');
  });
});
