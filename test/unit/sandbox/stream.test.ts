import { describe, expect, it } from 'vitest';
import { answerTo, asking, chunksOf, readBody, send, streamed } from './support';

const tool = {
  type: 'function',
  function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } },
};

describe('streams', () => {
  it('send the role, the content, the end and nothing else unless asked', async () => {
    const { response, text, chunks, content } = await streamed('Hello');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(chunks[0]!.choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
    ]);
    expect(chunks.at(-1)!.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }]);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(content).toBe((await answerTo('Hello')).choices[0]!.message.content);
    expect(new Set(chunks.map((chunk) => `${chunk.id} ${chunk.object} ${chunk.model}`)).size).toBe(1);
    expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', model: 'gpt-5.4' });
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('send usage on a chunk of its own when asked', async () => {
    const { chunks, contentChunks } = await streamed('Hello', { stream_options: { include_usage: true } });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: contentChunks } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('carry every choice to its end', async () => {
    const { chunks } = await streamed('Hello', { n: 2 });
    const texts = ['', ''];
    for (const { index, delta } of chunks.flatMap((chunk) => chunk.choices)) texts[index] += delta.content ?? '';
    expect(texts).toEqual([expect.stringMatching(/choice 1 of 2\.$/), expect.stringMatching(/choice 2 of 2\.$/)]);
    expect(chunks.slice(-2).map((chunk) => chunk.choices[0]!.finish_reason)).toEqual(['stop', 'stop']);
  });

  it('carry tool calls in pieces', async () => {
    const { chunks } = await streamed('sandbox:tools=2', { tools: [tool] });
    const pieces = chunks.flatMap((chunk) => chunk.choices).flatMap((choice) => choice.delta.tool_calls ?? []);
    const calls = [0, 1].map((index) => pieces.filter((piece) => piece.index === index));
    for (const call of calls) {
      expect(call[0]).toMatchObject({ id: expect.stringMatching(/^call_/), type: 'function', function: { name: 'look', arguments: '' } });
      expect(JSON.parse(call.map((piece) => piece.function.arguments).join(''))).toEqual({ at: 'sandbox' });
    }
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('carry reasoning before content', async () => {
    const { chunks } = await streamed('sandbox:reasoning');
    const kinds = chunks.flatMap((chunk) => chunk.choices).map(({ delta }) => (delta.reasoning_content ? 'r' : delta.content ? 'c' : '-'));
    expect(kinds.join('')).toMatch(/^-r{17}c+-$/);
  });

  it('carry a refusal', async () => {
    const { chunks, content } = await streamed('sandbox:refusal');
    expect(chunks.map((chunk) => chunk.choices[0]!.delta.refusal ?? '').join('')).toContain('refuse');
    expect(content).toBe('');
  });

  it('carry 100,000 tokens', async () => {
    const { contentChunks, text } = await streamed('sandbox:tokens=100000');
    expect(contentChunks).toBe(100_000);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it.each(['Hello', 'sandbox:cut=3'])('can be split in two and read into buffers of the reader: %s', async (text) => {
    const whole = await streamed(text);
    const [fast, slow] = (await send(asking(text, { stream: true }))).body!.tee();
    const drained = fast.pipeTo(new WritableStream()).catch((error: unknown) => error);
    const reader = slow.getReader({ mode: 'byob' });
    let bytes = 0;
    let broken: unknown;
    try {
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(1000));
        if (done) break;
        bytes += value.byteLength;
      }
    } catch (error) {
      broken = error;
    }
    await drained;
    expect(bytes).toBe(new TextEncoder().encode(whole.text).length);
    expect(String(broken)).toBe(String(whole.broken));
  });

  it('end lines with CRLF after sandbox:crlf', async () => {
    const { text } = await streamed('sandbox:crlf');
    expect(text.endsWith('data: [DONE]\r\n\r\n')).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('begin with a byte order mark after sandbox:bom', async () => {
    expect((await streamed('sandbox:bom')).text.startsWith('\uFEFFdata: {')).toBe(true);
    expect((await readBody(await send(asking('sandbox:bom')))).text.startsWith('\uFEFF{"id"')).toBe(true);
  });

  it('hold comments between events after sandbox:comments', async () => {
    const { text, chunks } = await streamed('sandbox:comments');
    expect(text.split('\n\n').filter((event) => event === ': sandbox')).toHaveLength(chunks.length + 1);
  });
});

describe('broken streams', () => {
  it.each([
    ['sandbox:cut', 2],
    ['sandbox:cut=0', 0],
    ['sandbox:cut=3', 3],
    ['sandbox:cut=3 sandbox:crlf', 3],
  ])('break after %s', async (text, chunks) => {
    const { text: body, broken } = await streamed(text);
    expect(broken).toBeInstanceOf(TypeError);
    const received = chunksOf(body);
    expect(received).toHaveLength(chunks + 1);
    expect(received.every((chunk) => chunk.choices[0]!.finish_reason === null)).toBe(true);
  });

  it('break before the end when the answer is shorter', async () => {
    const { contentChunks, chunks, broken } = await streamed('sandbox:tokens=4 sandbox:cut=99');
    expect(broken).toBeInstanceOf(TypeError);
    expect([contentChunks, chunks.length]).toEqual([4, 5]);
  });

  it('break in the middle of JSON', async () => {
    const { text, broken } = await readBody(await send(asking('sandbox:cut')));
    expect(broken).toBeInstanceOf(TypeError);
    expect(text).toMatch(/^{"id":/);
    expect(() => JSON.parse(text)).toThrow();
  });

  it('begin with an error after sandbox:error', async () => {
    const { response, chunks, text } = await streamed('sandbox:error');
    expect(response.status).toBe(200);
    expect(chunks).toEqual([
      { error: { message: expect.stringContaining('sandbox:error'), type: 'server_error', param: null, code: null } },
    ]);
    expect(text).not.toContain('[DONE]');
  });

  it('end in an error after sandbox:error=3', async () => {
    const { chunks, contentChunks, broken } = await streamed('sandbox:error=3');
    expect(broken).toBeUndefined();
    expect(contentChunks).toBe(3);
    expect(chunks).toHaveLength(5);
    expect(chunks.at(-1)).toHaveProperty('error');
  });

  it.each(['sandbox:error', 'sandbox:error=3'])('are an error object of status 200 when %s asks for JSON', async (text) => {
    const response = await send(asking(text));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ error: { type: 'server_error' } });
  });
});
