// Anthropic Messages with third-party clients: the Vercel AI SDK and LangChain.
import { createAnthropic } from '@ai-sdk/anthropic';
import { ChatAnthropic } from '@langchain/anthropic';
import { type AIMessage, type AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { begun, errorEvent, streamed, text, USAGE_MICRO, whole } from './support/messages-wire';
import { Rig } from './support/rig';
import { CUT } from './support/upstream';
import { sse } from './support/wire';

// The SDK would warn that it does not know the lanes' models.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ messages: 40 }, { STATUS_HOLD_MS: 2_000, KEEPALIVE_MS: 300 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const SIGNATURE = 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h+/==';
const CALLS = [
  { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'Zürich ☂' } },
  { type: 'tool_use', id: 'toolu_2', name: 'look', input: { at: '"x"' } },
];
const THOUGHT = { type: 'thinking', thinking: 'First, "the weather".', signature: SIGNATURE };
const PICTURE = Buffer.from(Uint8Array.from({ length: 2_000 }, (_, i) => (i * 7919) % 256));

async function fresh() {
  const account = await rig.account();
  const lane = rig.lane('messages');
  return { account, lane };
}

/** The assistant's blocks that the client sent back, as the provider got them. */
const returned = (body: Record<string, unknown>): unknown =>
  (body.messages as { role: string; content: unknown }[]).find(({ role }) => role === 'assistant')?.content;

describe.each(['/v1', '/api/v1', '/api'])('the AI SDK at %s', (base) => {
  async function connected() {
    const { account, lane } = await fresh();
    const anthropic = createAnthropic({ apiKey: account.key, baseURL: rig.worker.url + base });
    return { account, lane, model: anthropic(lane.model) };
  }
  const look = tool({
    description: 'Looks.',
    inputSchema: z.object({ at: z.string() }),
    execute: ({ at }) => `result for ${at}`,
  });

  it('gets an answer, and sends a picture', async () => {
    const { account, lane, model } = await connected();
    lane.first.reply(whole('Grüße 👋'));
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'file' as const, data: PICTURE, mediaType: 'image/png' },
    ];
    const { text: said, usage } = await generateText({ model, messages: [{ role: 'user', content }] });
    expect([said, usage.inputTokens, usage.outputTokens]).toEqual(['Grüße 👋', 100, 25]);
    expect(lane.first.seen[0]!.body).toContain(PICTURE.toString('base64'));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([true, false])('thinks, calls tools in parallel, and goes on with signatures as they came (stream: %s)', async (stream) => {
    const { account, lane, model } = await connected();
    lane.first.reply(
      stream ? streamed([THOUGHT, ...CALLS], 'tool_use') : whole([THOUGHT, ...CALLS], { stop_reason: 'tool_use' }),
      stream ? streamed('It rains.') : whole('It rains.'),
    );
    const options = {
      model,
      prompt: 'Say something.',
      tools: { look },
      stopWhen: stepCountIs(3),
      providerOptions: { anthropic: { thinking: { type: 'enabled' as const, budgetTokens: 1_024 } } },
    };
    const said = stream ? await streamText(options).text : (await generateText(options)).text;
    expect(said).toBe('It rains.');
    expect(returned(lane.first.seen[1]!.json())).toMatchObject([THOUGHT, ...CALLS]);
    expect(lane.first.seen[1]!.body).toContain('result for Zürich ☂');
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it.each([
    ['an error event', [...begun('One'), errorEvent('api_error', 'On fire.')]],
    ['a cut', [...begun('One'), CUT]],
  ])('is told in mid-stream that it broke off: %s', async (_, steps) => {
    const { account, lane, model } = await connected();
    lane.first.reply(sse(steps as string[]));
    const errors: unknown[] = [];
    const result = streamText({ model, prompt: 'Say something.', maxRetries: 0, onError: ({ error }) => void errors.push(error) });
    let said = '';
    for await (const part of result.fullStream) if (part.type === 'text-delta') said += part.text;
    expect(said).toBe('One');
    expect(JSON.stringify(errors)).toContain('The provider failed in the middle of its answer');
    expect(await account.money()).toEqual(spent(0));
  });
});

describe.each(['', '/v1', '/api/v1', '/api'])('LangChain at %s', (base) => {
  async function connected(more: Record<string, unknown> = {}) {
    const { account, lane } = await fresh();
    const chat = new ChatAnthropic({ model: lane.model, apiKey: account.key, anthropicApiUrl: rig.worker.url + base, ...more });
    return { account, lane, chat };
  }

  it('gets an answer, whole and as a stream', async () => {
    const { account, lane, chat } = await connected();
    lane.first.reply(whole('Grüße 👋'), streamed('Grüße 👋'));
    expect((await chat.invoke('Say something.')).text).toBe('Grüße 👋');
    let said = '';
    let last: AIMessageChunk | undefined;
    for await (const chunk of await chat.stream('Say something.')) {
      said += chunk.text;
      last = last ? last.concat(chunk) : chunk;
    }
    expect(said).toBe('Grüße 👋');
    // Output is not compared: the client adds the opening's first token to the total.
    expect(last!.usage_metadata).toMatchObject({ input_tokens: 100 });
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('thinks, calls tools in parallel, and goes on with signatures as they came', async () => {
    const { account, lane, chat } = await connected({ thinking: { type: 'enabled', budget_tokens: 1_024 }, maxTokens: 4_096 });
    lane.first.reply(whole([THOUGHT, ...CALLS], { stop_reason: 'tool_use' }), whole([text('It rains.')]));
    const bound = chat.bindTools([{ name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } }]);
    const question = new HumanMessage('Say something.');
    const first = (await bound.invoke([question])) as AIMessage;
    expect(first.tool_calls).toMatchObject(CALLS.map(({ id, name, input }) => ({ id, name, args: input })));
    const results = CALLS.map(({ id }) => new ToolMessage({ tool_call_id: id, content: 'Seen.' }));
    expect((await bound.invoke([question, first, ...results])).text).toBe('It rains.');
    expect(returned(lane.first.seen[1]!.json())).toMatchObject([THOUGHT, ...CALLS]);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });
});
