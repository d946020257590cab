import OpenAI from 'openai';
import OpenAIv6 from 'openai-v6';
import { describe, expect, it } from 'vitest';
import { sandbox } from '../../../src/providers/sandbox/spec';
import { fetchFromSandbox } from './support';

const options = { apiKey: 'sandbox', baseURL: sandbox.baseUrl, maxRetries: 0, fetch: fetchFromSandbox };
const client = new OpenAI(options);
const clientV6 = new OpenAIv6(options);

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

const responseTools = [
  { type: 'function' as const, name: 'look', strict: false, parameters: { type: 'object', required: ['at'] } },
  { type: 'custom' as const, name: 'patch' },
];

describe.each([
  ['7', client],
  ['6', clientV6 as unknown as OpenAI],
])("OpenAI's own client %s, over Responses", (_, responses) => {
  it.each([
    'Hello',
    'sandbox:reasoning',
    'sandbox:refusal',
    'sandbox:length',
    'sandbox:tools=3',
    'sandbox:reasoning sandbox:tools=2',
    'sandbox:tokens=0',
    'sandbox:crlf sandbox:comments sandbox:bom',
  ])('assembles the stream of %s', async (input) => {
    const request = { model: 'm', input, tools: responseTools, include: ['reasoning.encrypted_content' as const] };
    const streamed = await responses.responses.stream(request).finalResponse();
    const { output } = await responses.responses.create(request);
    expect(streamed.output.map((item) => item.type)).toEqual(output.map((item) => item.type));
    expect(streamed.output_text.length).toBe((await responses.responses.create(request)).output_text.length);
  });

  it('fetches what runs in the background', async () => {
    const queued = await responses.responses.create({ model: 'm', input: 'Hello', background: true });
    expect(queued.status).toBe('queued');
    const done = await responses.responses.retrieve(queued.id);
    expect(done.output_text).toContain('You said: "Hello"');
    const items = await responses.responses.inputItems.list(queued.id);
    expect(items.data).toHaveLength(1);
    const slow = await responses.responses.create({ model: 'm', input: 'Hello sandbox:pause=20s@0', background: true });
    expect((await responses.responses.cancel(slow.id)).status).toBe('cancelled');
    await responses.responses.delete(queued.id);
  });

  it('raises an error in a stream', async () => {
    const stream = await responses.responses.create({ model: 'm', input: 'sandbox:error=3', stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow('sandbox:error');
  });
});

describe("OpenAI's own client, elsewhere", () => {
  it('decodes embeddings, which it asks for in base64', async () => {
    const { data } = await client.embeddings.create({ model: 'm', input: 'Hello', dimensions: 16 });
    expect(data[0]!.embedding).toHaveLength(16);
    expect(Math.hypot(...data[0]!.embedding)).toBeCloseTo(1, 5);
  });

  it('reads legacy completions', async () => {
    const stream = await client.completions.create({ model: 'm', prompt: 'Hello', stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
    expect(text).toBe((await client.completions.create({ model: 'm', prompt: 'Hello' })).choices[0]!.text);
  });
});
