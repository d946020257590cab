import { describe, expect, it } from 'vitest';
import { call, json } from './support';

const PATH = '/v1/embeddings';
const asking = (input: unknown, more: Record<string, unknown> = {}) => ({ model: 'text-embedding-3-small', input, ...more });
const vectorsOf = async (body: unknown): Promise<number[][]> =>
  (await json(PATH, body)).data.map((one: { embedding: number[] }) => one.embedding);
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

describe('embeddings', () => {
  it('are unit vectors that depend on the text alone', async () => {
    const answer = await json(PATH, asking(['a', 'b', 'a']));
    expect(answer).toMatchObject({
      object: 'list',
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 3, total_tokens: 3 },
      data: [0, 1, 2].map((index) => ({ object: 'embedding', index })),
    });
    const [a, b, again] = answer.data.map((one: { embedding: number[] }) => one.embedding);
    expect(a).toHaveLength(1536);
    expect(again).toEqual(a);
    expect((await vectorsOf(asking('a')))[0]).toEqual(a);
    expect(dot(a, a)).toBeCloseTo(1, 5);
    expect(Math.abs(dot(a, b))).toBeLessThan(0.15);
  });

  it('have the dimensions asked for: the start of the whole vector, scaled', async () => {
    const [whole] = await vectorsOf(asking('a'));
    const [short] = await vectorsOf(asking('a', { dimensions: 256 }));
    expect(short).toHaveLength(256);
    expect(dot(short!, short!)).toBeCloseTo(1, 5);
    expect(whole![1]! / whole![0]!).toBeCloseTo(short![1]! / short![0]!, 4);
    expect((await vectorsOf(asking('a', { model: 'text-embedding-3-large' })))[0]).toHaveLength(3072);
  });

  it('are the same in base64', async () => {
    const [floats] = await vectorsOf(asking('a', { dimensions: 8 }));
    const answer = await json(PATH, asking('a', { dimensions: 8, encoding_format: 'base64' }));
    const bytes = Uint8Array.from(atob(answer.data[0].embedding), (character) => character.charCodeAt(0));
    const decoded = Array.from(new Float32Array(bytes.buffer));
    expect(decoded).toHaveLength(8);
    for (const [index, value] of decoded.entries()) expect(value).toBeCloseTo(floats![index]!, 6);
  });

  it.each([
    ['a list of tokens', [1, 2, 3], 1, 3],
    [
      'lists of tokens',
      [
        [1, 2],
        [3, 4, 5],
      ],
      2,
      5,
    ],
  ])('are made of %s', async (_, input, length, tokens) => {
    const answer = await json(PATH, asking(input));
    expect([answer.data.length, answer.usage.prompt_tokens]).toEqual([length, tokens]);
  });

  it('are made of 2,048 texts at once', async () => {
    const answer = await json(PATH, asking(Array(2048).fill('x'), { dimensions: 8 }));
    expect(answer.data).toHaveLength(2048);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['an empty list', []],
    ['a strange list', ['a', 5]],
    ['too many texts', Array(2049).fill('x')],
  ])('are refused for %s', async (_, input) => {
    const response = await call(PATH, asking(input));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it.each([{ dimensions: 0 }, { dimensions: 5000 }, { encoding_format: 'text' }, { model: '' }])('are refused for %j', async (more) => {
    expect((await call(PATH, asking('x', more))).status).toBe(400);
  });

  it('heed the magic words of the last text', async () => {
    expect((await call(PATH, asking(['x', 'sandbox:status=429']))).status).toBe(429);
    expect((await json(PATH, asking('sandbox:usage=1000/50'))).usage).toEqual({ prompt_tokens: 1000, total_tokens: 1000 });
    expect(await json(PATH, asking('sandbox:no-usage'))).not.toHaveProperty('usage');
    expect(await json(PATH, asking('sandbox:error'))).toHaveProperty('error');
    await expect((await call(PATH, asking('sandbox:cut'))).text()).rejects.toThrow();
  });
});

describe("Google's embeddings", () => {
  const at = (method: string) => `/v1beta/models/gemini-embedding-001:${method}`;
  const content = (text: string) => ({ content: { parts: [{ text }] } });

  it('are the same one by one and in a batch, and others for another task', async () => {
    const requests = [content('a'), { ...content('a'), taskType: 'CLUSTERING' }, { ...content('a'), output_dimensionality: 8 }];
    const { embeddings, usageMetadata } = await json(at('batchEmbedContents'), { requests });
    const [plain, clustered, short] = embeddings.map(({ values }: { values: number[] }) => values);
    expect([plain.length, clustered.length, short.length]).toEqual([3072, 3072, 8]);
    expect(dot(plain, plain)).toBeCloseTo(1, 5);
    expect(Math.abs(dot(plain, clustered))).toBeLessThan(0.15);
    expect(usageMetadata).toEqual({ promptTokenCount: 3, totalTokenCount: 3 });
    expect((await json(at('embedContent'), content('a'))).embedding.values).toEqual(plain);
  });

  it.each([
    ['an empty content', 'embedContent', { content: { parts: [] } }],
    ['an empty batch', 'batchEmbedContents', { requests: [] }],
    ['more than a hundred', 'batchEmbedContents', { requests: Array(101).fill(content('a')) }],
    ['an absurd length', 'embedContent', { ...content('a'), outputDimensionality: 9_999 }],
  ])('refuse %s', async (_, method, body) => {
    const response = await call(at(method), body);
    expect([response.status, (await response.json()) as unknown]).toEqual([
      400,
      { error: { code: 400, message: expect.any(String) as string, status: 'INVALID_ARGUMENT' } },
    ]);
  });

  it('fail as the last text says', async () => {
    expect((await call(at('batchEmbedContents'), { requests: [content('a'), content('sandbox:status=503')] })).status).toBe(503);
  });
});
