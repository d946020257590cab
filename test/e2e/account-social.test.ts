// Signing in with GitHub and Google through their own flow, served by this test.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from './support/person';
import { CLIENT, SocialProviders } from './support/social-providers';
import { withTwoFactor } from './support/two-factor';
import { Worker } from './support/worker';

let vendors: SocialProviders;
let worker: Worker;

beforeAll(async () => {
  vendors = await SocialProviders.start();
  const variables = {
    GITHUB_CLIENT_ID: CLIENT.id,
    GITHUB_CLIENT_SECRET: CLIENT.secret,
    GOOGLE_CLIENT_ID: CLIENT.id,
    GOOGLE_CLIENT_SECRET: CLIENT.secret,
  };
  worker = await Worker.start({ LOCAL: '1', ...variables }, { hosts: vendors.hosts });
});
afterAll(async () => {
  await worker?.stop();
  vendors?.stop();
});

let people = 0;
const address = (): string => `social-${++people}@example.com`;

const gitHub = (email: string, { verified = true, shown = false } = {}) => {
  const emails = [
    { email: `old-${email}`, primary: false, verified: true, visibility: null },
    { email, primary: true, verified, visibility: 'private' as const },
  ];
  vendors.github = { id: 1_000 + ++people, login: `login-${people}`, name: null, email: shown ? email : null, emails };
};

/** Submits the form of the sign-in page; returns where the browser is redirected to. */
async function begin(person: Person, provider: string, next = '/settings'): Promise<string> {
  const body = new URLSearchParams({ provider, how: 'social', next });
  const shown = await person.fetch('/sign-in', { method: 'POST', body });
  const url = /^0; url=(.+)$/.exec(shown.headers.get('refresh') ?? '')?.[1];
  if (!url) throw new Error(`${shown.status} ${(await shown.text()).slice(0, 500)}`);
  return url;
}

/** Goes to the vendor and back; returns the gateway's answer to what the vendor sent. */
async function through(person: Person, provider: string, next?: string): Promise<{ callback: string; answer: Response }> {
  const there = await fetch(vendors.here(await begin(person, provider, next)), { redirect: 'manual' });
  const callback = there.headers.get('location')!;
  return { callback, answer: await person.fetch(callback) };
}

const pathOf = (answer: Response): string => {
  const { pathname, search } = new URL(answer.headers.get('location')!, worker.url);
  return pathname + search;
};

describe('a person who signs in with GitHub', () => {
  it('has an account under their primary address, though their profile hides it, and the same one the next time', async () => {
    const email = address();
    gitHub(email);
    const person = new Person(worker, email);
    const { answer } = await through(person, 'github');
    expect([answer.status, pathOf(answer)]).toEqual([302, '/settings']);
    const me = await person.get('/api/me');
    expect(me).toMatchObject({ email, emailVerified: true, name: vendors.github.login, balanceCredits: 0 });
    expect(me.accountId).toMatch(/^acc_/);
    const { entries } = await person.get<{ entries: { action: string }[] }>('/api/audit');
    expect(entries.map(({ action }) => action)).toEqual(['session.create', 'account.create']);
    const again = new Person(worker, email);
    await through(again, 'github');
    expect(await again.get('/api/me')).toMatchObject({ id: me.id, accountId: me.accountId });
    expect(vendors.refused).toEqual([]);
  });

  it('comes to the account that they have by password, which was confirmed', async () => {
    const known = await Person.signedIn(worker, address());
    gitHub(known.email, { shown: true });
    const person = new Person(worker, known.email);
    await through(person, 'github');
    expect((await person.get('/api/me')).id).toBe((await known.get('/api/me')).id);
  });

  it('is asked for their second factor too, where they have set one up', async () => {
    const { person, codes } = await withTwoFactor(worker, address());
    gitHub(person.email);
    const { answer } = await through(person, 'github', '/settings');
    expect([answer.status, pathOf(answer)]).toEqual([302, '/two-factor?next=%2Fsettings']);
    expect((await person.ask('/api/me')).status).toBe(401);
    await person.get('/api/auth/two-factor/verify-backup-code', { json: { code: codes[0] } });
    expect(await person.get('/api/me')).toMatchObject({ email: person.email });
  });

  it('comes to nobody’s account by an address that is not confirmed, there or here', async () => {
    const known = await Person.signedIn(worker, address());
    gitHub(known.email, { verified: false, shown: true });
    const intruder = new Person(worker, known.email);
    const { answer } = await through(intruder, 'github');
    expect(pathOf(answer)).toMatch(/^\/sign-in\?.*error=/);
    expect((await intruder.ask('/api/me')).status).toBe(401);
    const squatted = new Person(worker, address());
    await squatted.signUp();
    gitHub(squatted.email);
    const owner = new Person(worker, squatted.email);
    await through(owner, 'github');
    const signIn = await squatted.ask('/api/auth/sign-in/email', { json: { email: squatted.email, password: squatted.password } });
    expect(signIn.status).toBeGreaterThanOrEqual(400);
  });

  it('has no session under a new address that GitHub has not confirmed, and is told why', async () => {
    gitHub(address(), { verified: false, shown: true });
    const person = new Person(worker);
    const { answer } = await through(person, 'github');
    expect(pathOf(answer)).toMatch(/^\/sign-in\?.*error=/);
    expect(await (await person.fetch(pathOf(answer))).text()).toContain('role="alert"');
    expect((await person.ask('/api/me')).status).toBe(401);
  });

  it('is nobody with a code that was used, a state of another browser, or no state', async () => {
    gitHub(address());
    const person = new Person(worker);
    const { callback } = await through(person, 'github');
    const stranger = new Person(worker);
    for (const url of [callback, callback.replace(/state=[^&]+/, 'state=made-up'), callback.replace(/&?state=[^&]+/, '')]) {
      expect(pathOf(await stranger.fetch(url)), url).toMatch(/^\/sign-in\?.*error=/);
      expect((await stranger.ask('/api/me')).status).toBe(401);
    }
    const attacker = new Person(worker);
    const there = await fetch(vendors.here(await begin(attacker, 'github')), { redirect: 'manual' });
    const victim = new Person(worker);
    await victim.fetch(there.headers.get('location')!);
    expect((await victim.ask('/api/me')).status).toBe(401);
  });

  it('is sent to no other site afterwards', async () => {
    gitHub(address());
    const { answer } = await through(new Person(worker), 'github', 'https://evil.example/');
    expect(pathOf(answer)).toBe('/usage');
    const asked = await new Person(worker).ask('/api/auth/sign-in/social', {
      json: { provider: 'github', callbackURL: 'https://evil.example/' },
    });
    expect(asked.status).toBe(403);
  });
});

describe('a person who signs in with Google', () => {
  it('has an account, by a code that is bound to this browser', async () => {
    const email = address();
    vendors.google = { sub: `google-${email}`, name: 'Ada', email, email_verified: true };
    const person = new Person(worker, email);
    const url = new URL(await begin(person, 'google'));
    expect([url.host, url.searchParams.get('code_challenge_method'), url.searchParams.get('scope')]).toEqual([
      'accounts.google.com',
      'S256',
      'email profile openid',
    ]);
    const { answer } = await through(person, 'google');
    expect(pathOf(answer)).toBe('/settings');
    expect(await person.get('/api/me')).toMatchObject({ email, name: 'Ada', emailVerified: true });
    const again = new Person(worker);
    await through(again, 'google');
    expect((await again.get('/api/me')).id).toBe((await person.get('/api/me')).id);
  });

  it('has no session under an address that Google has not confirmed', async () => {
    const email = address();
    vendors.google = { sub: `google-${email}`, name: 'Eve', email, email_verified: false };
    const person = new Person(worker, email);
    expect(pathOf((await through(person, 'google')).answer)).toMatch(/^\/sign-in\?.*error=/);
    expect((await person.ask('/api/me')).status).toBe(401);
  });
});

describe('a gateway that takes no new accounts', () => {
  it('makes none for who comes from another provider, and says so', async () => {
    const closed = await Worker.start(
      { LOCAL: '1', SIGN_UP: 'closed', GITHUB_CLIENT_ID: CLIENT.id, GITHUB_CLIENT_SECRET: CLIENT.secret },
      { hosts: vendors.hosts },
    );
    try {
      gitHub(address());
      const person = new Person(closed);
      const { answer } = await through(person, 'github');
      expect(pathOf(answer)).toMatch(/^\/sign-in\?.*error=SIGN_UP_CLOSED/);
      expect(await (await person.fetch(pathOf(answer))).text()).toContain('takes no new accounts');
      expect((await person.ask('/api/me')).status).toBe(401);
    } finally {
      await closed.stop();
    }
  });
});

describe('the sign-in page', () => {
  it('offers what is set up, and says what went wrong without trusting it', async () => {
    const html = await (await fetch(`${worker.url}/sign-in?error=%3Cscript%3Ealert(1)%3C/script%3E`)).text();
    expect(html).toContain('Continue with GitHub');
    expect(html).toContain('Continue with Google');
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script>alert');
  });
});
