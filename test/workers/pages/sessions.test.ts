import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { forgetOver } from '../../../src/console/sign-in/forget-over';
import { hashPassword } from '../../../src/console/sign-in/passwords';
import { safePath } from '../../../src/console/sign-in/safe-path';
import worker from '../../../src/index';
import { call, ORIGIN, type Someone, sessionOf, someone } from '../console/support';

const DAY_MS = 86_400_000;

/** Somebody who signed in some days ago and has been active since. */
async function longSignedIn(): Promise<Someone> {
  const person = await someone();
  return { ...person, cookie: await sessionOf(person.id, Date.now() - 3 * DAY_MS) };
}

const endsOn = (html: string): string[] => [...html.matchAll(/\/settings\/sessions\/([\w-]+)\/revoke/g)].map(([, id]) => id!);

describe('a person who signed in days ago', () => {
  it('sees their settings, with every session that they have', async () => {
    const person = await longSignedIn();
    const page = await call('GET', '/settings', { as: person });
    expect(page.status).toBe(200);
    expect(page.text).toContain('this one');
    expect(endsOn(page.text)).toHaveLength(1);
  });

  it('ends another session, and none of somebody else', async () => {
    const [person, stranger] = [await longSignedIn(), await longSignedIn()];
    const [other] = endsOn((await call('GET', '/settings', { as: person })).text);
    const end = (as: Someone) => call('POST', `/settings/sessions/${other}/revoke`, { as, form: {} });
    expect((await end(stranger)).status).toBe(303);
    const isThere = async () => (await env.DB.prepare('SELECT 1 FROM sessions WHERE id = ?').bind(other!).first()) !== null;
    expect(await isThere()).toBe(true);
    expect((await end(person)).headers.get('location')).toBe('/settings?done=session');
    expect(await isThere()).toBe(false);
    expect((await call('GET', '/settings', { as: person })).text).toContain('this one');
  });

  it('is told in words what a new passkey needs first', async () => {
    const person = await longSignedIn();
    const asked = await call('GET', '/api/auth/passkey/generate-register-options', { as: person });
    expect(asked).toMatchObject({ status: 403, body: { code: 'SESSION_NOT_FRESH' } });
    const page = (await call('GET', '/settings', { as: person })).text;
    const script = /\/assets\/passkey[\w.-]+\.js/.exec(page)![0];
    expect((await call('GET', script)).text).toContain("SESSION_NOT_FRESH: 'You signed in more than a day ago");
  });
});

describe('what somebody leaves behind by the sign-in', () => {
  it('is forgotten in the night after it is over', async () => {
    const [person, now, id] = [await longSignedIn(), Date.now(), crypto.randomUUID()];
    const [old, fresh] = [`${id}-old`, `${id}-fresh`];
    for (const [name, overMs] of [[old, now - 1] as const, [fresh, now + DAY_MS] as const])
      await env.DB.batch([
        env.DB.prepare('INSERT INTO sessions VALUES (?1, ?1, ?2, ?3, NULL, NULL, 1, 1)').bind(name, person.id, overMs),
        env.DB.prepare("INSERT INTO verifications VALUES (?1, ?1, '', ?2, 1, 1)").bind(name, overMs),
        env.DB.prepare('INSERT INTO sign_in_rates VALUES (?1, ?1, 1, ?2)').bind(name, overMs - DAY_MS),
      ]);
    await forgetOver(env.DB, now);
    for (const table of ['sessions', 'verifications', 'sign_in_rates']) {
      const { results } = await env.DB.prepare(`SELECT id FROM ${table} WHERE id IN (?, ?)`).bind(old, fresh).all();
      expect(results, table).toEqual([{ id: fresh }]);
    }
    expect((await call('GET', '/settings', { as: person })).status).toBe(200);
  });

  const auth = (as: Someone, path: string, json: unknown) => call('POST', `/api/auth${path}`, { as, json });
  const rowOf = (id: string) =>
    env.DB.prepare('SELECT name, image, two_factor_enabled AS second FROM users WHERE id = ?').bind(id).first<Record<string, unknown>>();

  it('is a name and the address of a picture, of a length that such things have', async () => {
    const person = await someone();
    await env.DB.prepare('UPDATE users SET two_factor_enabled = 1 WHERE id = ?').bind(person.id).run();
    const before = await rowOf(person.id);
    for (const json of [{ image: 'x'.repeat(2_001) }, { name: 5 }, { name: null }, { image: {} }])
      expect((await auth(person, '/update-user', json)).status).toBe(400);
    expect((await auth(person, '/update-user', { image: 'x'.repeat(65_536) })).status).toBe(413);
    expect((await call('POST', '/sign-in', { form: { how: 'social', provider: 'github', next: `/${'x'.repeat(100_000)}` } })).status).toBe(
      400,
    );
    await auth(person, '/update-user', { twoFactorEnabled: false });
    expect(await rowOf(person.id)).toEqual(before);
    expect((await auth(person, '/update-user', { image: 'https://example.com/me.png' })).status).toBe(200);
    expect((await rowOf(person.id))?.image).toBe('https://example.com/me.png');
  });

  it('is fifty passkeys at most, whose names are short', async () => {
    const person = await someone();
    const insert = env.DB.prepare("INSERT INTO passkeys VALUES (?, ?, 'a key', 'key', ?, 0, 'singleDevice', 0, NULL, NULL, 1)");
    const id = () => crypto.randomUUID();
    await env.DB.batch(Array.from({ length: 49 }, () => insert.bind(id(), person.id, id())));
    const options = () => call('GET', '/api/auth/passkey/generate-register-options', { as: person });
    expect((await options()).status).toBe(200);
    expect(await auth(person, '/passkey/verify-registration', { response: {}, name: 'x'.repeat(101) })).toMatchObject({
      status: 400,
      body: { code: 'TOO_LONG' },
    });
    await insert.bind(id(), person.id, id()).run();
    const full = { status: 409, body: { code: 'TOO_MANY_PASSKEYS' } };
    expect(await options()).toMatchObject(full);
    expect(await auth(person, '/passkey/verify-registration', { response: {}, name: 'x' })).toMatchObject(full);
  });

  it('is the beginning of what their browser calls itself', async () => {
    const person = await someone();
    const values = [crypto.randomUUID(), person.id, person.id, await hashPassword('a long enough password'), 1, 1];
    await env.DB.prepare(
      "INSERT INTO identities (id, user_id, provider_id, account_id, password, created_at, updated_at) VALUES (?, ?, 'credential', ?, ?, ?, ?)",
    )
      .bind(...values)
      .run();
    const json = { email: person.email, password: 'a long enough password' };
    const signedIn = await call('POST', '/api/auth/sign-in/email', { json, headers: { 'user-agent': `Browser/1 ${'x'.repeat(5_000)}` } });
    expect(signedIn.status).toBe(200);
    const longest = 'SELECT MAX(LENGTH(user_agent)) AS longest FROM sessions WHERE user_id = ?';
    expect(await env.DB.prepare(longest).bind(person.id).first()).toEqual({ longest: 300 });
  });
});

describe('the way on after signing in', () => {
  it('is kept as it is asked for, but for what is no path of ours or longer than any', () => {
    const longest = `/usage?q=${'x'.repeat(1_990)}`;
    expect([longest, `${longest}xx`, '//evil.example', '/a?b#c'].map(safePath)).toEqual([longest, '/usage', '/usage', '/a?b#c']);
  });
});

describe('who asks the sign-in for paths without end', () => {
  const limited = { ...env, SIGN_IN_LIMITS: '1' };
  const counted = async (ip: string): Promise<string[]> => {
    const rows = await env.DB.prepare('SELECT key FROM sign_in_rates WHERE key LIKE ? ORDER BY key').bind(`${ip}|%`).all<{ key: string }>();
    return rows.results.map(({ key }) => key.slice(ip.length + 1));
  };

  async function ask(ip: string, path: string): Promise<number> {
    const context = createExecutionContext();
    const request = new Request(`${ORIGIN}/api/auth${path}`, { headers: { 'cf-connecting-ip': ip } });
    const { status } = await worker.fetch(request, limited, context);
    await waitOnExecutionContext(context);
    return status;
  }

  it('leaves no row for a path that is made up', async () => {
    const ip = '192.0.2.77';
    for (const path of ['/made-up', '/sign-in/made-up', '/ok/made-up', '/sso/a/b/c', '/%6Fk', '/ok//'])
      expect(await ask(ip, path)).toBe(404);
    for (const path of ['/reset-password/made-up-token?callbackURL=/reset-password', '/callback/made-up-provider'])
      expect(await ask(ip, path)).toBe(302);
    expect(await ask(ip, '/ok')).toBe(200);
    expect(await counted(ip)).toEqual(['/ok']);
  });
});
