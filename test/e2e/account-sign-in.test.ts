// Sign-up, sign-in and sign-out over real HTTP, with the mails of a local run.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailsTo, mailTo, Person } from './support/person';
import { nextCode, totp, withTwoFactor } from './support/two-factor';
import { until } from './support/wait';
import { Worker } from './support/worker';

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' });
});
afterAll(() => worker?.stop());

interface Me {
  id: string;
  email: string;
  accountId: string;
  balanceCredits: number;
  twoFactorEnabled: boolean;
}

const signIn = (person: Person, password = person.password) =>
  person.ask('/api/auth/sign-in/email', { json: { email: person.email, password } });

/** The actions in the audit log of a person's own wallet, newest first. */
const actionsOf = async (person: Person): Promise<string[]> =>
  (await person.get<{ entries: { action: string }[] }>('/api/audit')).entries.map(({ action }) => action);

describe('a person who signs up with a password', () => {
  it('has nothing until the address is confirmed, then a wallet without credits', async () => {
    const person = new Person(worker);
    await person.signUp();
    expect((await person.ask('/api/me')).status).toBe(401);
    expect((await signIn(person)).status).toBe(403);
    const confirmed = await person.verify();
    expect(confirmed.status).toBe(302);
    const me = await person.get<Me>('/api/me');
    expect(me).toMatchObject({ email: person.email, balanceCredits: 0, accountId: expect.stringMatching(/^acc_/) });
    person.forgetCookies();
    expect((await person.ask('/api/me')).status).toBe(401);
    expect((await signIn(person)).status).toBe(200);
    expect((await person.get<Me>('/api/me')).accountId).toBe(me.accountId);
  });

  it('is not told whether an address has an account, but its owner is', async () => {
    const person = await Person.signedIn(worker);
    const stranger = new Person(worker, person.email);
    const answer = await stranger.ask('/api/auth/sign-up/email', {
      json: { name: 'X', email: person.email, password: 'another long password' },
    });
    expect(answer.status).toBe(200);
    expect((await stranger.ask('/api/me')).status).toBe(401);
    await mailTo(worker, person.email, /already have an account/);
    expect((await signIn(stranger, 'another long password')).status).toBe(401);
  });

  it('lets nobody in who had signed up with the address before, by another password', async () => {
    const [before, person] = [new Person(worker), new Person(worker)];
    const signUp = (by: Person, password: string) =>
      by.get('/api/auth/sign-up/email', { json: { name: 'A person', email: before.email, password } });
    await signUp(before, 'the password of somebody else');
    await signUp(person, person.password);
    await until('neither password to count', async () => (await signIn(before, 'the password of somebody else')).status === 401);
    const { link } = await mailTo(worker, before.email, /^Confirm/);
    expect((await person.press(link!)).status).toBe(302);
    expect((await person.get<Me>('/api/me')).email).toBe(before.email);
    expect((await signIn(before, 'the password of somebody else')).status).toBe(401);
  });

  it('may say the same twice before the address is confirmed', async () => {
    const person = new Person(worker);
    await person.signUp();
    await person.signUp();
    await person.verify();
    person.forgetCookies();
    expect((await signIn(person)).status).toBe(200);
  });

  it('sets a new password by mail, which ends every session', async () => {
    const person = await Person.signedIn(worker);
    await person.get('/api/auth/request-password-reset', { json: { email: person.email, redirectTo: '/reset-password' } });
    const { link } = await mailTo(worker, person.email, /new password/);
    const redirect = await person.fetch(link!);
    const token = new URL(redirect.headers.get('location')!, worker.url).searchParams.get('token');
    await person.get('/api/auth/reset-password', { json: { token, newPassword: 'quite another password' } });
    expect((await person.ask('/api/me')).status).toBe(401);
    expect((await signIn(person)).status).toBe(401);
    expect((await signIn(person, 'quite another password')).status).toBe(200);
    expect((await actionsOf(person)).slice(0, 2)).toEqual(['session.create', 'password.reset']);
  });
});

describe('a person who signs in by mail', () => {
  it('needs no password, and the link works once, whoever opened it before', async () => {
    const person = new Person(worker);
    await person.get('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL: '/usage' } });
    const { link } = await mailTo(worker, person.email, /sign-in link/);
    const scanner = new Person(worker);
    for (const method of ['HEAD', 'GET', 'GET']) expect((await scanner.fetch(link!, { method })).status).toBe(200);
    expect((await scanner.ask('/api/me')).status).toBe(401);
    const redirect = await person.press(link!);
    expect([redirect.status, new URL(redirect.headers.get('location')!, worker.url).pathname]).toEqual([302, '/usage']);
    expect((await person.get<Me>('/api/me')).email).toBe(person.email);
    const again = new Person(worker);
    await again.press(link!);
    expect((await again.ask('/api/me')).status).toBe(401);
  });

  it('is known to others by the beginning of their address, and by no name without end', async () => {
    const person = new Person(worker);
    await person.get('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL: '/usage' } });
    await person.press((await mailTo(worker, person.email, /sign-in link/)).link!);
    const name = async () => (await person.get<{ name: string }>('/api/me')).name;
    expect(await name()).toBe(person.email.split('@')[0]);
    await person.get('/api/auth/update-user', { json: { name: ` ${'🚀'.repeat(500)}` } });
    expect(await name()).toBe('🚀'.repeat(100));
    const { id } = await person.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
    await person.get('/api/auth/update-user', { json: { name: ' ' } });
    const { members } = await person.get<{ members: unknown[] }>(`/api/orgs/${id}/members`);
    expect(members).toMatchObject([{ name: person.email, email: person.email }]);
    const other = new Person(worker);
    await other.get('/api/auth/sign-up/email', { json: { name: 'x'.repeat(5_000), email: other.email, password: other.password } });
    await other.verify();
    expect((await other.get<{ name: string }>('/api/me')).name).toBe('x'.repeat(100));
  });

  it('is sent to no other site', async () => {
    const person = new Person(worker);
    const answer = await person.ask('/api/auth/sign-in/magic-link', {
      json: { email: person.email, callbackURL: 'https://evil.example/' },
    });
    expect(answer.status).toBe(403);
    expect(mailsTo(worker, person.email)).toEqual([]);
  });
});

describe('sessions', () => {
  it('are listed, and one that is revoked is over', async () => {
    const person = await Person.signedIn(worker);
    const elsewhere = new Person(worker, person.email);
    await signIn(elsewhere);
    const sessions = await person.get<{ token: string }[]>('/api/auth/list-sessions');
    expect(sessions).toHaveLength(2);
    const { session } = await elsewhere.get<{ session: { token: string } }>('/api/auth/get-session');
    await person.get('/api/auth/revoke-session', { json: { token: session.token } });
    expect((await elsewhere.ask('/api/me')).status).toBe(401);
    expect((await person.ask('/api/me')).status).toBe(200);
    expect(await actionsOf(person)).toEqual(['session.revoke', 'session.create', 'session.create', 'account.create']);
    await person.get('/api/auth/sign-out', { json: {} });
    expect((await person.ask('/api/me')).status).toBe(401);
    expect((await signIn(person)).status).toBe(200);
    expect((await actionsOf(person)).slice(0, 2)).toEqual(['session.create', 'session.end']);
  });
});

describe('a second factor', () => {
  it('that is set up on the page survives a mistyped digit: the secret and the codes that were saved are the ones asked for', async () => {
    const person = await Person.signedIn(worker);
    const send = async (path: string, form: Record<string, string>) => {
      const sent = await person.fetch(`/settings/${path}`, { method: 'POST', body: new URLSearchParams(form) });
      const at = sent.headers.get('location');
      return { at, html: await (at === null ? sent : await person.fetch(at)).text() };
    };
    const secretIn = (html: string): string => /secret=([A-Z2-7]+)/.exec(html)![1]!;
    const codesIn = (html: string): string[] => /aria-label="Recovery codes"><pre><code>([^<]+)/.exec(html)![1]!.split('\n');
    const begun = await send('two-factor/enable', { password: person.password });
    const [secret, codes] = [secretIn(begun.html), codesIn(begun.html)];
    expect(begun.html).toContain('<svg class="qr" role="img"');
    expect(begun.html).toContain(`<code>${secret.match(/.{1,4}/g)!.join(' ')}</code>`);
    const wrong = await send('two-factor/confirm', { code: '000000' });
    expect([wrong.at, secretIn(wrong.html), codesIn(wrong.html)]).toEqual([null, secret, codes]);
    expect(wrong.html).toContain('still good: try the next code');
    const code = totp(secret);
    const on = await send('two-factor/confirm', { code: `${code.slice(0, 3)} ${code.slice(3)}` });
    expect([on.at, on.html.includes('The second step is on'), on.html.includes(secret)]).toEqual([
      '/settings?done=two-factor-on',
      true,
      false,
    ]);
    const fresh = await send('two-factor/codes', { password: person.password });
    expect(codesIn(fresh.html)).toHaveLength(codes.length);
    expect(codesIn(fresh.html)).not.toEqual(codes);
    expect(await (await person.fetch('/settings')).text()).not.toContain('Recovery codes');
    const changed = await send('password', { password: person.password, fresh: 'another long password' });
    expect(changed.html).toContain('The password is changed');
    expect((await send('name', { name: 'Countess' })).html).toContain('value="Countess"');
  });

  it('is asked for after the password once it is set up', async () => {
    const person = await Person.signedIn(worker);
    const { totpURI } = await person.get<{ totpURI: string }>('/api/auth/two-factor/enable', { json: { password: person.password } });
    const secret = new URL(totpURI).searchParams.get('secret')!;
    await person.get('/api/auth/two-factor/verify-totp', { json: { code: totp(secret) } });
    expect((await person.get<Me>('/api/me')).twoFactorEnabled).toBe(true);
    person.forgetCookies();
    expect((await signIn(person)).body).toMatchObject({ twoFactorRedirect: true });
    expect((await person.ask('/api/me')).status).toBe(401);
    const wrong = await person.ask('/api/auth/two-factor/verify-totp', { json: { code: '000000' } });
    expect(wrong.status).toBe(401);
    await person.get('/api/auth/two-factor/verify-totp', { json: { code: nextCode(secret) } });
    expect((await person.get<Me>('/api/me')).email).toBe(person.email);
  });

  it('takes a code in two halves, as apps show it', async () => {
    const { person, secret } = await withTwoFactor(worker);
    await signIn(person);
    const body = new URLSearchParams({ code: nextCode(secret).replace(/^.../, '$& '), next: '/settings' });
    expect((await person.fetch('/two-factor', { method: 'POST', body })).headers.get('location')).toBe('/settings');
    expect((await person.get<Me>('/api/me')).email).toBe(person.email);
  });

  it.each<[string, { newPassword?: string }]>([
    ['/api/auth/change-password', { newPassword: 'quite another password' }],
    ['/api/auth/two-factor/disable', {}],
    ['/api/auth/revoke-other-sessions', {}],
  ])('is asked for again on devices that were trusted, after %s', async (path, more) => {
    const { person, secret, codes } = await withTwoFactor(worker);
    const elsewhere = new Person(worker, person.email);
    await signIn(elsewhere);
    await elsewhere.get('/api/auth/two-factor/verify-totp', { json: { code: nextCode(secret), trustDevice: true } });
    expect((await signIn(elsewhere)).body).not.toHaveProperty('twoFactorRedirect');
    await signIn(person);
    await person.get('/api/auth/two-factor/verify-backup-code', { json: { code: codes[0] } });
    await person.get(path, { json: { password: person.password, currentPassword: person.password, ...more } });
    if (!(await person.get<Me>('/api/me')).twoFactorEnabled) {
      const { totpURI } = await person.get<{ totpURI: string }>('/api/auth/two-factor/enable', { json: { password: person.password } });
      await person.get('/api/auth/two-factor/verify-totp', { json: { code: totp(new URL(totpURI).searchParams.get('secret')!) } });
    }
    expect((await signIn(elsewhere, more.newPassword)).body).toMatchObject({ twoFactorRedirect: true });
  });

  it('takes a code once, in whatever way it comes again', async () => {
    const { person, secret } = await withTwoFactor(worker);
    const code = nextCode(secret);
    await signIn(person);
    await person.get('/api/auth/two-factor/verify-totp', { json: { code } });
    const thief = new Person(worker, person.email);
    await signIn(thief);
    expect((await thief.ask('/api/auth/two-factor/verify-totp', { json: { code } })).status).toBe(401);
    const page = await thief.fetch('/two-factor', { method: 'POST', body: new URLSearchParams({ code, next: '/settings' }) });
    expect(page.status).toBe(400);
    expect((await thief.ask('/api/me')).status).toBe(401);
  });

  it('is not guessed: five codes a sign-in, then none at all for a while', async () => {
    const { person } = await withTwoFactor(worker);
    const guess = async (code: number) => (await person.ask('/api/auth/two-factor/verify-totp', { json: { code: String(code) } })).status;
    const seen: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      person.forgetCookies();
      await signIn(person);
      for (let code = 0; code < 7; code++) seen.push(await guess(100_000 + attempt * 10 + code));
    }
    expect(seen).not.toContain(200);
    expect(seen.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(seen[5]).toBe(400);
    person.forgetCookies();
    await signIn(person);
    const locked = await person.ask('/api/auth/two-factor/verify-totp', { json: { code: '123456' } });
    expect(locked.status, JSON.stringify(locked.body)).not.toBe(401);
  });

  it('is asked for by a mailed link too, and a backup code serves once', async () => {
    const { person, codes } = await withTwoFactor(worker);
    await person.get('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL: '/settings' } });
    const { link } = await mailTo(worker, person.email, /sign-in link/);
    const asked = await person.press(link!);
    expect([asked.status, asked.headers.get('location')]).toEqual([302, '/two-factor?next=%2Fsettings']);
    expect((await person.ask('/api/me')).status).toBe(401);
    const submit = (code: string) =>
      person.fetch('/two-factor', { method: 'POST', body: new URLSearchParams({ code, next: '/settings' }) });
    expect((await submit('not-a-code')).status).toBe(400);
    const back = await submit(codes[0]!);
    expect([back.status, back.headers.get('location')]).toEqual([303, '/settings']);
    const settings = async () => (await person.fetch('/settings')).text();
    expect(await settings()).toContain(`${codes.length - 1} recovery codes left.`);
    for (const code of codes.slice(1, -2)) {
      await person.get('/api/auth/two-factor/verify-backup-code', { json: { code } });
    }
    expect(await settings()).toContain('Only 2 recovery codes left: without one, losing the app means losing');
    person.forgetCookies();
    await signIn(person);
    expect((await submit(codes[0]!)).status).toBe(400);
    expect((await person.ask('/api/me')).status).toBe(401);
  });

  it('is asked for on the way to an invitation, which is not lost by it', async () => {
    const { person } = await withTwoFactor(worker);
    await person.get('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL: '/invitations/accept?token=abc' } });
    const { link } = await mailTo(worker, person.email, /sign-in link/);
    const asked = await person.press(link!);
    const next = encodeURIComponent('/invitations/accept?token=abc');
    expect([asked.status, asked.headers.get('location')]).toEqual([302, `/two-factor?next=${next}`]);
  });

  it('leaves its marks in the audit log: set up, used up, taken away', async () => {
    const { person, secret } = await withTwoFactor(worker);
    await signIn(person);
    await person.get('/api/auth/two-factor/verify-totp', { json: { code: nextCode(secret) } });
    await person.get('/api/auth/two-factor/disable', { json: { password: person.password } });
    await person.get('/api/auth/change-password', { json: { currentPassword: person.password, newPassword: 'quite another password' } });
    expect((await person.ask('/api/auth/two-factor/disable', { json: { password: 'wrong' } })).status).toBeGreaterThanOrEqual(400);
    const { entries } = await person.get<{ entries: { action: string; actorName: string; userAgent: string }[] }>('/api/audit');
    const actions = entries.map(({ action }) => action);
    expect(actions.slice(0, 2)).toEqual(['password.change', 'two_factor.disable']);
    // Newest first: turning it off made a new session, as the code had before; the password alone passed only the first factor.
    expect(actions.slice(2, 5)).toEqual(['session.create', 'session.create', 'session.first_factor']);
    expect(actions).toContain('two_factor.enable');
    expect(actions.filter((action) => action === 'two_factor.disable')).toHaveLength(1);
    expect(entries[0]).toMatchObject({ actorName: person.email, userAgent: expect.any(String) });
  });
});

describe('a passkey', () => {
  it('is offered for registration to who is signed in, bound to this host', async () => {
    const person = await Person.signedIn(worker);
    const options = await person.get<{ rp: { id: string }; challenge: string }>('/api/auth/passkey/generate-register-options');
    expect(options).toMatchObject({ rp: { id: '127.0.0.1' }, challenge: expect.any(String) });
    expect((await new Person(worker).ask('/api/auth/passkey/generate-register-options')).status).toBe(401);
  });
});

describe('another site', () => {
  it('changes nothing with the cookie of somebody who is signed in here', async () => {
    const person = await Person.signedIn(worker);
    const headers = { origin: 'https://evil.example' };
    const created = await person.ask('/api/api-keys', { json: { name: 'stolen' }, headers });
    expect(created).toMatchObject({ status: 403, body: { error: { type: 'access_denied' } } });
    expect((await person.ask('/api/auth/sign-out', { json: {}, headers })).status).toBe(403);
    expect((await person.get<{ keys: unknown[] }>('/api/api-keys')).keys).toEqual([]);
    const sites = await person.fetch('/api/api-keys', { method: 'OPTIONS', headers });
    expect(sites.headers.get('access-control-allow-credentials')).toBeNull();
  });
});
