// The pages as a browser without JavaScript uses them: forms, redirects and the page's text.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailTo, Person } from './support/person';
import { until } from './support/wait';
import { Worker } from './support/worker';

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.shared();
});
afterAll(() => worker?.stop());

const text = async (response: Response): Promise<string> => response.text();

/** Submits a form and follows the redirect. */
async function submit(person: Person, path: string, form: Record<string, string>): Promise<{ status: number; at: string; html: string }> {
  let [at, response] = [path, await person.fetch(path, { method: 'POST', body: new URLSearchParams(form) })];
  for (let step = 0; step < 5 && response.headers.has('location'); step++) {
    at = response.headers.get('location')!;
    response = await person.fetch(at);
  }
  return { status: response.status, at, html: await text(response) };
}

/** The page without the places where a long name may break. */
const show = async (person: Person, path: string): Promise<string> => (await text(await person.fetch(path))).replaceAll('<wbr/>', '');

describe('a person with a browser without JavaScript', () => {
  it('signs up, confirms, makes a key, calls with it, finds the call and its receipt, and signs out', async () => {
    const person = new Person(worker);
    const asked = await person.fetch('/manage-api-keys');
    expect([asked.status, asked.headers.get('location')]).toEqual([303, '/sign-in?next=%2Fmanage-api-keys']);
    const signedUp = await submit(person, '/sign-up', {
      name: 'Ada',
      email: person.email,
      password: person.password,
      next: '/manage-api-keys',
    });
    expect(signedUp.html).toContain('Look in your mail');
    const { link } = await mailTo(worker, person.email, /^Confirm/);
    expect(new URL((await person.press(link!)).headers.get('location')!, worker.url).pathname).toBe('/manage-api-keys');
    const again = await new Person(worker).press(link!.replace(/token=[^&]+/, 'token=used'));
    const overPage = await fetch(new URL(again.headers.get('location')!, worker.url), { headers: { accept: 'text/html' } });
    expect(await text(overPage)).toMatch(/role="alert"[^>]*>This link was used already/);
    const made = await submit(person, '/manage-api-keys', {
      name: 'by <hand>',
      mode: 'test',
      spendingLimit: '50',
      ips: '127.0.0.1 10.0.0.0/8',
    });
    expect(made.html).toContain('by &lt;hand&gt;');
    const key = /ck_test_[0-9A-Za-z]+/.exec(made.html)![0];
    expect([made.at, (await show(person, '/manage-api-keys')).includes(key)]).toEqual(['/manage-api-keys', false]);
    const keyId = /action="\/manage-api-keys\/(key_\w+)\/limit/.exec(made.html)![1];
    expect((await submit(person, `/manage-api-keys/${keyId}/limit`, { spendingLimit: '75' })).html).toContain('of 75 credits this month');
    const daily = await submit(person, `/manage-api-keys/${keyId}/limit`, { spendingLimit: '75', limitPeriod: 'day' });
    expect(daily.html).toContain('of 75 credits today');
    expect((await submit(person, `/manage-api-keys/${keyId}/limit`, { spendingLimit: '-1' })).status).toBe(400);
    expect((await submit(person, `/manage-api-keys/${keyId}/limit`, { spendingLimit: '' })).html).not.toContain('of 75');
    const called = await fetch(`${worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    const id = called.headers.get('x-request-id')!;
    const usage = await until('the call on the page', async () => {
      const html = await show(person, '/usage?days=1');
      return html.includes(id) && html;
    });
    expect(usage).toContain('succeeded');
    const receipt = await show(person, `/usage/${id}`);
    expect(receipt).toContain('How the charge comes about');
    expect(receipt).toMatch(/<dt>Key<\/dt>\s*<dd[^>]*>by &lt;hand&gt;</);
    expect((await submit(person, '/sign-out', {})).at).toBe('/');
    expect((await person.fetch('/usage')).status).toBe(303);
    const back = await submit(person, '/sign-in', { email: person.email, password: person.password, how: 'password', next: '/settings' });
    expect([back.at, back.html.includes(person.email)]).toEqual(['/settings', true]);
  });

  it('is told what was wrong with a form, and sent to no other site by it', async () => {
    const person = await Person.signedIn(worker);
    expect(await submit(person, '/manage-api-keys', { name: 'x', mode: 'live', ips: 'nowhere' })).toMatchObject({
      status: 400,
      html: expect.stringContaining('IP addresses or ranges: must be an IP address or a CIDR range.'),
    });
    const stranger = new Person(worker, person.email);
    const fresh = { name: 'Ada', email: 'ada@new.example', password: 'long enough' };
    for (const [wrong, words] of [
      [{ name: ' ' }, 'Name: must not be empty.'],
      [{ email: 'ada' }, 'That is no e-mail address.'],
      [{ password: 'x'.repeat(9) }, 'The password must have at least 10 characters.'],
      [{ password: 'x'.repeat(201) }, 'The password must have at most 200 characters.'],
    ] as const) {
      const refused = await submit(stranger, '/sign-up', { ...fresh, ...wrong });
      expect(refused).toMatchObject({ status: 400, html: expect.stringContaining(`role="alert" id="form-error">${words}</p>`) });
      const marked = [...refused.html.matchAll(/<input [^>]*name="(\w+)"[^>]*aria-invalid="true"/g)].map(([, name]) => name);
      expect(marked).toEqual(Object.keys(wrong));
    }
    const wrong = await submit(stranger, '/sign-in', { email: person.email, password: 'not the password', how: 'password' });
    expect(wrong).toMatchObject({ status: 400, html: expect.stringContaining('The e-mail address or the password is wrong.') });
    for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
      const fresh = new Person(worker, person.email);
      const body = new URLSearchParams({ email: person.email, password: person.password, how: 'password', next });
      expect((await fresh.fetch('/sign-in', { method: 'POST', body })).headers.get('location')).toBe('/usage');
    }
  });

  it('invites a colleague, who joins from the mail; both see who did what', async () => {
    const owner = await Person.signedIn(worker);
    const organization = await submit(owner, '/settings/organizations', { name: 'Acme' });
    const path = organization.at;
    expect(path).toMatch(/^\/settings\/organization\?org=org_/);
    const guest = await Person.signedIn(worker);
    const org = path.split('?')[1];
    await submit(owner, `/settings/organization/invitations?${org}`, { email: guest.email, role: 'viewer' });
    const { link } = await mailTo(worker, guest.email, /invites you to Acme/);
    expect(await show(guest, link!)).toContain('You are invited');
    const joined = await submit(guest, '/invitations/accept', { token: new URL(link!).searchParams.get('token')! });
    expect([joined.at, joined.html.includes('you are viewer')]).toEqual([path, true]);
    const log = await show(owner, path);
    for (const action of ['organization.create', 'invitation.create', 'invitation.accept']) expect(log).toContain(action);
    const { id } = await guest.get<{ id: string }>('/api/me');
    await submit(owner, `/settings/organization/members/${id}?${org}`, { role: 'billing' });
    const told = await show(owner, `/settings/audit?${org}&action=member.change_role`);
    expect(told).toMatch(new RegExp(`viewer → billing.*title="${id}">${guest.email}`, 's'));
    expect(await show(owner, `/settings/audit?${org}&action=invitation.create`)).toContain(`>${guest.email}</span>`);
    await submit(owner, `/settings/organization/members/${id}?${org}`, { role: 'viewer' });
    expect((await guest.fetch(`/manage-api-keys?${org}`, { method: 'POST', body: new URLSearchParams({ name: 'x' }) })).status).toBe(403);
  });
});

describe('an owner with a browser', () => {
  it('renames, hands over, leaves and deletes an organization', async () => {
    const [owner, other] = [await Person.signedIn(worker), await Person.signedIn(worker)];
    const made = await submit(owner, '/settings/organizations', { name: 'Acme' });
    const org = made.at.split('?')[1]!;
    const at = (verb: string) => `/settings/organization/${verb}?${org}`;
    expect((await submit(owner, at('rename'), { name: 'Acme <GmbH>' })).html).toContain('<h1>Acme &lt;GmbH&gt;</h1>');
    expect(await submit(owner, at('leave'), {})).toMatchObject({ status: 400, html: expect.stringContaining('at least one owner') });
    await submit(owner, `/settings/organization/invitations?${org}`, { email: other.email, role: 'viewer' });
    const { link } = await mailTo(worker, other.email, /invites you/);
    await submit(other, '/invitations/accept', { token: new URL(link!).searchParams.get('token')! });
    const { id } = await other.get<{ id: string }>('/api/me');
    expect((await submit(other, at('delete'), { confirm: 'acme' })).status).toBe(403);
    expect((await submit(owner, at('transfer'), { userId: id })).html).toContain('you are admin');
    expect((await submit(owner, at('leave'), {})).at).toBe('/settings/organization');
    expect((await owner.fetch(made.at)).status).toBe(404);
    const slug = /Type ([a-z0-9-]+) to confirm/.exec(await show(other, made.at))![1]!;
    expect((await submit(other, at('delete'), { confirm: 'wrong' })).status).toBe(400);
    expect((await submit(other, at('delete'), { confirm: slug })).at).toBe('/settings/organization');
    expect((await other.fetch(made.at)).status).toBe(404);
  });

  it('filters the audit log, and has it checked and exported', async () => {
    const person = await Person.signedIn(worker);
    for (const name of ['one', 'two']) await person.get('/api/api-keys', { json: { name } });
    expect(await show(person, '/settings')).toContain('href="/settings/audit"');
    const all = await show(person, '/settings/audit');
    for (const action of ['account.create', 'session.create', 'api_key.create']) expect(all).toContain(action);
    const today = new Date().toISOString().slice(0, 10);
    const keys = await show(person, `/settings/audit?action=api_key.create&fromDay=${today}&toDay=${today}`);
    expect(keys.match(/<span class="mono">api_key\.create/g)).toHaveLength(2);
    expect(keys).not.toContain('<span class="mono">session.create');
    expect(await show(person, '/settings/audit?toDay=2020-01-01')).toContain('Nothing was done that fits');
    expect(await show(person, '/settings/audit?check=1')).toContain('4 entries, each as it was written');
    const link = /href="(\/api\/audit\/export[^"]*)"/.exec(keys)![1]!.replaceAll('&amp;', '&');
    expect((await show(person, link)).trim().split('\n')).toHaveLength(2);
  });

  it('sees whether an identity provider answers, and what it is to be told', async () => {
    const person = await Person.signedIn(worker);
    const { id } = await person.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
    const metadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="their-entity"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${'A'.repeat(200)}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>`;
    const at = `/settings/organization/sso?org=${id}`;
    const saved = await submit(person, at, { type: 'saml', domain: 'saml.example', metadata, defaultRole: 'viewer' });
    for (const text of ['their-entity', '/metadata</code>', 'joins as viewer', '_gateway-challenge.saml.example'])
      expect(saved.html.replaceAll(/\s+/g, ' ')).toContain(text);
    const [provider] = (await person.get<{ providers: { id: string }[] }>(`/api/orgs/${id}/sso`)).providers;
    const checked = await submit(person, `/settings/organization/sso/${provider!.id}/check?org=${id}`, {});
    expect(checked).toMatchObject({ status: 200, html: expect.stringContaining('role="status"') });
    const red = await submit(person, at, {
      type: 'oidc',
      domain: 'oidc.example',
      issuer: 'http://127.0.0.1:9',
      clientId: 'x',
      clientSecret: 'x',
    });
    expect(red).toMatchObject({ status: 400, html: expect.stringContaining('discovery document') });
  });
});

describe('deployments', () => {
  const PATH = '/infra/deployments/new';
  const fields = { dockerImage: 'registry.example.com/model:1', gpuTypes: 'ADA_24', minWorkers: '2', maxWorkers: '2', idleTimeout: '5' };

  it('are listed with what they cost an hour, stopped, and deleted', async () => {
    const person = await Person.signedIn(worker);
    const { accountId } = await person.get<{ accountId: string }>('/api/me');
    expect(await submit(person, PATH, { slug: 'mine', ...fields })).toMatchObject({
      status: 400,
      html: expect.stringContaining('the account has 0'),
    });
    await worker.admin(`/accounts/${accountId}/grants`, { credits: 5_000, reason: 'a test', eventId: person.email });
    const made = await submit(person, PATH, { slug: 'mine', ...fields });
    expect([made.status, made.at]).toEqual([200, `${PATH}?made=mine`]);
    expect(made.html).toContain('$10.80 an hour');
    expect(made.html).toContain(`action="${PATH}/mine/stop"`);
    const stopped = await submit(person, `${PATH}/mine/stop`, {});
    expect([stopped.status, stopped.at]).toEqual([200, PATH]);
    expect(stopped.html).toContain('Nothing while no run comes');
    expect(stopped.html).not.toContain(`action="${PATH}/mine/stop"`);
    const deleted = await submit(person, `${PATH}/mine/delete`, {});
    expect(deleted.html).toContain('No deployment yet');
    expect((await submit(person, `${PATH}/mine/delete`, {})).status).toBe(400);
  });
});

describe('every page', () => {
  it.each([
    '/',
    '/models',
    '/pricing',
    '/docs',
    '/docs/api',
    '/docs/api/images',
    '/models/gpt-5.5',
    '/playground',
    '/status',
    '/sdk',
    '/gpu-recommend',
    '/docs/infra',
    '/infra/deployments/new',
    '/sign-in',
    '/sign-up',
    '/manage-api-keys',
    '/usage',
    '/settings',
    '/settings/billing',
    '/settings/organization',
    '/settings/audit',
  ])('%s has a strict policy, nothing inline, a title, a language and one heading', async (path) => {
    const person = await Person.signedIn(worker);
    const response = await person.fetch(path);
    const html = await text(response);
    expect(response.status, html.slice(0, 300)).toBe(200);
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(html).not.toMatch(/ style=|<style|<script(?! type="module" src="\/assets\/[^"]+"><\/script>)|\son[a-z]+=/i);
    expect(html).toMatch(/<html lang="en">/);
    expect(html.match(/<h1/g)).toHaveLength(1);
    const styles = /href="(\/assets\/[^"]+)"/.exec(html)![1]!;
    expect((await person.fetch(styles)).headers.get('cache-control')).toContain('immutable');
  });

  it('is a page of its own where there is none, for people; clients are told in JSON', async () => {
    const person = await Person.signedIn(worker);
    for (const path of ['/nothing', '/models/no-such-model', '/docs/api/nothing', '/settings/nothing', '/usage/req_nothing']) {
      const response = await person.fetch(path, { headers: { accept: 'text/html' } });
      const html = await text(response);
      expect([response.status, html.match(/<h1>Not found/g)?.length], path).toEqual([404, 1]);
      expect(response.headers.get('content-security-policy'), path).toContain("default-src 'none'");
    }
    for (const [path, accept] of [
      ['/nothing', 'application/json'],
      ['/v1/nothing', 'text/html'],
      ['/api/nothing', 'text/html'],
    ] as const) {
      const response = await fetch(worker.url + path, { headers: { accept } });
      expect([response.status, await response.json()], path).toEqual([
        404,
        { error: expect.objectContaining({ type: 'not_found_error' }) },
      ]);
    }
  });

  it('leads from a name that a model had to the one that it has', async () => {
    const response = await fetch(`${worker.url}/models/claude-3-5-sonnet-latest`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/models/claude-sonnet-4-6']);
  });

  it('of the models shows what was asked for, and where a model may be called from', async () => {
    const shown = async (query: string) => text(await fetch(`${worker.url}/models?${query}`));
    const claude = await shown('family=messages&q=SONNET');
    expect(claude).toContain('claude-sonnet-4-6');
    expect(claude).not.toMatch(/claude-haiku|gpt-5\.5/);
    expect(await shown('q=no+such+thing')).toContain('No model fits');
    for (const typed of ['gpt5.5', 'gpt+5.5', 'GPT-55']) expect(await shown(`q=${typed}`), typed).toContain('href="/models/gpt-5.5"');
    expect(await shown('family=video&q=wan2.6')).toContain('Starter');
    const order = [...(await shown('family=messages&order=price')).matchAll(/href="\/models\/(claude-[^"]+)"/g)].map(([, id]) => id);
    expect(order[0]).toBe('claude-haiku-4-5');
  });

  it('takes no form from another site', async () => {
    const person = await Person.signedIn(worker);
    const headers = { origin: 'https://evil.example' };
    for (const path of ['/manage-api-keys', '/sign-in', '/sign-out', '/settings/organizations'])
      expect((await person.fetch(path, { method: 'POST', body: new URLSearchParams({ name: 'x' }), headers })).status, path).toBe(403);
    expect((await person.fetch('/settings')).status).toBe(200);
  });
});
