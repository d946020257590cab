// POST /embeddings with the official client, which asks for base64 by default, and with others that ask for numbers.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askJson } from './support/client';
import { INPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { failure, json } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ embedding: 30, solo: 2 }, { OPENROUTER_API_KEY: '' });
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
