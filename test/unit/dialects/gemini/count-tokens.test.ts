import { describe, expect, it } from 'vitest';
import { parseCountTokens } from '../../../../src/dialects/gemini/count-tokens';
import { geminiModelView } from '../../../../src/dialects/gemini/models';

const url = 'https://gateway.test/v1beta/models/gemini-3-flash-official:countTokens';
const contents = [{ parts: [{ text: 'Hello, world!' }] }];

function parsed(body: unknown) {
  const call = parseCountTokens({ url, body: typeof body === 'string' ? body : JSON.stringify(body) });
  if (!call.ok) throw new Error(call.error.message);
  return call.value;
}

describe('counting tokens', () => {
  it('takes contents, or a whole request', () => {
    expect(parsed({ contents })).toMatchObject({ model: 'gemini-3-flash-official', estimatedTokens: expect.any(Number) });
    expect(parsed({ generateContentRequest: { model: 'models/gemini-3-flash-official', contents } }).estimatedTokens).toBeGreaterThan(0);
  });

  it('refuses what holds neither', () => {
    for (const body of ['', '[]', '{}', '{"generateContentRequest":{}}']) expect(parseCountTokens({ url, body }).ok).toBe(false);
    expect(
      parseCountTokens({ url: 'https://gateway.test/v1beta/models/x:generateContent', body: JSON.stringify({ contents }) }),
    ).toMatchObject({
      ok: false,
      error: { kind: 'not_found' },
    });
  });

  it('asks the upstream in its own names, and changes nothing else', () => {
    const request = (body: string) => parsed(body).over('gemini')!.request({ model: 'up', moved: false });
    expect(request('{"model":"x", "contents":[{"parts":[]}] }')).toEqual({
      body: '{"contents":[{"parts":[]}] }',
      method: 'countTokens',
    });
    const nested = '{"generateContentRequest":{"model":"models/x","contents":[{"n":1.0}]}}';
    expect(request(nested).body).toBe(nested.replace('models/x', 'models/up'));
    expect(parsed({ contents }).over('openai-chat')).toBeUndefined();
  });

  it('knows a count, and gives an estimate', () => {
    const question = parsed({ contents });
    const { hasCount } = question.over('gemini')!;
    expect(hasCount({ totalTokens: 31, promptTokensDetails: [] })).toBe(true);
    expect(hasCount({ totalTokens: 0 })).toBe(true);
    for (const json of [undefined, {}, { totalTokens: -1 }, { totalTokens: 1.5 }, { totalTokens: '31' }])
      expect(hasCount(json)).toBe(false);
    expect(question.answer(31)).toBe('{"totalTokens":31}');
  });
});

describe('a listed model', () => {
  it('has Google’s form', () => {
    const facts = { label: 'Gemini 3.1 Pro', family: 'gemini', contextTokens: 1_048_576, maxOutputTokens: 65_536 } as const;
    expect(geminiModelView({ id: 'gemini-3.1-pro', ...facts })).toEqual({
      name: 'models/gemini-3.1-pro',
      baseModelId: 'gemini-3.1-pro',
      version: 'gemini-3.1-pro',
      displayName: 'Gemini 3.1 Pro',
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
    });
  });

  it.each([
    ['embedding', ['embedContent', 'batchEmbedContents']],
    ['image', ['generateContent', 'streamGenerateContent', 'predict']],
    ['video', ['predictLongRunning']],
    ['audio', []],
  ] as const)('of the family %s names the methods that it has', (family, methods) => {
    expect(geminiModelView({ id: 'm', label: 'M', family }).supportedGenerationMethods).toEqual(methods);
  });
});
