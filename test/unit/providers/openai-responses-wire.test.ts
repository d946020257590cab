import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/core/usage';
import { openaiResponsesWire } from '../../../src/providers/wires/openai-responses';

const { readUsage, errorInBody, classifyFailure } = openaiResponsesWire;

describe('usage', () => {
  it('takes apart what the cache had a part in', () => {
    const usage = {
      input_tokens: 2_006,
      input_tokens_details: { cached_tokens: 1_920, cache_write_tokens: 6 },
      output_tokens: 300,
      output_tokens_details: { reasoning_tokens: 192 },
      total_tokens: 2_306,
    };
    expect(readUsage(usage, {})).toEqual({
      ...NO_USAGE,
      inputTokens: 80,
      cacheReadTokens: 1_920,
      cacheWrite5mTokens: 6,
      outputTokens: 300,
      reasoningTokens: 192,
    });
  });

  it('needs no details', () => {
    expect(readUsage({ input_tokens: 0, output_tokens: 0, input_tokens_details: null }, {})).toEqual(NO_USAGE);
  });

  it.each([
    ['chat usage', { prompt_tokens: 1, completion_tokens: 1 }],
    ['half a usage', { input_tokens: 1 }],
    ['a negative count', { input_tokens: -1, output_tokens: 1 }],
    ['a fraction', { input_tokens: 1, output_tokens: 1.5 }],
    ['a count beyond belief', { input_tokens: 1, output_tokens: 1e12 }],
    ['a detail that is no count', { input_tokens: 1, output_tokens: 1, input_tokens_details: { cached_tokens: '1' } }],
    ['null', null],
  ])('%s is none', (_, usage) => {
    expect(readUsage(usage, {})).toBeUndefined();
  });

  it('counts a cache beside the input where the total shows that it is', () => {
    const beside = { input_tokens: 479, output_tokens: 373, total_tokens: 14_164, input_tokens_details: { cached_tokens: 13_312 } };
    expect(readUsage(beside, {})).toMatchObject({ inputTokens: 479, cacheReadTokens: 13_312, outputTokens: 373 });
  });

  it('counts what is written to a cache so too, and never more than there was', () => {
    const details = { cached_tokens: 13_312, cache_write_tokens: 100 };
    const beside = { input_tokens: 479, output_tokens: 373, total_tokens: 14_264, input_tokens_details: details };
    expect(readUsage(beside, {})).toMatchObject({ inputTokens: 479, cacheReadTokens: 13_312, cacheWrite5mTokens: 100 });
    const within = { input_tokens: 10, output_tokens: 1, input_tokens_details: { cached_tokens: 8, cache_write_tokens: 5 } };
    expect(readUsage(within, {})).toMatchObject({ inputTokens: 0, cacheReadTokens: 8, cacheWrite5mTokens: 2 });
  });

  it('counts sound as a part of what was heard and said, and no more than that', () => {
    const heard = {
      input_tokens: 10,
      output_tokens: 20,
      input_tokens_details: { audio_tokens: 4 },
      output_tokens_details: { audio_tokens: 6 },
    };
    expect(readUsage(heard, {})).toMatchObject({ inputTokens: 10, inputAudioTokens: 4, outputTokens: 20, outputAudioTokens: 6 });
    const more = { ...heard, input_tokens_details: { audio_tokens: 40 }, output_tokens_details: { audio_tokens: 60 } };
    expect(readUsage(more, {})).toMatchObject({ inputAudioTokens: 10, outputAudioTokens: 20 });
    const again = { audio_tokens: 4, cached_tokens: 3, cached_tokens_details: { text_tokens: 0, audio_tokens: 3 } };
    expect(readUsage({ ...heard, input_tokens_details: again }, {})).toMatchObject({ inputTokens: 7, inputAudioTokens: 1 });
  });

  it('never counts more from the cache than there was', () => {
    expect(readUsage({ input_tokens: 10, output_tokens: 1, input_tokens_details: { cached_tokens: 50 } }, {})).toMatchObject({
      inputTokens: 0,
      cacheReadTokens: 10,
    });
  });
});

describe('a failure inside a 200', () => {
  const failed = (error: unknown) => ({ type: 'response.failed', response: { id: 'r', object: 'response', status: 'failed', error } });

  it.each([
    [
      'nested event',
      { type: 'error', error: { type: 'server_error', code: null, message: 'Sorry.' }, sequence_number: 2 },
      'retry',
      'Sorry.',
    ],
    ['flat event', { type: 'error', code: 'server_error', message: 'Sorry.', param: null, sequence_number: 2 }, 'retry', 'Sorry.'],
    ['flat event without a code', { type: 'error', code: null, message: 'Sorry.', param: null }, 'retry', 'Sorry.'],
    ['failed response event', failed({ code: 'rate_limit_exceeded', message: 'Too fast.' }), 'backoff_key', 'Too fast.'],
    ['spent quota', failed({ code: 'insufficient_quota', message: 'Spent.' }), 'backoff_key', 'Spent.'],
    ['prompt refused', failed({ code: 'invalid_prompt', message: 'No.' }), 'caller', 'No.'],
    ['context too long', failed({ code: 'context_length_exceeded', message: 'Long.' }), 'caller', 'Long.'],
    ['picture not fetched', failed({ code: 'failed_to_download_image', message: 'Gone.' }), 'caller', 'Gone.'],
    ['status of its own', { error: { code: 429, message: 'Too fast.' } }, 'backoff_key', 'Too fast.'],
    ['status that is none of a failure', { error: { code: 200, message: 'Sorry.' } }, 'retry', 'Sorry.'],
    ['failed without a word', failed(null), 'retry', ''],
    ['failed with a word beside it', { ...failed(null), error: { code: 'invalid_prompt', message: 'No.' } }, 'caller', 'No.'],
    ['failed answer', { object: 'response', status: 'failed', error: { code: 'server_error', message: 'Sorry.' } }, 'retry', 'Sorry.'],
    ['failed answer without a word', { object: 'response', status: 'failed', error: null }, 'retry', ''],
    ['cancelled answer', { object: 'response', status: 'cancelled', error: null }, 'retry', 'The response was cancelled.'],
    ['plain error', { error: { type: 'invalid_request_error', message: 'Bad.', param: 'input' } }, 'caller', 'Bad.'],
  ])('%s', (_, json, action, message) => {
    expect(errorInBody(json)).toMatchObject({ action, message });
  });

  it.each([
    ['a good answer', { object: 'response', status: 'completed', error: null, output: [] }],
    ['a good answer in which an error was left', { object: 'response', status: 'completed', error: { message: 'Sorry.' } }],
    ['one cut short in which an error was left', { object: 'response', status: 'incomplete', error: { message: 'Sorry.' } }],
    ['an answer cut short', { object: 'response', status: 'incomplete', error: null }],
    ['one taken on', { object: 'response', status: 'queued', error: null }],
    ['an ordinary event', { type: 'response.output_text.delta', delta: 'error' }],
    ['text', 'error'],
  ])('%s has none', (_, json) => {
    expect(errorInBody(json)).toBeUndefined();
  });
});

describe('an answer that the upstream keeps', () => {
  const { path, read } = openaiResponsesWire.stored!;

  it('stands under its id', () => {
    expect(path('resp_68a1')).toBe('/responses/resp_68a1');
    expect(path('../models')).toBe('/responses/..%2Fmodels');
  });

  it('is pending until it is over', () => {
    expect(read({ status: 'queued', output: [], usage: null })).toEqual({
      pending: true,
      failed: false,
      usage: null,
      hasOutput: false,
      outputChars: 0,
    });
    expect(read({ status: 'completed', output: [{}], usage: { output_tokens: 1 } })).toMatchObject({
      pending: false,
      hasOutput: true,
      outputChars: expect.any(Number) as number,
    });
    expect(read({ status: 'cancelled', output: [] })).toMatchObject({ pending: false, hasOutput: false });
  });

  it('is as long as what is written in it, and nothing that describes it', () => {
    const output = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAAA' },
      {
        type: 'message',
        id: 'msg_1',
        content: [
          { type: 'output_text', text: 'Hello', annotations: [] },
          { type: 'refusal', refusal: 'No' },
        ],
      },
      { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'run', input: 'ls' },
    ];
    expect(read({ status: 'incomplete', output, usage: null })?.outputChars).toBe('Hm.HelloNo{"a":1}ls'.length);
  });

  it('is nothing else', () => {
    expect(read({ error: { message: 'Not found' } })).toBeUndefined();
    expect(read('queued')).toBeUndefined();
  });
});

it('reads a refusal as every wire does', () => {
  expect(
    classifyFailure(400, '{"error":{"message":"Unsupported parameter","code":"unsupported_parameter","param":"top_p"}}'),
  ).toMatchObject({
    action: 'caller',
    param: 'top_p',
  });
});

it('speaks to /responses with a bearer key', () => {
  expect(openaiResponsesWire.path({ model: 'm', stream: true })).toBe('/responses');
  expect(openaiResponsesWire.authorize('k')).toEqual({ authorization: 'Bearer k' });
});
