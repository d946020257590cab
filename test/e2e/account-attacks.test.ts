// What an attacker tries on the account plane, over real HTTP.
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeDns, startDns } from './support/identity-providers';
import { mailTo, Person } from './support/person';
import { Worker } from './support/worker';

let dns: FakeDns;
let worker: Worker;
beforeAll(async () => {
  dns = await startDns();
  worker = await Worker.start({ LOCAL: '1', DNS_URL: dns.url });
});
afterAll(async () => {
  await worker?.stop();
  await dns?.stop();
});

const form = (person: Person, path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  person.fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers });

const SITES = [
  ...['https://evil.example/', '//evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', '/\n/evil.example'],
  ...['/\r\n/evil.example', '/.//evil.example', '/x/..//evil.example', 'javascript:alert(1)', 'http:evil.example', ' //evil.example'],
];

describe('a way back after signing in', () => {
  it.each(SITES)('is on this site, though %j is asked for', async (next) => {
    const person = await Person.signedIn(worker);
    const fresh = new Person(worker, person.email);
    const answer = await form(fresh, '/sign-in', { email: person.email, password: person.password, how: 'password', next });
    const { origin, pathname } = new URL(answer.headers.get('location')!, worker.url);
    expect([answer.status, origin]).toEqual([303, worker.url]);
    expect(pathname.startsWith('//')).toBe(false);
    const html = await (await fetch(`${worker.url}/sign-in?next=${encodeURIComponent(next)}`)).text();
    expect(/name="next" value="([^"]*)"/.exec(html)![1]).toBe('/usage');
    expect(html).toContain('data-next="/usage"');
  });

  it('keeps its query', async () => {
    const person = await Person.signedIn(worker);
    const next = '/usage?days=7&model=gpt-5.5#top';
    const answer = await form(new Person(worker), '/sign-in', { email: person.email, password: person.password, how: 'password', next });
    expect(answer.headers.get('location')).toBe(next);
  });

  it.each(SITES)('by API is on this site, though %j is asked for', async (callbackURL) => {
    const person = new Person(worker);
    const asked = await person.fetch('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL } });
    await asked.text();
    if (asked.status >= 400) return;
    const { link } = await mailTo(worker, person.email, /sign-in link/);
    const { origin } = new URL((await person.press(link!)).headers.get('location')!, worker.url);
    expect(origin).toBe(worker.url);
  });
});

describe('somebody who asks around for addresses', () => {
  it('gets the same answer whether or not an address has an account', async () => {
    const known = (await Person.signedIn(worker)).email;
    const unknown = 'nobody-at-all@example.com';
    const ask = async (path: string, json: Record<string, string>) => {
      const answer = await new Person(worker).fetch(path, { json });
      return [
        answer.status,
        (await answer.text()).replaceAll(json.email!, 'X').replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, ''),
      ];
    };
    for (const [path, more] of [
      ['/api/auth/sign-in/email', { password: 'a wrong password' }],
      ['/api/auth/request-password-reset', { redirectTo: '/reset-password' }],
      ['/api/auth/sign-in/magic-link', { callbackURL: '/usage' }],
      ['/api/auth/sign-up/email', { name: 'X', password: 'a long enough password' }],
      ['/api/auth/send-verification-email', { callbackURL: '/usage' }],
    ] as const)
      expect(await ask(path, { email: known, ...more }), path).toEqual(await ask(path, { email: unknown, ...more }));
  });

  it('reads the same on the pages', async () => {
    const known = (await Person.signedIn(worker)).email;
    for (const [path, fields] of [
      ['/sign-in', { how: 'password', password: 'a wrong password' }],
      ['/sign-in', { how: 'link' }],
      ['/forgot-password', {}],
      ['/sign-up', { name: 'X', password: 'a long enough password' }],
    ] as const) {
      const page = async (email: string) =>
        (await (await form(new Person(worker), path, { ...fields, email })).text()).replaceAll(email, 'X');
      expect(await page(known), path).toBe(await page('nobody-here@example.com'));
    }
  });
});

describe('a session', () => {
  const tokenOf = async (person: Person): Promise<string> =>
    (await person.get<{ session: { token: string } }>('/api/auth/get-session')).session.token;

  it('is a new one after each sign-in, whatever cookie the browser came with', async () => {
    const attacker = await Person.signedIn(worker);
    const planted = await tokenOf(attacker);
    const victim = await Person.signedIn(worker);
    const signedIn = await attacker.fetch('/sign-in', {
      method: 'POST',
      body: new URLSearchParams({ email: victim.email, password: victim.password, how: 'password' }),
    });
    expect(signedIn.status).toBe(303);
    expect(await tokenOf(attacker)).not.toBe(planted);
    for (const cookie of ['gateway.session_token=made-up', `gateway.session_token=${planted}`, `gateway.session_token=${planted}.c2lnbmVk`])
      expect((await fetch(`${worker.url}/api/me`, { headers: { cookie } })).status).toBe(401);
  });
});

describe('a person who guesses passwords, or sends others mail', () => {
  let limited: Worker;
  beforeAll(async () => {
    limited = await Worker.start({ LOCAL: '1', SIGN_IN_LIMITS: '1' });
  });
  afterAll(() => limited?.stop());

  const FORMS = [
    ['/sign-in', { how: 'password', password: 'a wrong password' }],
    ['/sign-in', { how: 'link' }],
    ['/forgot-password', {}],
    ['/sign-up', { name: 'X', password: 'a long enough password' }],
    ['/two-factor', { code: '123456' }],
  ] as const;

  it.each(FORMS.map(([path, fields], index) => ({ path, fields, index })))(
    'is slowed down at the form $path',
    async ({ path, fields, index }) => {
      const headers = { 'cf-connecting-ip': `192.0.2.${index + 1}` };
      const texts: string[] = [];
      for (let attempt = 0; attempt < 8; attempt++)
        texts.push(await (await form(new Person(limited), path, { ...fields, email: `victim-${index}@example.com` }, headers)).text());
      expect(texts.at(-1)).toMatch(/[Tt]oo many/);
      const elsewhere = await form(
        new Person(limited),
        path,
        { ...fields, email: 'a@example.com' },
        { 'cf-connecting-ip': `198.51.100.${index + 1}` },
      );
      expect(await elsewhere.text()).not.toMatch(/[Tt]oo many/);
    },
  );
});

describe('a form of another site', () => {
  it('signs nobody in, by whatever path and type', async () => {
    const person = await Person.signedIn(worker);
    const fields = { email: person.email, password: person.password };
    for (const headers of [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { origin: 'null', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ]) {
      const victim = new Person(worker);
      expect((await form(victim, '/sign-in', { ...fields, how: 'password' }, headers)).status).toBe(403);
      expect((await form(victim, '/api/auth/sign-in/email', fields, headers)).status).toBeGreaterThanOrEqual(400);
      expect((await victim.ask('/api/me')).status).toBe(401);
    }
  });
});

describe('a name', () => {
  const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;

  it('is text on every page that shows it', async () => {
    const person = new Person(worker);
    await person.get('/api/auth/sign-up/email', { json: { name: EVIL, email: person.email, password: person.password } });
    await person.verify();
    const { id } = await person.get<{ id: string }>('/api/orgs', { json: { name: EVIL } });
    await person.get('/api/api-keys', { json: { name: EVIL, mode: 'test' } });
    await person.get(`/api/api-keys?org=${id}`, { json: { name: EVIL } });
    const guest = await Person.signedIn(worker);
    await person.get(`/api/orgs/${id}/invitations`, { json: { email: guest.email, role: 'viewer' } });
    const { link } = await mailTo(worker, guest.email, /invites you/);
    await form(guest, '/invitations/accept', { token: new URL(link!).searchParams.get('token')! });
    await form(person, '/sign-in', { email: person.email, password: person.password, how: 'password' }, { 'user-agent': EVIL });
    for (const path of [
      ...['/settings', '/settings/organization', `/settings/organization?org=${id}`, '/manage-api-keys', `/manage-api-keys?org=${id}`],
      ...[
        '/usage',
        '/settings/billing',
        `/usage?org=${id}`,
        '/playground',
        `/usage?model=${encodeURIComponent(EVIL)}&q=${encodeURIComponent(EVIL)}`,
      ],
      ...[`/models?q=${encodeURIComponent(EVIL)}`, `/sign-in?email=${encodeURIComponent(EVIL)}&error=${encodeURIComponent(EVIL)}`],
      ...[
        `/api/auth/error?error=${encodeURIComponent(EVIL)}`,
        `/settings/audit?action=${encodeURIComponent(EVIL)}`,
        `/sign-up?name=${encodeURIComponent(EVIL)}`,
        `/reset-password?token=${encodeURIComponent(EVIL)}`,
        `/usage/${encodeURIComponent(EVIL)}`,
      ],
    ]) {
      const html = await (await person.fetch(path)).text();
      expect(html, path).not.toMatch(/<script>alert|<img src=x/);
    }
  });
});

/** An identity provider that claims whatever a test sets. */
class LyingIdp {
  token: (nonce: string) => Promise<string> = async () => '';
  nonce = '';

  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly keys: GenerateKeyPairResult,
  ) {}

  static async start(): Promise<LyingIdp> {
    const keys = await generateKeyPair('RS256', { extractable: true });
    let idp: LyingIdp | undefined;
    const server = createServer(async (request, response) => {
      for await (const _ of request);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(await idp!.answer(request.url ?? '')));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    idp = new LyingIdp(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys);
    return idp;
  }

  private async answer(path: string): Promise<unknown> {
    const { url } = this;
    if (path.startsWith('/.well-known'))
      return {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/jwks`,
        response_types_supported: ['code'],
      };
    if (path === '/jwks') return { keys: [{ ...(await exportJWK(this.keys.publicKey)), kid: 'k', alg: 'RS256' }] };
    return { access_token: 'a', token_type: 'Bearer', id_token: await this.token(this.nonce) };
  }

  /** Signs a token that is valid except for the claims given here. */
  sign(
    claims: Record<string, unknown>,
    { key = this.keys.privateKey, header = {} }: { key?: GenerateKeyPairResult['privateKey']; header?: Record<string, string> } = {},
  ) {
    const now = Math.floor(Date.now() / 1_000);
    const all = {
      iss: this.url,
      aud: 'client',
      sub: 's',
      iat: now,
      exp: now + 300,
      email: 'ada@lies.example',
      email_verified: true,
      ...claims,
    };
    return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k', ...header }).sign(key);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('an OIDC provider that is not to be believed', () => {
  let idp: LyingIdp;
  let callbackUrl = '';

  beforeAll(async () => {
    idp = await LyingIdp.start();
    const owner = await Person.signedIn(worker);
    const { id } = await owner.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
    const json = { type: 'oidc', issuer: idp.url, clientId: 'client', clientSecret: 'secret', domain: 'lies.example' };
    const made = await owner.get<{ id: string; callbackUrl: string; challenge: { name: string; value: string } }>(`/api/orgs/${id}/sso`, {
      json,
    });
    dns.records.set(made.challenge.name, made.challenge.value);
    await owner.get(`/api/orgs/${id}/sso/${made.id}/verify-domain`, { json: {} });
    ({ callbackUrl } = made);
  });
  afterAll(() => idp?.stop());

  async function signIn(state?: (state: string) => string): Promise<{ status: number; signedIn: boolean }> {
    const person = new Person(worker, 'ada@lies.example');
    const { url } = await person.get<{ url: string }>('/api/auth/sso/start', { json: { email: person.email } });
    const asked = new URL(url).searchParams;
    idp.nonce = asked.get('nonce')!;
    const answer = await person.fetch(`${callbackUrl}?code=c&state=${state ? state(asked.get('state')!) : asked.get('state')}`);
    await answer.text();
    return { status: answer.status, signedIn: (await person.ask('/api/me')).status === 200 };
  }

  const REFUSED = { status: 403, signedIn: false };

  it('is believed where there is nothing wrong', async () => {
    idp.token = (nonce) => idp.sign({ nonce });
    expect(await signIn()).toEqual({ status: 303, signedIn: true });
    idp.token = (nonce) => idp.sign({ nonce, aud: ['client', 'another'], azp: 'client' });
    expect(await signIn()).toEqual({ status: 303, signedIn: true });
  });

  const hourAgo = () => Math.floor(Date.now() / 1_000) - 3_600;
  const hs256 = async (nonce: string, secret: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: idp.url, aud: 'client', sub: 's', nonce, iat: now, exp: now + 300, email: 'ada@lies.example' };
    const text = `${base64({ alg: 'HS256', kid: 'k' })}.${base64(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };

  it.each<[string, (nonce: string) => Promise<string>]>([
    ['another nonce', () => idp.sign({ nonce: 'another' })],
    ['no nonce', () => idp.sign({})],
    ['another issuer', (nonce) => idp.sign({ nonce, iss: 'https://idp.evil.example' })],
    ['another audience', (nonce) => idp.sign({ nonce, aud: 'another' })],
    ['a token that was made for another client', (nonce) => idp.sign({ nonce, aud: ['client', 'another'], azp: 'another' })],
    ['a token that has expired', (nonce) => idp.sign({ nonce, iat: hourAgo(), exp: hourAgo() + 300 })],
    ['a token that never expires', (nonce) => idp.sign({ nonce, exp: undefined })],
    ['another key', async (nonce) => idp.sign({ nonce }, { key: (await generateKeyPair('RS256')).privateKey })],
    ['no signature, alg none', async (nonce) => `${base64({ alg: 'none' })}.${(await idp.sign({ nonce })).split('.')[1]}.`],
    ['a signature that was taken off', async (nonce) => `${(await idp.sign({ nonce })).split('.').slice(0, 2).join('.')}.`],
    ['the public key as an HMAC secret', async (nonce) => hs256(nonce, await exportSPKI(idp.keys.publicKey))],
    ['the client secret as an HMAC secret', (nonce) => hs256(nonce, 'secret')],
    ['an address of another domain', (nonce) => idp.sign({ nonce, email: 'ada@elsewhere.example' })],
    ['an address that it has not verified', (nonce) => idp.sign({ nonce, email_verified: false })],
    ['no address', (nonce) => idp.sign({ nonce, email: undefined })],
    ['no token at all', async () => 'not.a.token'],
  ])('is refused: %s', async (_name, token) => {
    idp.token = token;
    expect(await signIn()).toEqual(REFUSED);
  });

  it('is refused with another state, and one answer is good once', async () => {
    idp.token = (nonce) => idp.sign({ nonce });
    expect(await signIn((state) => `${state}x`)).toEqual({ status: 400, signedIn: false });
    expect(await signIn(() => '')).toEqual({ status: 400, signedIn: false });
  });
});

describe("a SAML provider's metadata", () => {
  it('leads to no script, and to no page without TLS outside this machine', async () => {
    const owner = await Person.signedIn(worker);
    const { id } = await owner.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
    const metadata = (location: string): string =>
      `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${'A'.repeat(200)}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${location}"/></IDPSSODescriptor></EntityDescriptor>`;
    const save = (location: string) =>
      owner.ask<{ error?: { message: string } }>(`/api/orgs/${id}/sso`, {
        json: { type: 'saml', metadata: metadata(location), domain: 'meta.example' },
      });
    for (const location of ['javascript:alert(1)', 'data:text/html,x', 'ftp://idp.example/', 'nowhere'])
      expect((await save(location)).body.error?.message, location).toContain('https');
    expect((await save('https://idp.example/sso')).status).toBe(201);
  });
});
