// Mail by both ways out: Resend's API over HTTP, and Cloudflare's binding.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from './support/person';
import { until } from './support/wait';
import { Worker } from './support/worker';

interface Posted {
  path: string;
  headers: IncomingHttpHeaders;
  body: { from: string; to: string[]; subject: string; text: string; html: string };
}

describe('mail by Resend', () => {
  const posted: Posted[] = [];
  /** The answers to the next requests, one each; after them, every request is accepted. */
  const answers: [status: number, headers?: Record<string, string>][] = [];
  let resend: Server;
  let worker: Worker;

  beforeAll(async () => {
    resend = createServer(async (request, response) => {
      let text = '';
      for await (const part of request) text += part;
      posted.push({ path: `${request.method} ${request.url}`, headers: request.headers, body: JSON.parse(text) });
      const [status, headers] = answers.shift() ?? [200];
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(
        JSON.stringify(status === 200 ? { id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' } : { statusCode: status, name: 'an_error' }),
      );
    });
    await new Promise<void>((done) => resend.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(resend.address() as AddressInfo).port}`;
    const variables = { RESEND_API_KEY: 're_1', RESEND_URL: url, MAIL_FROM: 'Gateway <no-reply@example.com>' };
    worker = await Worker.start({ LOCAL: '1', ...variables }, { mailBy: 'provider' });
  });
  afterAll(async () => {
    await worker?.stop();
    resend?.closeAllConnections();
    resend?.close();
  });

  const to = (email: string) => posted.filter(({ body }) => body.to.includes(email));

  it('carries the link that confirms an address, as text and as HTML', async () => {
    const person = new Person(worker, 'ada+b@example.com');
    await person.signUp();
    const [mail] = await until('the mail', () => to(person.email).length > 0 && to(person.email));
    expect(mail).toMatchObject({
      path: 'POST /emails',
      headers: { authorization: 'Bearer re_1', 'content-type': 'application/json', 'idempotency-key': expect.stringMatching(/^\w{64}$/) },
      body: { from: 'Gateway <no-reply@example.com>', to: [person.email], subject: expect.stringContaining('Confirm') },
    });
    const link = /https?:\/\/\S+/.exec(mail!.body.text)![0];
    expect(mail!.body.html).toContain(`href="${link.replaceAll('&', '&amp;')}"`);
    expect((await person.press(link)).status).toBe(302);
    expect(await person.get('/api/me')).toMatchObject({ email: person.email });
  });

  it('is tried again where Resend is busy or broken, as the same mail', async () => {
    answers.push([429, { 'retry-after': '1' }], [500]);
    const person = new Person(worker);
    await person.signUp();
    const tries = await until('three tries', () => to(person.email).length === 3 && to(person.email));
    expect(new Set(tries.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('that Resend refuses is not tried again', async () => {
    answers.push([422]);
    const person = new Person(worker);
    await person.ask('/api/auth/sign-in/magic-link', { json: { email: person.email, callbackURL: '/usage' } });
    expect(to(person.email)).toHaveLength(1);
  });

  it('that cannot be sent is in the log, by the words to alert on and with the reason', async () => {
    answers.push([401]);
    await new Person(worker).signUp();
    await until('the log', () => worker.log().includes('mail not sent Error: the mail provider answered 401'));
  });

  it('invites a member by name, and none of the name is HTML', async () => {
    const owner = new Person(worker, 'owner@example.com');
    await owner.signUp();
    const [mail] = await until('the mail', () => to(owner.email).length > 0 && to(owner.email));
    await owner.press(/https?:\/\/\S+/.exec(mail!.body.text)![0]);
    const { id } = await owner.get<{ id: string }>('/api/orgs', { json: { name: '<img src=x onerror=alert(1)>' } });
    await owner.get(`/api/orgs/${id}/invitations`, { json: { email: 'guest@example.com', role: 'viewer' } });
    const [invitation] = to('guest@example.com');
    expect(invitation!.body.html).toContain('&lt;img');
    expect(invitation!.body.html).not.toContain('<img');
  });

  it('invites nobody where it cannot be sent, and says so', async () => {
    const owner = new Person(worker, 'unlucky@example.com');
    await owner.signUp();
    const [mail] = await until('the mail', () => to(owner.email).length > 0 && to(owner.email));
    await owner.press(/https?:\/\/\S+/.exec(mail!.body.text)![0]);
    const { id } = await owner.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
    answers.push([422]);
    const refused = await owner.ask(`/api/orgs/${id}/invitations`, { json: { email: 'unreached@example.com', role: 'viewer' } });
    expect(refused).toMatchObject({ status: 503, body: { error: { message: expect.stringContaining('could not be sent') } } });
    const { invitations } = await owner.get<{ invitations: { status: string }[] }>(`/api/orgs/${id}/invitations`);
    expect(invitations.map(({ status }) => status)).toEqual(['revoked']);
  });
});

describe('without any way to send mail', () => {
  let worker: Worker;
  beforeAll(async () => {
    worker = await Worker.start({ LOCAL: '1' }, { mailBy: 'provider' });
  });
  afterAll(() => worker?.stop());

  const NO_MAIL = 'This gateway sends no mail';

  it.each([
    ['/sign-up/email', { name: 'Ada', password: 'the-password-of-ada' }],
    ['/sign-in/magic-link', {}],
    ['/request-password-reset', {}],
  ])('%s is refused, and says why', async (path, fields) => {
    const person = new Person(worker);
    const refused = await person.ask(`/api/auth${path}`, { json: { email: person.email, ...fields } });
    expect(refused).toEqual({ status: 503, body: { code: 'NOT_SET_UP', message: expect.stringContaining(NO_MAIL) } });
  });

  it('pages say so before somebody waits for one, and after', async () => {
    const person = new Person(worker);
    for (const path of ['/sign-up', '/forgot-password']) expect(await (await person.fetch(path)).text()).toContain(NO_MAIL);
    const posted = async (path: string, fields: Record<string, string>) => {
      const body = new URLSearchParams({ email: person.email, ...fields });
      return (await person.fetch(path, { method: 'POST', headers: { origin: worker.url }, body })).text();
    };
    expect(await posted('/sign-up', { name: 'Ada', password: 'the-password-of-ada' })).toContain(NO_MAIL);
    expect(await posted('/sign-in', { how: 'link' })).toContain(NO_MAIL);
    expect(await posted('/forgot-password', {})).toContain(NO_MAIL);
  });
});

describe("mail by Cloudflare's binding", () => {
  let worker: Worker;
  beforeAll(async () => {
    worker = await Worker.start({ LOCAL: '1', MAIL_FROM: 'Gateway Inc. <no-reply@example.com>' }, { mailBy: 'binding' });
  });
  afterAll(() => worker?.stop());

  /** What the local form of the binding writes: one file for each mail's text and one for its HTML. */
  const files = (extension: string): string[] =>
    readdirSync(worker.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));

  it('is taken by it, as text and as HTML, and its link confirms the address', async () => {
    const person = new Person(worker);
    await person.signUp();
    const text = await until('the mail', () => files('.txt').find((mail) => mail.includes('/sign-up/confirm')));
    const link = /https?:\/\/\S+/.exec(text)![0];
    await until('the same as HTML', () => files('.html').some((mail) => mail.includes(`href="${link.replaceAll('&', '&amp;')}"`)));
    expect((await person.press(link)).status).toBe(302);
    expect(await person.get('/api/me')).toMatchObject({ email: person.email });
  });
});
