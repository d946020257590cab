// The provider gets what the client sent, byte for byte except for the model, the usage option and the credentials.
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, askStream, chatBody } from './support/client';
import { builtInKey, type Lane, Rig } from './support/rig';
import { answer, chunk, completion, DONE, failure, finish, json, role, sse, streamOf, USAGE_MICRO, usageChunk } from './support/wire';

let rig: Rig;
let account: Account;
beforeAll(async () => {
  rig = await Rig.start({ solo: 40, pair: 40, keys: 1 });
});
afterAll(() => rig?.stop());

/** What a parser and a serializer between client and provider would change. */
const ODDITIES: Record<string, string> = {
  'fields that nobody knows': '"x_vendor":{"deep":[1,{"er":null}]},"prompt_cache_key":"k","reasoning":{"effort":"none"}',
  'odd spacing': '\r\n\t "temperature"  :\n\n 0.50 ,\t"top_p":1.0',
  'unicode escapes and raw characters side by side': '"user":"\\u00e9é\\u4f60你\\ud83d\\ude00😀\\/\\b","seed":1',
  'a lone surrogate, escaped': '"user":"\\ud800 alone"',
  'numbers that no double holds': '"seed":12345678901234567890,"x_tiny":1e-400,"x_huge":1e400,"x_exact":0.10000000000000000000000001',
  'negative zero and exponents': '"a":-0,"b":-0.0,"c":1E+2,"d":100e-2',
  'keys that stand there twice': '"user":"first","user":"second","metadata":{"a":"1","a":"2"}',
  'models within other fields': '"metadata":{"model":"not this one"},"x_list":[{"model":"nor this"}],"x_text":"\\"model\\":\\"nor this\\""',
  'keys that other languages know': '"__proto__":{"a":1},"constructor":null,"toString":0,"":"empty"',
  'braces and quotes in strings': '"stop":["}","{","\\"","\\\\","\\\\\\"}"]',
};

/** The text around the model, to compare the rest with what the provider got. */
const template = (model: string, oddity: string): string =>
  `  { "messages" :[ {"role":"user","content":"say \\"model\\": \\"x\\" }{"} ],${oddity}, "model" : ${JSON.stringify(model)} }\n`;

const long = (model: string, content: string, more = ''): string =>
  `{ "messages": [{"role":"user","content":${JSON.stringify(content.repeat(20_000))}}],${more} "model": ${JSON.stringify(model)}}`;

describe('a long request without a stream', () => {
  const unable = () => failure(500, 'Not now.');

  it('goes to one provider after the other as it was sent, whatever others send meanwhile', async () => {
    account = await rig.account();
    const calls = Array.from({ length: 20 }, (_, index) => ({ lane: rig.lane('pair'), content: `${index} é` }));
    for (const { lane } of calls) {
      lane.first.reply(unable(), unable());
      lane.second.reply(answer('Yes.'));
    }
    const answers = await Promise.all(calls.map(({ lane, content }) => askJson(account, long(lane.model, content))));
    expect(answers.map(({ status }) => status)).toEqual(calls.map(() => 200));
    for (const { lane, content } of calls) {
      const sent = [...lane.first.seen, ...lane.second.seen].map(({ body }) => body);
      const [own, others] = [long(lane.upstreamModel, content), long(lane.model, content)];
      expect(sent.map((body) => (body === own ? 'own' : body === others ? 'others' : body.slice(0, 99)))).toEqual(['own', 'own', 'others']);
    }
    expect(await account.money()).toEqual({ spentMicro: 20 * USAGE_MICRO, heldMicro: 0 });
  });

  it('goes to the next credential, and without what is refused', async () => {
    account = await rig.account();
    const lane = rig.lane('keys');
    lane.first.reply(
      failure(401, 'Incorrect API key provided.'),
      failure(400, "Unsupported parameter: 'temperature' is not supported with this model.", { param: 'temperature' }),
      answer('Yes.'),
    );
    expect((await askJson(account, long(lane.model, 'Hi', '"temperature":0.5,'))).status).toBe(200);
    const [first, second, third] = lane.first.seen;
    expect([first!.body, second!.body, third!.body]).toEqual([
      long(lane.upstreamModel, 'Hi', '"temperature":0.5,'),
      long(lane.upstreamModel, 'Hi', '"temperature":0.5,'),
      long(lane.upstreamModel, 'Hi'),
    ]);
    expect(second!.headers.authorization).not.toBe(first!.headers.authorization);
  });

  it.each([
    ['a byte order mark', (body: string) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(body)]), (body: string) => body],
    [
      'bytes that are no text',
      (body: string) => Buffer.from(body.replaceAll('?', 'ÿ'), 'latin1'),
      (body: string) => body.replaceAll('?', '\ufffd'),
    ],
  ])('is sent as what it is read as: %s', async (_what, bytes, text) => {
    account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.reply(unable(), unable());
    lane.second.reply(answer('Yes.'));
    const response = await fetch(`${rig.worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: bytes(long(lane.model, 'Hi?')),
    });
    expect([response.status, await response.text()]).toMatchObject([200, expect.stringContaining('Yes.')]);
    expect(lane.second.seen[0]!.body === text(long(lane.model, 'Hi?'))).toBe(true);
  });

  it('that every provider refuses is told so, and costs nothing', async () => {
    account = await rig.account();
    const lane = rig.lane('pair');
    for (const desk of [lane.first, lane.second]) desk.replyAlways(unable);
    expect((await askJson(account, long(lane.model, 'Hi'))).status).toBe(502);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});

it('has names of tools that the provider takes where it refused the client’s, which the answer has', async () => {
  account = await rig.account();
  const lane = rig.lane('solo');
  const name = `mcp__${'server_'.repeat(10)}_read.file`;
  const body = { ...chatBody(lane.model), tools: [{ type: 'function', function: { name, parameters: {} } }] };
  const refusal = failure(400, "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64.");
  const calls = ({ body: sent }: { body: string }) => {
    const [, short] = /"name":"([^"]{1,64})"/.exec(sent)!;
    return [{ index: 0, id: 'c', type: 'function', function: { name: short, arguments: '{}' } }];
  };
  let asked = 0;
  lane.first.replyAlways((seen) => {
    if (++asked % 2 === 1) return refusal;
    if (asked === 2) return json(completion({ content: null, tool_calls: calls(seen) }));
    return sse([role(), chunk({ tool_calls: calls(seen) }), finish('tool_calls'), usageChunk(), DONE]);
  });
  const whole = await (await ask(account, JSON.stringify(body))).text();
  const streamed = await (await ask(account, JSON.stringify({ ...body, stream: true }))).text();
  for (const answered of [whole, streamed]) expect(answered).toContain(JSON.stringify({ name, arguments: '{}' }));
  expect(lane.first.seen).toHaveLength(4);
  expect(await account.money()).toEqual({ spentMicro: 2 * USAGE_MICRO, heldMicro: 0 });
});

describe('a long request for a stream', () => {
  const streamed = (lane: Lane, content: string) =>
    askStream(account, { ...chatBody(lane.model), messages: [{ role: 'user', content: content.repeat(20_000) }] });
  const asked = (lane: Lane) =>
    [...lane.first.seen, ...lane.second.seen].map(({ body }) => {
      const { model, messages, stream_options } = JSON.parse(body) as Record<string, unknown>;
      return { model, stream_options, content: (messages as { content: string }[])[0]!.content.slice(0, 2) };
    });

  it('goes to the next provider where the first one breaks off before its first content', async () => {
    account = await rig.account();
    const lanes = Array.from({ length: 8 }, () => rig.lane('pair'));
    for (const lane of lanes) {
      lane.first.reply(failure(500, 'Not now.'), sse([role()]));
      lane.second.reply(sse(streamOf(['Yes.'])));
    }
    const streams = await Promise.all(lanes.map((lane, index) => streamed(lane, `${index}é`)));
    expect(streams.map(({ text, done }) => [text, done])).toEqual(lanes.map(() => ['Yes.', true]));
    for (const [index, lane] of lanes.entries()) {
      const like = { stream_options: { include_usage: true }, content: `${index}é` };
      expect(asked(lane)).toEqual([lane.upstreamModel, lane.upstreamModel, lane.model].map((model) => ({ model, ...like })));
    }
    expect(await account.money()).toEqual({ spentMicro: 8 * USAGE_MICRO, heldMicro: 0 });
  });

  it('that every provider refuses has its true status, and costs nothing', async () => {
    account = await rig.account();
    const lane = rig.lane('pair');
    for (const desk of [lane.first, lane.second]) desk.replyAlways(() => failure(500, 'Not now.'));
    await expect(streamed(lane, 'Hi')).rejects.toThrow(/^502 /);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});

describe('a request without a stream', () => {
  it.each(Object.entries(ODDITIES))('reaches the provider as it was sent: %s', async (_, oddity) => {
    account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(answer('Yes.'));
    const { status } = await askJson(account, template(lane.model, oddity));
    expect(status).toBe(200);
    expect(lane.first.seen.map(({ body }) => body)).toEqual([template(lane.upstreamModel, oddity)]);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('is not touched at all where the provider calls the model by the same name', async () => {
    account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.reply(failure(404, 'The model does not exist.', { code: 'model_not_found' }));
    lane.second.reply(answer('Yes.'));
    const body = template(lane.model, ODDITIES['odd spacing']!);
    expect((await askJson(account, body)).status).toBe(200);
    expect(lane.second.seen.map((seen) => seen.body)).toEqual([body]);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('has every model replaced where the key stands there twice, escaped or not', async () => {
    account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(answer('Yes.'));
    const body = (first: string, second: string) =>
      `{"model":"${first}","messages":[{"role":"user","content":"Hi"}],"mod\\u0065l":"${second}"}`;
    expect((await askJson(account, body('gpt-none', lane.model))).status).toBe(200);
    expect(lane.first.seen.map((seen) => seen.body)).toEqual([body(lane.upstreamModel, lane.upstreamModel)]);
  });

  const LARGE: Record<string, string> = {
    prose: 'All work and no play makes a dull gateway. '.repeat(4_000),
    'prose with escapes and other letters':
      `${'It says \\"no\\" on a line,\\n\\tand another; '.repeat(900)}\\u00e9 “é” 你好 😀 \x7f`.repeat(4),
    'code of short lines': '  if (a) {\\n    b();\\n  }\\n'.repeat(6_000),
    'another script': '今日は良い天気ですね。'.repeat(5_000),
  };

  it.each(Object.entries(LARGE))('keeps its bytes when it is large, whoever is asked: %s', async (_name, content) => {
    account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.reply(failure(503, 'Busy.'));
    lane.second.reply(answer('Yes.'));
    const body = (model: string) =>
      `{"model":"${model}", "n":1.0, "messages":[{"role":"system","content":"${content}"},{"role":"user","content":"Hi"}], "x":"${content}"}`;
    expect((await askJson(account, body(lane.model))).status).toBe(200);
    for (const { seen } of [lane.first, lane.second]) {
      expect(seen).not.toEqual([]);
      for (const { body: sent } of seen) expect(sent === body(lane.upstreamModel) || sent === body(lane.model)).toBe(true);
    }
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('is for the sandbox when it is large and comes with a test key, and for a provider with two keys of which one is good', async () => {
    account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(answer('Yes.'));
    const body = (model: string) => `{"model":"${model}", "messages":[{"role":"user","content":"${LARGE.prose}"}]}`;
    const asked = (keys: Record<string, string>) =>
      fetch(`${account.baseUrl}/chat/completions`, { method: 'POST', headers: keys, body: body(lane.model) });
    expect((await asked({ authorization: `Bearer ${await account.addKey({ mode: 'test' })}` })).status).toBe(200);
    expect(lane.first.seen).toEqual([]);
    const revoked = await account.addKey({ name: 'revoked' });
    await account.revokeKey('revoked');
    expect((await asked({ authorization: `Bearer ${revoked}`, 'x-api-key': account.key })).status).toBe(200);
    expect(lane.first.seen.map((seen) => seen.body)).toEqual([body(lane.upstreamModel)]);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('is refused when it is large and broken, wherever that is', async () => {
    account = await rig.account();
    const lane = rig.lane('solo');
    const words = LARGE.prose!;
    for (const said of [`${words}\n${words}`, `${words}\\x${words}`, `${words}"${words}`, `${words}\\`]) {
      const { status, body } = await askJson(account, `{"model":"${lane.model}","messages":[{"role":"user","content":"${said}"}]}`);
      expect([status, body]).toMatchObject([400, { error: { message: expect.stringContaining('not valid JSON') } }]);
    }
    expect(lane.first.seen).toEqual([]);
  });

  it('keeps its length when it is long', async () => {
    account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(answer('Yes.'));
    const content = '"\\ 你好 😀 }{'.repeat(300_000);
    const body = JSON.stringify({ model: lane.model, messages: [{ role: 'user', content }] });
    expect((await askJson(account, body)).status).toBe(200);
    expect(lane.first.seen[0]!.body === body.replace(lane.model, lane.upstreamModel)).toBe(true);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });
});

it('gives an answer that came compressed as plain text', async () => {
  account = await rig.account();
  const lane = rig.lane('solo');
  const headers = { 'content-encoding': 'gzip' };
  lane.first.reply(
    { headers: { ...headers, 'content-type': 'application/json' }, steps: [gzipSync(JSON.stringify(completion({ content: 'Grüße' })))] },
    { headers: { ...headers, 'content-type': 'text/event-stream' }, steps: [gzipSync(streamOf(['Grü', 'ße']).join(''))] },
  );
  const { body, headers: received } = await askJson(account, chatBody(lane.model));
  expect(body.choices[0]!.message.content).toBe('Grüße');
  expect(received.get('content-encoding')).toBeNull();
  expect((await askStream(account, chatBody(lane.model))).text).toBe('Grüße');
  expect(await account.money()).toEqual({ spentMicro: 2 * USAGE_MICRO, heldMicro: 0 });
});

describe('a request for a stream', () => {
  const OPTIONS: Record<string, [sent: string, received: string]> = {
    'gets the option when there is none': ['', ',"stream_options":{"include_usage":true}'],
    'gets it in place of null': [',"stream_options" : null ', ',"stream_options" : {"include_usage":true} '],
    'gets it among other options': [
      ',"stream_options":{ "include_obfuscation":false }',
      ',"stream_options":{ "include_obfuscation":false ,"include_usage":true}',
    ],
    'has it turned on': [',"stream_options":{"include_usage":false,"x":1.0}', ',"stream_options":{"include_usage":true,"x":1.0}'],
    'is left alone when it is on': [',"stream_options":{"include_usage" :true}', ',"stream_options":{"include_usage" :true}'],
  };

  it.each(Object.entries(OPTIONS))('%s', async (_, [sent, received]) => {
    account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(sse(streamOf(['Yes.'])));
    const body = (model: string, options: string) =>
      `{"model":"${model}", "stream":true,"seed":12345678901234567890,"messages":[{"role":"user","content":"\\u0048i"}]${options}}`;
    const response = await ask(account, body(lane.model, sent));
    await response.text();
    expect(lane.first.seen.map((seen) => seen.body)).toEqual([body(lane.upstreamModel, received)]);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });
});

describe('credentials', () => {
  const OWN_HEADERS = { 'openai-organization': 'org-of-the-client', cookie: 'session=of-the-client', 'x-custom': 'of-the-client' };

  /** Each place where clients put their key: headers, and what follows the path. */
  const places: Record<string, (key: string) => [headers: Record<string, string>, query: string]> = {
    bearer: (key) => [{ authorization: `Bearer ${key}` }, ''],
    'x-api-key': (key) => [{ 'x-api-key': key }, ''],
    'x-goog-api-key': (key) => [{ 'x-goog-api-key': key }, ''],
    query: (key) => [{}, `?key=${key}`],
    'all at once': (key) => [{ authorization: `Bearer ${key}`, 'x-api-key': key, 'x-goog-api-key': key }, `?key=${key}`],
  };

  function post(url: string, headers: Record<string, string>, body: string): Promise<number> {
    return new Promise((done, fail) => {
      request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...OWN_HEADERS, ...headers } }, (response) => {
        response.resume().once('end', () => done(response.statusCode ?? 0));
      })
        .once('error', fail)
        .end(body);
    });
  }

  async function expectOnlyTheProvidersOwn(lane: Lane) {
    expect(lane.first.seen).toHaveLength(1);
    const [seen] = lane.first.seen;
    const { host: _, ...headers } = seen!.headers;
    expect(headers).toEqual({
      authorization: `Bearer ${lane.keys[0]}`,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(seen!.body)),
    });
    expect(seen!.path).toBe('/v1/chat/completions');
    expect(`${JSON.stringify(seen!.headers)}${seen!.body}`).not.toMatch(/ck_|of-the-client/);
  }

  it.each(Object.keys(places))('of the client stay here: %s', async (place) => {
    account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(answer('Yes.'));
    const [headers, query] = places[place]!(account.key);
    const status = await post(`${account.baseUrl}/chat/completions${query}`, headers, JSON.stringify(chatBody(lane.model)));
    expect(status).toBe(200);
    await expectOnlyTheProvidersOwn(lane);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('of each provider go to that provider alone', async () => {
    account = await rig.account();
    rig.desk('openai').reply(failure(404, 'The model does not exist.', { code: 'model_not_found' }));
    rig.desk('openrouter').reply(sse(streamOf(['Yes.'])));
    const { text } = await askStream(account, chatBody('gpt-5.4-mini'));
    expect(text).toBe('Yes.');
    const sent = (provider: 'openai' | 'openrouter') =>
      rig.desk(provider).seen.map(({ headers, body }) => [headers.authorization, (JSON.parse(body) as { model: string }).model]);
    expect(sent('openai')).toEqual([[`Bearer ${builtInKey('openai')}`, 'gpt-5.4-mini']]);
    expect(sent('openrouter')).toEqual([[`Bearer ${builtInKey('openrouter')}`, 'openai/gpt-5.4-mini']]);
    // 100 tokens at 4 micro-credits and 25 at 22.
    expect(await account.money()).toEqual({ spentMicro: 950, heldMicro: 0 });
  });

  it('that a provider repeats in its error are hidden from the client', async () => {
    account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.reply(failure(504, `No such key: ${lane.keys[0]}`));
    lane.second.reply(failure(504, `No such key: ${lane.secondKeys[0]}`));
    const { status, text } = await askJson(account, chatBody(lane.model));
    expect(status).toBe(502);
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('0123456789');
    const { attempts } = await account.lastGeneration();
    expect(JSON.stringify(attempts)).not.toContain('0123456789');
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});
