import { describe, expect, it } from 'vitest';
import type { FailureAction } from '../../../src/providers/types';
import { errorInBody, openaiChatWire } from '../../../src/providers/wires/openai-chat';

const { classifyFailure } = openaiChatWire;
const openaiError = (message: string, more: object = {}) => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...more },
});

const byStatus: [number, FailureAction][] = [
  [400, 'caller'],
  [413, 'caller'],
  [422, 'caller'],
  [401, 'next_key'],
  [402, 'next_key'],
  [403, 'next_key'],
  [404, 'next_wire'],
  [405, 'next_target'],
  [410, 'next_target'],
  [429, 'backoff_key'],
  [408, 'retry'],
  [500, 'retry'],
  [502, 'retry'],
  [503, 'retry'],
  [520, 'retry'],
  [529, 'retry'],
  [501, 'next_target'],
  [504, 'next_target'],
  [524, 'next_target'],
  [302, 'next_target'],
];

/** In the vendors' words; most send no code that identifies the error. */
const OVERFLOWS = [
  "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
  'Your input exceeds the context window of this model. Please adjust your input and try again.',
  "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens.",
  "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
  'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  'Invalid request: Your request exceeded model token limit: 131072',
  'InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]',
  'Prompt exceeds max length',
  'invalid params, context window exceeds limit (2013)',
  'the request exceeds the available context size',
  'prompt is too long: 210000 tokens > 200000 maximum',
  'Input is too long for requested model.',
];

const NO_OVERFLOWS = [
  'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again',
  'max_tokens is too large: 300000. This model supports at most 16384 completion tokens.',
  "Invalid 'user': string too long. Expected a string with maximum length 256.",
  'metadata.key exceeds maximum length of 64',
];

const bySaying: { what: string; status: number; body: object | string; action: FailureAction }[] = [
  {
    what: 'a bad parameter',
    status: 400,
    body: openaiError("Unsupported value: 'temperature'", { param: 'temperature' }),
    action: 'caller',
  },
  {
    what: 'a context that is too long',
    status: 400,
    body: openaiError("This model's maximum context length is 128000 tokens.", { code: 'context_length_exceeded', param: 'messages' }),
    action: 'caller',
  },
  {
    what: "LiteLLM's budget, which is the operator's",
    status: 400,
    body: openaiError('Budget has been exceeded! Current cost: 10.2, Max budget: 10.0', { type: 'budget_exceeded', code: '400' }),
    action: 'next_key',
  },
  { what: "new-api's quota", status: 400, body: openaiError('用户额度不足, 剩余额度: $0.00'), action: 'next_key' },
  {
    what: 'a budget for thinking, which is the caller’s',
    status: 400,
    body: openaiError('thinking.budget_tokens exceeds max_tokens'),
    action: 'caller',
  },
  { what: 'an ability that the model lacks', status: 400, body: openaiError('This model does not support image input.'), action: 'caller' },
  {
    what: "OpenAI's unknown model",
    status: 404,
    body: openaiError('The model `gpt-9` does not exist or you do not have access to it.', { code: 'model_not_found' }),
    action: 'next_target',
  },
  {
    what: 'a model of another OpenAI endpoint',
    status: 404,
    body: openaiError('This model is only supported in v1/responses and not in v1/chat/completions.', { param: 'model' }),
    action: 'next_wire',
  },
  {
    what: 'tools that go to another OpenAI endpoint',
    status: 400,
    body: openaiError(
      'Function tools with reasoning_effort are not supported for gpt-5.5 in /v1/chat/completions. Please use /v1/responses instead.',
      { param: 'reasoning_effort' },
    ),
    action: 'next_wire',
  },
  { what: "DeepSeek's unknown model", status: 400, body: openaiError('Model Not Exist'), action: 'next_target' },
  {
    what: "OpenRouter's unknown model",
    status: 400,
    body: { error: { message: 'foo/bar is not a valid model ID', code: 400 }, user_id: 'user_1' },
    action: 'next_target',
  },
  {
    what: "OpenRouter's model without a provider",
    status: 404,
    body: { error: { message: 'No endpoints found for foo/bar.', code: 404 } },
    action: 'next_target',
  },
  {
    what: "Google's unknown model",
    status: 404,
    body: [{ error: { code: 404, message: 'models/gemini-0 is not found for API version v1main.', status: 'NOT_FOUND' } }],
    action: 'next_wire',
  },
  {
    what: "Zhipu's unknown model",
    status: 400,
    body: { error: { code: '1211', message: '模型不存在，请检查模型代码。' } },
    action: 'next_target',
  },
  {
    what: "Moonshot's unknown model",
    status: 404,
    body: { error: { message: 'Not found the model kimi-0 or Permission denied', type: 'resource_not_found_error' } },
    action: 'next_target',
  },
  {
    what: 'a provider that is busy, and names another format',
    status: 503,
    body: openaiError('Overloaded: only available in v1/responses for now.'),
    action: 'retry',
  },
  {
    what: 'content that was flagged, and speaks of a key',
    status: 400,
    body: openaiError('The input was flagged: "my API key is invalid"'),
    action: 'caller',
  },
  { what: 'a retired model', status: 400, body: openaiError('The model `x` has been deprecated.'), action: 'next_target' },
  { what: 'an unknown path', status: 404, body: openaiError('Invalid URL (POST /v1/chat/completionz)'), action: 'next_wire' },
  { what: 'a bare not found', status: 404, body: { detail: 'Not Found' }, action: 'next_wire' },
  { what: "nginx's not found", status: 404, body: '<html><head><title>404 Not Found</title></head></html>', action: 'next_wire' },
  { what: "the caller's missing file", status: 404, body: openaiError('No such File object: file-abc', { param: 'id' }), action: 'caller' },
  {
    what: "the caller's missing response",
    status: 404,
    body: openaiError("Previous response with id 'resp_1' not found.", { param: 'previous_response_id' }),
    action: 'caller',
  },
  {
    what: 'a content policy by 400',
    status: 400,
    body: openaiError('Input data may contain inappropriate content.', { code: 'data_inspection_failed' }),
    action: 'caller',
  },
  {
    what: 'moderation by 403',
    status: 403,
    body: { error: { message: 'Your input was flagged', code: 403, metadata: { reasons: ['violence'] } } },
    action: 'caller',
  },
  { what: 'usage guidelines by 403', status: 403, body: { code: 'x', error: 'Content violates usage guidelines.' }, action: 'caller' },
  {
    what: 'a project without access',
    status: 403,
    body: openaiError('Project `p` does not have access to model `m`', { code: 'model_not_found' }),
    action: 'next_key',
  },
  {
    what: "Google's bad key by 400",
    status: 400,
    body: [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } }],
    action: 'next_key',
  },
  {
    what: "xAI's bad key by 400",
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: 'Incorrect API key provided: xa***34. You can obtain an API key at https://console.x.ai.',
    },
    action: 'next_key',
  },
  {
    what: "Alibaba's unpaid account by 400",
    status: 400,
    body: openaiError('Access denied, please make sure your account is in good standing.', { code: 'Arrearage', type: 'Arrearage' }),
    action: 'next_key',
  },
  {
    what: "a reseller's model without a channel by 503",
    status: 503,
    body: openaiError('No available channel for model gpt-5 under group default', { type: 'new_api_error' }),
    action: 'next_target',
  },
];

describe('classifyFailure', () => {
  it.each(byStatus)('answers a bare %i with %s', (status, action) => {
    expect(classifyFailure(status, '').action).toBe(action);
  });

  it.each(bySaying)('answers $what with $action', ({ status, body, action }) => {
    expect(classifyFailure(status, typeof body === 'string' ? body : JSON.stringify(body)).action).toBe(action);
  });

  it.each<[string, object, object]>([
    [
      "OpenAI's object",
      openaiError('Wrong.', { code: 'wrong', param: 'messages[0].content' }),
      { message: 'Wrong.', code: 'wrong', param: 'messages[0].content' },
    ],
    ['a string', { error: 'Wrong.' }, { message: 'Wrong.' }],
    ['a message', { message: 'Wrong.', code: 'InvalidParameter', request_id: '1' }, { message: 'Wrong.', code: 'InvalidParameter' }],
    ['a detail', { detail: 'Wrong.' }, { message: 'Wrong.' }],
    [
      "FastAPI's details",
      { detail: [{ type: 'missing', loc: ['body', 'messages', 0], msg: 'Field required' }] },
      { message: 'messages.0: Field required', param: 'messages.0' },
    ],
    [
      'details in a message, as Mistral has them',
      {
        object: 'error',
        message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: 1 }] },
        type: 'invalid_request_error',
      },
      { message: 'seed: Extra inputs are not permitted', param: 'seed' },
    ],
    ['a list', [{ error: { code: 400, message: 'Wrong.', status: 'INVALID_ARGUMENT' } }], { message: 'Wrong.' }],
    ['a list of errors', { errors: [{ message: 'Wrong.', code: 7003 }] }, { message: 'Wrong.', code: '7003' }],
    ['base_resp', { base_resp: { status_code: 2013, status_msg: 'invalid params' } }, { message: 'invalid params', code: '2013' }],
    [
      "OpenRouter's wrapped error",
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"Too long.","code":"long"}}', provider_name: 'X' },
        },
      },
      { message: 'Too long.', code: 'long' },
    ],
    [
      'an error as text in a message',
      { error: { message: '{"error":{"code":400,"message":"Wrong."}}', code: 400 } },
      { message: 'Wrong.' },
    ],
    ['an empty object', {}, { message: '' }],
  ])('reads %s', (_, body, failure) => {
    expect(classifyFailure(400, JSON.stringify(body))).toEqual({ action: 'caller', ...failure });
  });

  it.each([
    '<!DOCTYPE html><html><body>10.0.0.3 Bad gateway</body></html>',
    '\n <html>',
    JSON.stringify({ error: { message: '<html><body>10.0.0.3</body></html>' } }),
  ])('passes no web page on: %s', (body) => {
    expect(classifyFailure(502, body)).toEqual({ action: 'retry', message: 'The upstream answered with a web page instead of JSON.' });
  });

  it.each(['upstream connect error 10.0.0.3:8080', '"a string"', `{"error":"${'x'.repeat(300_000)}"}`])('passes no text on', (body) => {
    expect(classifyFailure(503, body)).toEqual({ action: 'retry', message: 'The upstream answered with text instead of JSON.' });
  });

  it('cuts a message at 500 characters, and no character in half', () => {
    const { message } = classifyFailure(400, JSON.stringify({ error: { message: 'é'.repeat(498) + '😀'.repeat(50) } }));
    expect(message.length).toBeLessThanOrEqual(500);
    expect(message.endsWith('é…')).toBe(true);
  });

  it('takes credentials and control characters out', () => {
    const { message } = classifyFailure(
      401,
      JSON.stringify(openaiError('Incorrect API key provided: sk-proj-ab***XYZ9.\n\u0000\u202eSee')),
    );
    expect(message).toBe('Incorrect API key provided: [redacted] See');
  });

  it('passes on no code or param that is no identifier', () => {
    const failure = classifyFailure(400, JSON.stringify(openaiError('Wrong.', { code: '<b>x</b>', param: 'sk-1234567890abcdef' })));
    expect(failure).toEqual({ action: 'caller', message: 'Wrong.' });
  });

  it('judges long hostile bodies quickly', () => {
    const start = performance.now();
    for (const part of ['model ', 'api key ', 'a_', 'key', 'Bearer ', '://', '[', '{"a":']) {
      classifyFailure(400, JSON.stringify({ error: { message: part.repeat(50_000) } }));
      classifyFailure(400, part.repeat(50_000));
    }
    classifyFailure(400, '['.repeat(100_000) + ']'.repeat(100_000));
    // Takes a twentieth of a second; a search that starts again at every character takes minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('errorInBody', () => {
  it.each<[string, unknown, object]>([
    [
      "OpenRouter's numeric code",
      { error: { code: 429, message: 'Rate limited', metadata: { provider_name: 'X' } } },
      { action: 'backoff_key', message: 'Rate limited' },
    ],
    ['an overloaded provider', { error: { code: 502, message: 'Down' } }, { action: 'retry', message: 'Down' }],
    [
      'an error with a null list of choices',
      { choices: null, error: { message: 'x', type: 'server_error' } },
      { action: 'retry', message: 'x' },
    ],
    [
      'a chunk that ends in an error',
      {
        id: 'gen-1',
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
        error: { code: 'server_error', message: 'Gone' },
      },
      { action: 'retry', message: 'Gone', code: 'server_error' },
    ],
    [
      'an error in a choice',
      { choices: [{ error: { code: 504, message: 'Too slow' }, message: { content: '' } }] },
      { action: 'next_target', message: 'Too slow' },
    ],
    ['a choice that ends in a broken connection', { choices: [{ finish_reason: 'network_error' }] }, { action: 'retry', message: '' }],
    ['a choice that ends in an error that nobody explains', { choices: [{ finish_reason: 'error' }] }, { action: 'retry', message: '' }],
    ['an error as text', { error: 'Wrong' }, { action: 'retry', message: 'Wrong' }],
    ["Google's list", [{ error: { code: 400, message: 'Bad', status: 'INVALID_ARGUMENT' } }], { action: 'caller', message: 'Bad' }],
    [
      "vLLM's object",
      { object: 'error', message: 'Too long', type: 'BadRequestError', code: 400, param: null },
      { action: 'caller', message: 'Too long' },
    ],
    [
      'a spent quota',
      { error: { code: 'insufficient_quota', message: 'x' } },
      { action: 'backoff_key', message: 'x', code: 'insufficient_quota' },
    ],
    [
      'a bad key',
      { error: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'x' } },
      { action: 'next_key', message: 'x', code: 'invalid_api_key' },
    ],
    [
      'an unknown model',
      { error: { type: 'invalid_request_error', code: 'model_not_found', message: 'x' } },
      { action: 'next_target', message: 'x', code: 'model_not_found' },
    ],
    ['a bad request', { error: { type: 'invalid_request_error', message: 'x' } }, { action: 'caller', message: 'x' }],
    [
      "MiniMax's empty account",
      { choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
      { action: 'next_key', message: 'insufficient balance', code: '1008' },
    ],
    [
      "MiniMax's rate limit",
      { base_resp: { status_code: 1002, status_msg: 'rate limit' } },
      { action: 'backoff_key', message: 'rate limit', code: '1002' },
    ],
    [
      "MiniMax's refusal of content",
      { base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } },
      { action: 'caller', message: 'input new_sensitive', code: '1026' },
    ],
    [
      "MiniMax's unknown model",
      { base_resp: { status_code: 2013, status_msg: "invalid params, unknown model 'x'" } },
      { action: 'next_target', message: "invalid params, unknown model 'x'", code: '2013' },
    ],
    ["MiniMax's other codes", { base_resp: { status_code: 99, status_msg: 'x' } }, { action: 'retry', message: 'x', code: '99' }],
  ])('finds %s', (_, json, failure) => {
    expect(errorInBody(json)).toEqual(failure);
  });

  it.each<[string, unknown]>([
    ['an answer', { choices: [{ message: { content: 'hi' }, finish_reason: 'stop' }], usage: {} }],
    ['an answer with a null error', { choices: [{ finish_reason: 'stop' }], error: null }],
    ['an answer with an error field beside good choices', { choices: [{ finish_reason: 'stop' }], error: { code: 0, message: 'success' } }],
    ['a usage chunk', { choices: [], usage: { prompt_tokens: 1 }, error: null }],
    ["MiniMax's success", { choices: [{ finish_reason: 'stop' }], base_resp: { status_code: 0, status_msg: '' } }],
    ['an empty error', { error: '' }],
    ['null', null],
    ['text', 'error'],
    ['an empty list', []],
    ['undefined', undefined],
  ])('finds nothing in %s', (_, json) => {
    expect(errorInBody(json)).toBeUndefined();
  });
});

describe('a conversation that is too long', () => {
  it.each(OVERFLOWS)('has the one code that agents look for: %s', (message) => {
    const body = JSON.stringify({ error: { message, type: 'invalid_request_error', code: 'invalid_parameter' } });
    expect(classifyFailure(400, body)).toMatchObject({ action: 'caller', code: 'context_length_exceeded', message });
  });

  it.each(NO_OVERFLOWS)('is something else than %s', (message) => {
    expect(classifyFailure(400, JSON.stringify({ error: { message, code: 'invalid_parameter' } })).code).toBe('invalid_parameter');
  });

  it('is no reason to leave a provider that fails', () => {
    expect(classifyFailure(503, JSON.stringify({ error: { message: OVERFLOWS[0] } }))).toEqual({ action: 'retry', message: OVERFLOWS[0] });
  });
});
