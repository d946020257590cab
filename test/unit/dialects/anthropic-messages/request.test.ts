import { describe, expect, it } from 'vitest';
import { messagesBridge } from '../../../../src/dialects/anthropic-messages/bridge';
import { parseCountTokens } from '../../../../src/dialects/anthropic-messages/count-tokens';
import { anthropicMessages } from '../../../../src/dialects/anthropic-messages/dialect';
import { bodyOf, type Json, requestOf } from './support';

const URL = 'https://gateway.test/api/v1/messages';
const parse = (body: string) => anthropicMessages.parse({ body, url: URL, headers: new Headers() });

/** Spelled as no serializer would, since all of it must arrive unchanged. */
const ODD = `{ "max_tokens" : 1.0e3,"model":"claude-opus-4-6",
  "unknown_field":{"a":1.50,"b":"\\u00e9\\/"}, "messages":[ {"role":"user","content":"h\\u00fc"} ] }`;

describe('a Messages request', () => {
  it('is read as far as it is priced or routed on', () => {
    const call = parse(bodyOf({ stream: true, max_tokens: 128_000 }));
    expect(call).toMatchObject({ ok: true, value: { model: 'claude-opus-4-6', stream: true, choices: 1, maxOutputTokens: 128_000 } });
  });

  it.each([0, 1, 64_000, 128_000, 200_000])('may be answered with %i tokens', (max_tokens) => {
    expect(parse(bodyOf({ max_tokens }))).toMatchObject({ ok: true, value: { maxOutputTokens: max_tokens, stream: false } });
  });

  it.each([
    [undefined, {}],
    ['5m', { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }],
    ['1h', { cache_control: { type: 'ephemeral', ttl: '1h' } }],
  ])('says how long a cache is to keep its prompt: %s', (cacheWrites, more) => {
    expect(parse(bodyOf(more))).toMatchObject({ ok: true, value: { cacheWrites } });
  });

  it.each([
    ['an empty body', '', undefined],
    ['no JSON', '{', undefined],
    ['no object', '[]', undefined],
    ['no model', bodyOf({ model: undefined }), 'model'],
    ['no bound', bodyOf({ max_tokens: undefined }), 'max_tokens'],
    ['a bound below nothing', bodyOf({ max_tokens: -1 }), 'max_tokens'],
    ['no messages', bodyOf({ messages: undefined }), 'messages'],
    ['an empty conversation', bodyOf({ messages: [] }), 'messages'],
    ['a message of nobody', bodyOf({ messages: [{ content: 'x' }] }), 'messages[0].role'],
    ['a stream of words', bodyOf({ stream: 'yes' }), 'stream'],
    ['a conversation that is held elsewhere', bodyOf({ thread: { type: 'continue', previous_message_id: 'msg_1' } }), 'thread'],
    ['one that is to be', bodyOf({ model: 'claude-opus-9', thread: { type: 'create' } }), 'thread'],
  ])('is refused with %s', (_what, body, param) => {
    const call = parse(body);
    expect(call).toMatchObject({ ok: false, error: { kind: 'invalid_request' } });
    expect(call.ok ? undefined : call.error.param).toBe(param);
  });

  it('does not take a file for the tokens that its letters would be', () => {
    const data = 'A'.repeat(4_000_000);
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    const { estimatedInputTokens } = requestOf(bodyOf({ messages: [{ role: 'user', content: [image] }] }));
    expect(estimatedInputTokens).toBeGreaterThan(1_000);
    expect(estimatedInputTokens).toBeLessThan(3_000);
  });

  it('crosses its own wire and no other', () => {
    const call = parse(bodyOf());
    if (!call.ok) throw new Error('refused');
    expect(call.value.over('anthropic-messages')).toBeDefined();
    expect(call.value.over('openai-chat')).toBeUndefined();
  });
});

describe('what goes upstream', () => {
  it('is the body byte for byte where the id is the same', () => {
    expect(messagesBridge(requestOf(ODD)).request({ model: 'claude-opus-4-6', moved: false }).body).toBe(ODD);
  });

  it('is the body byte for byte but for the id', () => {
    const { body } = messagesBridge(requestOf(ODD)).request({ model: 'anthropic/claude-opus-4.6', moved: false });
    expect(body).toBe(ODD.replace('claude-opus-4-6', 'anthropic/claude-opus-4.6'));
  });

  it.each(['claude-3-opus-20240229', 'claude-opus-4-20250514', 'claude-opus-4-1-20250805', 'claude-opus-4-5', 'claude-opus-4-6'])(
    'keeps all that was asked of an older model: %s',
    (model) => {
      const body = bodyOf({ model, thinking: { type: 'adaptive', display: 'updates' }, safeguards: [], temperature: 0.5 });
      const sent = messagesBridge(requestOf(body)).request({ model: 'claude-opus-4-6', moved: false }).body;
      expect(sent).toBe(body.replace(model, 'claude-opus-4-6'));
    },
  );

  it('keeps all for a model of which nothing is known', () => {
    const body = bodyOf({ model: 'claude-opus-5-5', safeguards: [] });
    const sent = messagesBridge(requestOf(body)).request({ model: 'some-model', moved: false }).body;
    expect(sent).toBe(body.replace('claude-opus-5-5', 'some-model'));
  });

  it('has the version and the betas of the client, and no other header', () => {
    const headers = {
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'new-thing-2030-01-01',
      'x-api-key': 'ck_secret',
      cookie: 'a=b',
    };
    const sent = messagesBridge(requestOf(bodyOf(), headers)).request({ model: 'claude-opus-4-6', moved: false });
    expect(sent.headers).toEqual({ 'anthropic-version': '2026-10-21', 'anthropic-beta': 'new-thing-2030-01-01' });
    expect(messagesBridge(requestOf(bodyOf())).request({ model: 'x', moved: false }).headers).toEqual({});
  });

  it.each([
    ['', undefined],
    ['?beta=true', '?beta=true'],
    ['?key=ck_secret&beta=true', '?beta=true'],
    ['?beta=true&key=ck_secret', '?beta=true'],
    ['?key=ck_secret', undefined],
    ['?beta=false', undefined],
  ])('has of the query %j only what is the upstream’s', (query, pathSuffix) => {
    const sent = messagesBridge(requestOf(bodyOf(), {}, URL + query)).request({ model: 'claude-opus-4-6', moved: false });
    expect(sent.pathSuffix).toBe(pathSuffix);
  });
});

describe('a token count', () => {
  const count = (fields: Json, headers = {}, query = '') => {
    const { max_tokens: _, ...body } = JSON.parse(bodyOf(fields)) as Json;
    const parsed = parseCountTokens({ body: JSON.stringify(body), url: `${URL}/count_tokens${query}`, headers: new Headers(headers) });
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.value;
  };

  it('needs no bound', () => {
    expect(count({})).toMatchObject({ model: 'claude-opus-4-6', estimatedTokens: expect.any(Number) });
    expect(count({}).over('openai-chat')).toBeUndefined();
  });

  it('asks the upstream beside its messages, under its own id', () => {
    const sent = count({}, { 'anthropic-beta': 'token-counting-2024-11-01' }, '?beta=true&key=ck_secret')
      .over('anthropic-messages')!
      .request({ model: 'anthropic/claude-opus-4.6', moved: false });
    expect(sent).toMatchObject({ pathSuffix: '/count_tokens?beta=true', headers: { 'anthropic-beta': 'token-counting-2024-11-01' } });
    expect(JSON.parse(sent.body)).toEqual({ model: 'anthropic/claude-opus-4.6', messages: [{ role: 'user', content: 'Hello' }] });
  });

  it('leaves out what the target lacks', () => {
    const sent = count({ model: 'claude-haiku-5-5', thinking: { type: 'adaptive' }, safeguards: [] })
      .over('anthropic-messages')!
      .request({ model: 'claude-haiku-4-5', moved: false });
    expect(JSON.parse(sent.body)).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 16_384 } });
    expect(sent.body).not.toContain('safeguards');
  });

  it('knows an answer, and gives an estimate', () => {
    const bridge = count({}).over('anthropic-messages')!;
    expect(bridge.hasCount({ input_tokens: 14, context_management: {} })).toBe(true);
    for (const json of [{}, { input_tokens: '14' }, { input_tokens: -1 }, { input_tokens: 1.5 }, [], null])
      expect(bridge.hasCount(json)).toBe(false);
    expect(count({}).answer(14)).toBe('{"input_tokens":14}');
  });

  it('is refused without a model or messages', () => {
    for (const body of ['{}', '{"model":"x"}', 'no'])
      expect(parseCountTokens({ body, url: URL, headers: new Headers() })).toMatchObject({ ok: false, error: { kind: 'invalid_request' } });
  });
});
