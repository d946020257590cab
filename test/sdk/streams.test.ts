// Streams as async iterables: whole, in pieces, cut anywhere, and with errors in them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventDecoder } from '../../sdk/src/core/sse.js';
import {
  AbortError,
  type APIError,
  BadGatewayError,
  type ChatEvent,
  type Hypereal,
  StreamCutError,
  TimeoutError,
} from '../../sdk/src/index.js';
import { CHAT, MESSAGES, RESPONSES, ScriptedServer, streams } from './support';

let server: ScriptedServer;
beforeAll(async () => {
  server = await ScriptedServer.start();
});
afterAll(() => server.stop());

const messages = [{ role: 'user' as const, content: 'Hi' }];

const FORMATS = {
  chat: {
    bytes: CHAT,
    open: (client: Hypereal) => client.chat.stream({ model: 'm', messages }),
    textOf: (event: unknown) => ((event as ChatEvent).type === 'text' ? (event as { text: string }).text : ''),
  },
  responses: {
    bytes: RESPONSES,
    open: (client: Hypereal) => client.responses.stream({ model: 'm', input: 'Hi' }),
    textOf: (event: unknown) =>
      (event as { type: string }).type === 'response.output_text.delta' ? (event as { delta: string }).delta : '',
  },
  messages: {
    bytes: MESSAGES,
    open: (client: Hypereal) => client.messages.stream({ model: 'm', max_tokens: 1, messages }),
    textOf: (event: unknown) => (event as { delta?: { text?: string } }).delta?.text ?? '',
  },
};

describe.each(Object.entries(FORMATS))('%s', (_name, { bytes, open, textOf }) => {
  async function read(client = server.client()) {
    const seen: { type: string }[] = [];
    const stream = open(client);
    let error: unknown;
    try {
      for await (const event of stream) seen.push(event as { type: string });
    } catch (failure) {
      error = failure;
    }
    return { seen, stream, error, text: seen.map(textOf).join('') };
  }

  it('ends with usage and cost', async () => {
    server.says(streams(bytes));
    const { seen, stream, error, text } = await read();
    expect(error).toBeUndefined();
    expect(text).toBe('Grüße 🙂');
    expect(seen.at(-1)).toMatchObject({ type: 'end', creditsUsed: 0.25, requestId: 'req_stream', usage: { creditsUsed: 0.25 } });
    expect(stream).toMatchObject({ creditsUsed: 0.25, requestId: 'req_stream' });
  });

  it('has the whole answer at its end, after a loop or without one', async () => {
    server.says(streams(bytes));
    const { stream } = await read();
    const whole = await stream.final();
    expect(JSON.stringify(whole)).toContain('Grüße 🙂');
    expect(whole.usage).toMatchObject({ creditsUsed: 0.25 });
    expect(await open(server.client()).final()).toEqual(whole);
    const left = open(server.client());
    for await (const _event of left as AsyncIterable<unknown>) break;
    await expect(left.final()).rejects.toThrow('left before its end');
    server.says(streams(bytes.slice(0, -30)));
    await expect(open(server.client()).final()).rejects.toBeInstanceOf(StreamCutError);
  });

  it('says the same in pieces of any size', async () => {
    for (const pieces of [3, 7, 40, Buffer.byteLength(bytes)]) {
      server.says(streams(bytes, { pieces }));
      expect((await read()).text).toBe('Grüße 🙂');
    }
  });

  it('throws wherever it is cut, be it by a broken connection or by a clean end', async () => {
    const all = Buffer.from(bytes);
    const tail = 3;
    // Headers have arrived, so nothing is sent again and nothing that came is taken back.
    for (let length = 0; length < all.length - tail; length += 11) {
      server.says(streams(all.subarray(0, length), { destroy: length % 2 === 0 }));
      const { error, seen, stream } = await read();
      expect(error, `after ${length} bytes`).toBeInstanceOf(StreamCutError);
      expect((error as StreamCutError).requestId).toBe('req_stream');
      expect(seen.some(({ type }) => type === 'end')).toBe(false);
      expect(stream.requestId).toBe('req_stream');
      expect(server.asked).toHaveLength(1);
    }
  });

  it('throws the error of an error event', async () => {
    const inner = { type: 'api_error', message: 'the provider broke off', request_id: 'req_stream' };
    const half = bytes.slice(0, bytes.indexOf('\n\n', bytes.indexOf('data:')) + 2);
    server.says(streams(`${half}event: error\ndata: ${JSON.stringify({ type: 'error', error: inner })}\n\n`));
    const { error } = await read();
    expect(error).toBeInstanceOf(BadGatewayError);
    expect(error).toMatchObject({ requestId: 'req_stream', type: 'api_error' });
    expect((error as APIError).message).toContain('the provider broke off');
  });

  it('throws a refusal before anything is read', async () => {
    server.says({
      status: 402,
      headers: { 'x-should-retry': 'false' },
      body: { error: { type: 'insufficient_credits', message: 'no', required: 200, available: 1 } },
    });
    expect((await read()).error).toMatchObject({ name: 'InsufficientCreditsError', required: 200, available: 1 });
  });

  it('ends when nothing comes for too long, and counts only silence', async () => {
    server.says((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(bytes.slice(0, 40));
      setTimeout(() => response.write(bytes.slice(40, 60)), 500);
    });
    const beganMs = performance.now();
    expect((await read(server.client({ timeoutMs: 1_500 }))).error).toBeInstanceOf(TimeoutError);
    expect(performance.now() - beganMs).toBeGreaterThan(1_980);
  });

  it('hangs up when its loop is left, and throws when it is aborted', async () => {
    let gone = 0;
    server.says((response) => {
      response.on('close', () => gone++);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(bytes.slice(0, bytes.indexOf('\n\n', 200) + 2));
    });
    for await (const _event of open(server.client()) as AsyncIterable<unknown>) break;
    const aborted = open(server.client());
    setTimeout(() => aborted.abort(), 100);
    await expect(
      (async () => {
        for await (const _event of aborted as AsyncIterable<unknown>);
      })(),
    ).rejects.toBeInstanceOf(AbortError);
    await expect.poll(() => gone).toBe(2);
  });
});

it('gives chunks as they came with create({stream: true})', async () => {
  server.says(streams(CHAT));
  const stream = await server.client().chat.create({ model: 'm', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect([text, stream.usage?.total_tokens, stream.creditsUsed]).toEqual(['Grüße 🙂', 5, 0.25]);
  await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow('only once');
});

it('tells of tool calls in pieces', async () => {
  const call = (piece: Record<string, unknown>) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [piece] }, finish_reason: null }] })}\n\n`;
  const pieces = [
    // Where a text or a thought came first, some providers count it.
    { index: 1, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } },
    { index: 1, function: { arguments: '{"a":1}' } },
  ];
  server.says(streams(`${pieces.map(call).join('')}data: [DONE]\n\n`));
  const events: ChatEvent[] = [];
  const stream = server.client().chat.stream({ model: 'm', messages });
  for await (const event of stream) events.push(event);
  const called = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } };
  expect((await stream.final()).choices).toEqual([{ index: 0, message: { role: 'assistant', content: null, tool_calls: [called] } }]);
  expect(events.slice(0, 2)).toEqual([
    { type: 'tool_call', index: 1, id: 'call_1', name: 'look', arguments: '', choice: 0 },
    { type: 'tool_call', index: 1, arguments: '{"a":1}', choice: 0 },
  ]);
});

it('puts thoughts, their signature and the input of tools together', async () => {
  const start = (index: number, content_block: unknown) => ({ type: 'content_block_start', index, content_block });
  const adds = (index: number, delta: unknown) => ({ type: 'content_block_delta', index, delta });
  const events = [
    { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 3 } } },
    start(0, { type: 'thinking', thinking: '', signature: '' }),
    ...['Let me ', 'look'].map((thinking) => adds(0, { type: 'thinking_delta', thinking })),
    adds(0, { type: 'signature_delta', signature: 'c2ln' }),
    start(1, { type: 'tool_use', id: 't', name: 'look', input: {} }),
    ...['{"a"', ':1}'].map((partial_json) => adds(1, { type: 'input_json_delta', partial_json })),
    start(2, { type: 'tool_use', id: 'u', name: 'now', input: {} }),
    start(3, { type: 'tool_use', id: 'v', name: 'cut', input: {} }),
    adds(3, { type: 'input_json_delta', partial_json: '{"a"' }),
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2, input_tokens: null } },
    { type: 'message_stop' },
  ];
  server.says(streams(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')));
  expect(await server.client().messages.stream({ model: 'm', max_tokens: 1, messages }).final()).toEqual({
    id: 'm',
    stop_reason: 'tool_use',
    usage: { input_tokens: 3, output_tokens: 2 },
    content: [
      { type: 'thinking', thinking: 'Let me look', signature: 'c2ln' },
      { type: 'tool_use', id: 't', name: 'look', input: { a: 1 } },
      { type: 'tool_use', id: 'u', name: 'now', input: {} },
      { type: 'tool_use', id: 'v', name: 'cut', input: {} },
    ],
  });
});

it('decodes an event of millions of characters that comes in many pieces', () => {
  const bytes = new TextEncoder().encode(`data: ${'x'.repeat(16_000_000)}\n\n`);
  const decoder = new EventDecoder();
  const events = [];
  // It took minutes while each piece was searched from the beginning.
  for (let at = 0; at < bytes.length; at += 16_384) events.push(...decoder.push(bytes.subarray(at, at + 16_384)));
  expect(events.map(({ data }) => data.length)).toEqual([16_000_000]);
});

it('decodes events however their bytes and lines are cut', () => {
  const text = '\uFEFF: hi\r\nevent: a\r\ndata: {"x":\r\ndata: "ü"}\r\n\r\ndata:b\r\rid: 1\n\nevent: c\n\ndata: d\n\n';
  const expected = [
    { event: 'a', data: '{"x":\n"ü"}' },
    { event: '', data: 'b' },
    { event: '', data: 'd' },
  ];
  const bytes = new TextEncoder().encode(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const decoder = new EventDecoder();
    expect([...decoder.push(bytes.subarray(0, cut)), ...decoder.push(bytes.subarray(cut))]).toEqual(expected);
  }
});
