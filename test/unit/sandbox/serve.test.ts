import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sandbox } from '../../../src/providers/sandbox/spec';
import { openaiChatWire } from '../../../src/providers/wires/openai-chat';
import { asking, readBody, send } from './support';

describe('the provider', () => {
  it('stops its meter when the client hangs up, and lives where no host can', () => {
    expect(sandbox).toMatchObject({ id: 'sandbox', label: 'Sandbox', baseUrl: 'https://sandbox.invalid/v1', onDisconnect: 'cancel' });
  });

  it('answers at the address that its wire makes', async () => {
    const response = await send(
      asking('Hello'),
      undefined,
      `${sandbox.baseUrl}${openaiChatWire.path({ model: 'gpt-5.4', stream: false })}`,
    );
    expect(response.status).toBe(200);
    const { usage } = (await response.json()) as { usage: { prompt_tokens: number; completion_tokens: number } };
    expect(openaiChatWire.readUsage(usage, {})).toMatchObject({
      inputTokens: usage.prompt_tokens,
      outputTokens: usage.completion_tokens,
    });
  });

  it.each([
    [400, 'caller'],
    [401, 'next_key'],
    [404, 'next_target'],
    [429, 'backoff_key'],
    [500, 'retry'],
  ])('fails with %i so that the gateway knows it by %s', async (status, action) => {
    const response = await send(asking(`sandbox:status=${status}`));
    expect(openaiChatWire.classifyFailure(response.status, await response.text())).toMatchObject({ action });
  });

  it('answers other paths with 404', async () => {
    const response = await send(asking('Hello'), undefined, 'https://sandbox.invalid/v1/elsewhere');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { message: 'Invalid URL (POST /v1/elsewhere)', type: 'invalid_request_error' } });
  });

  it.each([
    ['no JSON', '{', null],
    ['a list', '[]', null],
    ['no model', { messages: [{ role: 'user', content: 'x' }] }, 'model'],
    ['no messages', { model: 'x', messages: [] }, 'messages'],
    ['n of 0', asking('x', { n: 0 }), 'n'],
    ['n of 129', asking('x', { n: 129 }), 'n'],
    ['max_tokens of 0', asking('x', { max_tokens: 0 }), 'max_tokens'],
    ['max_completion_tokens of text', asking('x', { max_completion_tokens: '5' }), 'max_completion_tokens'],
  ])('refuses %s as OpenAI does', async (_, body, param) => {
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });

  it('takes null for absent', async () => {
    expect((await send(asking('x', { n: null, max_tokens: null, tools: null, tool_choice: null, response_format: null }))).status).toBe(
      200,
    );
  });

  it.each([
    ['missing contents', [{ role: 'user' }, { role: 'tool' }, {}]],
    ['strange contents', [{ role: 'user', content: [null, 3, { type: 'text' }, { text: 5 }] }]],
    ['no user message', [{ role: 'system', content: 'x' }]],
  ])('answers %s', async (_, messages) => {
    expect((await send({ model: 'x', messages })).status).toBe(200);
  });
});

describe('replaced answers', () => {
  it.each([
    ['sandbox:status=429', 429, 'requests', 'rate_limit_exceeded'],
    ['sandbox:status=401', 401, 'invalid_request_error', 'invalid_api_key'],
    ['sandbox:status=418', 418, 'invalid_request_error', null],
    ['sandbox:status=500', 500, 'server_error', null],
    ['sandbox:status=529', 529, 'server_error', null],
  ])('are an error for %s, streamed or not', async (text, status, type, code) => {
    for (const stream of [false, true]) {
      const response = await send(asking(text, { stream }));
      expect(response.status).toBe(status);
      expect(response.headers.get('retry-after')).toBeNull();
      expect(await response.json()).toEqual({ error: { message: expect.stringContaining(String(status)), type, code, param: null } });
    }
  });

  it('carry retry-after', async () => {
    const response = await send(asking('sandbox:status=429 sandbox:retry-after=2'));
    expect(response.headers.get('retry-after')).toBe('2');
  });

  it.each([
    ['sandbox:html', 200],
    ['sandbox:html sandbox:status=502', 502],
  ])('are a web page for %s', async (text, status) => {
    const response = await send(asking(text));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toMatch(/^<!doctype html>/);
  });

  it('are nothing for sandbox:empty', async () => {
    const response = await send(asking('sandbox:empty', { stream: true }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe('');
  });
});

describe('waits', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    // The writer of a body may learn that it ended after the reader does.
    for (let round = 0; vi.getTimerCount() > 0 && round < 100; round += 1) await new Promise((resolve) => setImmediateReal(resolve));
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  /** How long until the promise settles. */
  async function elapsed(promise: Promise<unknown>): Promise<number> {
    const start = Date.now();
    let end: number | undefined;
    const done = (): void => {
      end ??= Date.now();
    };
    promise.then(done, done);
    for (let round = 0; end === undefined && round < 10_000; round += 1) {
      await new Promise((resolve) => setImmediateReal(resolve));
      if (end === undefined && vi.getTimerCount() > 0) await vi.advanceTimersToNextTimerAsync();
    }
    return (end ?? Number.POSITIVE_INFINITY) - start;
  }

  it.each([
    ['sandbox:first=20s', false, 20_000],
    ['sandbox:first=20s sandbox:status=500', false, 20_000],
    ['sandbox:silent', true, 600_000],
  ])('hold back the headers for %s', async (text, stream, ms) => {
    expect(await elapsed(send(asking(text, { stream })))).toBe(ms);
  });

  it.each([
    ['sandbox:tokens=4 sandbox:delay=50ms', 150],
    ['sandbox:tokens=4 sandbox:pause=20s@3', 20_000],
    ['sandbox:tokens=4 sandbox:pause=20s@99', 20_000],
    ['sandbox:tokens=4 sandbox:pause=20s@0 sandbox:delay=1s', 23_000],
    ['sandbox:tokens=9 sandbox:delay=300s', 600_000],
    ['sandbox:hang', 600_000],
  ])('stretch the body for %s', async (text, ms) => {
    const response = await send(asking(text, { stream: true }));
    expect(await elapsed(readBody(response))).toBe(ms);
  });

  it('pause after the chunk they name', async () => {
    const reader = (await send(asking('sandbox:tokens=9 sandbox:pause=20s@3', { stream: true }))).body!.getReader();
    let chunks = 0;
    const reading = (async () => {
      while (!(await reader.read()).done) chunks += 1;
    })();
    await vi.advanceTimersByTimeAsync(19_999);
    expect(chunks).toBe(1 + 3);
    await vi.advanceTimersByTimeAsync(1);
    await reading;
    expect(chunks).toBe(1 + 9 + 2);
  });

  it.each(['sandbox:silent', 'sandbox:first=20s'])('before the headers end at once when %s is aborted', async (text) => {
    const controller = new AbortController();
    const answer = send(asking(text), controller.signal);
    const outcome = expect(answer).rejects.toBe('gone');
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort('gone');
    await outcome;
  });

  it.each([
    ['sandbox:hang', true],
    ['sandbox:hang', false],
    ['sandbox:pause=20s@0', true],
    ['sandbox:delay=5s', true],
  ])('in the body end at once when %s is aborted', async (text, stream) => {
    const controller = new AbortController();
    const response = await send(asking(text, { stream }), controller.signal);
    const body = readBody(response);
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort('gone');
    expect((await body).broken).toBe('gone');
  });

  it.each(['sandbox:hang', 'sandbox:delay=5s'])('in the body end when the reader of %s hangs up', async (text) => {
    const signal = new AbortController().signal;
    const remove = vi.spyOn(signal, 'removeEventListener');
    const response = await send(asking(text, { stream: true }), signal);
    const reader = response.body!.getReader();
    const reading = reader.read();
    await vi.advanceTimersByTimeAsync(1000);
    await reader.cancel();
    await reading;
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function));
  });
});

const setImmediateReal = setImmediate;

describe('aborting', () => {
  it('rejects a request that was aborted before', async () => {
    await expect(send(asking('Hello'), AbortSignal.abort('early'))).rejects.toBe('early');
  });

  it('stops a long stream that never waits', async () => {
    const controller = new AbortController();
    const response = await send(asking('sandbox:tokens=100000', { stream: true }), controller.signal);
    setTimeout(() => controller.abort('enough'), 5);
    const { text, broken } = await readBody(response);
    expect(broken).toBe('enough');
    expect(text).not.toContain('[DONE]');
  });

  it('leaves no listener on the signal of a finished answer', async () => {
    const signal = new AbortController().signal;
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    for (const stream of [false, true]) await readBody(await send(asking('Hello', { stream }), signal));
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});
