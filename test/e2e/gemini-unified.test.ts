// POST /gemini: one path for all models in either shape, answered in the shape of the request; and where keys may be.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, parseChatStream } from './support/client';
import {
  askGemini,
  contents,
  detailOf,
  GEMINI_USAGE,
  type GeminiChunk,
  type GeminiError,
  parseGeminiStream,
  streamed,
  WAYS,
} from './support/gemini-wire';
import { builtInKey, Rig } from './support/rig';
import { answer, json, streamOf, USAGE, USAGE_CREDITS, USAGE_MICRO } from './support/wire';

const OVER_CHAT = WAYS[1]!;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 40, gemini: 4 }, { STATUS_HOLD_MS: 2_000 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const PRICED = { ...GEMINI_USAGE, creditsUsed: USAGE_CREDITS };
const fresh = async () => ({ account: await rig.account(), lane: rig.lane('solo') });

async function post<T>(account: Account, body: unknown, path = '/gemini') {
  const response = await ask(account, body, { path });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: (text.startsWith('{') ? JSON.parse(text) : undefined) as T };
}

describe('POST /gemini with contents', () => {
  it('answers in the shape of Gemini, with usage and cost', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(OVER_CHAT.whole({ text: 'Grüße' }));
    const sent = {
      model: lane.model,
      contents,
      systemInstruction: { parts: [{ text: 'Be terse.' }] },
      generationConfig: { temperature: 0.6, maxOutputTokens: 2_048 },
    };
    const { status, headers, body } = await post<GeminiChunk>(account, sent);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      candidates: [{ content: { role: 'model', parts: [{ text: 'Grüße' }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: PRICED,
    });
    expect(headers.get('x-credits-charged')).toBe(String(USAGE_CREDITS));
    expect(lane.first.seen[0]!.json()).toEqual({
      model: lane.upstreamModel,
      messages: [
        { role: 'system', content: 'Be terse.' },
        { role: 'user', content: 'Say something.' },
      ],
      temperature: 0.6,
      max_tokens: 2_048,
    });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ endpoint: '/v1/gemini', outcome: 'actual' });
  });

  it('streams in the shape of Gemini', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(streamed(OVER_CHAT.events({ text: 'Grü' }, { text: 'ße' })));
    const { headers, text: raw } = await post(account, { model: lane.model, contents, stream: true });
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const { text, chunks } = parseGeminiStream(raw);
    expect(text).toBe('Grüße');
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: PRICED });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('takes the names of members in snake case, and a model with the prefix of Google', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(OVER_CHAT.whole({ text: 'Yes.' }));
    const generation_config = { max_output_tokens: 9, response_mime_type: 'application/json' };
    const sent = { model: `models/${lane.model}`, contents, system_instruction: 'Answer in JSON.', generation_config };
    expect((await post(account, sent)).status).toBe(200);
    expect(lane.first.seen[0]!.json()).toMatchObject({ max_tokens: 9, response_format: { type: 'json_object' } });
  });

  it('refuses in the shape of Gemini', async () => {
    const { account, lane } = await fresh();
    const refusals: [unknown, string][] = [
      [{ contents }, '`model` is required'],
      [{ model: 'gemini-0', contents }, '`gemini-0` does not exist'],
      [{ model: lane.model, contents, tools: [{ googleSearch: {} }] }, 'googleSearch'],
      [{ model: lane.model }, '`contents` is required'],
      ['{', 'not valid JSON'],
    ];
    for (const [sent, message] of refusals) {
      const { status, body } = await post<{ error: GeminiError }>(account, sent);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
      if (message.startsWith('`model')) expect(detailOf(body.error, 'ErrorInfo')!.metadata).toHaveProperty('available_models');
    }
    expect(await account.calls()).toEqual([]);
  });

  it('goes to the chat endpoint that Google has', async () => {
    const account = await rig.account();
    const desk = rig.desk('google');
    desk.reply(answer('Grüße', { usage: { prompt_tokens: 9, completion_tokens: 11, total_tokens: 104 } }));
    const { body } = await post<GeminiChunk>(account, { model: 'gemini-3-flash-official', contents });
    expect(body.candidates[0]!.content!.parts).toEqual([{ text: 'Grüße' }]);
    // The total includes 84 tokens of thoughts that are not itemised anywhere.
    expect(body.usageMetadata).toMatchObject({
      promptTokenCount: 9,
      candidatesTokenCount: 11,
      thoughtsTokenCount: 84,
      totalTokenCount: 104,
    });
    expect(desk.seen[0]!.path).toBe('/v1/openai/chat/completions');
    expect(desk.seen[0]!.headers.authorization).toBe(`Bearer ${builtInKey('google')}`);
    expect(await account.money()).toEqual(spent(9 * 46 + 95 * 276));
  });
});

describe('POST /gemini with messages', () => {
  const messages = [{ role: 'user', content: 'Say something.' }];

  it('answers in the shape of OpenAI', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Grüße'));
    const { body } = await post(account, { model: lane.model, messages });
    expect(body).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Grüße' }, finish_reason: 'stop' }],
      usage: { ...USAGE, creditsUsed: USAGE_CREDITS },
    });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('streams in the shape of OpenAI', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(streamed(streamOf(['Grü', 'ße'])));
    const { text: raw } = await post(account, { model: lane.model, messages, stream: true });
    expect(parseChatStream(raw)).toMatchObject({ text: 'Grüße', done: true, finishReasons: ['stop'] });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('refuses in the shape of OpenAI', async () => {
    const { account } = await fresh();
    const { status, body } = await post<{ error: Record<string, unknown> }>(account, { model: 'gemini-0', messages });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', code: 'model_not_found', param: 'model' });
  });
});

describe('a key', () => {
  const places: [string, (key: string) => { headers?: Record<string, string>; query?: string }][] = [
    ['x-goog-api-key', (key) => ({ headers: { 'x-goog-api-key': key } })],
    ['?key=', (key) => ({ query: `key=${key}` })],
    ['Bearer', (key) => ({ headers: { authorization: `Bearer ${key}` } })],
    ['x-api-key', (key) => ({ headers: { 'x-api-key': key } })],
    [
      'Bearer of another service beside x-goog-api-key',
      (key) => ({ headers: { authorization: 'Bearer ya29.somebody', 'x-goog-api-key': key } }),
    ],
    [
      'x-goog-api-key of another service beside Bearer',
      (key) => ({ headers: { 'x-goog-api-key': 'AIzaSomebody', authorization: `Bearer ${key}` } }),
    ],
    ['?key= beside x-goog-api-key of another service', (key) => ({ headers: { 'x-goog-api-key': 'AIzaSomebody' }, query: `key=${key}` })],
    ['twice', (key) => ({ headers: { authorization: `Bearer ${key}`, 'x-goog-api-key': key } })],
  ];
  const ENDPOINTS = [
    '/v1/gemini',
    '/v1beta/models/MODEL:generateContent',
    '/v1beta/models/MODEL:streamGenerateContent?alt=sse',
    '/v1beta/models/MODEL:countTokens',
  ];

  it.each(places)('is good as %s, and goes no further', async (_, place) => {
    const { account, lane } = await fresh();
    lane.first.replyAlways((seen) =>
      seen.body.includes('"stream":true') ? streamed(OVER_CHAT.events({ text: 'Yes.' })) : OVER_CHAT.whole({ text: 'Yes.' }),
    );
    for (const path of ENDPOINTS) {
      const { headers = {}, query } = place(account.key);
      const url = rig.worker.url + path.replace('MODEL', lane.model) + (query ? `${path.includes('?') ? '&' : '?'}${query}` : '');
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ contents, ...(path === '/v1/gemini' && { model: lane.model }) }),
      });
      expect([path, response.status, await response.text()]).toEqual([path, 200, expect.stringMatching(/Yes\.|totalTokens/)]);
    }
    expect(lane.first.seen).toHaveLength(3);
    expect(JSON.stringify(lane.first.seen)).not.toMatch(/ck_|ya29|AIza/);
    expect(await account.money()).toEqual(spent(3 * USAGE_MICRO));
  });
});

describe('countTokens', () => {
  const count = (account: Account, model: string, body: unknown = { contents }) =>
    askGemini(account, model, body, { method: 'countTokens' });

  it('asks the provider, free of charge', async () => {
    const [account, lane] = [await rig.account(0), rig.lane('gemini')];
    const counts = { totalTokens: 31, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 31 }], cachedContentTokenCount: 4 };
    lane.first.reply(json(counts));
    const { status, body, headers } = await count(account, lane.model, {
      generateContentRequest: { model: `models/${lane.model}`, contents, systemInstruction: { parts: [{ text: 'Be terse.' }] } },
    });
    expect([status, body]).toEqual([200, counts]);
    expect(headers.get('x-request-id')).toMatch(/^req_/);
    expect(lane.first.seen[0]!.path).toBe(`/v1/models/${lane.upstreamModel}:countTokens`);
    expect(lane.first.seen[0]!.json()).toMatchObject({ generateContentRequest: { model: `models/${lane.upstreamModel}` } });
    expect(await account.calls()).toEqual([]);
  });

  it.each([
    ['fails', OVER_CHAT.fails(500, 'On fire.')],
    ['sends no count', json({})],
  ])('estimates where the provider %s', async (_, reply) => {
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    lane.first.reply(reply);
    const { status, body } = await count(account, lane.model);
    expect([status, Number(body.totalTokens) > 5]).toEqual([200, true]);
  });

  it('estimates where no provider counts, and takes a picture for a picture', async () => {
    const { account, lane } = await fresh();
    const data = Buffer.alloc(300_000).toString('base64');
    const { body } = await count(account, lane.model, {
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data } }] }],
    });
    expect(Number(body.totalTokens)).toBeGreaterThan(900);
    expect(Number(body.totalTokens)).toBeLessThan(1_200);
    expect(lane.first.seen).toHaveLength(0);
  });

  it('is refused to those who have no key, and for models that are not there', async () => {
    const { account, lane } = await fresh();
    const stranger = await askGemini(
      account,
      lane.model,
      { contents },
      { method: 'countTokens', headers: { 'x-goog-api-key': 'ck_nobody' } },
    );
    expect([stranger.status, stranger.body.error.status]).toEqual([401, 'UNAUTHENTICATED']);
    const missing = await count(account, 'gemini-0');
    expect([missing.status, missing.body.error.status]).toEqual([400, 'INVALID_ARGUMENT']);
  });
});
