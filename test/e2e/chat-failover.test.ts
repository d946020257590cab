// Providers that fail: before the first content, after it, over their credentials, or through the caller's own fault.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, askStream, chatBody, type JsonAnswer, openStream, parseChatStream, requestIdOf } from './support/client';
import { type Lane, Rig } from './support/rig';
import { CUT, HANG, RESET, type Reply, type Step } from './support/upstream';
import { gate } from './support/wait';
import {
  answer,
  chunk,
  completion,
  DONE,
  errorEvent,
  failure,
  finish,
  json,
  role,
  says,
  sse,
  streamOf,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

const STATUS_HOLD_MS = 2_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 50, pair: 60, keys: 8 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS, FIRST_BYTE_TIMEOUT_MS: 30_000, UPSTREAM_IDLE_TIMEOUT_MS: 30_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: Parameters<Rig['lane']>[0] = 'solo'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const PRICED = { ...USAGE, creditsUsed: USAGE_CREDITS };

describe('a provider that fails before the first content', () => {
  const FAILURES: Record<string, Reply> = {
    'a 500': failure(500, 'On fire.'),
    'a 404 for the model': failure(404, 'The model does not exist.', { code: 'model_not_found' }),
    'a 429': failure(429, 'Slow down.'),
    'a 401': failure(401, 'No such key.'),
    'a web page with status 500': { status: 500, headers: { 'content-type': 'text/html' }, steps: ['<html><body>Oops</body></html>'] },
    'a redirect': { status: 302, headers: { location: 'https://example.com/' }, steps: [] },
    'a reset connection': sse([], { first: RESET }),
    'a reset after the headers': sse([RESET]),
    'a reset after the role': sse([role(), RESET]),
    'an end after the headers': sse([]),
    'an end after the role': sse([role()]),
    'an end in the first event': sse(['data: {"id":"c","choi']),
    '[DONE] at once': sse([DONE]),
    'an error event first': sse([errorEvent('On fire.', { code: 500 })]),
    'an error event after the role': sse([role(), errorEvent('On fire.', { code: 'server_error' })]),
    'a choice that ends in an error first': sse([finish('error', { usage: USAGE }), DONE]),
    'a choice that ends in a broken connection, after the role': sse([role(), finish('network_error'), usageChunk(), DONE]),
    'an error event in the same breath as content': sse([role() + says('Half') + errorEvent('On fire.')]),
    'an event that is no JSON': sse(['data: Service unavailable\n\n']),
    'a document in place of a stream, that is no answer': json({ id: 'c', object: 'list', data: [] }),
    'an error document with status 200': json({ error: { message: 'On fire.', code: 500 } }),
    'a web page with status 200': { headers: { 'content-type': 'text/html' }, steps: ['<html><body>Sign in</body></html>'] },
    'a web page that calls itself a stream': sse(['<html>\n\n<body>Sign in</body>\n\n</html>']),
    'half a document': json('{"id":"c","choices":[{"mess'),
    'status 204': { status: 204, steps: [] },
  };

  it.concurrent.each(Object.entries(FAILURES))('gives way to the next one: %s', async (_, reply) => {
    const { account, lane } = await fresh('pair');
    lane.first.replyAlways(() => reply);
    lane.second.reply(sse(streamOf(['Clean', ' as ever'])));
    const { text, usages, finishReasons, done, error, id } = await askStream(account, chatBody(lane.model));
    expect({ text, usages, finishReasons, done, error }).toEqual({
      text: 'Clean as ever',
      usages: [PRICED],
      finishReasons: ['stop'],
      done: true,
      error: undefined,
    });
    const { attempts, provider, creditsUsed } = await account.generation(id);
    expect(attempts!.map(({ outcome }) => outcome)).toEqual([...lane.first.seen.map(() => 'failed'), 'answered']);
    expect(provider).toBe(attempts!.at(-1)!.provider);
    expect(creditsUsed).toBe(USAGE_CREDITS);
    expect(await account.calls()).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.concurrent.each(Object.entries(FAILURES))('and has nobody after it is told, and charged nothing: %s', async (_, reply) => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => reply);
    const response = await ask(account, chatBody(lane.model, { stream: true }));
    const raw = await response.text();
    const id = requestIdOf(response);
    // Once the role was sent, so was the status.
    const begun = raw.startsWith('data: {"id"');
    expect(response.status).toBe(begun ? 200 : 502);
    expect(response.headers.get('x-should-retry')).toBe(begun ? null : 'false');
    const error = begun ? parseChatStream(raw).error! : (JSON.parse(raw) as JsonAnswer).error;
    expect(error).toMatchObject({ type: 'api_error', request_id: id });
    expect(error.message).toMatch(/^All providers of this model failed; the last one: [^<>]+$/);
    const calls = await account.calls();
    expect(calls).toMatchObject([{ id, state: 'released', amountCredits: 0 }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it.each([false, true])('after its opening chunk leaves its id to all that follow (include_usage: %s)', async (include_usage) => {
    const { account, lane } = await fresh('pair');
    lane.first.reply(sse([role(), errorEvent('On fire.', { code: 'model_not_found' })]));
    lane.second.reply(sse(streamOf(['One', ' two']).map((event) => event.replace('chatcmpl-upstream', 'chatcmpl-other'))));
    const { chunks, text, usages } = await askStream(account, chatBody(lane.model, { stream_options: { include_usage } }));
    expect({ text, usages }).toEqual({ text: 'One two', usages: [PRICED] });
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['chatcmpl-upstream']));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['', 'application/json'],
    [', and calls it one', 'text/event-stream'],
    [', and does not say so', undefined],
  ])('has not failed where it sends the whole answer in place of a stream%s', async (_, type) => {
    const { account, lane } = await fresh('pair');
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }];
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    lane.first.reply(json(completion({ content: 'In one piece', tool_calls }, {}, { finish_reason: 'tool_calls' }), { headers }));
    const { chunks, text, usages, finishReasons, done, id } = await askStream(account, chatBody(lane.model));
    expect({ text, usages, finishReasons, done }).toEqual({
      text: 'In one piece',
      usages: [PRICED],
      finishReasons: ['tool_calls'],
      done: true,
    });
    expect(chunks[0]!.choices[0]!.delta).toMatchObject({ tool_calls: [{ index: 0, ...tool_calls[0] }] });
    expect((await account.generation(id)).attempts).toMatchObject([{ outcome: 'answered' }]);
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is asked once more when the fault may pass, and no more', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(503, 'Busy.'), sse(streamOf(['Yes.'])));
    expect((await askStream(account, chatBody(lane.model))).text).toBe('Yes.');
    expect(lane.first.seen).toHaveLength(2);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.concurrent.each([
    ['a 500', failure(500, 'On fire.')],
    ['a 401', failure(401, 'No such key.')],
    ['a reset connection', sse([], { first: RESET })],
    ['a reset after the headers', json('{', { steps: [RESET] })],
    ['an error document with status 200', json({ error: { message: 'On fire.', code: 500 } })],
    ['a web page with status 200', { headers: { 'content-type': 'text/html' }, steps: ['<html><body>Sign in</body></html>'] }],
    ['half a document', json('{"id":"c","choices":[{"mess')],
    ['an empty body', json('')],
    ['a document without choices', json({ id: 'c' })],
  ] satisfies [string, Reply][])('gives way to the next one where a document was asked for: %s', async (_, reply) => {
    const { account, lane } = await fresh('pair');
    lane.first.replyAlways(() => reply);
    lane.second.reply(answer('Clean as ever'));
    const { body, id } = await askJson(account, chatBody(lane.model));
    expect(body.choices[0]!.message.content).toBe('Clean as ever');
    expect((await account.generation(id)).attempts!.map(({ outcome }) => outcome)).toEqual([
      ...lane.first.seen.map(() => 'failed'),
      'answered',
    ]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('a provider that keeps failing', () => {
  it('is left out for a while, as long as there is another', async () => {
    const { account, lane } = await fresh('pair');
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    lane.second.replyAlways(() => sse(streamOf(['Yes.'])));
    for (let call = 0; call < 5; call++) expect((await askStream(account, chatBody(lane.model))).text).toBe('Yes.');
    // Two tries per call, and five failures are enough to pause the provider.
    expect(lane.first.seen).toHaveLength(6);
    expect((await account.lastGeneration()).attempts!.map(({ outcome }) => outcome)).toEqual(['skipped', 'answered']);
    expect(await account.money()).toEqual(spent(5 * USAGE_MICRO));
  });

  it('is tried all the same when it is the only one', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    for (let call = 0; call < 3; call++) expect((await askJson(account, chatBody(lane.model, { stream: true }))).status).toBe(502);
    lane.first.replyAlways(() => sse(streamOf(['Yes.'])));
    expect((await askStream(account, chatBody(lane.model))).text).toBe('Yes.');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('a provider that fails after the first content', () => {
  const FAILURES: Record<string, Step[]> = {
    'an error event': [errorEvent('On fire.', { code: 500 })],
    'a choice that ends in an error': [chunk({ content: '' }, { finish_reason: 'error', error: { code: 502, message: 'boom' } }), DONE],
    'a choice that ends in a broken connection': [finish('network_error'), usageChunk(), DONE],
    'a reset connection': [RESET],
    'an answer cut off': [CUT],
    'an end in the middle of an event': ['data: {"id":"chatcmpl-upstream","choices":[{"index":0,"delta":{"content":" tw'],
    'an end without a last chunk': [],
    'an event that is no JSON': ['data: Service unavailable\n\n', HANG],
  };

  it.each(Object.entries(FAILURES))('ends the stream with an error and charges nothing: %s', async (_, steps) => {
    const { account, lane } = await fresh('pair');
    const { opened, open } = gate();
    lane.first.reply(sse([role(), says('One'), { until: opened }, ...steps]));
    const live = await openStream(account, chatBody(lane.model));
    await live.has('One');
    open();
    const { text, error, done, finishReasons, usages } = await live.stream();
    expect({ text, done, finishReasons, usages }).toEqual({ text: 'One', done: true, finishReasons: [], usages: [] });
    expect(error).toMatchObject({ type: 'api_error', request_id: requestIdOf(live.response) });
    expect(error!.message).toMatch(/^The provider failed in the middle of its answer: [^.]+\. Nothing was charged\.$/);
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.calls()).toMatchObject([{ state: 'released', detail: { ending: 'upstream_broke' } }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('is not quoted with its own credentials', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.reply(sse([role(), says('One'), { until: opened }, errorEvent(`No such key: ${lane.keys[0]}`)]));
    const live = await openStream(account, chatBody(lane.model));
    await live.has('One');
    open();
    expect((await live.stream()).error!.message).toContain('No such key: [redacted]');
    expect(JSON.stringify(await account.lastGeneration())).not.toContain(lane.keys[0]);
    expect(await account.money()).toEqual(spent(0));
  });

  it.each([
    ['a reset connection', [RESET]],
    ['an answer cut off', [CUT]],
  ] satisfies [string, Step[]][])('fails too late to matter when the answer was through: %s', async (_, steps) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One'), finish(), usageChunk(), ...steps]));
    const { text, finishReasons, usages, done, error } = await askStream(account, chatBody(lane.model));
    expect({ text, finishReasons, usages, done, error }).toEqual({
      text: 'One',
      finishReasons: ['stop'],
      usages: [PRICED],
      done: true,
      error: undefined,
    });
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', ending: 'complete' });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe("a provider's credentials", () => {
  const keyUsed = (lane: Lane): unknown[] => lane.first.seen.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));

  it.each([
    ['a 429', failure(429, 'Slow down.')],
    ['a 429 that asks to wait an hour', failure(429, 'Slow down.', {}, { 'retry-after': '3600' })],
    ['a 401', failure(401, 'No such key.')],
    ['a 402', failure(402, 'Pay first.')],
    ['a 429 inside the stream', sse([errorEvent('Slow down.', { code: 429 })])],
  ] satisfies [string, Reply][])('take turns, and one that is refused is left alone: %s', async (_, refusal) => {
    const { account, lane } = await fresh('keys');
    const [one, two] = lane.keys;
    // The first call uses the first key, so that the refusal meets the second.
    lane.first.reply(sse(streamOf(['Yes.'])), refusal);
    lane.first.replyAlways(() => sse(streamOf(['Yes.'])));
    for (let call = 0; call < 4; call++) expect((await askStream(account, chatBody(lane.model))).text).toBe('Yes.');
    expect(keyUsed(lane)).toEqual([one, two, one, one, one]);
    expect(await account.money()).toEqual(spent(4 * USAGE_MICRO));
  });

  it.each([
    ['retry-after', '1', 1_000],
    ['retry-after-ms', '700', 700],
  ])('wait as long as the provider asks when there is no other: %s', async (header, value, waitMs) => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(429, 'Slow down.', {}, { [header]: value }), sse(streamOf(['Yes.'])));
    expect((await askStream(account, chatBody(lane.model))).text).toBe('Yes.');
    const [first, second] = lane.first.seen;
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(waitMs - 10);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([false, true])('that are out of money are not shown to the customer, who has some (stream: %s)', async (stream) => {
    const { account, lane } = await fresh();
    const words = 'This request requires more credits. Visit https://upstream.test/settings/credits';
    lane.first.replyAlways(() => failure(402, words, { code: 'insufficient_quota' }));
    const { status, text, body } = await askJson(account, chatBody(lane.model, { stream }));
    expect([status, body.error.type, body.error.code ?? null]).toEqual([502, 'api_error', null]);
    const { attempts, ...receipt } = await account.lastGeneration();
    expect(attempts).toMatchObject([{ outcome: 'failed', status: 402 }]);
    expect(`${text}${JSON.stringify([attempts, receipt.error])}`).not.toMatch(/credits|upstream\.test|quota/);
    expect(await account.money()).toEqual(spent(0));
  });

  it('do not wait when the provider asks for longer than a client would', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(429, 'Slow down.', {}, { 'retry-after': '60' }));
    const { status, body } = await askJson(account, chatBody(lane.model, { stream: true }));
    expect(status).toBe(502);
    // Limits of the operator's account are for the operator to know, and for nobody else.
    expect(body.error.message).toBe(
      'All providers of this model failed; the last one: the provider takes no more calls from this gateway for now',
    );
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe("a caller's own fault", () => {
  it.each([
    [400, "'messages' are too strange.", { code: 'strange', param: 'messages[0]' }],
    [413, 'Too much of it.', {}],
    [422, 'Cannot be done.', { code: 'undoable' }],
    [403, 'Refused by the content policy.', { code: 'content_policy_violation' }],
    [404, 'No such file: file-1', { code: 'file_not_found' }],
  ])('is passed on and not tried elsewhere: %s', async (status, message, fields) => {
    for (const stream of [true, false]) {
      const { account, lane } = await fresh('pair');
      lane.first.reply(failure(status, message, fields));
      const { status: answered, body, headers, id } = await askJson(account, chatBody(lane.model, { stream }));
      expect(answered).toBe(status);
      expect(body.error).toMatchObject({ type: 'invalid_request_error', message, request_id: id, ...fields });
      expect(headers.get('x-should-retry')).toBe('false');
      expect([lane.first.seen.length, lane.second.seen.length]).toEqual([1, 0]);
      expect(await account.calls()).toMatchObject([{ id, state: 'released' }]);
      expect(await account.money()).toEqual(spent(0));
    }
  });

  it('is passed on when it is told inside the stream', async () => {
    const { account, lane } = await fresh('pair');
    lane.first.reply(sse([errorEvent('Too long.', { code: 'context_length_exceeded', param: 'messages', type: 'invalid_request_error' })]));
    const { status, body } = await askJson(account, chatBody(lane.model, { stream: true }));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: 'Too long.',
      code: 'context_length_exceeded',
      param: 'messages',
    });
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(0));
  });
});

it.each([false, true])('a call is asked again in the words that its provider knows (stream: %s)', async (stream) => {
  const { account, lane } = await fresh();
  const body = (model: string, bound: string, role: string) =>
    `{"model":"${model}", "${bound}":256,"seed":1.0,"messages":[{"role":"${role}","content":"max_tokens"},{"role":"user","content":"Hi"}]`;
  lane.first.reply(
    failure(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
    failure(422, 'messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`'),
    stream ? sse(streamOf(['Yes.'])) : answer('Yes.'),
  );
  const options = stream ? ',"stream":true,"stream_options":{"include_usage":true}}' : '}';
  const response = await ask(account, body(lane.model, 'max_tokens', 'developer') + options);
  expect(response.status, await response.text()).toBe(200);
  const sent = [
    body(lane.upstreamModel, 'max_tokens', 'developer'),
    body(lane.upstreamModel, 'max_completion_tokens', 'developer'),
    body(lane.upstreamModel, 'max_completion_tokens', 'system'),
  ];
  expect(lane.first.seen.map((seen) => seen.body)).toEqual(sent.map((text) => text + options));
  expect(await account.money()).toEqual(spent(USAGE_MICRO));
});

describe('the status', () => {
  it('is held back for a while, and then sent before the providers have failed', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.replyAlways(() => ({ ...failure(500, 'On fire.'), first: { until: opened } }));
    const askedAtMs = Date.now();
    const live = await openStream(account, chatBody(lane.model));
    expect(live.response.status).toBe(200);
    expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(STATUS_HOLD_MS - 20);
    open();
    const { error, done, chunks } = await live.stream();
    expect({ done, chunks }).toEqual({ done: true, chunks: [] });
    expect(error).toMatchObject({
      type: 'api_error',
      message: 'All providers of this model failed; the last one: On fire.',
      request_id: requestIdOf(live.response),
    });
    expect(lane.first.seen).toHaveLength(2);
    expect(await account.calls()).toMatchObject([{ state: 'released' }]);
    expect(await account.money()).toEqual(spent(0));
  });
});
