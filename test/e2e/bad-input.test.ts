// Errors of clients and upstreams: each gets one clear answer in the client's dialect, and nobody pays.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskOptions, ask, askJson, chatBody, LiveAnswer } from './support/client';
import { builtInKey, type Lane, Rig } from './support/rig';
import { CUT, HANG, RESET, type Reply } from './support/upstream';
import { completion, data, failure, finish, json, role, says, sse } from './support/wire';

const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
const MODEL = 'gpt-5.4';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 70 },
    { FIRST_BYTE_TIMEOUT_MS: 1_000, JSON_TIMEOUT_MS: 1_000, UPSTREAM_IDLE_TIMEOUT_MS: 1_200, CALL_DEADLINE_MS: 7_000 },
  );
});
afterAll(() => rig?.stop());

/** What no answer may contain: a stack, our code, a credential, or details of the upstream's own business. */
const INTERNALS = /at .*\.(ts|js|mjs):|\bstack\b|\bsk-|upstream key|key-\d-of|key-of-|TypeError|RangeError|SqliteError|<html/i;

interface Refused {
  status: number;
  type: string;
  param: string | null;
  message: RegExp;
}

/** Sends a bad request; checks the answer and that it cost nothing. With an empty list of calls, not even a hold was made. */
async function expectRefused(body: unknown, { status, type, param, message }: Refused, options: AskOptions = {}) {
  const account = await rig.account();
  const answer = await askJson(account, body, options);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body.error).toMatchObject({ type, param, request_id: answer.id });
  expect(answer.body.error.message).toMatch(message);
  expect(answer.headers.get('x-should-retry')).toBe('false');
  expect(answer.text).not.toMatch(INTERNALS);
  expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  expect(await account.calls()).toEqual([]);
  return answer.body.error;
}

const refused = (param: string | null, message: RegExp): Refused => ({ status: 400, type: 'invalid_request_error', param, message });
const messages = [{ role: 'user', content: 'Hi' }];

const BODIES: [string, unknown, Refused][] = [
  ['nothing', '', refused(null, /body is empty/)],
  ['white space', ' \n ', refused(null, /body is empty/)],
  ['no JSON', 'model=gpt-5.4', refused(null, /not valid JSON/)],
  ['half a JSON', '{"model":"gpt-5.4","messages":[', refused(null, /not valid JSON/)],
  ['two JSONs', '{}{}', refused(null, /not valid JSON/)],
  ['a list', '[]', refused(null, /must be a JSON object/)],
  ['null', 'null', refused(null, /must be a JSON object/)],
  ['a number', '12', refused(null, /must be a JSON object/)],
  ['a NUL', '\u0000', refused(null, /not valid JSON/)],
  ['an object of nothing', {}, refused('model', /`model` is required/)],
  ['no model', { messages }, refused('model', /`model` is required/)],
  ['a null for a model', { model: null, messages }, refused('model', /`model` is not valid/)],
  ['a number for a model', { model: 5, messages }, refused('model', /`model` is not valid/)],
  ['a list for a model', { model: ['gpt-5.4'], messages }, refused('model', /`model` is not valid/)],
  ['an empty model', { model: '', messages }, refused('model', /`model` is not valid/)],
  ['no messages', { model: MODEL }, refused('messages', /`messages` is required/)],
  ['empty messages', { model: MODEL, messages: [] }, refused('messages', /`messages` is not valid/)],
  ['text for messages', { model: MODEL, messages: 'Hi' }, refused('messages', /`messages` is not valid/)],
  ['text for a message', { model: MODEL, messages: ['Hi'] }, refused('messages[0]', /`messages\[0\]` is not valid/)],
  ['a message without a role', { model: MODEL, messages: [{ content: 'Hi' }] }, refused('messages[0].role', /messages\[0\]\.role/)],
  ['a number for a role', { model: MODEL, messages: [...messages, { role: 1 }] }, refused('messages[1].role', /messages\[1\]\.role/)],
  ['text for stream', { model: MODEL, messages, stream: 'true' }, refused('stream', /`stream` is not valid/)],
  ['text for stream_options', { model: MODEL, messages, stream_options: 'x' }, refused('stream_options', /`stream_options`/)],
  [
    'text for include_usage',
    { model: MODEL, messages, stream_options: { include_usage: 'yes' } },
    refused('stream_options.include_usage', /include_usage/),
  ],
  ...[0, -1, 129, 1e9, 1.5, '2', true, [1]].map(
    (n) => [`${JSON.stringify(n)} answers`, { model: MODEL, messages, n }, refused('n', /`n` is not valid/)] as [string, unknown, Refused],
  ),
  ...['max_tokens', 'max_completion_tokens'].flatMap((field) =>
    [0, -5, 2_000_001, 1e300, 0.5, '100', {}].map(
      (value) =>
        [`${field} of ${JSON.stringify(value)}`, { model: MODEL, messages, [field]: value }, refused(field, new RegExp(field))] as [
          string,
          unknown,
          Refused,
        ],
    ),
  ),
  ['a number beyond all', `{"model":"gpt-5.4","messages":[{"role":"user","content":"Hi"}],"n":1e400}`, refused('n', /`n` is not valid/)],
];

describe('a bad request', () => {
  it.concurrent.each(BODIES)('is refused with the field named: %s', async (_name, body, expected) => {
    await expectRefused(body, expected);
  });

  it.each(['gpt-99', 'GPT-5.4', ' gpt-5.4', '__proto__', 'toString', '🦄', '../admin'])('lists the models there are: %s', async (model) => {
    const error = await expectRefused(chatBody(model), refused('model', /does not exist/));
    expect(error).toMatchObject({ code: 'model_not_found' });
    expect(error.available_models).toEqual(expect.arrayContaining([MODEL, 'gemini-3-flash-official']));
  });

  it('lists the models where none is given, too', async () => {
    const error = await expectRefused({ messages }, refused('model', /required/));
    expect(error.available_models).toEqual(expect.arrayContaining([MODEL]));
  });

  it.each(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-3-5-sonnet-20241022'])(
    'points to the right endpoint: %s',
    async (model) => {
      await expectRefused(chatBody(model), refused('model', /\/v1\/messages/));
    },
  );

  it.each([
    ['', 400],
    ['x'.repeat(256), 400],
  ])('is refused for its Idempotency-Key: %#', async (key, status) => {
    await expectRefused(
      chatBody(MODEL),
      { ...refused('Idempotency-Key', /Idempotency-Key/), status },
      { headers: { 'idempotency-key': key } },
    );
  });

  it('is refused the same for a stream', async () => {
    await expectRefused(chatBody('gpt-99', { stream: true }), refused('model', /does not exist/));
  });

  it('may be nested a hundred thousand deep', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    await expectRefused(`{"model":"gpt-99","messages":[{"role":"user","content":${deep}}]}`, refused('model', /does not exist/));
  });
});

/** Posts without `fetch`, which insists on a true content-length; the answer may come before the body is sent. */
function post(key: string, headers: Record<string, string | number>, body?: (write: (bytes: Buffer) => boolean) => boolean) {
  return new Promise<{ status: number; text: string }>((done, fail) => {
    const asked = request(`${rig.worker.url}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    });
    let answered = false;
    asked.once('response', (response) => {
      answered = true;
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => {
        done({ status: response.statusCode ?? 0, text });
        asked.destroy();
      });
      response.once('error', fail);
    });
    asked.on('error', (error) => answered || fail(error));
    const more = () => {
      while (!answered && body) {
        if (!body((bytes) => asked.write(bytes))) return asked.once('drain', more);
        return asked.end();
      }
    };
    asked.flushHeaders();
    more();
  });
}

/** Sends this many bytes, a megabyte at a time, as fast as they are read. */
function inPieces(size: number) {
  const megabyte = Buffer.alloc(1_048_576, 32);
  let left = size;
  return (write: (bytes: Buffer) => boolean): boolean => {
    while (left > 0) {
      const piece = megabyte.subarray(0, Math.min(left, megabyte.length));
      left -= piece.length;
      if (!write(piece)) return left === 0;
    }
    return true;
  };
}

describe('a body over the limit', () => {
  const expectTooLarge = ({ status, text }: { status: number; text: string }) => {
    expect(status, text).toBe(413);
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'invalid_request_error', message: expect.stringContaining('32 MB') } });
  };

  it('is refused by its content-length, before it is sent', async () => {
    const account = await rig.account();
    expectTooLarge(await post(account.key, { 'content-length': BODY_LIMIT_BYTES + 1 }));
    expect(await account.calls()).toEqual([]);
  });

  it('is refused in chunks, without a content-length', async () => {
    const account = await rig.account();
    expectTooLarge(await post(account.key, { 'transfer-encoding': 'chunked' }, inPieces(BODY_LIMIT_BYTES + 8_000_000)));
    expect(await account.calls()).toEqual([]);
  });

  it('is no body of exactly that size', async () => {
    const account = await rig.account();
    const answer = await askJson(account, ' '.repeat(BODY_LIMIT_BYTES));
    expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('empty') } } });
  });
});

describe('a body with content-encoding', () => {
  it.each(['gzip', 'br', 'zstd', 'made-up'])('is refused: %s', async (encoding) => {
    const expected: Refused = { status: 415, type: 'invalid_request_error', param: null, message: /content-encoding/ };
    await expectRefused(chatBody(MODEL), expected, { headers: { 'content-encoding': encoding } });
  });
});

const html = '<!doctype html><html><body>upstream key-of-openai at proxy.js:12</body></html>';
const event = (text: string): Reply => sse([text]);

/** Each failure as a document and as a stream. */
const FAILURES: Record<string, { document: () => Reply; stream: () => Reply }> = {
  'a web page': {
    document: () => json(html, { headers: { 'content-type': 'text/html' } }),
    stream: () => json(html, { headers: { 'content-type': 'text/html' } }),
  },
  'a web page that says it is JSON, or events': { document: () => json(html), stream: () => event(html) },
  'a web page with a 502': {
    document: () => json(html, { status: 502, headers: { 'content-type': 'text/html' } }),
    stream: () => json(html, { status: 502, headers: { 'content-type': 'text/html' } }),
  },
  'half a JSON': {
    document: () => json('{"choices":[{"message":{"content":"Hal'),
    stream: () => event('data: {"choices":[{"delta":{"content":"Hal'),
  },
  'half a JSON, cut off': {
    document: () => json('', { headers: { 'content-type': 'application/json', 'content-length': '500' }, steps: ['{"choices":[', CUT] }),
    stream: () => sse(['data: {"choices":[', CUT]),
  },
  'a 200 with an error inside': {
    document: () => json({ error: { message: 'quota of sk-abcdefghijklmnop is spent', code: 'x' } }),
    stream: () => event(data({ error: { message: 'quota of sk-abcdefghijklmnop is spent', code: 'x' } })),
  },
  'a JSON that is no answer': { document: () => json({ hello: 'world' }), stream: () => event(data({ hello: 'world' })) },
  'an answer without a choice': {
    document: () => json({ id: 'c', object: 'chat.completion', choices: [], usage: { prompt_tokens: 9, completion_tokens: 0 } }),
    stream: () => event(data({ id: 'c', choices: [], usage: { prompt_tokens: 9, completion_tokens: 0 } })),
  },
  'null for an answer': { document: () => json('null'), stream: () => event('data: null\n\n') },
  'nothing at all': { document: () => json(''), stream: () => event('') },
  'no content': { document: () => json('', { status: 204, steps: [] }), stream: () => json('', { status: 204, steps: [] }) },
  'a reset': { document: () => json('', { first: RESET }), stream: () => sse([], { first: RESET }) },
  silence: { document: () => json('', { first: HANG }), stream: () => sse([], { first: HANG }) },
  'headers, then silence': { document: () => json('', { steps: [HANG] }), stream: () => sse([HANG]) },
  'an error after its role': {
    document: () => json({ error: 'busy' }),
    stream: () => sse([role(), data({ error: { message: 'busy' } })]),
  },
};

async function expectFailed(lane: Lane, stream: boolean): Promise<void> {
  const account = await rig.account();
  const live = new LiveAnswer(await ask(account, chatBody(lane.model, { stream })));
  const raw = await live.end();
  const { status, headers } = live.response;
  expect(raw).not.toMatch(INTERNALS);
  for (const key of lane.keys) expect(raw).not.toContain(key);
  if (status === 200) {
    // The role had already been sent, so the error comes inside the stream.
    const { error, done } = await live.stream();
    expect(error, raw).toMatchObject({ type: 'api_error' });
    expect(done).toBe(true);
  } else {
    expect(status, raw).toBe(502);
    expect(JSON.parse(raw)).toMatchObject({ error: { type: 'api_error', request_id: headers.get('x-request-id') } });
    expect(headers.get('x-should-retry')).toBe('false');
  }
  expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  const calls = await account.calls();
  expect(calls).toMatchObject([{ kind: 'usage', amountCredits: 0, outcome: 'released', id: headers.get('x-request-id') }]);
  expect(JSON.stringify(calls)).not.toMatch(INTERNALS);
  expect(JSON.stringify(await account.lastGeneration())).not.toMatch(INTERNALS);
}

describe('an upstream that answers with', () => {
  it.concurrent.each(Object.keys(FAILURES))('%s is a clean error, once on the books, free of charge', async (name) => {
    const lane = rig.lane('solo');
    lane.first.replyAlways(() => FAILURES[name]!.document());
    await expectFailed(lane, false);
  });

  it.concurrent.each(Object.keys(FAILURES))('%s is a clean error to a stream, too', async (name) => {
    const lane = rig.lane('solo');
    lane.first.replyAlways(() => FAILURES[name]!.stream());
    await expectFailed(lane, true);
  });

  it.concurrent('a stream that breaks off is an error inside it, free of charge', async () => {
    const lane = rig.lane('solo');
    lane.first.replyAlways(() => sse([role(), says('Half'), CUT]));
    await expectFailed(lane, true);
  });

  it.concurrent('a refusal of its key never shows the key', async () => {
    const lane = rig.lane('solo');
    lane.first.replyAlways(({ headers }) => failure(401, `Incorrect API key provided: ${headers.authorization}`));
    await expectFailed(lane, false);
    const account = await rig.account();
    rig.desk('openai').replyAlways(() => failure(403, `You are ${builtInKey('openai')}`));
    rig.desk('openrouter').replyAlways(() => failure(504, `You are ${builtInKey('openrouter')}`));
    const answer = await askJson(account, chatBody(MODEL));
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('[redacted]');
    expect(answer.text).not.toMatch(INTERNALS);
  });

  it.concurrent("a refusal of the caller's own request keeps its status, free of charge", async () => {
    const lane = rig.lane('solo');
    lane.first.reply(failure(400, 'temperature is too high', { param: 'temperature', code: 'invalid_value' }));
    const account = await rig.account();
    const answer = await askJson(account, chatBody(lane.model, { temperature: 9 }));
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', param: 'temperature', message: 'temperature is too high' } },
    });
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
    expect(await account.calls()).toMatchObject([{ amountCredits: 0, outcome: 'released' }]);
  });
});

describe('a key in the URL', () => {
  it('never reaches the log', async () => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(json(completion({ content: 'Hi' })), sse([role(), says('Hi'), finish(), 'data: [DONE]\n\n']));
    lane.first.replyAlways(() => json(html));
    const path = `/chat/completions?key=${account.key}`;
    const headers = { authorization: '' };
    expect((await askJson(account, chatBody(lane.model), { path, headers })).status).toBe(200);
    await (await ask(account, chatBody(lane.model, { stream: true }), { path, headers })).text();
    expect((await askJson(account, chatBody(lane.model), { path, headers })).status).toBe(502);
    expect((await askJson(account, chatBody('gpt-99'), { path, headers })).status).toBe(400);
    for (const other of [`/nothing?key=${account.key}`, `/generations/x?key=${account.key}`, `/models/%zz?key=${account.key}`]) {
      const answer = await askJson(account, {}, { path: other, headers });
      expect(answer.text).not.toContain(account.key);
      expect([404, 405]).toContain(answer.status);
    }
    const read = await fetch(`${account.baseUrl}/models/%E0%A4%A?key=${account.key}`);
    expect(read.status, await read.text()).toBe(404);
    await account.settled();
    const log = rig.worker.log();
    expect(log).not.toContain(account.key);
    expect(log).not.toMatch(/ck_[0-9A-Za-z]{20}/);
    expect(log).not.toMatch(/key=/);
    // Nor did anything need to be masked when it was logged.
    expect(log).not.toContain('[hidden]');
    for (const key of lane.keys) expect(log).not.toContain(key);
  });
});
