import { describe, expect, it } from 'vitest';
import { sandbox } from '../../../src/providers/sandbox/spec';
import { WIRES } from '../../../src/providers/wires';
import { ask, askStreamed, FORMATS, type TestFormat, type Wish } from './formats';
import { call, eventsOf, readBody } from './support';

const tools = [
  { name: 'look', schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } },
  { name: 'wait', schema: { type: 'object' } },
];
const schema = { type: 'object', properties: { score: { type: 'number' } }, required: ['score'] };

const WISHES: Wish[] = [
  { text: 'Hello' },
  { text: 'sandbox:tokens=0' },
  { text: 'sandbox:tokens=7' },
  { text: 'sandbox:reasoning' },
  { text: 'sandbox:reasoning sandbox:tools=2', tools },
  { text: 'sandbox:tools=3', tools },
  { text: 'sandbox:tool', tools: [] },
  { text: 'sandbox:refusal' },
  { text: 'sandbox:length' },
  { text: 'sandbox:length sandbox:reasoning sandbox:tokens=3' },
  { text: 'sandbox:usage=1000/50' },
  { text: 'sandbox:zero-usage' },
  { text: 'sandbox:no-usage' },
  { text: 'sandbox:crlf sandbox:comments sandbox:bom' },
  { text: 'Hello', thinking: true },
  { text: 'Hello', schema },
  { text: 'É 😀 "quoted" \n line sandbox:nonsense' },
];

/** The answer without ids and signatures, which depend on the clock or on the request's body. */
const essence = (answer: Record<string, unknown>): unknown =>
  JSON.parse(
    JSON.stringify({ ...answer, created: 0, created_at: 0, completed_at: 0 })
      .replaceAll(/[0-9a-f]{16,}/g, 'hash')
      .replaceAll(/ignature":"[^"]+"/g, 'ignature":"signed"'),
  );

async function bodyOf(format: TestFormat, wish: Wish): Promise<Record<string, unknown>> {
  const { text } = await readBody(await call(format.path, format.body(wish, false)));
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

describe.each(FORMATS)('$name', (format) => {
  const has = (name: string): boolean => format.name !== name;

  it.each(WISHES)('says the same in a stream as in JSON: $text', async (wish) => {
    const { events } = await askStreamed(format, wish);
    expect(essence(format.join(events))).toEqual(essence(await bodyOf(format, wish)));
  });

  it('answers the same to the same body', async () => {
    expect(essence(await ask(format, { text: 'Hello' }))).toEqual(essence(await ask(format, { text: 'Hello' })));
  });

  it('quotes the user and names the model', async () => {
    const answer = await ask(format, { text: 'What is it?' });
    expect(format.text(answer)).toBe('This is the sandbox, answering for m: no provider was called. You said: "What is it?".');
  });

  it.each(['sandbox:tokens=0', 'sandbox:tokens=3', 'sandbox:tokens=200'])('counts what it says after %s', async (text) => {
    const tokens = Number(text.split('=')[1]);
    const answer = await ask(format, { text });
    expect(format.usage(answer)!.output).toBe(tokens);
    const { events } = await askStreamed(format, { text });
    expect(events.filter(format.isChunk)).toHaveLength(tokens);
  });

  it('reports usage as told', async () => {
    expect(format.usage(await ask(format, { text: 'sandbox:usage=1000/50' }))).toEqual({ input: 1000, output: 50 });
    expect(format.usage(await ask(format, { text: 'sandbox:zero-usage' }))).toEqual({ input: 0, output: 0 });
    expect(format.usage(await ask(format, { text: 'sandbox:no-usage' })) ?? undefined).toBeUndefined();
  });

  it('ends as told', async () => {
    const endings = { stop: 'Hello', length: 'sandbox:length', refusal: 'sandbox:refusal' };
    const found: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(endings)) found[name] = format.ending(await ask(format, { text }));
    expect(found).toEqual(
      {
        chat: { stop: 'stop', length: 'length', refusal: 'stop' },
        messages: { stop: 'end_turn', length: 'max_tokens', refusal: 'refusal' },
        responses: { stop: 'completed', length: 'max_output_tokens', refusal: 'completed' },
        gemini: { stop: 'STOP', length: 'MAX_TOKENS', refusal: 'SAFETY' },
        completions: { stop: 'stop', length: 'length', refusal: 'content_filter' },
      }[format.name],
    );
  });

  it.runIf(has('completions'))('calls tools in parallel, each with what its schema asks', async () => {
    expect(format.calls(await ask(format, { text: 'sandbox:tools=3', tools }))).toEqual([
      { name: 'look', input: { at: 'sandbox' } },
      { name: 'wait', input: {} },
      { name: 'look', input: { at: 'sandbox' } },
    ]);
  });

  it.runIf(has('completions'))('gives JSON that satisfies a schema', async () => {
    expect(JSON.parse(format.text(await ask(format, { text: 'Hello', schema })))).toEqual({ score: 1 });
  });

  it.each(['sandbox:cut', 'sandbox:cut=0', 'sandbox:cut=3'])('breaks a stream after %s', async (text) => {
    const chunks = text === 'sandbox:cut' ? 2 : Number(text.split('=')[1]);
    const { events, broken } = await askStreamed(format, { text });
    expect(broken).toBeInstanceOf(TypeError);
    expect(events.filter(format.isChunk)).toHaveLength(chunks);
  });

  it('breaks JSON in the middle', async () => {
    const { text, broken } = await readBody(await call(format.path, format.body({ text: 'sandbox:cut' }, false)));
    expect(broken).toBeInstanceOf(TypeError);
    expect(text).toMatch(/^{/);
    expect(() => JSON.parse(text)).toThrow();
  });

  it.each(['sandbox:error', 'sandbox:error=3'])('says an error of its own after %s', async (text) => {
    const { events, broken, response } = await askStreamed(format, { text });
    expect([response.status, broken]).toEqual([200, undefined]);
    const chunks = events.filter(format.isChunk);
    expect(chunks).toHaveLength(text.endsWith('3') ? 3 : 0);
    const wire = Object.values(WIRES).find((one) => one.errorInBody(events.find(({ data }) => one.errorInBody(data))?.data));
    expect(wire).toBeDefined();
    expect(JSON.stringify(events.at(-1)!.data)).toContain('sandbox:error');
    const answer = await ask(format, { text });
    expect(JSON.stringify(answer.error)).toContain('sandbox:error');
  });

  it.each(['sandbox:html', 'sandbox:empty', 'sandbox:status=503 sandbox:html'])('leaves its format for %s', async (text) => {
    const response = await call(format.streamPath, format.body({ text }, true));
    expect(response.status).toBe(text.includes('503') ? 503 : 200);
    expect(await response.text()).toMatch(text.includes('html') ? /^<!doctype html>/ : /^$/);
  });

  it('answers a status with a retry-after', async () => {
    const response = await call(format.path, format.body({ text: 'sandbox:status=429 sandbox:retry-after=2' }, false));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '2']);
    expect(JSON.stringify(await response.json())).toContain('sandbox:status=429');
  });

  it('streams unasked after sandbox:stream', async () => {
    const response = await call(format.path, format.body({ text: 'sandbox:stream sandbox:tokens=3' }, false));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(eventsOf(await response.text()).filter(format.isChunk)).toHaveLength(3);
  });

  it('ends lines and begins bodies as told', async () => {
    const { text } = await askStreamed(format, { text: 'sandbox:crlf sandbox:bom sandbox:comments' });
    expect(text).toMatch(/^\uFEFF: sandbox\r\n\r\n/);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(text.split('\r\n\r\n').filter((event) => event.endsWith(': sandbox'))).toHaveLength(
      eventsOf(text.replaceAll(': sandbox\r\n\r\n', '')).length,
    );
  });

  it('waits between chunks', async () => {
    const start = Date.now();
    await askStreamed(format, { text: 'sandbox:tokens=4 sandbox:delay=20ms sandbox:pause=30ms@2 sandbox:first=20ms' });
    expect(Date.now() - start).toBeGreaterThanOrEqual(105);
  });

  it('refuses what is no JSON', async () => {
    const response = await call(format.path, 'nonsense');
    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty('error.message');
  });
});

describe('the wires of the provider', () => {
  const formats = { 'openai-chat': 0, 'anthropic-messages': 1, 'openai-responses': 2, gemini: 3, 'openai-completions': 4 } as const;

  it.each(Object.entries(formats))('reach %s, and can read its usage and failures', async (id, index) => {
    const wire = WIRES[id as keyof typeof formats];
    const format = FORMATS[index]!;
    for (const stream of [false, true]) {
      const path = new URL(sandbox.baseUrl + wire.path({ model: 'm', stream }));
      const response = await call(path.pathname + path.search, format.body({ text: 'Hello' }, stream));
      expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([
        200,
        stream ? 'text/event-stream' : 'application/json',
      ]);
    }
    const answer = await ask(format, { text: 'sandbox:reasoning' });
    const { input, output } = format.usage(answer)!;
    expect(wire.readUsage(answer.usage ?? answer.usageMetadata, {})).toMatchObject({ inputTokens: input, outputTokens: output });
    for (const [status, action] of [
      [400, 'caller'],
      [401, 'next_key'],
      [404, 'next_target'],
      [429, 'backoff_key'],
      [500, 'retry'],
    ] as const) {
      const failed = await call(format.path, format.body({ text: `sandbox:status=${status}` }, false));
      expect(wire.classifyFailure(failed.status, await failed.text()), `${status}`).toMatchObject({ action });
    }
  });
});
