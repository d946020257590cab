// POST /embeddings with the official client, which asks for base64 by default, and with others that ask for numbers; the same at Google's paths.
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { GoogleGenerativeAIEmbeddings } from '@langchain/google-genai';
import { embed, embedMany } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askJson } from './support/client';
import { connectGenai, GENAI } from './support/genai';
import { INPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { failure, json } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ embedding: 30, 'google-embedding': 20, solo: 2 }, { OPENROUTER_API_KEY: '' });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const path = '/embeddings';

/** Exact as 32-bit floats. */
const VECTORS = [
  [0.5, -0.25, 1024, 0],
  [-1, 0.125, 3, -0.0078125],
];
const USAGE = { prompt_tokens: 40, total_tokens: 40 };
const inBase64 = (vector: number[]): string => Buffer.from(new Float32Array(vector).buffer).toString('base64');
const reply = (embed: (vector: number[]) => unknown, usage: unknown = USAGE) =>
  json({
    object: 'list',
    data: VECTORS.map((vector, index) => ({ object: 'embedding', index, embedding: embed(vector) })),
    model: 'upstream-model',
    usage,
  });
const asBase64 = () => reply(inBase64);
const asNumbers = () => reply((vector) => vector);
const input = ['Grüße', 'Welt'];

const fresh = async () => ({ account: await rig.account(), lane: rig.lane('embedding') });

describe.each(MAJORS)('openai $major', ({ Client }) => {
  it.each([
    ['base64', asBase64],
    ['numbers all the same', asNumbers],
  ])('gets its vectors from a provider that sends %s', async (_, make) => {
    const { account, lane } = await fresh();
    lane.first.reply(make());
    const { client, sent } = connect(Client, account);
    const { data, usage } = await client.embeddings.create({ model: lane.model, input, dimensions: 4 });
    expect(data.map(({ embedding }) => embedding)).toEqual(VECTORS);
    expect(usage).toEqual({ ...USAGE, creditsUsed: (40 * INPUT_MICRO) / 1e6 });
    expect(JSON.parse(sent[0]!)).toMatchObject({ encoding_format: 'base64' });
    expect(lane.first.seen[0]!.path).toBe('/v1/embeddings');
    expect(lane.first.seen[0]!.json()).toEqual({ model: lane.upstreamModel, input, dimensions: 4, encoding_format: 'base64' });
    expect(await account.money()).toEqual(spent(40 * INPUT_MICRO));
  });

  it('gets numbers where it asks for them', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(asNumbers());
    const { client } = connect(Client, account);
    const { data } = await client.embeddings.create({ model: lane.model, input, encoding_format: 'float' });
    expect(data.map(({ embedding }) => embedding)).toEqual(VECTORS);
  });

  it('gets a BadRequestError for a model that embeds nothing', async () => {
    const account = await rig.account();
    const { client, sent } = connect(Client, account);
    for (const [model, message] of [
      ['gpt-5.4-mini', /not served here/],
      ['gpt-0', /does not exist/],
    ] as const) {
      const error = (await client.embeddings.create({ model, input }).catch((caught: unknown) => caught)) as InstanceType<
        typeof Client.APIError
      >;
      expect(error).toBeInstanceOf(Client.BadRequestError);
      expect(error.message).toMatch(message);
    }
    expect(sent).toHaveLength(2);
    expect(await account.calls()).toEqual([]);
  });
});

describe('POST /embeddings', () => {
  it('serves the AI SDK', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(asNumbers());
    const provider = createOpenAICompatible({ name: 'gateway', apiKey: account.key, baseURL: account.baseUrl });
    const { embeddings, usage } = await embedMany({ model: provider.embeddingModel(lane.model), values: input, maxRetries: 0 });
    expect(embeddings).toEqual(VECTORS);
    expect(usage.tokens).toBe(40);
  });

  it('charges a model of the catalogue by its price', async () => {
    const account = await rig.account();
    const desk = rig.desk('openai');
    desk.reply(asBase64());
    const { body, id } = await askJson(account, { model: 'text-embedding-3-large', input }, { path });
    expect(desk.seen[0]!.json().model).toBe('text-embedding-3-large');
    expect(body.usage.creditsUsed).toBe((40 * 13) / 1e6);
    expect(await account.generation(id)).toMatchObject({ endpoint: '/v1/embeddings', outcome: 'actual', usage: { inputTokens: 40 } });
    expect(await account.money()).toEqual(spent(40 * 13));
  });

  it('estimates what nobody counted, and charges nothing for no vectors', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(reply(inBase64, null), json({ object: 'list', model: 'm', data: [], usage: USAGE }));
    const sent = { model: lane.model, input: 'x'.repeat(400) };
    const { body } = await askJson(account, sent, { path });
    expect(body.usage.estimated).toBe(true);
    const estimated = Math.ceil(JSON.stringify(sent).length / 4) * INPUT_MICRO;
    expect(await account.money()).toEqual(spent(estimated));
    expect((await askJson(account, sent, { path })).body.usage.creditsUsed).toBe(0);
    expect(await account.money()).toEqual(spent(estimated));
  });

  it.each([
    ['no input', { input: undefined }, 'input'],
    ['an empty list', { input: [] }, 'input'],
    ['another encoding', { input, encoding_format: 'hex' }, 'encoding_format'],
    ['no model', { input, model: '' }, 'model'],
  ])('refuses %s', async (_, fields, param) => {
    const { account, lane } = await fresh();
    const { status, body } = await askJson(account, { model: lane.model, ...fields }, { path });
    expect([status, body.error.param]).toEqual([400, param]);
    expect(await account.calls()).toEqual([]);
  });

  it('passes on what the provider refuses, and charges nothing for what fails', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(400, 'Too long.'));
    expect((await askJson(account, { model: lane.model, input }, { path })).status).toBe(400);
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    expect((await askJson(account, { model: lane.model, input }, { path })).status).toBe(502);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe("Google's paths", () => {
  const TEXTS = ['Grüße', 'Welt'];
  const GEMINI_USAGE = { promptTokenCount: 40, totalTokenCount: 40 };
  const vectors = VECTORS.map((values) => ({ values }));
  const originOf = (account: Account) => account.baseUrl.replace(/\/v1$/, '');
  const batch = (usageMetadata: unknown = GEMINI_USAGE) => json({ embeddings: vectors, usageMetadata });
  const requestsFor = (model: string, more = {}) =>
    TEXTS.map((text) =>
      expect.objectContaining({ model: `models/${model}`, content: expect.objectContaining({ parts: [{ text }] }), ...more }),
    );

  async function fresh(kind: 'embedding' | 'google-embedding') {
    const account = await rig.account();
    const lane = rig.lane(kind);
    return { account, lane, path: (method: string) => `${originOf(account)}/v1beta/models/${lane.model}:${method}` };
  }

  async function post(account: Account, url: string, body: unknown) {
    const headers = { 'x-goog-api-key': account.key, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  it.each(GENAI)('serve genai $version in its own format, task and length included', async ({ Client }) => {
    const { account, lane } = await fresh('google-embedding');
    lane.first.reply(batch());
    const config = { taskType: 'RETRIEVAL_DOCUMENT', outputDimensionality: 4 };
    const { embeddings } = await connectGenai(Client, account).models.embedContent({ model: lane.model, contents: TEXTS, config });
    expect(embeddings!.map(({ values }) => values)).toEqual(VECTORS);
    const [seen] = lane.first.seen;
    expect(seen!.path).toBe(`/v1/models/${lane.upstreamModel}:batchEmbedContents`);
    expect(seen!.json()).toEqual({ requests: requestsFor(lane.upstreamModel, config) });
    expect(await account.money()).toEqual(spent(40 * INPUT_MICRO));
  });

  it("serve the AI SDK, one text and several, from a provider of OpenAI's format", async () => {
    const { account, lane } = await fresh('embedding');
    const google = createGoogleGenerativeAI({ apiKey: account.key, baseURL: `${originOf(account)}/v1beta` });
    const model = google.textEmbedding(lane.model);
    const one = { object: 'list', data: [{ index: 0, embedding: VECTORS[0] }], usage: { prompt_tokens: 7, total_tokens: 7 } };
    const turned = { object: 'list', data: VECTORS.map((embedding, index) => ({ index, embedding })).reverse(), usage: USAGE };
    lane.first.reply(json(one), json(turned));
    expect((await embed({ model, value: 'Grüße', maxRetries: 0 })).embedding).toEqual(VECTORS[0]);
    const providerOptions = { google: { outputDimensionality: 4 } };
    expect((await embedMany({ model, values: TEXTS, maxRetries: 0, providerOptions })).embeddings).toEqual(VECTORS);
    expect(lane.first.seen.map((seen) => [seen.path, seen.json()])).toEqual([
      ['/v1/embeddings', { model: lane.upstreamModel, input: ['Grüße'], encoding_format: 'float' }],
      ['/v1/embeddings', { model: lane.upstreamModel, input: TEXTS, encoding_format: 'float', dimensions: 4 }],
    ]);
    expect(await account.money()).toEqual(spent(47 * INPUT_MICRO));
  });

  it('serve LangChain, which takes a failure for empty vectors', async () => {
    const { account, lane } = await fresh('google-embedding');
    lane.first.reply(batch());
    const client = new GoogleGenerativeAIEmbeddings({ apiKey: account.key, model: lane.model, baseUrl: originOf(account) });
    expect(await client.embedDocuments(TEXTS)).toEqual(VECTORS);
    expect(lane.first.seen[0]!.json()).toEqual({ requests: requestsFor(lane.upstreamModel) });
  });

  it('show usage and cost, and estimate by the texts alone what nobody counted', async () => {
    const { account, lane, path } = await fresh('google-embedding');
    lane.first.reply(json({ embedding: vectors[0], usageMetadata: GEMINI_USAGE }), batch(null));
    const content = { parts: [{ text: 'x'.repeat(400) }] };
    const shown = await post(account, path('embedContent'), { model: `models/${lane.model}`, content });
    expect(shown.body).toEqual({ embedding: vectors[0], usageMetadata: { ...GEMINI_USAGE, creditsUsed: (40 * INPUT_MICRO) / 1e6 } });
    expect(lane.first.seen[0]!.json()).toEqual({ content });
    const guessed = await post(account, path('batchEmbedContents'), { requests: [{ content }, { content }] });
    const tokens = Math.ceil(801 / 4);
    expect(guessed.body.usageMetadata).toMatchObject({
      promptTokenCount: tokens,
      estimated: true,
      creditsUsed: (tokens * INPUT_MICRO) / 1e6,
    });
    expect(await account.money()).toEqual(spent((40 + tokens) * INPUT_MICRO));
  });

  it.each([
    ['no content', 'embedContent', {}, 'content'],
    ['a content without parts', 'batchEmbedContents', { requests: [{ content: { parts: [] } }] }, 'requests[0].content'],
    ['an empty batch', 'batchEmbedContents', { requests: [] }, 'requests'],
    [
      "a task that OpenAI's format has no word for",
      'embedContent',
      { content: { parts: { text: 'Hi' } }, task_type: 'CLUSTERING' },
      'taskType',
    ],
  ])('refuse %s by name', async (_, method, body, field) => {
    const { account, path } = await fresh('embedding');
    const answer = await post(account, path(method), body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(answer.body.error.details[0].metadata.param).toBe(field);
    expect(await account.calls()).toEqual([]);
  });

  it("pass on the provider's own refusal, and send each to the other's method", async () => {
    const { account, lane, path } = await fresh('google-embedding');
    lane.first.reply(json({ error: { code: 400, message: 'Too many requests in a batch.', status: 'INVALID_ARGUMENT' } }, { status: 400 }));
    const content = { parts: [{ text: 'Hi' }] };
    const refused = await post(account, path('batchEmbedContents'), { requests: [{ content }] });
    expect([refused.status, refused.body.error.message]).toEqual([400, 'Too many requests in a batch.']);
    const generated = await post(account, path('generateContent'), { contents: [content] });
    expect([generated.status, generated.body.error.message]).toEqual([400, expect.stringContaining('/v1/embeddings')]);
    const embedded = await post(account, `${originOf(account)}/v1beta/models/gpt-5.4-mini:embedContent`, { content });
    expect([embedded.status, embedded.body.error.message]).toEqual([400, expect.stringContaining('not served here')]);
    expect(await account.money()).toEqual(spent(0));
  });
});
