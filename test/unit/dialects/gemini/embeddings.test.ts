import { describe, expect, it } from 'vitest';
import { beyondOpenai, overOpenaiBridge } from '../../../../src/dialects/gemini-embeddings/over-openai';
import { parseEmbedding } from '../../../../src/dialects/gemini-embeddings/request';
import { straightBridge } from '../../../../src/dialects/gemini-embeddings/straight';

function read(method: string, body: unknown) {
  const parsed = parseEmbedding({ body: JSON.stringify(body), url: `/v1beta/models/m:${method}` });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const request = (text: string, more: Record<string, unknown> = {}) => ({ content: { parts: [{ text }] }, ...more });

describe('a batch of texts', () => {
  const two = read('batchEmbedContents', { requests: [request('a'), request('b')] });
  const straight = straightBridge(two);
  const over = overOpenaiBridge(two);
  const values = [1, 2];

  it('is answered by as many vectors, or not at all', () => {
    expect(straight.readAnswer({ embeddings: [{ values }, { values }] })).toMatchObject({ hasOutput: true });
    for (const embeddings of [undefined, [], [{ values }], [{ values }, null], [{ values }, { values }, { values }]])
      expect(straight.readAnswer({ embeddings })).toBeUndefined();
    expect(over.readAnswer({ data: [{ embedding: values }, { embedding: values }] })).toMatchObject({ hasOutput: true });
    for (const data of [undefined, [], [{ embedding: values }], [{ embedding: values }, null]])
      expect(over.readAnswer({ data })).toBeUndefined();
  });

  it('has got nothing where all vectors are empty', () => {
    expect(straight.readAnswer({ embeddings: [{ values: [] }, {}], usageMetadata: {} })).toMatchObject({ hasOutput: false });
  });
});

it('a single text is answered by one vector', () => {
  const { readAnswer } = straightBridge(read('embedContent', request('a')));
  expect(readAnswer({ embedding: { values: [1] } })).toMatchObject({ hasOutput: true });
  for (const answer of [{}, { embedding: null }, { embedding: 'QQ==' }, [], null]) expect(readAnswer(answer)).toBeUndefined();
});

it('what is not of its method goes on as it came', () => {
  for (const requests of [null, 5, ['x', null]]) {
    const sent = straightBridge(read('embedContent', request('a', { requests }))).request({ model: 'm', moved: false }).body;
    expect(JSON.parse(sent)).toEqual(request('a', { requests }));
  }
});

it("a text's title counts, since it is embedded with it", () => {
  const title = 'x'.repeat(400);
  for (const titled of [request('a', { title }), { requests: [request('a', { title })] }])
    expect(read('requests' in titled ? 'batchEmbedContents' : 'embedContent', titled).estimatedInputTokens).toBe(101);
  const file = { content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'QQ==' } }] } };
  const bare = read('embedContent', file).estimatedInputTokens;
  expect(read('embedContent', { ...file, title }).estimatedInputTokens).toBeGreaterThan(bare + 99);
});

it("only a purpose that says something is beyond OpenAI's format", () => {
  for (const nothing of [{}, { taskType: null }, { title: '' }, { task_type: 'TASK_TYPE_UNSPECIFIED' }])
    expect(beyondOpenai(read('embedContent', request('a', nothing)))).toBeUndefined();
  expect(beyondOpenai(read('embedContent', request('a', { task_type: 'CLUSTERING' })))).toBe('taskType');
  const requests = [request('a', { outputDimensionality: 8 }), request('b')];
  expect(beyondOpenai(read('batchEmbedContents', { requests }))).toBe('requests[1].outputDimensionality');
});
