// Signing up, in and out, over real HTTP, with the mails of a local run.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailsTo, mailTo, Person } from './support/person';
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
  });
});

describe('a person who signs in by mail', () => {
  it('needs no password, and the link works once', async () => {
    const person = new Person(worker);
    await person.get('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL: '/usage' } });
    const { link } = await mailTo(worker, person.email, /sign-in link/);
    const redirect = await person.fetch(link!);
    expect([redirect.status, new URL(redirect.headers.get('location')!, worker.url).pathname]).toEqual([302, '/usage']);
    expect((await person.get<Me>('/api/me')).email).toBe(person.email);
    const again = new Person(worker);
    await again.fetch(link!);
    expect((await again.ask('/api/me')).status).toBe(401);
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
    await person.get('/api/auth/sign-out', { json: {} });
    expect((await person.ask('/api/me')).status).toBe(401);
  });
});

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238, written from the specification. */
function totp(secret: string, nowMs = Date.now()): string {
  const bits = [...secret.replace(/=+$/, '')].map((digit) => BASE32.indexOf(digit).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest[19]! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

describe('a second factor', () => {
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
    await person.get('/api/auth/two-factor/verify-totp', { json: { code: totp(secret) } });
    expect((await person.get<Me>('/api/me')).email).toBe(person.email);
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
