import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { fetchFromSandbox } from './support';

const client = new Anthropic({ apiKey: 'sandbox', baseURL: 'https://sandbox.invalid', maxRetries: 0, fetch: fetchFromSandbox });

const asking = (content: string) => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 10_000,
  messages: [{ role: 'user' as const, content }],
  tools: [{ name: 'look', input_schema: { type: 'object' as const, properties: { at: { type: 'string' } }, required: ['at'] } }],
});

describe("Anthropic's own client", () => {
  it.each([
    'Hello',
    'sandbox:reasoning',
    'sandbox:tools=2',
    'sandbox:refusal',
    'sandbox:length',
    'sandbox:tokens=0',
    'sandbox:crlf sandbox:comments',
  ])('assembles the stream of %s', async (text) => {
    const streamed = await client.messages.stream(asking(text)).finalMessage();
    const whole = await client.messages.create(asking(text));
    expect(streamed.stop_reason).toBe(whole.stop_reason);
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(streamed.content.map((block) => block.type)).toEqual(whole.content.map((block) => block.type));
    const inputs = [streamed, whole].map(({ content }) => content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : [])));
    expect(inputs[0]).toEqual(inputs[1]);
  });

  it('counts tokens', async () => {
    const { max_tokens: _, ...body } = asking('Hello');
    expect((await client.messages.countTokens(body)).input_tokens).toBeGreaterThan(5);
  });

  it('raises what was asked for', async () => {
    await expect(client.messages.create(asking('sandbox:status=529'))).rejects.toMatchObject({ status: 529 });
    await expect(client.messages.stream(asking('sandbox:error=3')).finalMessage()).rejects.toThrow('sandbox:error');
  });
});
