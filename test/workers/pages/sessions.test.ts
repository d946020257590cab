import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { call, type Someone, sessionOf, someone } from '../console/support';

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
