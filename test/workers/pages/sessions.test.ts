import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import worker from '../../../src/index';
import { call, ORIGIN, type Someone, sessionOf, someone } from '../console/support';

const DAY_MS = 86_400_000;

/** Signed in some days ago, and active since. */
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
