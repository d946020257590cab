import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../../src/core/usage';
import { leastMicro, nativeChat } from '../../../../src/dialects/native-chat/dialect';
import { parsed, receipt, sent } from '../gemini/support';

const URL = 'https://gateway.test/api/v1/chat';
const messages = [{ role: 'user', content: 'Hi!' }];
const paid = { ...receipt({ inputTokens: 3, outputTokens: 4 }, { prompt_tokens: 3, completion_tokens: 4 }), creditsUsed: 2 };

describe('the short form of a chat', () => {
  it('needs no model', () => {
    for (const body of [{ messages }, { messages, model: null }, { messages, model: '' }])
      expect(parsed(nativeChat, URL, body)).toMatchObject({ model: 'gpt-5.4-mini', stream: false });
    expect(parsed(nativeChat, URL, { messages, model: 'gpt-5.4-nano' }).model).toBe('gpt-5.4-nano');
  });

  it('needs messages', () => {
    for (const body of ['', '[]', '{}', '{"messages":[]}']) {
      const call = nativeChat.parse({ url: URL, body, headers: new Headers() });
      expect(call).toMatchObject({ ok: false, error: { kind: 'invalid_request' } });
    }
  });

  it('passes on what it does not know', () => {
    const call = parsed(nativeChat, URL, '{"messages":[{"role":"user","content":"Hi!"}],"temperature":1.0}');
    expect(sent(call, 'openai-chat')).toBe('{"messages":[{"role":"user","content":"Hi!"}],"temperature":1.0,"model":"upstream-model"}');
  });

  it('answers with the cost at the top', () => {
    const answer = {
      id: 'chatcmpl-abc123',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    };
    const text = parsed(nativeChat, URL, { messages }).over('openai-chat')!.renderAnswer(JSON.stringify(answer), paid);
    expect(JSON.parse(text)).toEqual({ ...answer, usage: { ...answer.usage, creditsUsed: 2 }, creditsUsed: 2 });
  });

  it('streams chat chunks, the last of which has the cost at the top', () => {
    const stream = parsed(nativeChat, URL, { messages, stream: true }).openStream('req_1');
    const relay = stream.relay('openai-chat');
    const chunk = (delta: object, finish_reason: string | null) =>
      `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    expect(relay.push(chunk({ content: 'Hello!' }, null))).toBe(chunk({ content: 'Hello!' }, null));
    expect(relay.push(chunk({}, 'stop'))).toBe('');
    expect(relay).toMatchObject({ hasContent: true, hasOutput: true, complete: true, ended: false, failure: undefined, outputChars: 6 });
    const [last, done] = relay.close(paid).split('\n\n');
    expect(JSON.parse(last!.slice(6))).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: { creditsUsed: 2 }, creditsUsed: 2 });
    expect(done).toBe('data: [DONE]');
  });

  it('has the cost on the usage chunk of a client that asked for one', () => {
    const stream = parsed(nativeChat, URL, { messages, stream: true, stream_options: { include_usage: true } }).openStream('req_1');
    const relay = stream.relay('openai-chat');
    relay.push('data: {"id":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n');
    const [, usage] = relay.close(paid).split('\n\n');
    expect(JSON.parse(usage!.slice(6))).toMatchObject({ choices: [], usage: { creditsUsed: 2 }, creditsUsed: 2 });
  });

  it.each([
    [0, 0, 2],
    [4_000, 96, 2],
    [4_000, 97, 4],
    [40_960, 1, 22],
  ])('costs at least 2 credits for each started 4,096 tokens: %i + %i', (inputTokens, outputTokens, credits) => {
    expect(leastMicro({ ...NO_USAGE, inputTokens, outputTokens })).toBe(credits * 1_000_000);
    expect(leastMicro({ ...NO_USAGE, cacheReadTokens: inputTokens, outputTokens })).toBe(credits * 1_000_000);
    expect(parsed(nativeChat, URL, { messages }).leastMicro).toBe(leastMicro);
  });
});
