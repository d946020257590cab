import { describe, expect, it } from 'vitest';
import { CONTEXT_OVERFLOW } from '../../../../src/core/errors';
import { readMessage, renderMessage } from '../../../../src/dialects/anthropic-messages/answer';
import { anthropicMessages } from '../../../../src/dialects/anthropic-messages/dialect';
import { foldMessageStream } from '../../../../src/dialects/anthropic-messages/fold';
import { FIXTURES } from './fixtures';
import { type Json, REQUEST_ID, receiptOf } from './support';

const folded = (name: keyof typeof FIXTURES): Json => JSON.parse(foldMessageStream(FIXTURES[name])!) as Json;

describe('a message', () => {
  it.each([
    ['text', { type: 'text', text: 'Hi' }, true],
    ['empty text', { type: 'text', text: '' }, false],
    ['thinking', { type: 'thinking', thinking: 'x', signature: 'y' }, true],
    ['thinking that is not shown', { type: 'thinking', thinking: '', signature: 'y' }, true],
    ['redacted thinking', { type: 'redacted_thinking', data: 'x' }, true],
    ['a tool', { type: 'tool_use', id: 't', name: 'f', input: {} }, true],
    ["a server's tool", { type: 'server_tool_use', id: 't', name: 'web_search', input: {} }, true],
  ])('says something or not: %s', (_what, block, hasOutput) => {
    expect(readMessage({ content: [block], usage: { input_tokens: 1 } })).toMatchObject({ hasOutput, usage: { input_tokens: 1 } });
  });

  it('counts what it says', () => {
    const content = [
      { type: 'thinking', thinking: 'abc', signature: 'x'.repeat(500) },
      { type: 'text', text: 'de' },
      { type: 'tool_use', input: { a: 1 } },
    ];
    expect(readMessage({ content })?.outputChars).toBe(3 + 2 + '{"a":1}'.length);
  });

  it.each([undefined, null, [], 'x', {}, { content: 'x' }, { type: 'error', error: {} }])('is nothing else: %j', (json) => {
    expect(readMessage(json)).toBeUndefined();
  });

  it('is given as it came, with the cost in its usage', () => {
    const text = '{ "content" : [ {"type":"text","text":"\\u00e9"} ], "usage": {"input_tokens":1.0 ,"output_tokens":2}, "x":1.50 }';
    expect(renderMessage(text, receiptOf({ input_tokens: 1 }))).toBe(
      text.replace('"output_tokens":2', '"output_tokens":2,"creditsUsed":0.25'),
    );
  });

  it('is given an estimate where the upstream reports nothing that can be read', () => {
    const usage = {
      input_tokens: 11,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 4,
      output_tokens: 5,
      estimated: true,
      creditsUsed: 0.25,
    };
    expect(JSON.parse(renderMessage('{"content":[]}', receiptOf(undefined)))).toEqual({ content: [], usage });
    expect(JSON.parse(renderMessage('{"content":[],"usage":{"input_tokens":-1}}', receiptOf(undefined)))).toEqual({ content: [], usage });
  });
});

describe('a stream where JSON was asked for', () => {
  it('adds up to text', () => {
    expect(folded('plain')).toEqual({
      model: 'claude-opus-4-6',
      id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Grüße "dir" 😀\n{"type":"message_stop"}' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 25,
        cache_creation_input_tokens: 300,
        cache_read_input_tokens: 1_200,
        cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
        output_tokens: 15,
        service_tier: 'standard',
        inference_geo: 'not_available',
      },
    });
  });

  it('adds up to tools and their input', () => {
    expect(folded('parallel-tools')).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'text', text: 'I look both up.' },
        { type: 'tool_use', id: 'toolu_01A', name: 'get_weather', input: { city: 'Bern', days: 1 } },
        { type: 'tool_use', id: 'toolu_01B', name: 'get_time', input: { zone: 'Europe/Zurich' } },
        { type: 'tool_use', id: 'toolu_01C', name: 'now', input: {} },
      ],
    });
  });

  it('adds up to thinking and its signature', () => {
    expect(folded('thinking-and-tool').content).toMatchObject([
      { type: 'thinking', thinking: 'First the weather.', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h+/ABCDEF==' },
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_use', input: { city: 'Bern' } },
    ]);
    expect(folded('redacted-thinking').content).toMatchObject([{ type: 'redacted_thinking', data: expect.any(String) }, { text: 'Done.' }]);
  });

  it('adds up to searches and citations', () => {
    expect(folded('web-search')).toMatchObject({
      content: [
        { type: 'text' },
        { type: 'server_tool_use', input: { query: 'bern weather' } },
        { type: 'web_search_tool_result', content: [{ url: 'https://example.com/bern' }] },
        { type: 'text', text: 'It is sunny.', citations: [{ type: 'web_search_result_location', cited_text: 'Sunny in Bern.' }] },
      ],
      usage: { server_tool_use: { web_search_requests: 1 } },
    });
  });

  it('adds up to a refusal and a compaction', () => {
    expect(folded('refusal')).toMatchObject({ stop_reason: 'refusal', stop_details: { category: 'cyber' } });
    expect(folded('compaction')).toMatchObject({
      content: [{ type: 'compaction', content: 'So far: hello.' }, { text: 'Going on.' }],
      usage: { input_tokens: 23_000, iterations: [{ type: 'compaction' }, { type: 'message' }] },
      context_management: { applied_edits: [] },
    });
  });

  it.each(['plain-crlf', 'plain-mark', 'plain-spread', 'plain-unclosed'] as const)('is framed in other ways too: %s', (name) => {
    expect(folded(name)).toEqual(folded('plain'));
  });

  it('has no usage where its output was not counted', () => {
    const uncounted = FIXTURES['usage-at-start-only'].replace(',"usage":{"output_tokens":15}', '');
    expect(JSON.parse(foldMessageStream(uncounted)!)).not.toHaveProperty('usage');
  });

  it('that broke off is none, and one that failed says so', () => {
    expect(foldMessageStream(FIXTURES['cut-short'])).toBeUndefined();
    expect(foldMessageStream('')).toBeUndefined();
    expect(folded('error-after-content')).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
  });
});

describe('an error', () => {
  const rendered = (error: Parameters<typeof anthropicMessages.renderError>[0]) => {
    const { body, ...head } = anthropicMessages.renderError(error, REQUEST_ID);
    return { ...head, json: JSON.parse(body) as Json };
  };

  it('has the shape that all clients show', () => {
    expect(rendered({ kind: 'invalid_key', message: 'No.' })).toEqual({
      status: 401,
      headers: { 'x-should-retry': 'false', 'content-type': 'application/json' },
      json: { type: 'error', error: { type: 'authentication_error', message: 'No.' }, request_id: REQUEST_ID },
    });
  });

  it('says what is missing, within and beside it', () => {
    const details = { required: 200, available: 12.5 };
    expect(rendered({ kind: 'insufficient_credits', message: 'Top up.', details }).json).toEqual({
      type: 'error',
      error: { type: 'insufficient_credits', message: 'Top up.', ...details },
      request_id: REQUEST_ID,
      ...details,
    });
  });

  it('keeps 529 for upstreams that are overloaded', () => {
    expect(rendered({ kind: 'upstream_overloaded', message: 'Busy.' })).toMatchObject({
      status: 529,
      json: { error: { type: 'overloaded_error' } },
    });
  });

  it('says of a prompt that it is too long in the words that make a client shorten it, once', () => {
    const told = (message: string) => rendered({ kind: 'invalid_request', code: CONTEXT_OVERFLOW, message }).json;
    expect(told('9 tokens')).toMatchObject({ error: { message: 'prompt is too long: 9 tokens' } });
    expect(told('Prompt is too long: 9 tokens')).toMatchObject({ error: { message: 'Prompt is too long: 9 tokens' } });
  });

  it('lists what can be called instead', () => {
    const details = { available_models: ['claude-opus-4-6'] };
    expect(rendered({ kind: 'unknown_model', message: 'Unknown.', details })).toMatchObject({
      status: 400,
      json: { error: { type: 'invalid_request_error', available_models: ['claude-opus-4-6'] } },
    });
  });
});
