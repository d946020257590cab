// Streams, however they are cut, delayed, broken and abandoned.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import {
  ask,
  askJson,
  askStream,
  chatBody,
  type JsonAnswer,
  LiveAnswer,
  openStream,
  parseChatStream,
  RudeClient,
  requestIdOf,
} from './support/client';
import { INPUT_MICRO, type Lane, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, HANG, RESET, type Reply, type Step } from './support/upstream';
import { gate, until } from './support/wait';
import {
  answer,
  chunk,
  completion,
  DONE,
  data,
  estimatedTokens,
  failure,
  finish,
  inMicro,
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

const KEEPALIVE_MS = 150;
const STATUS_HOLD_MS = 1_500;
const JSON_STATUS_HOLD_MS = 1_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 120, pair: 62, keys: 8, drain: 6, dear: 4 },
    {
      KEEPALIVE_MS,
      STATUS_HOLD_MS,
      JSON_STATUS_HOLD_MS,
      FIRST_BYTE_TIMEOUT_MS: 30_000,
      UPSTREAM_IDLE_TIMEOUT_MS: 30_000,
      DRAIN_MS: 10_000,
    },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: Parameters<Rig['lane']>[0] = 'solo'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const PRICED = { ...USAGE, creditsUsed: USAGE_CREDITS };

describe('a stream that is cut', () => {
  /** As short as events can be, with characters of two, three and four bytes. */
  const brief = (content: string): string => `data: {"id":"c","choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
  const TEXT = 'é世界👋!';
  const EVENTS = [
    ...['é世', '界👋', '!'].map(brief),
    'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    `data: {"id":"c","choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`,
    DONE,
  ];
  const PLAIN = EVENTS.join('');
  const VARIANTS: Record<string, string> = {
    'with line feeds': PLAIN,
    'with carriage returns and line feeds': PLAIN.replaceAll('\n', '\r\n'),
    'with carriage returns': PLAIN.replaceAll('\n', '\r'),
    'with a byte order mark': `\ufeff${PLAIN}`,
    'with comments': `: one\n\n${EVENTS.join(': two\n\n').replace('data: {"id"', ': three\ndata: {"id"')}`,
    'without its last line feed': PLAIN.trimEnd(),
    'without [DONE]': EVENTS.slice(0, -1).join(''),
    'with more after [DONE]': `${PLAIN}${brief('late')}: late\n\n`,
    'without [DONE] and its last line feed': EVENTS.slice(0, -1).join('').trimEnd(),
  };

  function expectWhole(raw: string): void {
    const { text, finishReasons, usages, done, error } = parseChatStream(raw);
    expect({ text, finishReasons, usages, done, error }).toEqual({
      text: TEXT,
      finishReasons: ['stop'],
      usages: [PRICED],
      done: true,
      error: undefined,
    });
  }

  it.each(Object.entries(VARIANTS))('at every byte in turn is read the same: %s', async (_, raw) => {
    const { account, lane } = await fresh();
    const bytes = Buffer.from(raw);
    lane.first.replyAlways((seen) => {
      const cut = Number(seen.json().cut);
      return sse([bytes.subarray(0, cut), { pauseMs: 2 }, bytes.subarray(cut)]);
    });
    const cuts = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    const readNext = async (): Promise<void> => {
      for (let cut = cuts.pop(); cut !== undefined; cut = cuts.pop()) {
        const response = await ask(account, chatBody(lane.model, { stream: true, cut }));
        expect(response.status, `cut at ${cut}`).toBe(200);
        expectWhole(await response.text());
      }
    };
    await Promise.all(Array.from({ length: 12 }, readNext));
    expect(await account.money()).toEqual(spent((bytes.length - 1) * USAGE_MICRO));
  });

  it.each(Object.entries(VARIANTS))('into single bytes is read the same: %s', async (_, raw) => {
    const { account, lane } = await fresh();
    const bytes = Buffer.from(raw);
    lane.first.reply(sse(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))));
    expectWhole((await askStream(account, chatBody(lane.model))).raw);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('keepalive', () => {
  it('comes between events only, however long the pauses within them', async () => {
    const { account, lane } = await fresh();
    const bytes = Buffer.from(streamOf(['é世', '界👋', ' and so on']).join(''));
    const pieces = 7;
    const size = Math.ceil(bytes.length / pieces);
    const steps: Step[] = Array.from({ length: pieces }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
    lane.first.reply(sse(steps.flatMap((piece) => [piece, { pauseMs: 3 * KEEPALIVE_MS }])));
    const { text, pings, usages, done } = await askStream(account, chatBody(lane.model));
    expect({ text, usages, done }).toEqual({ text: 'é世界👋 and so on', usages: [PRICED], done: true });
    expect(pings).toBeGreaterThanOrEqual(pieces - 1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('begins before the first byte of the provider', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.reply(sse(streamOf(['At last.']), { first: { until: opened } }));
    const live = await openStream(account, chatBody(lane.model));
    await live.has(': ping\n: ping\n');
    expect(live.raw).toMatch(/^(?:: ping\n)+$/);
    open();
    const { text, usages } = await live.stream();
    expect({ text, usages }).toEqual({ text: 'At last.', usages: [PRICED] });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('stands in front of a slow document as white space', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.reply(json(completion({ content: 'At last.' }), { first: { until: opened } }));
    const live = new LiveAnswer(await ask(account, chatBody(lane.model)));
    await live.has('\n\n');
    open();
    const raw = await live.end();
    expect(raw).toMatch(/^\n\n+\{/);
    expect(JSON.parse(raw)).toMatchObject({ choices: [{ message: { content: 'At last.' } }], usage: PRICED });
    expect(requestIdOf(live.response)).toBe((await account.lastGeneration()).id);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

const errorEvent = (message: string, fields: Record<string, unknown> = {}): string => data({ error: { message, ...fields } });

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
    'an error event in the same breath as content': sse([role() + says('Half') + errorEvent('On fire.')]),
    'an event that is no JSON': sse(['data: Service unavailable\n\n']),
    'a document in place of a stream': answer('Here you are.'),
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
    // Who has been sent a role has a status, too.
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
    // Two tries a call, and five failures are enough.
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
    // The first call is for the first key, so that the refusal meets the second.
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

  it('do not wait when the provider asks for longer than a client would', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(429, 'Slow down.', {}, { 'retry-after': '60' }));
    const { status, body } = await askJson(account, chatBody(lane.model, { stream: true }));
    expect(status).toBe(502);
    expect(body.error.message).toContain('Slow down.');
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

describe('usage', () => {
  const CACHED = {
    prompt_tokens: 100,
    completion_tokens: 25,
    total_tokens: 125,
    prompt_tokens_details: { cached_tokens: 60 },
    completion_tokens_details: { reasoning_tokens: 10 },
  };
  /** 40 tokens of input, 60 from the cache, 25 of output. */
  const CACHED_MICRO = 40 * 100 + 60 * 25 + 25 * 400;
  const events = (...more: string[]): string[] => [role(), says('Twelve chars'), ...more];

  interface Case {
    steps: string[];
    micro: number;
    usages: unknown[];
    generation?: Record<string, unknown>;
  }

  const CASES: Record<string, Case> = {
    'on a chunk of its own': { steps: events(finish(), usageChunk(), DONE), micro: USAGE_MICRO, usages: [PRICED] },
    'beside the finish': { steps: events(finish('stop', { usage: USAGE }), DONE), micro: USAGE_MICRO, usages: [PRICED] },
    'on a trailer with an empty choice': {
      steps: events(finish(), chunk({ role: 'assistant', content: '' }, {}, { usage: USAGE }), DONE),
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'on the choice': { steps: events(chunk({}, { finish_reason: 'stop', usage: USAGE }), DONE), micro: USAGE_MICRO, usages: [PRICED] },
    'sent twice: the last one counts': {
      steps: events(finish('stop', { usage: { prompt_tokens: 1, completion_tokens: 1 } }), usageChunk(), DONE),
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'on every chunk: the last one counts': {
      steps: [
        chunk({ role: 'assistant', content: '' }, {}, { usage: { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 } }),
        chunk({ content: 'Twelve' }, {}, { usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } }),
        chunk({ content: ' chars' }, {}, { usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } }),
        finish('stop', { usage: USAGE }),
        DONE,
      ],
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'before the finish': {
      steps: events(chunk({ content: '' }, {}, { usage: USAGE }), finish(), DONE),
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'null everywhere but at the end': {
      steps: [chunk({ content: 'Twelve chars' }, {}, { usage: null }), finish('stop', { usage: null }), usageChunk(), DONE],
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'of nothing': {
      steps: events(finish(), usageChunk({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }), DONE),
      micro: 0,
      usages: [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, creditsUsed: 0 }],
      generation: { outcome: 'actual', state: 'settled' },
    },
    'with cached and reasoning tokens': {
      steps: events(finish(), usageChunk(CACHED), DONE),
      micro: CACHED_MICRO,
      usages: [{ ...CACHED, creditsUsed: CACHED_MICRO / 1e6 }],
      generation: {
        usage: {
          inputTokens: 40,
          cacheReadTokens: 60,
          cacheWrite5mTokens: 0,
          cacheWrite1hTokens: 0,
          outputTokens: 25,
          reasoningTokens: 10,
          inputAudioTokens: 0,
          outputAudioTokens: 0,
        },
      },
    },
  };

  it.each(Object.entries(CASES))('is charged to the token: %s', async (_, { steps, micro, usages, generation = {} }) => {
    for (const include_usage of [false, true]) {
      const { account, lane } = await fresh();
      lane.first.reply(sse(steps));
      const stream = await askStream(account, chatBody(lane.model, { stream_options: { include_usage } }));
      expect(stream).toMatchObject({ text: 'Twelve chars', finishReasons: ['stop'], done: true, error: undefined });
      expect(stream.usages).toEqual(usages);
      const bare = stream.chunks.filter(({ choices }) => choices.length === 0);
      expect(bare).toHaveLength(include_usage ? 1 : 0);
      const bearer = stream.chunks.findIndex(({ usage }) => usage);
      expect(bearer).toBe(stream.chunks.length - 1);
      if (!include_usage) expect(stream.chunks[bearer]!.choices[0]!.finish_reason).toBe('stop');
      expect(await account.generation(stream.id)).toMatchObject({ outcome: 'actual', creditsUsed: micro / 1e6, ...generation });
      expect(await account.calls()).toHaveLength(1);
      expect(await account.money()).toEqual(spent(micro));
    }
  });

  const NO_USAGE: Record<string, unknown> = {
    'there is none': undefined,
    'it is null': null,
    'it is empty': {},
    'it is negative': { prompt_tokens: -1, completion_tokens: 5 },
    'it is a fraction': { prompt_tokens: 1.5, completion_tokens: 5 },
    'it is beyond all bounds': { prompt_tokens: 10, completion_tokens: 1e12 },
    'it is text': { prompt_tokens: '10', completion_tokens: '5' },
  };

  it.each(Object.entries(NO_USAGE))('is estimated, and marked so, where %s', async (_, usage) => {
    for (const stream of [true, false]) {
      const { account, lane } = await fresh();
      const content = 'Twelve chars';
      lane.first.reply(
        stream
          ? sse(events(finish(), ...(usage === undefined ? [] : [usageChunk(usage)]), DONE))
          : json({ ...completion({ content }), usage }),
      );
      const sent = chatBody(lane.model, { stream });
      const response = await ask(account, sent);
      const raw = await response.text();
      const { outcome, creditsUsed, usage: counted } = await account.generation(requestIdOf(response));
      expect(outcome).toBe('estimated');
      const inputTokens = estimatedTokens(JSON.stringify(sent).length);
      const outputTokens = stream ? 3 : estimatedTokens(JSON.stringify({ role: 'assistant', content }).length);
      expect(counted).toMatchObject({ inputTokens, outputTokens });
      const costMicro = inputTokens * INPUT_MICRO + outputTokens * OUTPUT_MICRO;
      expect(inMicro(creditsUsed)).toBe(costMicro);
      const shown = stream ? parseChatStream(raw).usages : [(JSON.parse(raw) as { usage: unknown }).usage];
      expect(shown).toEqual([
        {
          prompt_tokens: inputTokens,
          completion_tokens: outputTokens,
          total_tokens: inputTokens + outputTokens,
          estimated: true,
          creditsUsed: costMicro / 1e6,
        },
      ]);
      expect(await account.money()).toEqual(spent(costMicro));
    }
  });

  it('of an answer that is empty is not charged', async () => {
    const prompt = { prompt_tokens: 100, completion_tokens: 0, total_tokens: 100 };
    for (const stream of [true, false]) {
      const { account, lane } = await fresh();
      lane.first.reply(stream ? sse([role(), finish(), usageChunk(prompt), DONE]) : json(completion({ content: '' }, { usage: prompt })));
      const response = await ask(account, chatBody(lane.model, { stream }));
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('"creditsUsed":0');
      expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0, detail: { ending: 'empty' } }]);
      expect(await account.money()).toEqual(spent(0));
    }
  });
});

describe('several choices', () => {
  const of = (index: number, delta: Record<string, unknown>, choice: Record<string, unknown> = {}): string =>
    chunk(delta, { index, ...choice });

  it.each([
    [
      'one after the other',
      [of(0, { content: 'A' }), of(0, {}, { finish_reason: 'stop' }), of(1, { content: 'B' }), of(1, {}, { finish_reason: 'length' })],
    ],
    [
      'in turns',
      [of(0, { content: 'A' }), of(1, { content: 'B' }), of(0, {}, { finish_reason: 'stop' }), of(1, {}, { finish_reason: 'length' })],
    ],
  ])('all come through: %s', async (_, events) => {
    for (const include_usage of [false, true]) {
      const { account, lane } = await fresh();
      lane.first.reply(sse([...events, usageChunk(), DONE]));
      const stream = await askStream(account, chatBody(lane.model, { n: 2, stream_options: { include_usage } }));
      const text = (index: number) =>
        stream.chunks
          .flatMap(({ choices }) => choices)
          .filter((choice) => choice.index === index)
          .map(({ delta }) => delta.content ?? '')
          .join('');
      expect([text(0), text(1), stream.finishReasons.sort()]).toEqual(['A', 'B', ['length', 'stop']]);
      expect(stream.usages).toEqual([PRICED]);
      expect(stream.chunks.at(-1)!.usage).toEqual(PRICED);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    }
  });

  it('are not taken for whole when one of them lacks its end', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([of(0, { content: 'A' }), of(1, { content: 'B' }), of(0, {}, { finish_reason: 'stop' })]));
    const { error, done } = await askStream(account, chatBody(lane.model, { n: 2 }));
    expect(error).toMatchObject({ type: 'api_error' });
    expect(done).toBe(true);
    expect(await account.money()).toEqual(spent(0));
  });
});

it('takes an empty finish reason for none', async () => {
  const { account, lane } = await fresh();
  lane.first.reply(sse([chunk({ content: 'One' }, { finish_reason: '' }), chunk({ content: ' two' }, { finish_reason: '' })]));
  const { error, finishReasons } = await askStream(account, chatBody(lane.model));
  expect(error).toMatchObject({ type: 'api_error' });
  expect(finishReasons.filter((reason) => reason !== '')).toEqual([]);
  expect(await account.money()).toEqual(spent(0));
});

it('passes on an event of megabytes without delay, and counts it', async () => {
  const { account, lane } = await fresh();
  const picture = `![](data:image/png;base64,${'QUJD'.repeat(1_500_000)})`;
  lane.first.reply(sse([role(), says('Look: '), says(picture), finish(), DONE]));
  const askedAtMs = Date.now();
  const { text } = await askStream(account, chatBody(lane.model));
  // Some tenths of a second in fact; with a pause after every read it takes a quarter of a minute.
  expect(Date.now() - askedAtMs).toBeLessThan(6_000);
  expect(text === `Look: ${picture}`).toBe(true);
  const { usage } = await account.lastGeneration();
  expect(usage!.outputTokens).toBe(estimatedTokens(text.length));
  expect((await account.money()).heldMicro).toBe(0);
});

describe('a client that hangs up', () => {
  const sentBy = (lane: Lane, more: Record<string, unknown> = {}) => chatBody(lane.model, { stream: true, ...more });
  const inputMicro = (sent: unknown): number => estimatedTokens(JSON.stringify(sent).length) * INPUT_MICRO;

  it('in mid-stream stops a provider that stops billing, and pays for what was produced', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One two three'), HANG]));
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await client.has('three');
    client.hangUp();
    const hungUpAtMs = Date.now();
    await lane.first.seen[0]!.hungUp();
    expect(Date.now() - hungUpAtMs).toBeLessThan(1_000);
    expect(await account.settled()).toEqual(spent(inputMicro(body) + 4 * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    expect(await account.calls()).toHaveLength(1);
  });

  it.each([
    ['before the provider answers', sse([], { first: HANG })],
    ['after its headers', sse([HANG])],
    ['after its first comments', sse([': PROCESSING\n\n', HANG])],
    ['after the role', sse([role(), HANG])],
  ] satisfies [string, Reply][])('before any content stops the provider, and pays for the input: %s', async (_, reply) => {
    const { account, lane } = await fresh('pair');
    lane.first.reply(reply);
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await lane.first.request();
    // Long enough for the answer's beginning to be there, and far from the end of the held status.
    await new Promise((done) => setTimeout(done, 100));
    client.hangUp();
    const hungUpAtMs = Date.now();
    await lane.first.seen[0]!.hungUp();
    expect(Date.now() - hungUpAtMs).toBeLessThan(1_000);
    expect(await account.settled()).toEqual(spent(inputMicro(body)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    expect(lane.second.seen).toHaveLength(0);
  });

  it('while the status had been sent, and no provider had answered, pays for the input', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([], { first: HANG }));
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await client.has(': ping');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });

  it('while the second provider begins stops that one too', async () => {
    const { account, lane } = await fresh('pair');
    const { opened, open } = gate();
    lane.first.reply(sse([role(), { until: opened }, errorEvent('On fire.', { code: 'model_not_found' })]));
    lane.second.reply(sse([': PROCESSING\n\n', HANG]));
    const client = new RudeClient(account, sentBy(lane));
    await client.has('assistant');
    open();
    await lane.second.request();
    client.hangUp();
    await lane.second.seen[0]!.hungUp();
    expect((await account.settled()).heldMicro).toBe(0);
    expect(await account.calls()).toHaveLength(1);
  });

  it('of a provider that bills on anyway is charged what that reports at its end', async () => {
    const { account, lane } = await fresh('drain');
    const { opened, open } = gate();
    lane.first.reply(sse([role(), says('One'), { until: opened }, says(' two'), finish(), usageChunk(), DONE]));
    const client = new RudeClient(account, sentBy(lane));
    await client.has('One');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { inputTokens: 100, outputTokens: 25 } });
    expect(lane.first.seen[0]!.abandoned).toBe(false);
  });

  it('of such a provider before its first byte is charged the same way', async () => {
    const { account, lane } = await fresh('drain');
    const { opened, open } = gate();
    lane.first.reply(sse(streamOf(['One', ' two']), { first: { until: opened } }));
    const client = new RudeClient(account, sentBy(lane));
    await lane.first.request();
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual' });
  });

  it.each(['alibaba', 'google'] as const)('is heard out for the provider %s', async (provider) => {
    const account = await rig.account();
    const model = provider === 'alibaba' ? 'qwen3-max' : 'gemini-3-flash-official';
    const desk = rig.desk(provider);
    const { opened, open } = gate();
    desk.reply(sse([role(), says('One'), { until: opened }, finish(), usageChunk(), DONE]));
    const client = new RudeClient(account, chatBody(model, { stream: true }));
    await client.has('One');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    open();
    const perToken = provider === 'alibaba' ? [81, 322] : [46, 276];
    expect(await account.settled()).toEqual(spent(100 * perToken[0]! + 25 * perToken[1]!));
    expect(desk.seen[0]!.abandoned).toBe(false);
  });
});

describe('a hold', () => {
  it('grows with a stream that outlasts it, and is settled to what was used', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    const usage = { prompt_tokens: 20, completion_tokens: 500, total_tokens: 520 };
    lane.first.reply(sse([role(), says('x'.repeat(2_000)), { until: opened }, finish(), usageChunk(usage), DONE]));
    const live = await openStream(account, chatBody(lane.model, { max_tokens: 100 }));
    const held = await until('the hold to grow', async () => {
      const { heldMicro } = await account.money();
      return heldMicro > 100 * OUTPUT_MICRO * 1.5 && heldMicro;
    });
    const firstMicro =
      estimatedTokens(JSON.stringify(chatBody(lane.model, { max_tokens: 100, stream: true })).length) * INPUT_MICRO + 100 * OUTPUT_MICRO;
    expect(held).toBe(2 * firstMicro);
    open();
    expect((await live.stream()).text).toHaveLength(2_000);
    expect(await account.money()).toEqual(spent(20 * INPUT_MICRO + 500 * OUTPUT_MICRO));
  });

  it('keeps what others would need, until it is closed', async () => {
    const lane = rig.lane('dear');
    const account = await rig.account(205);
    const { opened, open } = gate();
    const usage = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
    lane.first.reply(sse(streamOf(['One'], usage), { first: { until: opened } }));
    lane.first.replyAlways(() => sse(streamOf(['Two'], usage)));
    const body = chatBody(lane.model, { max_tokens: 100 });
    const first = openStream(account, body);
    await lane.first.request();
    const refused = await askJson(account, { ...body, stream: true });
    expect(refused.status).toBe(402);
    expect(refused.body.error).toMatchObject({ type: 'insufficient_credits', limit_source: 'in_flight' });
    expect([refused.headers.get('retry-after'), refused.headers.get('x-should-retry')]).toEqual(['5', null]);
    open();
    await (await first).stream();
    expect((await askStream(account, body)).text).toBe('Two');
    // 10 tokens at 0.1 credits and one at 1, twice.
    expect(await account.money()).toEqual(spent(4_000_000));
  });

  it('is there for each of many calls at once, and each is charged', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.replyAlways(() => sse([role(), says('One'), { until: opened }, ...streamOf([' two']).slice(1)]));
    const body = chatBody(lane.model, { max_tokens: 100 });
    const calls = Array.from({ length: 40 }, () => openStream(account, body));
    const lives = await Promise.all(calls);
    await Promise.all(lives.map((live) => live.has('One')));
    const eachMicro = estimatedTokens(JSON.stringify({ ...body, stream: true }).length) * INPUT_MICRO + 100 * OUTPUT_MICRO;
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 40 * eachMicro });
    open();
    for (const live of lives) expect((await live.stream()).text).toBe('One two');
    expect(await account.money()).toEqual(spent(40 * USAGE_MICRO));
    expect(new Set((await account.calls()).map(({ id }) => id)).size).toBe(40);
  });

  it('grows by what is left where the account cannot double it', async () => {
    const lane = rig.lane('dear');
    const account = await rig.account(300);
    const body = chatBody(lane.model, { max_tokens: 100, stream: true });
    const gates = [gate(), gate(), gate()];
    const usage = { prompt_tokens: 10, completion_tokens: 245, total_tokens: 255 };
    const tokens = (count: number) => says('x'.repeat(4 * count));
    const steps: Step[] = [role(), tokens(90), { until: gates[0]!.opened }, tokens(90), { until: gates[1]!.opened }, tokens(60)];
    lane.first.reply(sse([...steps, { until: gates[2]!.opened }, finish(), usageChunk(usage), DONE]));
    const live = await openStream(account, body);
    let heldMicro = 0;
    for (const { open } of gates) {
      heldMicro = await until('the hold to grow', async () => {
        const { heldMicro: now } = await account.money();
        return now > Math.max(heldMicro, inMicro(150)) && now;
      });
      open();
    }
    expect(heldMicro).toBeGreaterThan(inMicro(280));
    expect(await live.stream()).toMatchObject({ error: undefined, finishReasons: ['stop'] });
    // 10 tokens of input at 0.1 credits, 245 of output at 1.
    expect(await account.money()).toEqual(spent(246_000_000));
  });

  it('that cannot grow ends the stream, which is charged as far as it came', async () => {
    const lane = rig.lane('dear');
    const account = await rig.account(215);
    const body = chatBody(lane.model, { max_tokens: 100, stream: true });
    const inputCredits = estimatedTokens(JSON.stringify(body).length) / 10;
    const more = gate();
    // 100 credits and the input are held; 90 of them are used up, then 180.
    lane.first.reply(sse([role(), says('x'.repeat(360)), { until: more.opened }, says('y'.repeat(360)), HANG]));
    const live = await openStream(account, body);
    await until('the hold to grow', async () => (await account.money()).heldMicro === inMicro(2 * (100 + inputCredits)));
    more.open();
    const { error, done, text } = await live.stream();
    expect(text).toBe('x'.repeat(360) + 'y'.repeat(360));
    expect(error).toMatchObject({ type: 'insufficient_credits', request_id: requestIdOf(live.response) });
    expect(done).toBe(true);
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inMicro(180 + inputCredits)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'credits_ran_out' });
  });
});
