// Single sign-on through real identity providers as a browser does it: redirects, forms and cookies.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeDns, type OidcIdp, type SamlIdp, startDns, startOidc, startSaml } from './support/identity-providers';
import { mailTo, Person } from './support/person';
import { nextCode, withTwoFactor } from './support/two-factor';
import { Worker } from './support/worker';

let worker: Worker;
let dns: FakeDns;
let oidc: OidcIdp;
let saml: SamlIdp;
let samlPerson = 'nobody@example.com';

beforeAll(async () => {
  [dns, oidc, saml] = await Promise.all([
    startDns(),
    startOidc((login) => ({ email: login, email_verified: !login.startsWith('unverified'), name: 'Ada of OIDC' })),
    startSaml(() => samlPerson),
  ]);
  worker = await Worker.start({ LOCAL: '1', DNS_URL: dns.url });
});
afterAll(async () => {
  await Promise.all([worker?.stop(), dns?.stop(), oidc?.stop(), saml?.stop()]);
});

interface Provider {
  id: string;
  callbackUrl: string;
  metadataUrl: string;
  challenge: { name: string; value: string };
}

interface Team {
  owner: Person;
  id: string;
  accountId: string;
}

async function team(): Promise<Team> {
  const owner = await Person.signedIn(worker);
  const { id, accountId } = await owner.get<{ id: string; accountId: string }>('/api/orgs', { json: { name: 'Acme' } });
  return { owner, id, accountId };
}

async function provider({ owner, id }: Team, json: Record<string, unknown>): Promise<Provider> {
  const made = await owner.get<Provider>(`/api/orgs/${id}/sso`, { json });
  dns.records.set(made.challenge.name, made.challenge.value);
  await owner.get(`/api/orgs/${id}/sso/${made.id}/verify-domain`, { json: {} });
  oidc.allow(made.callbackUrl);
  return made;
}

const oidcOf = (domain: string) => ({ type: 'oidc', issuer: oidc.url, clientId: oidc.clientId, clientSecret: oidc.clientSecret, domain });
const samlOf = (domain: string) => ({ type: 'saml', metadata: saml.metadata, domain });

const location = (response: Response, at: string): string => new URL(response.headers.get('location')!, at).href;

/** Signs in at oidc-provider's own pages with any login, until it sends the browser back to the gateway. */
async function throughOidc(person: Person, url: string, login = person.email): Promise<Response> {
  let [at, response] = [url, await person.fetch(url)];
  for (let step = 0; step < 20; step++) {
    if (response.headers.has('location')) {
      at = location(response, at);
      response = await person.fetch(at);
      if (at.startsWith(worker.url)) return response;
      continue;
    }
    const page = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    if (!prompt) throw new Error(`${at}: ${response.status} ${page.slice(0, 800)}`);
    const body = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
    response = await person.fetch(at, { method: 'POST', body });
  }
  throw new Error('the identity provider never came to an end');
}

/** The form that the SAML provider makes the browser post. */
async function samlForm(person: Person, url: string): Promise<{ action: string; body: URLSearchParams }> {
  const page = await (await person.fetch(url)).text();
  const plain = (text: string) =>
    text.replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))).replaceAll('&amp;', '&');
  const field = (name: string) => plain(new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)?.[1] ?? '');
  const action = plain(/action="([^"]*)"/.exec(page)?.[1] ?? '');
  return { action, body: new URLSearchParams({ SAMLResponse: field('SAMLResponse'), RelayState: field('RelayState') }) };
}

const begin = (person: Person, callbackURL = '/usage') =>
  person.get<{ providerId: string; url: string }>('/api/auth/sso/start', { json: { email: person.email, callbackURL } });

const roleIn = async ({ owner, id }: Team, person: Person): Promise<string | undefined> => {
  const { members } = await owner.get<{ members: { email: string; role: string }[] }>(`/api/orgs/${id}/members`);
  return members.find(({ email }) => email === person.email)?.role;
};

describe('an OIDC provider', () => {
  it('is checked when it is saved: green, or red with the reason', async () => {
    const { owner, id } = await team();
    const save = (issuer: string) =>
      owner.ask<{ error: { message: string } }>(`/api/orgs/${id}/sso`, { json: { ...oidcOf('saved.example'), issuer } });
    expect((await save(saml.url)).body.error.message).toContain('discovery document');
    expect((await save('http://127.0.0.1:9')).status).toBe(400);
    const made = await save(oidc.url);
    expect(made).toMatchObject({ status: 201, body: { check: { ok: true }, domainVerified: false } });
    expect(JSON.stringify(made.body)).not.toContain(oidc.clientSecret);
  });

  it('signs in whose address is at its domain, and makes them a member', async () => {
    const acme = await team();
    const made = await provider(acme, oidcOf('oidc.example'));
    const person = new Person(worker, 'ada@oidc.example');
    const { providerId, url } = await begin(person, '/settings');
    expect(providerId).toBe(made.id);
    const back = await throughOidc(person, url);
    expect([back.status, back.headers.get('location')]).toEqual([303, '/settings']);
    const me = await person.get('/api/me');
    expect(me).toMatchObject({ email: 'ada@oidc.example', emailVerified: true, organizations: [{ id: acme.id, role: 'developer' }] });
    const { entries } = await acme.owner.get<{ entries: unknown[] }>(`/api/orgs/${acme.id}/audit?action=member.join_by_sso`);
    expect(entries).toMatchObject([{ actorName: 'ada@oidc.example', detail: { role: 'developer', provider: made.id } }]);
    await acme.owner.get(`/api/orgs/${acme.id}/members/${me.id}`, { method: 'PATCH', json: { role: 'viewer' } });
    const again = new Person(worker, 'ada@oidc.example');
    await throughOidc(again, (await begin(again)).url);
    expect((await again.get('/api/me')).id).toBe(me.id);
    expect(await roleIn(acme, person)).toBe('viewer');
  });

  it('is one factor: who has set up a second one is asked for it before anything of theirs is seen', async () => {
    const acme = await team();
    await provider(acme, oidcOf('second.example'));
    const { person, secret } = await withTwoFactor(worker, 'anna@second.example');
    const back = await throughOidc(person, (await begin(person, '/settings')).url);
    expect([back.status, back.headers.get('location')]).toEqual([303, '/two-factor?next=%2Fsettings']);
    expect((await person.ask('/api/me')).status).toBe(401);
    const body = new URLSearchParams({ code: nextCode(secret), next: '/settings' });
    expect((await person.fetch('/two-factor', { method: 'POST', body })).headers.get('location')).toBe('/settings');
    expect(await person.get('/api/me')).toMatchObject({ email: person.email, organizations: [{ id: acme.id }] });
    const { entries } = await person.get<{ entries: { action: string }[] }>('/api/audit');
    expect(entries.slice(0, 2).map(({ action }) => action)).toEqual(['session.create', 'session.first_factor']);
  });

  it('vouches for no address of another domain, nor for one that it has not verified', async () => {
    const acme = await team();
    await provider(acme, oidcOf('narrow.example'));
    for (const login of ['eve@elsewhere.example', 'eve@narrow.example.evil.example', 'unverified@narrow.example']) {
      const person = new Person(worker, 'x@narrow.example');
      const back = await throughOidc(person, (await begin(person)).url, login);
      expect(back.status, login).toBe(403);
      const page = await back.text();
      expect([back.headers.get('content-type'), /did not vouch for you|may only vouch for/.test(page)]).toEqual([
        'text/html; charset=utf-8',
        true,
      ]);
      expect((await person.ask('/api/me')).status).toBe(401);
    }
  });

  it('that refuses somebody has them told on a page, and a program in JSON', async () => {
    const acme = await team();
    const { id } = await provider(acme, oidcOf('refusing.example'));
    const person = new Person(worker, 'p@refusing.example');
    const state = new URL((await begin(person)).url).searchParams.get('state');
    const words = encodeURIComponent('<b>Not assigned to this application</b>');
    const at = `/api/auth/sso/${id}?error=access_denied&error_description=${words}&state=${state}`;
    const shown = await person.fetch(at);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(await shown.text()).toContain('refused: &lt;b&gt;Not assigned to this application');
    const told = await person.fetch(at, { headers: { accept: 'application/json' } });
    expect(await told.json()).toMatchObject({ error: { type: 'access_denied' } });
    const sentHere = await new Person(worker).fetch(at);
    expect(sentHere.status).toBe(403);
    expect(await sentHere.text(), 'words that whoever made the link has chosen').not.toContain('Not assigned');
  });

  it('lets nobody in who did not begin in the same browser, and no code twice', async () => {
    const acme = await team();
    await provider(acme, oidcOf('browser.example'));
    const [victim, attacker] = [new Person(worker, 'v@browser.example'), new Person(worker, 'a@browser.example')];
    const { url } = await begin(attacker);
    let callback = '';
    const watched = Object.assign(Object.create(attacker) as Person, {
      fetch: (path: string, init?: RequestInit) => {
        if (!path.startsWith(worker.url)) return attacker.fetch(path, init);
        callback = path;
        return Promise.resolve(new Response(''));
      },
    });
    await throughOidc(watched, url);
    expect((await victim.fetch(callback)).status).toBe(400);
    expect((await attacker.fetch(callback)).status).toBe(303);
    await begin(attacker);
    expect((await attacker.fetch(callback)).status).toBe(400);
  });
});

describe('somebody who comes by single sign-on', () => {
  const invite = async ({ owner, id }: Team, email: string, role: string): Promise<string> => {
    await owner.get(`/api/orgs/${id}/invitations`, { json: { email, role } });
    const { link } = await mailTo(worker, email, /invites you to Acme/);
    return new URL(link!).pathname + new URL(link!).search;
  };

  it('joins as their invitation says, whose link then leads on', async () => {
    const acme = await team();
    await provider(acme, oidcOf('invited.example'));
    const person = new Person(worker, 'bill@invited.example');
    const link = await invite(acme, person.email, 'billing');
    const back = await throughOidc(person, (await begin(person, link)).url);
    expect([back.status, back.headers.get('location')]).toEqual([303, link]);
    expect(await roleIn(acme, person)).toBe('billing');
    const { invitations } = await acme.owner.get<{ invitations: { status: string }[] }>(`/api/orgs/${acme.id}/invitations`);
    expect(invitations.map(({ status }) => status)).toEqual(['accepted']);
    const page = await (await person.fetch(link)).text();
    expect(page).toContain(`href="/settings/organization?org=${acme.id}"`);
    expect(page).not.toContain('ask for another');
  });

  it('owns it by the link of the invitation alone, which nobody has who only vouches for the address', async () => {
    const acme = await team();
    await provider(acme, oidcOf('owned.example'));
    const person = new Person(worker, 'boss@owned.example');
    const link = await invite(acme, person.email, 'owner');
    await throughOidc(person, (await begin(person, link)).url);
    expect(await roleIn(acme, person)).toBeUndefined();
    await person.get('/api/invitations/accept', { json: { token: new URLSearchParams(link.split('?')[1]).get('token') } });
    expect(await roleIn(acme, person)).toBe('owner');
  });

  it('comes back by an invitation alone once they were removed, and as before where they left', async () => {
    const acme = await team();
    await provider(acme, oidcOf('removed.example'));
    const person = new Person(worker, 'gone@removed.example');
    const signIn = async () => throughOidc(person, (await begin(person)).url);
    await signIn();
    const { id } = await person.get<{ id: string }>('/api/me');
    await person.get(`/api/orgs/${acme.id}/leave`, { json: {} });
    await signIn();
    expect(await roleIn(acme, person)).toBe('developer');
    await acme.owner.get(`/api/orgs/${acme.id}/members/${id}`, { method: 'DELETE' });
    expect((await signIn()).status).toBe(303);
    expect(await person.get('/api/me')).toMatchObject({ id, organizations: [] });
    await invite(acme, person.email, 'viewer');
    await signIn();
    expect(await roleIn(acme, person)).toBe('viewer');
    await person.get(`/api/orgs/${acme.id}/leave`, { json: {} });
    await signIn();
    expect(await roleIn(acme, person)).toBe('developer');
  });
});

describe('a SAML provider', () => {
  it('signs in by a signed assertion, once', async () => {
    const acme = await team();
    const made = await provider(acme, samlOf('saml.example'));
    expect(await (await fetch(made.metadataUrl)).text()).toContain(`Location="${made.callbackUrl}"`);
    samlPerson = 'grace@saml.example';
    const person = new Person(worker, samlPerson);
    const { url } = await begin(person);
    const { action, body } = await samlForm(person, url);
    expect(action).toBe(made.callbackUrl);
    const back = await person.fetch(action, { method: 'POST', body, headers: { origin: saml.url } });
    expect([back.status, back.headers.get('location')], await back.clone().text()).toEqual([303, '/usage']);
    expect(await person.get('/api/me')).toMatchObject({ email: samlPerson, organizations: [{ id: acme.id }] });
    expect((await person.fetch(action, { method: 'POST', body })).status).toBe(400);
  });

  it('is refused when what it signed is changed, is for another sign-in, or vouches beyond its domain', async () => {
    const acme = await team();
    const made = await provider(acme, samlOf('strict.example'));
    const person = new Person(worker, 'p@strict.example');
    const post = async (change: (body: URLSearchParams) => void, as: string) => {
      samlPerson = as;
      const { body } = await samlForm(person, (await begin(person)).url);
      change(body);
      const asked = { method: 'POST', body, headers: { accept: 'application/json' } };
      const answer = await person.ask<{ error: { message: string } }>(new URL(made.callbackUrl).pathname, asked);
      return `${answer.status} ${answer.body.error.message}`;
    };
    const edited = (body: URLSearchParams): void => {
      const xml = Buffer.from(body.get('SAMLResponse')!, 'base64').toString().replaceAll('p@strict.example', 'q@strict.example');
      body.set('SAMLResponse', Buffer.from(xml).toString('base64'));
    };
    expect(await post(edited, 'p@strict.example')).toMatch(/^403 .*signature/);
    expect(await post((body) => body.set('RelayState', '_another'), 'p@strict.example')).toMatch(/^400 /);
    expect(await post((body) => body.set('SAMLResponse', '!!'), 'p@strict.example')).toMatch(/^400 /);
    expect(await post(() => undefined, 'p@elsewhere.example')).toMatch(/^403 .*strict\.example/);
    expect((await person.ask('/api/me')).status).toBe(401);
  });
});

describe('a domain', () => {
  it('counts once its TXT record is there, and for one provider only', async () => {
    const [first, second] = [await team(), await team()];
    const made = await first.owner.get<Provider>(`/api/orgs/${first.id}/sso`, { json: samlOf('claimed.example') });
    const person = new Person(worker, 'x@claimed.example');
    const verify = (of: Team, id: string) =>
      of.owner.ask<{ error: { message: string } }>(`/api/orgs/${of.id}/sso/${id}/verify-domain`, { json: {} });
    expect((await person.ask('/api/auth/sso/start', { json: { email: person.email } })).status).toBe(404);
    expect((await verify(first, made.id)).status).toBe(409);
    dns.records.set(made.challenge.name, 'gateway-verification=of somebody else');
    expect((await verify(first, made.id)).status).toBe(409);
    dns.records.set(made.challenge.name, made.challenge.value);
    expect((await verify(first, made.id)).status).toBe(200);
    expect((await begin(person)).providerId).toBe(made.id);
    const rival = await second.owner.get<Provider>(`/api/orgs/${second.id}/sso`, { json: samlOf('claimed.example') });
    dns.records.set(rival.challenge.name, rival.challenge.value);
    expect((await verify(second, rival.id)).body.error.message).toContain('claimed.example already');
    expect((await verify(second, made.id)).status).toBe(404);
    expect((await first.owner.ask(`/api/orgs/${first.id}/sso/${made.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await person.ask('/api/auth/sso/start', { json: { email: person.email } })).status).toBe(404);
    const { entries } = await first.owner.get<{ entries: { action: string; target: string }[] }>(
      `/api/orgs/${first.id}/audit?target=${made.id}`,
    );
    expect(entries.map(({ action }) => action)).toEqual(['sso_provider.delete', 'sso_provider.verify_domain', 'sso_provider.create']);
  });

  it('that is verified takes over an account whose address nobody had confirmed', async () => {
    const squatter = new Person(worker, 'taken@squat.example');
    await squatter.signUp();
    const acme = await team();
    await provider(acme, samlOf('squat.example'));
    samlPerson = 'taken@squat.example';
    const person = new Person(worker, samlPerson);
    const { action, body } = await samlForm(person, (await begin(person)).url);
    expect((await person.fetch(action, { method: 'POST', body })).status).toBe(303);
    const signIn = await squatter.ask('/api/auth/sign-in/email', { json: { email: squatter.email, password: squatter.password } });
    expect(signIn.status).toBe(401);
  });
});
