import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../../src/dialects/gemini/address';
import { geminiNative, geminiUnified } from '../../../../src/dialects/gemini/dialect';
import { isOpenaiShaped } from '../../../../src/dialects/gemini/request';
import type { Dialect } from '../../../../src/dialects/types';
import { NATIVE_URL, parsed, sent } from './support';

const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];

function refusal(dialect: Dialect, url: string, body: unknown) {
  const call = dialect.parse({ url, body: typeof body === 'string' ? body : JSON.stringify(body), headers: new Headers() });
  return call.ok ? undefined : call.error;
}

describe('a native path', () => {
  it.each([
    ['', false],
    ['?alt=json', false],
    ['?alt=sse', true],
    ['?$alt=sse', true],
    ['?%24alt=json%3Benum-encoding%3Dint', false],
  ])('streams events or an array: %s', (query, sse) => {
    expect(readAddress(`/v1beta/models/gemini-3-flash-preview:streamGenerateContent${query}`)).toMatchObject({ sse });
  });

  it.each([
    ['/v1beta/models/gemini-3-flash-preview:generateContent', 'gemini-3-flash-preview', false],
    ['/v1/models/gemini-3-flash-preview:streamGenerateContent?alt=sse', 'gemini-3-flash-preview', true],
    ['/api/v1/gemini/v1beta/models/gemini-3.1-pro:generateContent', 'gemini-3.1-pro', false],
    ['/v1beta/models/models/gemini-3.1-pro:generateContent', 'gemini-3.1-pro', false],
    ['/v1beta/models/models%2Fgemini-3.1-pro%3AgenerateContent', 'gemini-3.1-pro', false],
    ['/v1beta/tunedModels/mine:generateContent', 'mine', false],
    ['/v1beta/models/google/gemini-3:free:generateContent', 'google/gemini-3:free', false],
    ['/v1beta/models/qwen%2Fqwen3:streamGenerateContent', 'qwen/qwen3', true],
  ])('names model and method: %s', (path, model, stream) => {
    expect(parsed(geminiNative, `https://gateway.test${path}`, { contents })).toMatchObject({ model, stream });
  });

  it.each(['/v1beta/models/gemini-3:embedContent', '/v1beta/models', '/v1beta/models/%E0%A4%A:generateContent'])('is none: %s', (path) => {
    expect(refusal(geminiNative, `https://gateway.test${path}`, { contents })).toMatchObject({ kind: 'not_found' });
  });

  it('is read as far as it is priced or routed on, in either spelling', () => {
    const expected = { choices: 2, maxOutputTokens: 2048 };
    const camel = { contents, generationConfig: { candidateCount: 2, maxOutputTokens: 2048 } };
    const snake = { contents, generation_config: { candidate_count: 2, max_output_tokens: '2048' } };
    for (const body of [camel, snake]) expect(parsed(geminiNative, `${NATIVE_URL}generateContent`, body)).toMatchObject(expected);
  });

  it.each([
    ['', undefined],
    ['{', undefined],
    ['[]', undefined],
    [{}, 'contents'],
    [{ contents: [] }, 'contents'],
    [{ contents: 'Hi' }, 'contents'],
    [{ contents, generationConfig: { maxOutputTokens: 0 } }, 'generationConfig.maxOutputTokens'],
    [{ contents, generationConfig: { candidateCount: 1.5 } }, 'generationConfig.candidateCount'],
    [{ contents, cachedContent: 'cachedContents/1' }, 'cachedContent'],
    [{ contents, generation_config: { maxOutputTokens: 9, max_output_tokens: 9_000 } }, 'max_output_tokens'],
  ])('refuses the body %j', (body, param) => {
    expect(refusal(geminiNative, `${NATIVE_URL}generateContent`, body)).toMatchObject({ kind: 'invalid_request', ...(param && { param }) });
  });

  it('counts an inline photo as a photo', () => {
    const photo = { contents: [{ parts: [{ inlineData: { mimeType: 'image/jpeg', data: 'A'.repeat(5_000_000) } }] }] };
    expect(parsed(geminiNative, `${NATIVE_URL}generateContent`, photo).estimatedInputTokens).toBeLessThan(1_100);
    const text = { contents: [{ parts: [{ text: 'A'.repeat(4_000) }] }] };
    expect(parsed(geminiNative, `${NATIVE_URL}generateContent`, text).estimatedInputTokens).toBeGreaterThan(1_000);
  });

  it('sends its body on byte for byte over its own wire', () => {
    const body = '{ "contents" : [{"parts":[{"text":"\\u0041 1.0"}]}],\n "unknown": 1.50 }';
    expect(sent(parsed(geminiNative, `${NATIVE_URL}generateContent`, body), 'gemini')).toBe(body);
  });

  it.each([
    ['{"model":"x", "contents":[{}]}', '{"contents":[{}]}'],
    ['{ "contents":[{}],\n"model":"models/x" }', '{ "contents":[{}] }'],
    ['{"a":1,"model":"x","contents":[{"model":"y"}],"model":"z"}', '{"a":1,"contents":[{"model":"y"}]}'],
  ])('drops only the model from %s', (body, expected) => {
    expect(sent(parsed(geminiNative, `${NATIVE_URL}generateContent`, body), 'gemini')).toBe(expected);
  });

  it('crosses no other wire', () => {
    const native = parsed(geminiNative, `${NATIVE_URL}generateContent`, { contents });
    expect(native.over('anthropic-messages')).toBeUndefined();
    const unified = parsed(geminiUnified, 'https://gateway.test/api/v1/gemini', { model: 'gemini-3.1-pro', contents });
    expect(unified.over('gemini')).toBeUndefined();
  });
});

describe('the one path for all Gemini models', () => {
  const url = 'https://gateway.test/api/v1/gemini';

  it('takes the documented example', () => {
    const body = {
      model: 'gemini-3.1-pro',
      contents: [{ role: 'user', parts: [{ text: 'Outline a launch plan.' }] }],
      generationConfig: { temperature: 0.6, maxOutputTokens: 2048 },
    };
    const call = parsed(geminiUnified, url, body);
    expect(call).toMatchObject({ model: 'gemini-3.1-pro', stream: false, maxOutputTokens: 2048 });
    expect(JSON.parse(sent(call, 'openai-chat'))).toEqual({
      model: 'upstream-model',
      messages: [{ role: 'user', content: 'Outline a launch plan.' }],
      temperature: 0.6,
      max_tokens: 2048,
    });
  });

  it('streams where the body says so, and passes on what it does not know', () => {
    const call = parsed(geminiUnified, url, { model: 'models/gemini-3.1-pro', contents, stream: true, service: 'x' });
    expect(call).toMatchObject({ model: 'gemini-3.1-pro', stream: true });
    expect(JSON.parse(sent(call, 'openai-chat'))).toMatchObject({ stream: true, stream_options: { include_usage: true }, service: 'x' });
  });

  it.each([
    [{ contents }, 'model'],
    [{ model: 'x', contents, stream: 'yes' }, 'stream'],
    [{ model: 'x', contents, tools: [{ google_search: {} }] }, 'tools'],
    [{ model: 'x', contents, n: 3 }, 'n'],
    [{ model: 'x', contents, N: 3 }, 'N'],
    [{ model: 'x', contents, generationConfig: { maxOutputTokens: 1 }, max_completion_tokens: 9_000 }, 'max_completion_tokens'],
    [{ model: 'x', contents, max_tokens: 9_000 }, 'max_tokens'],
    [{ model: 'x', contents, messages: [{ role: 'user', content: 'Write a novel.' }] }, 'messages'],
    [{ model: 'x', contents, modalities: ['audio'] }, 'modalities'],
  ])('refuses the body %j', (body, param) => {
    expect(refusal(geminiUnified, url, body)).toMatchObject({ kind: 'invalid_request', param });
  });

  it('knows a body in OpenAI’s shape', () => {
    expect(isOpenaiShaped('{"model":"x","messages":[]}')).toBe(true);
    expect(isOpenaiShaped('{"model":"x","contents":[{"parts":[{"text":"\\"messages\\""}]}]}')).toBe(false);
    expect(isOpenaiShaped('{"messages":[],"contents":[]}')).toBe(false);
    expect(isOpenaiShaped('{"messages":[],"contents":null}')).toBe(true);
    expect(isOpenaiShaped('"messages"')).toBe(false);
  });
});
