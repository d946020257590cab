// Every endpoint behind every documented base URL, joined in every way that clients join them; and probes without a key.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { RudeClient } from './support/client';
import { contents, WAYS } from './support/gemini-wire';
import { type Lane, Rig } from './support/rig';
import { MAJORS } from './support/sdk';
import { HANG } from './support/upstream';
import { answer, json, role, says, sse, USAGE } from './support/wire';

let rig: Rig;
let account: Account;
const lanes: Record<string, Lane> = {};
beforeAll(async () => {
  rig = await Rig.start({ solo: 1, messages: 1, embedding: 1, completion: 1 });
  account = await rig.account(1_000_000);
  for (const kind of ['solo', 'messages', 'embedding', 'completion'] as const) lanes[kind] = rig.lane(kind);
  lanes.solo!.first.replyAlways(() => answer('Yes.'));
  lanes.embedding!.first.replyAlways(() =>
    json({
      object: 'list',
      model: 'm',
      data: [{ object: 'embedding', index: 0, embedding: [1] }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  );
  lanes.completion!.first.replyAlways(() => json({ id: 'c', choices: [{ index: 0, text: 'Yes.', finish_reason: 'stop' }], usage: USAGE }));
  lanes.messages!.first.replyAlways(({ path }) =>
    json(
      path.includes('count_tokens')
        ? { input_tokens: 3 }
        : {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model: 'm',
            content: [{ type: 'text', text: 'Yes.' }],
            stop_reason: 'end_turn',
            usage: { input_tokens: 3, output_tokens: 1 },
          },
    ),
  );
});
afterAll(() => rig?.stop());

const messages = [{ role: 'user', content: 'Hi' }];

interface Endpoint {
  lane: string;
  body: (model: string) => Record<string, unknown>;
  holds: string;
}

/** What clients append to their base URL. */
const ENDPOINTS: Record<string, Endpoint> = {
  '/chat/completions': { lane: 'solo', body: (model) => ({ model, messages }), holds: '"choices"' },
  '/responses': { lane: 'solo', body: (model) => ({ model, input: 'Hi' }), holds: '"object":"response"' },
  '/codex/responses': { lane: 'solo', body: (model) => ({ model, input: 'Hi' }), holds: '"object":"response"' },
  '/messages': { lane: 'messages', body: (model) => ({ model, messages, max_tokens: 9 }), holds: '"type":"message"' },
  '/messages?beta=true': { lane: 'messages', body: (model) => ({ model, messages, max_tokens: 9 }), holds: '"type":"message"' },
  '/messages/count_tokens?beta=true': { lane: 'messages', body: (model) => ({ model, messages }), holds: '"input_tokens":3' },
  '/gemini': { lane: 'solo', body: (model) => ({ model, contents }), holds: '"candidates"' },
  '/chat': { lane: 'solo', body: (model) => ({ model, messages }), holds: '"creditsUsed"' },
  '/embeddings': { lane: 'embedding', body: (model) => ({ model, input: 'Hi' }), holds: '"embedding"' },
  '/completions': { lane: 'completion', body: (model) => ({ model, prompt: 'Hi' }), holds: '"text"' },
};

/** The documented base URLs, and what they become when a client adds a `/v1` of its own. */
const BASES = ['/v1', '/api/v1', '/api', '/api/v1/v1', '/v1/v1'];
/** And an `/openai`. */
const OPENAIS = ['/openai/v1', '/v1/openai'];

const GEMINI_PREFIXES = [
  '',
  '/v1',
  '/v1beta',
  '/v1alpha',
  '/api/v1',
  '/api/v1beta',
  '/api/v1/v1',
  '/api/v1/v1beta',
  '/v1/gemini',
  '/v1/gemini/v1',
  '/v1/gemini/v1beta',
  '/api/v1/gemini',
  '/api/v1/gemini/v1',
  '/api/v1/gemini/v1beta',
  '/api/v1/gemini/v1alpha',
  '/api/gemini/v1',
  '/api/gemini/v1beta',
];

const call = (path: string, body: unknown) =>
  fetch(rig.worker.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const joins = ['', ...BASES, ...OPENAIS].flatMap((base) => Object.keys(ENDPOINTS).map((path) => ({ base, path })));

describe('an endpoint', () => {
  it.each(joins)('is there: POST $base$path', async ({ base, path }) => {
    const { lane, body, holds } = ENDPOINTS[path]!;
    const response = await call(base + path, body(lanes[lane]!.model));
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.stringContaining(holds)]);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
  });

  it.each(Object.keys(ENDPOINTS).map((path) => ({ path, doubled: `/v1/${path}`, ended: `/api/v1${path.replace(/(?=\?|$)/, '/')}` })))(
    'is there behind a base URL that ends with a slash, and with one at its end: $path',
    async ({ path, doubled, ended }) => {
      const { lane, body, holds } = ENDPOINTS[path]!;
      for (const place of [doubled, ended]) {
        const response = await call(place, body(lanes[lane]!.model));
        expect([place, response.status, await response.text()]).toEqual([place, 200, expect.stringContaining(holds)]);
      }
    },
  );

  it('sees its client hang up behind such a base URL, too', async () => {
    const { model, first } = lanes.solo!;
    first.reply(sse([role(), says('One'), HANG]));
    const client = new RudeClient(account, { model, messages, stream: true }, {}, '//chat/completions');
    await client.has('One');
    client.hangUp();
    await first.seen.at(-1)!.hungUp();
  });

  it('is not to be had by other methods, or at other paths, for all the slashes', async () => {
    const headers = { 'x-api-key': account.key };
    const statusOf = async (path: string, method: string) => (await fetch(rig.worker.url + path, { method, headers })).status;
    expect(await statusOf('/v1//messages', 'DELETE')).toBe(404);
    expect(await statusOf('/v1//nothing/', 'POST')).toBe(404);
    expect(await statusOf('/v1//models', 'GET')).toBe(200);
    expect(await statusOf('/v1//models/', 'GET')).toBe(404);
  });

  it('is there for clients that are given the host alone, and its pages stay where they are', async () => {
    const { model } = lanes.solo!;
    for (const { Client } of MAJORS) {
      const client = new Client({ apiKey: account.key, baseURL: rig.worker.url });
      const said = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] });
      expect(said.choices[0]!.message.content).toBe('Yes.');
      expect((await client.responses.create({ model, input: 'Hi' })).output_text).toBe('Yes.');
      expect((await client.embeddings.create({ model: lanes.embedding!.model, input: 'Hi' })).data).toHaveLength(1);
      expect((await client.models.list()).data.length).toBeGreaterThan(10);
      expect(await client.models.retrieve('gpt-5.4')).toMatchObject({ id: 'gpt-5.4', object: 'model' });
      await expect(client.responses.retrieve('resp_nobody')).rejects.toMatchObject({
        status: 404,
        message: expect.stringContaining('resp_nobody'),
      });
      const picture = client.images.generate({ model: 'no-such-model', prompt: 'Hi' });
      await expect(picture).rejects.toMatchObject({ status: 400, message: expect.stringContaining('no-such-model') });
    }
    const seen = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(rig.worker.url + path, { headers });
      await response.text();
      expect([path, response.headers.get('request-id')]).toEqual([path, response.headers.get('x-request-id')]);
      return [response.status, response.headers.get('content-type')?.split(';')[0]];
    };
    const [page, json] = ['text/html', 'application/json'];
    for (const path of ['/models', '/models/gpt-5.4']) {
      expect([path, ...(await seen(path))]).toEqual([path, 200, page]);
      for (const name of ['x-api-key', 'x-goog-api-key'])
        expect([path, ...(await seen(path, { [name]: account.key }))]).toEqual([path, 200, json]);
      expect([path, ...(await seen(`${path}?key=${account.key}`))]).toEqual([path, 200, json]);
    }
    for (const path of ['/docs/', '/usage//', '/pricing/?a=b']) {
      const moved = await fetch(rig.worker.url + path, { headers: { accept: page }, redirect: 'manual' });
      expect([path, moved.status, moved.headers.get('location')]).toEqual([path, 301, path.replace(/\/+(?=\?|$)/, '')]);
    }
    expect(await seen('/docs/nothing/', { accept: page })).toEqual([404, page]);
    expect(await seen('/jobs', { accept: page })).toEqual([404, page]);
    expect(await seen('/chat', { accept: page })).toEqual([404, page]);
    expect(await seen('/jobs', { 'x-api-key': account.key })).toEqual([200, json]);
  });

  it.each(['/v1/messages', '/api/v1/v1/messages', '/messages/', '/v1/messages/batches', '/api/messages/count_tokens'])(
    "refuses other methods and paths in the shape of Anthropic's clients: %s",
    async (path) => {
      const response = await fetch(rig.worker.url + path, { method: 'PUT' });
      expect([404, 405]).toContain(response.status);
      expect(await response.json()).toEqual({
        type: 'error',
        error: { type: expect.any(String), message: expect.stringContaining('PUT') },
        request_id: response.headers.get('x-request-id'),
      });
    },
  );

  it.each([...BASES, ...OPENAIS])('may be looked at without a key, where that is a connectivity check: %s', async (base) => {
    for (const path of ['/chat/completions', '/responses', '/codex/responses', '/models']) {
      const response = await fetch(rig.worker.url + base + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(await response.json()).toMatchObject({ object: 'list', data: expect.any(Array) });
    }
    const model = await fetch(`${rig.worker.url}${base}/models/gpt-5.4`);
    expect(await model.json()).toMatchObject({ id: 'gpt-5.4', object: 'model' });
  });

  it.each(BASES)('has its receipts: %s', async (base) => {
    const id = (await call('/v1/chat/completions', { model: lanes.solo!.model, messages })).headers.get('x-request-id')!;
    const receipt = await fetch(`${rig.worker.url}${base}/generations/${id}`, { headers: { 'x-api-key': account.key } });
    expect(await receipt.json()).toMatchObject({ id, object: 'generation' });
  });
});

describe("a path that names the model, as Azure's clients have them", () => {
  it.each(['/chat/completions', '/embeddings', '/completions'])('means that model, whatever the body says: %s', async (path) => {
    const { lane, body, holds } = ENDPOINTS[path]!;
    const { model } = lanes[lane]!;
    const calls = [
      { base: '/openai/deployments', body: { ...body(model), model: undefined } },
      { base: '/v1/openai/deployments', body: body('another') },
    ];
    for (const { base, body } of calls) {
      const response = await fetch(`${rig.worker.url}${base}/${model}${path}?api-version=2024-10-21`, {
        method: 'POST',
        headers: { 'api-key': account.key, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(holds)]);
    }
  });

  it('and an Idempotency-Key is good for that model alone', async () => {
    const ask = (model: string) =>
      fetch(`${rig.worker.url}/openai/deployments/${model}/chat/completions`, {
        method: 'POST',
        headers: { 'api-key': account.key, 'content-type': 'application/json', 'idempotency-key': 'of-one-model' },
        body: JSON.stringify({ messages }),
      });
    expect((await ask(lanes.solo!.model)).status).toBe(200);
    expect((await ask('gpt-5.4')).status).toBe(422);
  });
});

describe('a method of a model, as Google has them', () => {
  const METHODS: [string, RegExp][] = [
    ['generateContent', /"candidates"/],
    ['streamGenerateContent?alt=sse', /^data: \{/],
    ['streamGenerateContent', /^\[\{.*\]$/s],
    ['countTokens', /"totalTokens"/],
  ];

  it.each(GEMINI_PREFIXES.flatMap((prefix) => METHODS.map(([method, holds]) => ({ prefix, method, holds }))))(
    'is there: POST $prefix/models/x:$method',
    async ({ prefix, method, holds }) => {
      const { model, first } = lanes.solo!;
      if (method.startsWith('stream'))
        first.reply({ headers: { 'content-type': 'text/event-stream' }, steps: WAYS[1]!.events({ text: 'Yes.' }) });
      const response = await call(`${prefix}/models/${model}:${method}`, { contents });
      expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(holds)]);
    },
  );

  it('takes the colon as it is or escaped', async () => {
    for (const method of ['generateContent', 'countTokens']) {
      const response = await call(`/v1beta/models/${lanes.solo!.model}%3A${method}`, { contents });
      expect([method, response.status, await response.text()]).toEqual([method, 200, expect.stringMatching(/candidates|totalTokens/)]);
    }
  });
});

describe('a probe', () => {
  const PLACES = [
    '/',
    '/api/hello',
    ...[...BASES, '/api/'].flatMap((base) => [base, `${base.replace(/\/$/, '')}/`, `${base.replace(/\/$/, '')}/api/hello`]),
  ];

  it.each([...new Set(PLACES)])('is answered without a key: %s', async (path) => {
    const head = await fetch(rig.worker.url + path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('x-request-id')).toMatch(/^req_/);
    expect((await fetch(rig.worker.url + path)).status).toBe(200);
  });

  it('counts for nothing', async () => {
    const other = await rig.account();
    for (const path of PLACES) await fetch(rig.worker.url + path, { method: 'HEAD', headers: { 'x-api-key': other.key } });
    expect(await other.calls()).toEqual([]);
  });
});

describe('a page of another origin', () => {
  it.each(['/v1beta/models/x:generateContent', '/v1/gemini', '/v1/chat', '/v1/embeddings'])('may call %s', async (path) => {
    const preflight = await fetch(rig.worker.url + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-goog-api-key, content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-goog-api-key');
  });
});
