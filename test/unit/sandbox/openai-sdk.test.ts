import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { serve } from '../../../src/providers/sandbox/serve';
import { sandbox } from '../../../src/providers/sandbox/spec';
import { neverAborted } from './support';

const client = new OpenAI({
  apiKey: 'sandbox',
  baseURL: sandbox.baseUrl,
  maxRetries: 0,
  fetch: (url, init) => serve({ url: String(url), headers: {}, body: String(init?.body), signal: init?.signal ?? neverAborted() }),
});

const user = (content: string) => ({ model: 'gpt-5.4', messages: [{ role: 'user' as const, content }] });
const tools = [{ type: 'function' as const, function: { name: 'look', parameters: { type: 'object', required: ['at'] } } }];

describe("OpenAI's own client", () => {
  it('reads an answer', async () => {
    const completion = await client.chat.completions.create(user('Hello'));
    expect(completion.choices[0]!.message.content).toContain('This is the sandbox');
  });

  it.each(['sandbox:crlf', 'sandbox:comments', 'sandbox:bom', 'sandbox:reasoning', 'Hello'])('assembles the stream of %s', async (text) => {
    const stream = client.chat.completions.stream({ ...user(text), stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]!.message.content).toContain(`You said: "${text}"`);
    expect(completion.choices[0]!.finish_reason).toBe('stop');
    expect(completion.usage!.total_tokens).toBe(completion.usage!.prompt_tokens + completion.usage!.completion_tokens);
  });

  it('assembles streamed tool calls', async () => {
    const stream = client.chat.completions.stream({ ...user('sandbox:tools=2'), tools });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]!.message.tool_calls).toMatchObject([
      { function: { name: 'look', arguments: '{"at":"sandbox"}' } },
      { function: { name: 'look', arguments: '{"at":"sandbox"}' } },
    ]);
  });

  it('raises what was asked for', async () => {
    await expect(client.chat.completions.create(user('sandbox:status=429'))).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    });
    const stream = await client.chat.completions.create({ ...user('sandbox:error=3'), stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow('sandbox:error');
  });
});
