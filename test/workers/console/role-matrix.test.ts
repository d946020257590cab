// Who may call what: every route of the account plane for every caller, from the code's own two lists.
import { beforeAll, describe, expect, it } from 'vitest';
import { accountPlane } from '../../../src/account-plane';
import { createApp } from '../../../src/app';
import { PERMISSIONS, permits, ROLES, type Role } from '../../../src/console/permissions';
import { PAGE_ROUTES } from '../../../src/pages/routes';
import { ACCOUNT_ROUTES } from '../../../src/routes/account/routes';
import { call, join, organization, type Someone, someone } from './support';

const people = new Map<Role, Someone>();
let stranger: Someone;
let neighbour: Someone;
/** The organization for requests that change nothing, refused or reading; it has one member in each role. */
let unchanged: string;

beforeAll(async () => {
  for (const role of ROLES) people.set(role, await someone(role));
  [stranger, neighbour] = [await someone('stranger'), await someone('neighbour')];
  const { id } = await organization('Next door');
  await join(id, neighbour, 'owner');
  unchanged = await everyRole();
});

/** An organization with one member in each role. */
async function everyRole(): Promise<string> {
  const { id } = await organization();
  for (const [role, person] of people) await join(id, person, role);
  return id;
}

/** The route's path for an organization. */
function about(path: string, id: string): string {
  const filled = path.replace(':organization', id).replace(/:\w+/g, 'nothing');
  return path.includes(':organization') ? filled : `${filled}?org=${id}`;
}

const NO_ORGANIZATION = 'There is no such organization.';
const ROUTES = [...ACCOUNT_ROUTES, ...PAGE_ROUTES];
const JSON_PATHS = new Set(PAGE_ROUTES.filter(({ answers }) => answers === 'json').map(({ path }) => path));
const isPage = (path: string): boolean => !path.startsWith('/api/') && !JSON_PATHS.has(path);
const scoped = ROUTES.filter(({ permission }) => !['self', 'public', 'operator'].includes(permission));

describe.each(scoped)('$method $path needs $permission', ({ method, path, permission }) => {
  const needed = permission as keyof typeof PERMISSIONS;

  it.each(ROLES)('asked by a member who is %s', async (role) => {
    const changes = method !== 'GET' && permits(role, needed);
    const asked = about(path, changes ? await everyRole() : unchanged);
    const answer = await call(method, asked, { as: people.get(role)!, ...(method !== 'GET' && { json: {} }) });
    if (permits(role, needed)) {
      expect([401, 403], answer.text).not.toContain(answer.status);
      expect(answer.text).not.toContain(NO_ORGANIZATION);
      expect(answer.status, answer.text).toBeLessThan(500);
    } else {
      expect(answer.status, answer.text).toBe(403);
      if (!isPage(path)) expect(answer.body).toMatchObject({ error: { type: 'access_denied', permission } });
    }
  });

  it('asked by a stranger, by the owner of another organization, and by nobody', async () => {
    const asked = about(path, unchanged);
    const json = method === 'GET' ? {} : { json: {} };
    for (const as of [stranger, neighbour]) {
      const answer = await call(method, asked, { as, ...json });
      expect([answer.status, answer.text.includes(NO_ORGANIZATION)]).toEqual([404, true]);
    }
    const nobody = await call(method, asked, json);
    expect(nobody.status).toBe(isPage(path) ? 303 : 401);
    if (isPage(path)) expect(nobody.headers.get('location')).toMatch(/^\/sign-in\?next=/);
  });
});

describe.each(ROUTES.filter(({ permission }) => permission === 'self'))('$method $path', ({ method, path }) => {
  it('is for whoever is signed in', async () => {
    const json = method === 'GET' ? {} : { json: {} };
    expect((await call(method, path, json)).status).toBe(isPage(path) ? 303 : 401);
    expect([401, 403]).not.toContain((await call(method, path, { as: stranger, ...json })).status);
  });
});

describe.each(ROUTES.filter(({ permission }) => permission === 'operator'))('$method $path', ({ method, path }) => {
  it('is for nobody without the operator’s token', async () => {
    const json = method === 'GET' ? {} : { json: {} };
    const forged = { id: '', email: '', cookie: 'gateway.operator=bm90aGluZw==' };
    for (const as of [undefined, people.get('owner')!, forged]) {
      const answer = await call(method, about(path, unchanged), { ...(as && { as }), ...json });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/operator/sign-in']);
    }
  });
});

/** Signed, or meant for other sites: Stripe's posts, posts that a SAML provider has the browser send, and where such a sign-in begins. */
const FROM_ELSEWHERE = ['/api/billing/webhook', '/api/auth/sso/:provider', '/api/auth/sso/start'];
const changing = ROUTES.filter(
  ({ method, path, permission }) => method !== 'GET' && permission !== 'operator' && !FROM_ELSEWHERE.includes(path),
);

describe.each(changing)('$method $path from another site', ({ method, path }) => {
  it.each([
    ['of another origin', { origin: 'https://evil.example' }],
    ['of a look-alike', { origin: 'https://gateway.test.evil.example' }],
    ['of a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour', { origin: 'null', 'sec-fetch-site': 'same-site' }],
  ])('is refused: %s', async (_name, headers) => {
    const answer = await call(method, about(path, unchanged), { as: people.get('owner')!, json: {}, headers });
    expect(answer.status, answer.text).toBe(403);
  });
});

describe('the list of routes', () => {
  it('names a permission of the table for each', () => {
    for (const { method, path, permission } of ROUTES)
      expect(['self', 'public', 'operator', ...Object.keys(PERMISSIONS)], `${method} ${path}`).toContain(permission);
  });

  it('is all that the account plane serves beside sign-in', () => {
    const served = accountPlane.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    const listed = ROUTES.map(({ method, path }) => `${method} ${path}`);
    // Opening the address of a form leads to its page.
    const forms = PAGE_ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => `GET ${path}`);
    expect(served.sort()).toEqual([...new Set([...listed, ...forms])].sort());
    expect(new Set(served).size).toBe(served.length);
    const all = accountPlane.routes.filter(({ method }) => method === 'ALL').map(({ path }) => path);
    expect(all.sort()).toEqual(['/*', '/api/auth/*']);
  });

  it('is reached from outside', () => {
    const prefixes = createApp()
      .routes.filter(({ method }) => method === 'ALL')
      .map(({ path }) => path);
    for (const { path } of ROUTES)
      expect(
        prefixes.some((prefix) => path === prefix || (prefix.endsWith('/*') && path.startsWith(prefix.slice(0, -1)))),
        path,
      ).toBe(true);
  });

  it('lets nobody but its owners end, hand over or pay out an organization', () => {
    const owners: Role[] = ['owner'];
    expect(ROLES.filter((role) => permits(role, 'organization.delete'))).toEqual(owners);
    expect(ROLES.filter((role) => permits(role, 'organization.transfer'))).toEqual(owners);
    expect(
      ROLES.filter((role) => Object.keys(PERMISSIONS).some((p) => p.endsWith('.write') && permits(role, p as keyof typeof PERMISSIONS))),
    ).not.toContain('viewer');
  });
});
