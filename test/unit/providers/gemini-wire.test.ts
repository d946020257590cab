import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/core/usage';
import { google } from '../../../src/providers/google/spec';
import { geminiPath, geminiWire } from '../../../src/providers/wires/gemini';

const { readUsage, classifyFailure, errorInBody } = geminiWire;
const failure = (code: number, status: string, message: string, details: object[] = []) => ({ error: { code, status, message, details } });
const action = (code: number, status: string, message: string, details: object[] = []) =>
  classifyFailure(code, JSON.stringify(failure(code, status, message, details))).action;

describe('the Gemini wire', () => {
  it('names model and method in its path, and has the key in Google’s header', () => {
    expect(geminiWire.path({ model: 'gemini-3-flash-preview', stream: false })).toBe('/models/gemini-3-flash-preview:generateContent');
    expect(geminiWire.path({ model: 'gemini-3-flash-preview', stream: true })).toBe(
      '/models/gemini-3-flash-preview:streamGenerateContent?alt=sse',
    );
    expect(geminiPath('tunedModels/a b', 'countTokens')).toBe('/tunedModels/a%20b:countTokens');
    for (const [model, path] of [
      ['up', '/models/up:countTokens'],
      ['tunedModels/x', '/tunedModels/x:countTokens'],
    ] as const)
      expect(geminiWire.path({ model, stream: false, method: 'countTokens' })).toBe(path);
    expect(geminiWire.authorize('k')).toEqual({ 'x-goog-api-key': 'k' });
  });

  it('is Google’s first, and OpenAI’s formats have paths of their own there', () => {
    expect(google.wires.map((wire) => google.baseUrl + wire.path({ model: 'm', stream: false }))).toEqual([
      'https://generativelanguage.googleapis.com/v1beta/models/m:generateContent',
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
      'https://generativelanguage.googleapis.com/v1beta/models/m:embedContent',
      'https://generativelanguage.googleapis.com/v1beta/openai/embeddings',
    ]);
  });
});

describe('usage on the Gemini wire', () => {
  it('has the cached prompt within the prompt, thoughts beside the candidates, and what tools gave as input', () => {
    const usage = {
      promptTokenCount: 1_000,
      cachedContentTokenCount: 600,
      candidatesTokenCount: 40,
      thoughtsTokenCount: 84,
      toolUsePromptTokenCount: 70,
      totalTokenCount: 1_194,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 900 },
        { modality: 'AUDIO', tokenCount: 100 },
      ],
      candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 10 }],
    };
    expect(readUsage(usage, google)).toEqual({
      ...NO_USAGE,
      inputTokens: 470,
      cacheReadTokens: 600,
      outputTokens: 124,
      reasoningTokens: 84,
      inputAudioTokens: 100,
      outputAudioTokens: 10,
    });
  });

  it('has no sound in the input that was read from a cache', () => {
    const usage = {
      promptTokenCount: 1_000,
      cachedContentTokenCount: 800,
      candidatesTokenCount: 4,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 100 },
        { modality: 'AUDIO', tokenCount: 900 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 800 }],
    };
    expect(readUsage(usage, google)).toMatchObject({ inputTokens: 200, cacheReadTokens: 800, inputAudioTokens: 100 });
  });

  it.each([
    [{ promptTokenCount: 9, totalTokenCount: 9 }, 9, 0],
    [{ promptTokenCount: 0, candidatesTokenCount: 0 }, 0, 0],
    [{ candidatesTokenCount: 3 }, 0, 3],
    [{ promptTokenCount: 5, cachedContentTokenCount: 9 }, 5, 0],
  ])('adds up: %j', (usage, input, output) => {
    const read = readUsage(usage, {})!;
    expect(read.inputTokens + read.cacheReadTokens).toBe(input);
    expect(read.outputTokens).toBe(output);
  });

  it.each([
    undefined,
    null,
    {},
    [],
    'usage',
    { totalTokenCount: 3 },
    { promptTokenCount: -1 },
    { promptTokenCount: 1.5 },
    { promptTokenCount: '9' },
    { promptTokenCount: 1, thoughtsTokenCount: 1e12 },
    { promptTokenCount: 1, totalTokenCount: Number.NaN },
  ])('is none: %j', (usage) => {
    expect(readUsage(usage, {})).toBeUndefined();
  });
});

describe('failures on the Gemini wire', () => {
  const invalidKey = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' };

  it.each([
    ['caller', 400, 'INVALID_ARGUMENT', 'Invalid value at contents', []],
    ['next_key', 400, 'INVALID_ARGUMENT', 'Refused.', [invalidKey]],
    ['next_key', 400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', []],
    ['next_target', 400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', []],
    ['next_key', 401, 'UNAUTHENTICATED', 'No.', []],
    ['next_key', 403, 'PERMISSION_DENIED', 'Your project has been denied access.', []],
    ['next_target', 404, 'NOT_FOUND', 'models/x is not found for API version v1beta', []],
    ['next_target', 404, 'NOT_FOUND', 'Requested entity was not found.', []],
    ['backoff_key', 429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', []],
    ['retry', 500, 'INTERNAL', 'An internal error has occurred.', []],
    ['retry', 503, 'UNAVAILABLE', 'The model is overloaded.', []],
    ['next_target', 504, 'DEADLINE_EXCEEDED', 'Too late.', []],
  ] as const)('%s: %i %s %s', (expected, code, status, message, details) => {
    expect(action(code, status, message, [...details])).toBe(expected);
    expect(errorInBody(failure(code, status, message, [...details]))).toMatchObject({ action: expected, message });
  });

  it('names the field at fault', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'contents[0].parts' }] }];
    expect(classifyFailure(400, JSON.stringify(failure(400, 'INVALID_ARGUMENT', 'No.', details)))).toEqual({
      action: 'caller',
      message: 'No.',
      param: 'contents[0].parts',
    });
  });

  it('reads lists of errors, pages and nothing', () => {
    expect(classifyFailure(503, JSON.stringify([failure(503, 'UNAVAILABLE', 'Busy.')]))).toMatchObject({
      action: 'retry',
      message: 'Busy.',
    });
    expect(classifyFailure(502, '<html>Bad gateway</html>').message).toBe('The upstream answered with a web page instead of JSON.');
    expect(classifyFailure(503, '').message).toBe('');
    expect(errorInBody([failure(503, 'UNAVAILABLE', 'Busy.')])).toMatchObject({ action: 'retry' });
    const exhausted = { status: 'RESOURCE_EXHAUSTED', message: 'No.' };
    for (const error of [exhausted, { ...exhausted, code: 200 }])
      expect(errorInBody({ error, candidates: [] })).toMatchObject({ action: 'backoff_key' });
  });

  it('takes answers for answers, a blocked prompt included', () => {
    for (const json of [
      { candidates: [{}] },
      { promptFeedback: { blockReason: 'SAFETY' } },
      { candidates: [{}], error: {} },
      { error: null },
      undefined,
    ])
      expect(errorInBody(json)).toBeUndefined();
  });
});
