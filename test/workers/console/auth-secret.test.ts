// What AUTH_SECRET encrypts, when the operator changes it: with the old one kept beside it for a while, and without.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from '../../../src/console/sign-in/auth-secrets';
import { hashPassword } from '../../../src/console/sign-in/passwords';
import { reseal as resealPart } from '../../../src/console/sign-in/reseal';
import { seal, unseal } from '../../../src/core/sealed';
import { audited, call, must, organization, type Someone, someone } from './support';

const NEW = 'the-next-session-secret-of-the-tests-0123456789';
const before = env;
const rotated = { ...env, AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: env.AUTH_SECRET };
const after = { ...env, AUTH_SECRET: NEW };
const PASSWORD = 'a password of the tests';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238, by how many half minutes from now. */
async function totp(secret: string, ahead = 0): Promise<string> {
  const bits = [...secret.replace(/=+$/, '')].map((digit) => BASE32.indexOf(digit).toString(2).padStart(5, '0')).join('');
  const bytes = Uint8Array.from(bits.match(/.{8}/g)!, (byte) => Number.parseInt(byte, 2));
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
  const digest = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  return String((digest.getUint32(digest.getUint8(19) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

interface Careful extends Someone {
  secret: string;
  codes: string[];
}

/** Somebody with a password and a second factor that was set up before the secret was changed. */
async function withSecondFactor(): Promise<Careful> {
  const person = await someone('careful');
  const identity =
    'INSERT INTO identities (id, user_id, provider_id, account_id, password, created_at, updated_at) VALUES (?1, ?2, ?3, ?2, ?4, 0, 0)';
  await env.DB.prepare(identity)
    .bind(crypto.randomUUID(), person.id, 'credential', await hashPassword(PASSWORD))
    .run();
  const { totpURI, backupCodes } = await must('POST', '/api/auth/two-factor/enable', { as: person, json: { password: PASSWORD } });
  await env.DB.batch([
    env.DB.prepare('UPDATE users SET two_factor_enabled = 1 WHERE id = ?').bind(person.id),
    env.DB.prepare('UPDATE two_factors SET verified = 1 WHERE user_id = ?').bind(person.id),
  ]);
  return { ...person, secret: new URL(totpURI).searchParams.get('secret')!, codes: backupCodes };
}

const cookiesOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');

type Bindings = typeof env;

const passFirst = (bindings: Bindings, { email }: Someone) =>
  call('POST', '/api/auth/sign-in/email', { bindings, json: { email, password: PASSWORD } });

/** Signs in with password and code: the answer to the code. */
async function signIn(bindings: Bindings, person: Someone, kind: 'totp' | 'backup-code', code: string) {
  const first = await passFirst(bindings, person);
  expect(first.body).toMatchObject({ twoFactorRedirect: true });
  const as = { ...person, cookie: cookiesOf(first.headers) };
  return call('POST', `/api/auth/two-factor/verify-${kind}`, { bindings, as, json: { code } });
}

const operate = (bindings: Bindings, method: string, path: string, json?: unknown) =>
  call(method, `/api/admin${path}`, { bindings, key: env.ADMIN_TOKEN, ...(json !== undefined && { json }) });

async function reseal(bindings: Bindings) {
  const all: { what: string; of: string }[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { status, body } = await operate(bindings, 'POST', '/reseal', cursor === undefined ? {} : { cursor });
    expect(status).toBe(200);
    all.push(...body.unreadable);
    cursor = body.nextCursor;
  }
  return all;
}

/** As it was written before a number said which secret had encrypted it. */
const withoutVersion = (column: string, userId: string) =>
  env.DB.prepare(`UPDATE two_factors SET ${column} = substr(${column}, 5 + instr(substr(${column}, 5), '$')) WHERE user_id = ?`).bind(
    userId,
  );

describe('a second factor', () => {
  it.each([
    ['', false],
    [', set up before secrets had versions,', true],
  ])('%s opens with the old secret kept beside the new one, and with the new one alone once it is encrypted anew', async (_when, isOld) => {
    const person = await withSecondFactor();
    if (isOld) await env.DB.batch(['secret', 'backup_codes'].map((column) => withoutVersion(column, person.id)));
    expect((await call('GET', '/api/me', { bindings: rotated, as: person })).status).toBe(401);
    expect((await signIn(rotated, person, 'totp', await totp(person.secret))).status).toBe(200);
    expect((await signIn(rotated, person, 'backup-code', person.codes[0]!)).status).toBe(200);
    expect(await reseal(rotated)).not.toContainEqual({ what: 'second_factor', of: person.email });
    expect((await signIn(after, person, 'totp', await totp(person.secret, 1))).status).toBe(200);
    expect((await signIn(after, person, 'backup-code', person.codes[0]!)).status).toBe(401);
    expect((await signIn(after, person, 'backup-code', person.codes[1]!)).status).toBe(200);
  });

  it('whose secret nobody kept is told as such, and the operator takes it off', async () => {
    const person = await withSecondFactor();
    const code = await totp(person.secret);
    for (const [kind, given] of [
      ['totp', code],
      ['backup-code', person.codes[0]!],
    ] as const) {
      const { status, body } = await signIn(after, person, kind, given);
      expect([status, body.code, body.message]).toEqual([
        503,
        'SECOND_FACTOR_UNREADABLE',
        expect.stringContaining('Ask who runs the gateway'),
      ]);
    }
    const asked = { ...person, cookie: cookiesOf((await passFirst(after, person)).headers) };
    const page = await call('POST', '/two-factor', { bindings: after, as: asked, form: { code, next: '/' } });
    expect(page.text).toContain('no code opens it any more. Ask who runs the gateway');
    expect(await reseal(after)).toContainEqual({ what: 'second_factor', of: person.email });
    const removed = await operate(after, 'DELETE', `/people/${encodeURIComponent(person.email.toUpperCase())}/second-factor`);
    expect([removed.status, removed.body]).toEqual([200, { email: person.email, twoFactorEnabled: false }]);
    const first = await passFirst(after, person);
    const as = { ...person, cookie: cookiesOf(first.headers) };
    const me = (await call('GET', '/api/me', { bindings: after, as })).body;
    expect(me.twoFactorEnabled).toBe(false);
    expect(await audited(me.accountId)).toContainEqual(expect.objectContaining({ action: 'two_factor.disable', actor_kind: 'operator' }));
    expect((await operate(after, 'DELETE', `/people/${person.email}/second-factor`)).status).toBe(404);
    expect(await reseal(after)).not.toContainEqual({ what: 'second_factor', of: person.email });
  });
});

describe('encrypting anew', () => {
  const secrets = [NEW, before.AUTH_SECRET] as const;

  it('goes on where the part before it ended', async () => {
    const { id } = await someone();
    const insert = `INSERT INTO identities (id, user_id, provider_id, account_id, access_token, created_at, updated_at)
      SELECT ?1 || value, ?1, 'github', ?1 || value, ?2, 0, 0 FROM json_each(?3)`;
    const token = await encrypt([before.AUTH_SECRET], 'gho_1');
    await env.DB.prepare(insert)
      .bind(id, token, JSON.stringify([...Array(401).keys()]))
      .run();
    await reseal(rotated);
    const left = 'SELECT COUNT(*) AS count FROM identities WHERE user_id = ? AND access_token = ?';
    expect(await env.DB.prepare(left).bind(id, token).first('count')).toBe(0);
  });

  it('leaves alone what somebody changes meanwhile, so that a used code stays used', async () => {
    const { id } = await withSecondFactor();
    const used = await encrypt([NEW], '[]');
    const change = env.DB.prepare('UPDATE two_factors SET backup_codes = ? WHERE user_id = ?').bind(used, id);
    const db = {
      prepare: (query: string) => env.DB.prepare(query),
      batch: async (statements: D1PreparedStatement[]) => (await change.run()) && env.DB.batch(statements),
    } as D1Database;
    await resealPart(db, secrets, '1:');
    expect(await env.DB.prepare('SELECT backup_codes FROM two_factors WHERE user_id = ?').bind(id).first('backup_codes')).toBe(used);
  });
});

describe('what else is encrypted', () => {
  it('a client secret of single sign-on is sealed anew, and named where nobody can read it', async () => {
    const { id: organizationId } = await organization();
    const sealed = {
      readable: await seal([before.AUTH_SECRET], 'sso client secrets', 'hush'),
      lost: await seal(['x'.repeat(32)], 'sso client secrets', 'hush'),
    };
    const insert = `INSERT INTO sso_providers (id, organization_id, kind, domain, domain_token, default_role, settings, created_at) VALUES (?, ?, 'oidc', ?, '', 'viewer', ?, 0)`;
    const rows = Object.entries(sealed).map(([name, clientSecret]) => [
      `sso_${name}`,
      organizationId,
      `${name}.example`,
      JSON.stringify({ issuer: 'https://idp.example', clientSecret }),
    ]);
    await env.DB.batch(rows.map((row) => env.DB.prepare(insert).bind(...row)));
    const missed = await reseal(rotated);
    expect(missed).toContainEqual({ what: 'client_secret', of: 'lost.example' });
    expect(missed).not.toContainEqual({ what: 'client_secret', of: 'readable.example' });
    const stored = () => env.DB.prepare("SELECT settings FROM sso_providers WHERE id = 'sso_readable'").first<{ settings: string }>();
    const fresh = JSON.parse((await stored())!.settings);
    expect(fresh.issuer).toBe('https://idp.example');
    expect(await unseal([NEW], 'sso client secrets', fresh.clientSecret)).toBe('hush');
    await reseal(rotated);
    expect(JSON.parse((await stored())!.settings)).toEqual(fresh);
  });

  it("a token of another provider is encrypted anew, and one that opens no more is nobody's trouble", async () => {
    const person = await someone();
    const insert =
      "INSERT INTO identities (id, user_id, provider_id, account_id, access_token, refresh_token, created_at, updated_at) VALUES (?1, ?1, 'github', ?1, ?2, ?3, 0, 0)";
    await env.DB.prepare(insert)
      .bind(person.id, await encrypt([before.AUTH_SECRET], 'gho_1'), await encrypt(['x'.repeat(32)], 'ghr_1'))
      .run();
    expect(JSON.stringify(await reseal(rotated))).not.toContain(person.email);
    const { token } = (await env.DB.prepare('SELECT access_token AS token FROM identities WHERE id = ?')
      .bind(person.id)
      .first<{ token: string }>())!;
    expect(await decrypt([NEW], token)).toBe('gho_1');
  });
});
