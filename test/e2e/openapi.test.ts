// `/openapi.json` is linted, served as it should be, and true: every path is called, and every answer checked against it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ApiDocument, expectDocumented } from './support/documented';
import { type FakeDns, startDns, startSaml } from './support/identity-providers';
import { ended, openMediaAccount } from './support/media';
import { mailTo, Person } from './support/person';
import { until } from './support/wait';
import { ADMIN_TOKEN, Worker } from './support/worker';

let worker: Worker;
let account: Account;
let document: ApiDocument;
/** The same document, for answers that do not count towards a path's own. */
let stranger: ApiDocument;
let dns: FakeDns;
let saml: Awaited<ReturnType<typeof startSaml>>;
let receiver: Server;
let receiverUrl: string;

beforeAll(async () => {
  [dns, saml] = await Promise.all([startDns(), startSaml(() => 'nobody@example.com')]);
  // A payment provider and a webhook receiver in one: it has a page to pay on, and accepts everything.
  receiver = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'cs_test_1', object: 'checkout.session', url: 'https://pay.example/session' }));
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const stripe = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_of_the_tests', STRIPE_URL: receiverUrl };
  worker = await Worker.start({ LOCAL: '1', DNS_URL: dns.url, PRIVATE_ADDRESSES: 'allowed', ...stripe });
  account = await openMediaAccount(worker, 100_000, 'scale');
  document = await ApiDocument.of(worker.url);
  stranger = new ApiDocument(document.json);
});
afterAll(async () => {
  await Promise.all([worker?.stop(), dns?.stop(), saml?.stop()]);
  receiver?.closeAllConnections();
  receiver?.close();
});

type Body = Record<string, never>;

interface Options {
  json?: unknown;
  init?: RequestInit;
  /** Refusals are answers too, where no other can be had. */
  status?: number;
}

/** Calls a path with the account's key or the operator's token, and checks the answer. */
async function call<T = Body>(method: string, path: string, { json, init = {}, status }: Options = {}): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${path.startsWith('/api/admin') ? ADMIN_TOKEN : account.key}`);
  if (json !== undefined) headers.set('content-type', 'application/json');
  const body = json === undefined ? (init.body ?? null) : JSON.stringify(json);
  const response = await fetch(worker.url + path, { redirect: 'manual', ...init, method: method.toUpperCase(), headers, body });
  const answer = await expectDocumented(document, response, method, path);
  if (status !== undefined) expect(response.status, `${method} ${path}`).toBe(status);
  else expect(response.status, `${method} ${path} ${JSON.stringify(answer)}`).toBeLessThan(400);
  return answer as T;
}

const examplesOf = (id: string): { name: string; value: unknown; method: string; path: string }[] => {
  const found = document.operations().find(({ operation }) => operation.operationId === id)!;
  const { examples = {} } = found.operation.requestBody?.content['application/json'] ?? {};
  return Object.entries(examples).map(([name, { value }]) => ({ name, value, method: found.method, path: found.path }));
};

/** Sends every example of an operation; returns the last answer. */
async function runExamples<T = Body>(id: string, parameters: Record<string, string> = {}, ask: typeof call = call): Promise<T> {
  let answer: unknown;
  for (const { value, method, path } of examplesOf(id)) {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? `no-${name}`);
    answer = await ask(method, filled, { json: value });
  }
  return answer as T;
}

describe('the document', () => {
  it('passes the linter', async () => {
    const source = JSON.stringify(document.json);
    const rules = {
      // The terms of the API are between its operator and their customers.
      'info-license': 'off',
      // Health probes cannot be refused.
      'operation-4xx-response': 'off',
      // `{slug}` beside `jobs`, and Google's methods after a colon: the router tells them apart.
      'no-ambiguous-paths': 'off',
    } as const;
    const problems = await lintFromString({ source, config: await createConfig({ extends: ['recommended'], rules }) });
    const shown = problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
    expect(shown).toEqual([]);
  });

  it('has examples that its schemas allow', () => {
    for (const { method, path, operation } of document.operations())
      for (const { schema, examples = {} } of Object.values(operation.requestBody?.content ?? {}))
        for (const [name, { value }] of Object.entries(examples))
          expect(document.problem(schema, value, 'plain'), `${method} ${path} ${name}`).toBeUndefined();
  });

  it('is served with a tag, to pages of any origin', async () => {
    const first = await fetch(`${worker.url}/openapi.json`);
    expect([first.status, first.headers.get('content-type'), first.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'application/json',
      '*',
    ]);
    const etag = first.headers.get('etag')!;
    const again = await fetch(`${worker.url}/openapi.json`, { headers: { 'if-none-match': `W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('language models', () => {
  it.each([
    ...['createChatCompletion', 'chat', 'createCompletion', 'createEmbeddings', 'createMessage', 'countMessageTokens', 'gemini'],
    ...['createResponse', 'compactResponse', 'countResponseTokens'],
    ...['createResponseForCodex', 'compactResponseForCodex', 'countResponseTokensForCodex'],
    ...['generateContent', 'streamGenerateContent', 'countContentTokens'],
  ])('%s', async (id) => {
    await runExamples(id, { model: 'gemini-3-flash-official' });
  });

  it.each(['embedContent', 'batchEmbedContents'])('%s', async (id) => {
    await runExamples(id, { model: 'gemini-embedding-001' });
  });

  it('stream as events where Google is asked for them', async () => {
    const [example] = examplesOf('streamGenerateContent');
    await call('POST', '/v1beta/models/gemini-3-flash-official:streamGenerateContent?alt=sse', { json: example!.value });
  });

  it.each(['/v1/responses', '/v1/codex/responses'])('keep responses at %s', async (base) => {
    const { id } = await call<{ id: string }>('POST', base, { json: { model: 'gpt-5.5', input: 'Hello' } });
    await call('GET', `${base}/${id}`);
    await call('GET', `${base}/${id}/input_items`);
    await call('DELETE', `${base}/${id}`);
    const background = await call<{ id: string }>('POST', base, {
      json: { model: 'gpt-5.5', input: 'Hello sandbox:pause=30s@3', background: true },
    });
    await call('POST', `${base}/${background.id}/cancel`);
    await call('GET', base);
  });

  it('keep conversations', async () => {
    const path = '/v1/conversations';
    const said = { items: [{ role: 'user', content: 'Hello' }] };
    const { id: conversation } = await call<{ id: string }>('POST', path, { json: said });
    await call('POST', '/v1/responses', { json: { model: 'gpt-5.5', input: 'Hello', conversation } });
    await call('POST', `${path}/${conversation}/items`, { json: said });
    const { last_id } = await call<{ last_id: string }>('GET', `${path}/${conversation}/items?limit=2`);
    await call('GET', `${path}/${conversation}/items/${last_id}`);
    await call('DELETE', `${path}/${conversation}/items/${last_id}`);
    await call('GET', `${path}/${conversation}/items/${last_id}`, { status: 404 });
    await call('POST', `${path}/${conversation}`, { json: { metadata: { topic: 'rain' } } });
    await call('GET', `${path}/${conversation}`);
    await call('DELETE', `${path}/${conversation}`);
    await call('POST', '/v1/responses', { json: { model: 'gpt-5.5', input: 'Hello', conversation }, status: 404 });
  });

  it('are listed, and refuse in the shape of each format', async () => {
    for (const path of [
      '/v1/chat/completions',
      '/v1/models',
      '/v1beta/models',
      '/v1/models/gpt-5.5',
      '/v1beta/models/gemini-3-flash-official',
    ])
      await call('GET', path);
    for (const id of ['createChatCompletion', 'createMessage', 'createResponse']) {
      const [{ method, path, value }] = examplesOf(id) as [ReturnType<typeof examplesOf>[0]];
      await call(method, path, { json: { ...(value as object), model: 'no-such-model' }, status: 400 });
    }
    await call('POST', '/v1beta/models/no-such-model:generateContent', { json: examplesOf('generateContent')[0]!.value, status: 400 });
  });

  it('leave receipts, and streams that can be gone on with', async () => {
    const response = await fetch(`${worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'x-resumable': 'true', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5.5', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    await expectDocumented(document, response, 'POST', '/v1/chat/completions');
    const id = response.headers.get('x-request-id');
    await call('GET', `/v1/generations/${id}/stream`);
    await call('GET', `/v1/generations/${id}`);
    await call('GET', `/v1/generation?id=${id}`);
    for (const path of ['/v1/key', '/v1/auth/key', '/v1/credits', '/v1/dashboard/billing/subscription', '/v1/dashboard/billing/usage'])
      await call('GET', path);
    await call('GET', '/v1/models/user');
    await call('GET', '/v1/models/count');
    await call('GET', '/v1/embeddings/models');
    await call('GET', '/v1/model/gpt-5.5');
  });

  it('are there', async () => {
    for (const path of ['/healthz', '/v1', '/api/hello', '/v1/api/hello', '/openapi.json']) await call('GET', path);
  });
});

describe('media', () => {
  it.each([
    ...[
      'generateImages',
      'editImages',
      'createImages',
      'createOpenrouterImages',
      'generateVideo',
      'createVideo',
      'generateAudio',
      'createAudio',
    ],
    ...['createThreeD', 'createMedia', 'createSpeech', 'createTranscription', 'runGpuModel'],
  ])('%s', async (id) => {
    await runExamples(id, { slug: 'sdxl' });
  });

  it('films are shown in the words of their clients', async () => {
    await runExamples('createVideos', {});
    const [{ value }] = examplesOf('createVideos') as [ReturnType<typeof examplesOf>[0]];
    const { id } = await call<{ id: string }>('POST', '/v1/videos', { json: value });
    await ended(account, id);
    await call('GET', `/v1/videos/${id}`);
    await call('GET', '/v1/videos?limit=1');
    await call('GET', `/v1/videos/${id}/content`);
    await call('GET', `/v1/videos/${id}/content`, { init: { headers: { range: 'bytes=0-9' } }, status: 206 });
    await call('DELETE', `/v1/videos/${id}`);
    for (const path of ['/v1/images/models', '/v1/images/models/gpt-image-2/endpoints', '/v1/videos/models']) await call('GET', path);
    const sdk = { headers: { 'user-agent': 'speakeasy-sdk/typescript @openrouter/sdk' } };
    await call('POST', '/v1/videos', { json: value, init: sdk, status: 202 });
  });

  it("films and pictures are made at Google's paths", async () => {
    await runExamples('predict', { model: 'nano_banana' });
    const { name } = await runExamples<{ name: string }>('predictLongRunning', { model: 'veo-3.1-fast-generate-preview' });
    await ended(account, name.split('/').at(-1)!);
    const { response } = await call<{ response: { generateVideoResponse: { generatedSamples: [{ video: { uri: string } }] } } }>(
      'GET',
      `/v1beta/${name}`,
    );
    const { pathname } = new URL(response.generateVideoResponse.generatedSamples[0].video.uri);
    await call('GET', `${pathname}?alt=media`);
    await call('GET', pathname, { init: { headers: { range: 'bytes=0-9' } }, status: 206 });
  });

  it('jobs are shown, listed, canceled and told of', async () => {
    const [{ value }] = examplesOf('createVideo') as [ReturnType<typeof examplesOf>[0]];
    const film = value as { prompt: string };
    const waited = { json: film, init: { headers: { prefer: 'wait=60' } } };
    const { jobId, outputUrl } = await call<{ jobId: string; outputUrl: string }>('POST', '/v1/videos/generate', waited);
    await call('GET', `/v1/jobs/${jobId}`);
    await call('GET', '/v1/jobs');
    await call('GET', new URL(outputUrl).pathname);
    await call('GET', new URL(outputUrl).pathname, { init: { headers: { range: 'bytes=0-9' } }, status: 206 });
    const slow = await call<{ jobId: string }>('POST', '/v1/videos/generate', { json: { ...film, prompt: 'sandbox:delay=60s' } });
    await call('POST', `/v1/jobs/${slow.jobId}/cancel`);
    await call('DELETE', `/v1/jobs/${slow.jobId}`);
    await call('POST', `/callbacks/${slow.jobId}/not-its-token`, { json: {}, status: 404 });
    const told = { ...film, webhook_url: `${receiverUrl}/told` };
    const { jobId: toldJob } = await call<{ jobId: string }>('POST', '/v1/videos/generate', { json: told });
    await ended(account, toldJob);
    const delivered = await until('the webhook to be delivered', async () => {
      const { data } = await call<{ data: { id: string; state: string }[] }>('GET', `/v1/webhooks/deliveries?jobId=${toldJob}`);
      return data.find(({ state }) => state === 'delivered');
    });
    await call('POST', `/v1/webhooks/deliveries/${delivered.id}/redeliver`);
    await call('GET', '/v1/webhooks/secret');
    await call('POST', '/v1/webhooks/secret/rotate');
  });

  it('deployments are made, run, changed and ended', async () => {
    await call('GET', '/v1/gpu');
    const { slug } = await runExamples<{ slug: string }>('createDeployment');
    await call('GET', '/v1/deployments');
    await until('the deployment to be ready', async () => {
      const { status } = await call<{ status: string }>('GET', `/v1/deployments/${slug}`);
      return status === 'ready' || status === 'active';
    });
    const { id } = await runExamples<{ id: string }>('runDeployment', { slug });
    await call('GET', `/v1/gpu/jobs/${id}`);
    await call('POST', '/v1/gpu/wan-video', { json: { input: { prompt: 'Waves' } }, status: 202 });
    await runExamples('updateDeployment', { slug });
    await call('DELETE', `/v1/deployments/${slug}`);
  });

  it('files are kept', async () => {
    const form = new FormData();
    form.set('file', new Blob(['Hello'], { type: 'text/plain' }), 'hello.txt');
    await call('POST', '/v1/storage', { init: { body: form } });
    const raw = { body: 'Hello', headers: { 'content-type': 'text/plain', 'x-filename': 'hello.txt' } };
    const { id, url } = await call<{ id: string; url: string }>('POST', '/v1/storage', { init: raw });
    await call('GET', '/v1/storage');
    await call('GET', `/v1/storage/${id}`);
    await call('GET', new URL(url).pathname);
    await call('DELETE', `/v1/storage/${id}`);
  });
});

/** The same for a person with a session. */
const callAs =
  (person: Person): typeof call =>
  async <T>(method: string, path: string, { json, init, status }: Options = {}): Promise<T> => {
    const response = await person.fetch(path, { method: method.toUpperCase(), ...init, ...(json !== undefined && { json }) });
    const answer = await expectDocumented(document, response, method, path);
    if (status !== undefined) expect(response.status, `${method} ${path}`).toBe(status);
    else expect(response.status, `${method} ${path} ${JSON.stringify(answer)}`).toBeLessThan(400);
    return answer as T;
  };

describe('the account plane', () => {
  it('signs people up, in and out', async () => {
    const person = new Person(worker);
    const { email, password } = person;
    const as = callAs(person);
    await as('POST', '/api/auth/sign-up/email', { json: { name: 'A person', email, password } });
    await as('GET', '/api/me', { status: 401 });
    await person.verify();
    await as('POST', '/api/auth/sign-in/email', { json: { email, password } });
    await as('GET', '/api/auth/get-session');
    await as('POST', '/api/auth/sign-out', { json: {} });
    await as('POST', '/api/auth/request-password-reset', { json: { email, redirectTo: '/reset-password' } });
    const { link } = await mailTo(worker, email, /new password/);
    const onward = (await person.fetch(link!)).headers.get('location')!;
    const token = new URL(onward, worker.url).searchParams.get('token');
    await as('POST', '/api/auth/reset-password', { json: { token, newPassword: 'quite another password' } });
    await as('POST', '/api/auth/sign-in/email', { json: { email, password: 'not the password' }, status: 401 });
  });

  it('has keys, usage, a wallet and an audit log', async () => {
    const person = await Person.signedIn(worker);
    const as = callAs(person);
    const { accountId } = await as<{ accountId: string }>('GET', '/api/me');
    await worker.admin(`/accounts/${accountId}/grants`, { credits: 1_000 });
    const { id, key } = await runExamples<{ id: string; key: string }>('createApiKey', {}, as);
    await fetch(`${worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    const [line] = await until('the call to be in the log', async () => {
      const { logs } = await as<{ logs: { id: string }[] }>('GET', '/api/api-usage');
      return logs.length > 0 && logs;
    });
    await as('GET', `/api/api-usage/requests/${line!.id}`);
    await as('GET', '/api/api-usage/export');
    await as('GET', '/api/api-usage/breakdown?by=model');
    await as('GET', '/api/api-usage/refusals');
    await runExamples('updateApiKey', { id }, as);
    await runExamples('rotateApiKey', { id }, as);
    await as('GET', '/api/api-keys');
    await as('DELETE', `/api/api-keys/${id}`);
    for (const path of ['/api/billing', '/api/billing/ledger', '/api/billing/receipts']) await as('GET', path);
    await runExamples('beginCheckout', {}, as);
    const { vouchers } = await call<{ vouchers: { code: string }[] }>('POST', '/api/admin/vouchers', { json: { credits: 5 } });
    await as('POST', '/api/billing/redeem', { json: { code: vouchers[0]!.code } });
    await as('POST', '/api/billing/webhook', { json: {}, status: 400 });
    for (const path of ['/api/audit', '/api/audit/export', '/api/audit/verify']) await as('GET', path);
  });

  it('has organizations', async () => {
    const [owner, guest] = await Promise.all([Person.signedIn(worker), Person.signedIn(worker)]);
    const [as, asGuest] = [callAs(owner), callAs(guest)];
    const { id, slug } = await runExamples<{ id: string; slug: string }>('createOrganization', {}, as);
    const one = { organization: id };
    await as('GET', '/api/orgs');
    await as('GET', `/api/orgs/${id}`);
    await runExamples('updateOrganization', one, as);
    const open = await runExamples<{ id: string }>('inviteMember', one, as);
    await as('DELETE', `/api/orgs/${id}/invitations/${open.id}`);
    await as('POST', `/api/orgs/${id}/invitations`, { json: { email: guest.email, role: 'admin' } });
    const token = new URL((await mailTo(worker, guest.email, /invites you/)).link!).searchParams.get('token');
    await asGuest('POST', '/api/invitations/accept', { json: { token } });
    await as('GET', `/api/orgs/${id}/invitations`);
    const { members } = await as<{ members: { userId: string; email: string }[] }>('GET', `/api/orgs/${id}/members`);
    const user = members.find(({ email }) => email === guest.email)!.userId;
    await runExamples('changeRole', { ...one, user }, as);
    await as('POST', `/api/orgs/${id}/transfer`, { json: { userId: user } });
    await as('POST', `/api/orgs/${id}/leave`);
    await asGuest('DELETE', `/api/orgs/${id}/members/no-such-person`, { status: 404 });
    for (const path of ['audit', 'audit/export', 'audit/verify']) await asGuest('GET', `/api/orgs/${id}/${path}`);
    await asGuest('DELETE', `/api/orgs/${id}`, { json: { confirm: slug } });
  });

  it('has identity providers', async () => {
    const owner = await Person.signedIn(worker);
    const as = callAs(owner);
    const { id } = await runExamples<{ id: string }>('createOrganization', {}, as);
    const json = { type: 'saml', metadata: saml.metadata, domain: 'documented.example' };
    const made = await as<{ id: string; challenge: { name: string; value: string } }>('POST', `/api/orgs/${id}/sso`, { json });
    await as('GET', `/api/orgs/${id}/sso`);
    await as('POST', `/api/orgs/${id}/sso/${made.id}/check`);
    dns.records.set(made.challenge.name, made.challenge.value);
    await as('POST', `/api/orgs/${id}/sso/${made.id}/verify-domain`);
    await as('POST', '/api/auth/sso/start', { json: { email: 'ada@documented.example' } });
    await as('GET', `/api/auth/sso/${made.id}/start`, { status: 302 });
    await as('GET', `/api/auth/sso/${made.id}/metadata`);
    await as('GET', `/api/auth/sso/${made.id}`, { status: 400 });
    await as('POST', `/api/auth/sso/${made.id}`, { init: { body: new URLSearchParams() }, status: 400 });
    await as('DELETE', `/api/orgs/${id}/sso/${made.id}`);
  });
});

describe("the operator's API", () => {
  it('opens accounts, gives credits and keys, and checks the books', async () => {
    const { id } = await runExamples<{ id: string }>('adminCreateAccount');
    await call('GET', '/api/admin/accounts');
    await runExamples('adminGrant', { id });
    await runExamples('adminSetTier', { id });
    await runExamples('adminSetPrices', { id });
    await runExamples('adminSetStatus', { id });
    const { id: keyId } = await runExamples<{ id: string }>('adminCreateKey', { id });
    await call('GET', `/api/admin/accounts/${id}`);
    await call('GET', `/api/admin/accounts/${id}/keys`);
    await call('DELETE', `/api/admin/accounts/${id}/keys/${keyId}`);
    const { vouchers } = await runExamples<{ vouchers: { id: string }[] }>('adminCreateVouchers');
    await call('GET', '/api/admin/vouchers');
    await call('GET', `/api/admin/vouchers/${vouchers[0]!.id}`);
    await call('DELETE', `/api/admin/vouchers/${vouchers[0]!.id}`);
    await runExamples('adminReconcile');
    await runExamples('adminReseal');
    await call('DELETE', '/api/admin/people/nobody@example.com/second-factor', { status: 404 });
    await runExamples('adminSweep');
    for (const accept of ['application/json', 'text/plain', 'application/openmetrics-text'])
      await call('GET', '/api/admin/metrics', { init: { headers: { accept } } });
    for (const days of ['7', 'all']) await call('GET', `/api/admin/overview?days=${days}`);
    await call('GET', '/api/admin/catalogue');
    await runExamples('adminCheckCatalogue');
    await runExamples('adminPutCatalogue');
    await call('POST', `/api/admin/accounts/${id}/recover`);
    await call('POST', `/api/admin/accounts/${id}/restore`, { json: {}, status: 400 });
    for (const of of ['', `/accounts/${id}`]) {
      await call('GET', `/api/admin${of}/audit`);
      await call('GET', `/api/admin${of}/audit/verify`);
    }
  });
});

it('asks a stranger for a key, a session or a token on every path that is not public, in the shape of the path', async () => {
  for (const { method, path } of document.operations().filter(({ operation: { security } }) => security.length > 0)) {
    const concrete = path.replace(/\{\w+\}/g, 'anything');
    const response = await fetch(worker.url + concrete, { method: method.toUpperCase() });
    await expectDocumented(stranger, response, method, concrete);
    expect(response.status, `${method} ${path}`).toBe(401);
  }
});

it('has no path that was not called', () => {
  const names = document.operations().map(({ operation }) => operation.operationId);
  expect(names.filter((name) => !document.seen.has(name))).toEqual([]);
});
