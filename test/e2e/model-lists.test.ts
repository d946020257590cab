// The list of models in each client's own shape, read by the official clients.
import Anthropic from '@anthropic-ai/sdk';
import AnthropicV0 from 'anthropic-sdk-v0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/providers/catalogue';
import { type Account, openAccount } from './support/account';
import { connectGenai, GENAI } from './support/genai';
import { connect, MAJORS } from './support/sdk';
import { until } from './support/wait';
import { ADMIN_TOKEN, Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.shared();
  account = await openAccount(worker);
});
afterAll(() => worker?.stop());

const GEMINI_SERVED = MODELS.filter(
  ({ family, price }) => price && ['chat', 'responses', 'gemini', 'embedding', 'image', 'video'].includes(family),
).map(({ id }) => id);
const MESSAGES = MODELS.filter(({ family }) => family === 'messages').map(({ id }) => id);

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of list) found.push(each);
  return found;
}

describe.each(MAJORS)('openai $major', ({ Client }) => {
  it('lists every model, with prices and capabilities', async () => {
    const { client } = connect(Client, account);
    const listed = await all(client.models.list());
    expect(listed.map(({ id }) => id).sort()).toEqual(MODELS.map(({ id }) => id).sort());
    const model = listed.find(({ id }) => id === 'gemini-3.1-pro')!;
    expect(model).toMatchObject({
      object: 'model',
      owned_by: 'Google',
      created: expect.any(Number),
      pricing: { per: 'mtok', input_usd: 0.01, output_usd: 0.01 },
      capabilities: expect.arrayContaining(['vision', 'tools']),
      available: true,
    });
    expect(await client.models.retrieve('gemini-3.1-pro')).toEqual(model);
    await expect(client.models.retrieve('gpt-0')).rejects.toThrow(Client.NotFoundError);
  });
});

const ANTHROPICS = [
  { version: '1.11', Client: Anthropic },
  { version: '0.65', Client: AnthropicV0 as unknown as typeof Anthropic },
];

describe.each(ANTHROPICS)('anthropic $version', ({ Client }) => {
  it.each(['', '/api', '/api/v1'])('lists the models that speak Messages, behind %j', async (base) => {
    const client = new Client({ apiKey: account.key, baseURL: worker.url + base });
    const listed = await all(client.models.list({ limit: 1_000 }));
    expect(listed.map(({ id }) => id).sort()).toEqual([...MESSAGES].sort());
    for (const model of listed)
      expect(model).toMatchObject({ type: 'model', display_name: expect.any(String), created_at: expect.stringMatching(/^\d{4}-/) });
    expect(await client.models.retrieve(MESSAGES[0]!)).toMatchObject({ id: MESSAGES[0], type: 'model' });
    await expect(client.models.retrieve('claude-0')).rejects.toThrow(Client.NotFoundError);
  });

  it('sees that there is no further page', async () => {
    const page = await new Client({ apiKey: account.key, baseURL: worker.url }).models.list();
    expect(page).toMatchObject({ has_more: false, first_id: page.data[0]!.id, last_id: page.data.at(-1)!.id });
  });
});

describe.each(GENAI)('genai $version', ({ Client }) => {
  it.each(['', '/api', '/api/v1', '/api/v1/gemini'])('lists what its methods can be called of, behind %j', async (base) => {
    const client = connectGenai(Client, account, { base });
    const listed = await all(await client.models.list());
    expect(listed.map(({ name }) => name).sort()).toEqual(GEMINI_SERVED.map((id) => `models/${id}`).sort());
    expect(await client.models.get({ model: 'gemini-3.1-pro' })).toMatchObject({
      name: 'models/gemini-3.1-pro',
      displayName: 'Gemini 3.1 Pro',
      inputTokenLimit: 1_048_576,
      supportedActions: expect.arrayContaining(['generateContent', 'countTokens']),
    });
    expect(await client.models.get({ model: 'gemini-embedding-001' })).toMatchObject({
      inputTokenLimit: 2_048,
      supportedActions: ['embedContent', 'batchEmbedContents'],
    });
    expect((await client.models.get({ model: 'gemini-3-pro-image' })).supportedActions).toEqual([
      'generateContent',
      'streamGenerateContent',
      'predict',
    ]);
    await expect(client.models.get({ model: 'gemini-0' })).rejects.toThrow(/`gemini-0` does not exist/);
  });
});

describe('without a hint but the path', () => {
  it.each([
    ['/v1beta/models', 'models'],
    ['/api/v1/gemini/models', 'models'],
    ['/v1/gemini/v1/models?pageSize=50', 'models'],
    ['/v1/models', 'data'],
    ['/api/v1/models?limit=1000', 'data'],
  ])('the list has the shape of the path: %s', async (path, member) => {
    const response = await fetch(worker.url + path);
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty(member, expect.any(Array));
  });

  it('a model whose name has to do with Gemini is found in the shape of OpenAI all the same', async () => {
    expect(await (await fetch(`${worker.url}/v1/models/gemini-3.1-pro`)).json()).toMatchObject({ id: 'gemini-3.1-pro', object: 'model' });
  });
});

describe('a list that is asked for with a key', () => {
  interface Listed {
    id: string;
    name?: string;
    pricing?: { input_usd: number };
  }
  const listed = async (path: string, key: string, headers: Record<string, string> = {}): Promise<Listed[]> => {
    const response = await fetch(worker.url + path, { headers: { authorization: `Bearer ${key}`, ...headers } });
    expect(response.status).toBe(200);
    const { data, models } = (await response.json()) as { data?: Listed[]; models?: Listed[] };
    return data ?? models!;
  };
  const names = (list: Listed[]): string[] => list.map(({ id, name }) => id ?? name!);

  it('has the models alone that the key may call, in each shape', async () => {
    const key = await account.addKey({ models: ['gpt-5.5', 'gemini-3.1-pro', 'claude-haiku-4-5'] });
    expect(names(await listed('/v1/models', key)).sort()).toEqual(['claude-haiku-4-5', 'gemini-3.1-pro', 'gpt-5.5']);
    expect(names(await listed('/v1/models', key, { 'anthropic-version': '2023-06-01' }))).toEqual(['claude-haiku-4-5']);
    expect(names(await listed('/v1beta/models', key)).sort()).toEqual(['models/gemini-3.1-pro', 'models/gpt-5.5']);
    const ofMessages = await account.addKey({ families: ['messages'] });
    expect(names(await listed('/v1/models', ofMessages)).sort()).toEqual([...MESSAGES].sort());
  });

  it('has the prices that its account pays', async () => {
    const other = await openAccount(worker);
    await fetch(`${worker.url}/api/admin/accounts/${other.id}/prices`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ factor: 0.5 }),
    });
    const priceOf = (list: Listed[]): number => list.find(({ id }) => id === 'gpt-5.5')!.pricing!.input_usd;
    expect(priceOf(await listed('/v1/models', other.key))).toBe(priceOf(await listed('/v1/models', account.key)) / 2);
    const one = await fetch(`${worker.url}/v1/models/gpt-5.5`, { headers: { authorization: `Bearer ${other.key}` } });
    expect(((await one.json()) as Listed).pricing!.input_usd).toBe(priceOf(await listed('/v1/models', other.key)));
  });

  it.each(['nonsense', 'expired'])('has all models where the key is no good: %s', async (what) => {
    const key =
      what === 'expired' ? await account.addKey({ models: ['gpt-5.5'], expiresAt: new Date(Date.now() + 500).toISOString() }) : 'ck_x';
    if (what === 'expired') await until('the key to be no good', async () => (await listed('/v1/models', key)).length > 1);
    expect(await listed('/v1/models', key)).toHaveLength(MODELS.length);
  });
});
