// The documents of a claimed identity provider are read up to a limit, and from public addresses alone.
import { env } from 'cloudflare:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { discover, redeem } from '../../../src/console/sso/oidc';
import { seal } from '../../../src/core/sealed';
import { type AccountSettings, authSecrets, readAccountSettings } from '../../../src/env-account';

const ISSUER = 'https://idp.acme.example';
const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
};

/** A provider whose name resolves to these addresses. */
function provider(addresses: string[], answers: Record<string, () => Response>, over: Partial<AccountSettings> = {}) {
  const asked: string[] = [];
  const fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const url = new URL(String(input));
    if (url.hostname === 'cloudflare-dns.com') {
      const isV4 = url.searchParams.get('type') === 'A';
      return Response.json({ Answer: isV4 ? addresses.map((data) => ({ type: 1, data })) : [] });
    }
    asked.push(url.href);
    return answers[url.pathname]?.() ?? new Response('', { status: 404 });
  };
  const settings = { ...readAccountSettings(env), LOCAL: '0' as const, ...over };
  return { deps: { fetch: fetch as typeof globalThis.fetch, settings, origin: 'https://gateway.test', now: Date.now }, asked };
}

const good = {
  '/.well-known/openid-configuration': () => Response.json(DOCUMENT),
  '/keys': () => Response.json({ keys: [] }),
};

describe('the discovery of an identity provider', () => {
  it('takes one at a public address', async () => {
    expect(await discover(provider(['93.184.216.34'], good).deps, ISSUER)).toMatchObject({ ok: true });
  });

  it.each(['10.0.0.8', '127.0.0.1', '169.254.169.254'])('asks nobody at %s', async (address) => {
    const { deps, asked } = provider([address], good);
    expect(await discover(deps, ISSUER)).toMatchObject({ ok: false, error: { message: expect.stringContaining('not public') } });
    expect(await discover(deps, `https://${address}`)).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
    const local = provider([address], good, { LOCAL: '1' });
    expect(await discover(local.deps, ISSUER)).toMatchObject({ ok: true });
  });

  it('follows no document to where it would not go itself', async () => {
    const inner = { ...good, '/.well-known/openid-configuration': () => Response.json({ ...DOCUMENT, jwks_uri: 'https://10.0.0.8/keys' }) };
    const { deps, asked } = provider(['93.184.216.34'], inner);
    expect(await discover(deps, ISSUER)).toMatchObject({ ok: false });
    expect(asked).toEqual([`${ISSUER}/.well-known/openid-configuration`]);
  });

  it('reads no document without end', async () => {
    let sent = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            sent += 65_536;
            if (sent > 20_000_000) controller.close();
            else controller.enqueue(new Uint8Array(65_536).fill(32));
          },
        }),
      );
    const { deps } = provider(['93.184.216.34'], { '/.well-known/openid-configuration': endless });
    expect(await discover(deps, ISSUER)).toMatchObject({ ok: false, error: { message: expect.stringContaining('200 kB') } });
    expect(sent).toBeLessThan(1_000_000);
  });
});

describe('who a provider vouches for', () => {
  /** What comes of an ID token with these claims, where userinfo has those. */
  async function vouchedFor(claims: JWTPayload, userinfo?: Record<string, unknown>) {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const idToken = await new SignJWT({ nonce: 'n', ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(ISSUER)
      .setAudience('us')
      .setSubject('7')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    const keys = { keys: [await exportJWK(publicKey)] };
    const { deps } = provider(['93.184.216.34'], {
      '/token': () => Response.json({ id_token: idToken, access_token: 'a' }),
      '/keys': () => Response.json(keys),
      '/userinfo': () => (userinfo ? Response.json(userinfo) : new Response('', { status: 401 })),
    });
    const settings = {
      ...{ issuer: ISSUER, authorizationEndpoint: `${ISSUER}/authorize`, tokenEndpoint: `${ISSUER}/token`, jwksUri: `${ISSUER}/keys` },
      ...{ userinfoEndpoint: `${ISSUER}/userinfo`, basicAuthentication: true, clientId: 'us' },
      clientSecret: await seal(authSecrets(deps.settings), 'sso client secrets', 'secret'),
    };
    return redeem(deps, 'sso_1', settings, 'code', { state: 's', nonce: 'n', codeVerifier: 'v' });
  }
  const ada = (name: string | null) => ({ ok: true, value: { subject: '7', email: 'ada@acme.example', name } });

  it.each([
    ['null for what is not known', { email: 'Ada@acme.example', email_verified: null, name: null }, undefined, null],
    ['userinfo where the ID token has no address', { email: '' }, { sub: '7', email: 'ada@acme.example', name: 'Ada' }, 'Ada'],
    ['the principal name where there is no mailbox', { upn: 'ada@acme.example', name: 'Ada' }, { sub: '7' }, 'Ada'],
    ['the principal name where userinfo is not to be had', { upn: 'ada@acme.example' }, undefined, null],
  ])('takes %s', async (_what, claims, userinfo, name) => expect(await vouchedFor(claims, userinfo)).toEqual(ada(name)));

  it.each([
    ['a name that people choose', { preferred_username: 'ada@acme.example' }, undefined],
    ['userinfo of somebody else', {}, { sub: '8', email: 'ada@acme.example' }],
    ['an address that is not verified', { email: 'ada@acme.example', email_verified: false }, undefined],
  ])('does not take %s', async (_what, claims, userinfo) => expect(await vouchedFor(claims, userinfo)).toMatchObject({ ok: false }));
});

it('a client secret that was sealed by another secret of the gateway is told to be set again', async () => {
  const { deps, asked } = provider(['93.184.216.34'], good);
  const settings = {
    ...{ issuer: ISSUER, authorizationEndpoint: `${ISSUER}/authorize`, tokenEndpoint: `${ISSUER}/token`, jwksUri: `${ISSUER}/keys` },
    ...{ userinfoEndpoint: null, basicAuthentication: true, clientId: 'us' },
    clientSecret: await seal(['x'.repeat(32)], 'sso client secrets', 'secret'),
  };
  const request = { state: 's', nonce: 'n', codeVerifier: 'v' };
  const redeemed = await redeem(deps, 'sso_1', settings, 'code', request);
  expect(redeemed).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('an admin of your organization has to set it again') },
  });
  expect(asked).toEqual([]);
});
