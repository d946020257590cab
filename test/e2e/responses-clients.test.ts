// Responses with the other clients that use it: the Agents SDK, the Vercel AI SDK and LangChain.
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIConversationsSession, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { tool as aiTool, generateText, jsonSchema, stepCountIs, streamText } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Account } from './support/account';
import {
  answer,
  beginning,
  errorEvent,
  functionCall,
  reasoning,
  responseOf,
  stream,
  streamOfItems,
  USAGE_MICRO,
} from './support/responses-wire';
import { type Lane, Rig } from './support/rig';
import { gate } from './support/wait';
import { failure, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  setTracingDisabled(true);
  rig = await Rig.start({ responses: 40 }, { STATUS_HOLD_MS: 1_000, KEEPALIVE_MS: 150 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane('responses') };
}

const LOOK = functionCall('look', '{"at":"Zürich"}');
const THOUGHT = reasoning('Hm.', 'gAAAA+/==');

/** A stream with a long silence in it, which the gateway fills with keepalives. */
function slowly(text: string) {
  const [first, second] = [beginning(text.slice(0, 3)), stream([text.slice(0, 3), text.slice(3)]).steps as string[]];
  return sse([{ pauseMs: 400 }, ...first, { pauseMs: 400 }, ...second.slice(first.length)]);
}

describe.concurrent('the Agents SDK', () => {
  function agentOf({ account, lane }: { account: Account; lane: Lane }) {
    const openAIClient = new OpenAI({ apiKey: account.key, baseURL: account.baseUrl, maxRetries: 0 });
    const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: true }), tracingDisabled: true });
    const look = tool({
      name: 'look',
      description: 'Looks.',
      parameters: z.object({ at: z.string() }),
      execute: ({ at }) => `Rain in ${at}`,
    });
    return { runner, client: openAIClient, agent: new Agent({ name: 'A', instructions: 'Be brief.', model: lane.model, tools: [look] }) };
  }

  it.each([false, true])('runs a tool, and gives thought and result back (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh();
    const items = [THOUGHT, LOOK];
    lane.first.reply(isStream ? sse(streamOfItems(items)) : json(responseOf(items)), isStream ? slowly('It rains.') : answer('It rains.'));
    const { runner, agent } = agentOf({ account, lane });
    if (isStream) {
      const result = await runner.run(agent, 'Weather?', { stream: true });
      await result.completed;
      expect(result.finalOutput).toBe('It rains.');
    } else expect((await runner.run(agent, 'Weather?')).finalOutput).toBe('It rains.');
    const input = lane.first.seen[1]!.json().input as Record<string, unknown>[];
    expect(input.map(({ type, role }) => type ?? role)).toEqual(
      expect.arrayContaining(['reasoning', 'function_call', 'function_call_output']),
    );
    expect(input.find(({ type }) => type === 'function_call_output')).toMatchObject({
      call_id: 'call_fc_1',
      output: expect.anything() as unknown,
    });
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('goes on from a stored answer', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('One.', { id: 'resp_one' }), answer('Two.', { id: 'resp_two' }));
    const { runner, agent } = agentOf({ account, lane });
    const first = await runner.run(agent, 'Hi');
    await runner.run(agent, 'And?', { previousResponseId: first.lastResponseId! });
    expect(lane.first.seen[1]!.json().previous_response_id).toBe('resp_one');
  });

  it('keeps a session of a conversation, and takes the last item back', async () => {
    const { account, lane } = await fresh();
    const items = (id: number) => [reasoning('Hm.', 'gAAAA', `rs_${id}`), functionCall('look', '{"at":"Zürich"}', `fc_${id}`)];
    lane.first.reply(json(responseOf(items(1))), answer('It rains.'), answer('Yes.'));
    const { runner, agent, client } = agentOf({ account, lane });
    const session = new OpenAIConversationsSession({ client: client as never });
    await runner.run(agent, 'Weather?', { session });
    expect((await runner.run(agent, 'Really?', { session })).finalOutput).toBe('Yes.');
    const kinds = ['user', 'reasoning', 'function_call', 'function_call_output', 'assistant', 'user'];
    const input = lane.first.seen[2]!.json().input as { type: string; role?: string }[];
    expect(input.map(({ type, role }) => role ?? type)).toEqual(kinds);
    expect(await session.getItems()).toHaveLength(7);
    expect(await session.popItem()).toMatchObject({ role: 'assistant' });
    expect(await session.getItems(3)).toMatchObject([{ type: 'function_call_result' }, { role: 'assistant' }, { role: 'user' }]);
    await session.clearSession();
  });

  it('goes on with a conversation', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(json(responseOf([LOOK])), answer('It rains.'), answer('Yes.', { id: 'resp_yes' }));
    const { runner, agent, client } = agentOf({ account, lane });
    const { id: conversationId } = await client.conversations.create();
    await runner.run(agent, 'Weather?', { conversationId });
    expect((await runner.run(agent, 'Really?', { conversationId })).finalOutput).toBe('Yes.');
    const input = lane.first.seen[2]!.json().input as { type: string; role?: string }[];
    expect(input.map(({ type, role }) => role ?? type)).toEqual(['user', 'function_call', 'function_call_output', 'assistant', 'user']);
  });

  it('raises a failure in mid-stream with its text', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...beginning('One'), { pauseMs: 300 }, errorEvent('On fire.')]));
    const { runner, agent } = agentOf({ account, lane });
    const run = async () => {
      const result = await runner.run(agent, 'Hi', { stream: true });
      for await (const _ of result);
      await result.completed;
    };
    await expect(run()).rejects.toThrow(/The provider failed in the middle of its answer: On fire/);
    expect(await account.settled()).toEqual(spent(0));
  });
});

describe.concurrent('the AI SDK', () => {
  const modelOf = ({ account, lane }: { account: Account; lane: Lane }) =>
    createOpenAI({ apiKey: account.key, baseURL: account.baseUrl }).responses(lane.model);

  it('goes on with a conversation, and sends what is new', async () => {
    const { account, lane } = await fresh();
    const openai = new OpenAI({ apiKey: account.key, baseURL: account.baseUrl });
    const { id: conversation } = await openai.conversations.create();
    lane.first.reply(answer('Hello.', { id: 'resp_1' }), answer('Yes.', { id: 'resp_2' }));
    const asked = { model: modelOf({ account, lane }), providerOptions: { openai: { conversation } }, maxRetries: 0 };
    const first = await generateText({ ...asked, prompt: 'Hi' });
    await generateText({ ...asked, messages: [...first.response.messages, { role: 'user', content: 'Really?' }] });
    const input = lane.first.seen[1]!.json().input as { role: string }[];
    expect(input.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('gets an answer, whole and streamed through silences', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Grüße, 世界'), slowly('Grüße, 世界'));
    const model = modelOf({ account, lane });
    expect((await generateText({ model, prompt: 'Hi' })).text).toBe('Grüße, 世界');
    const streamed = streamText({ model, prompt: 'Hi' });
    let text = '';
    for await (const part of streamed.textStream) text += part;
    expect(text).toBe('Grüße, 世界');
    expect(await streamed.usage).toMatchObject({ inputTokens: 100, outputTokens: 25 });
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it.each([false, true])('runs a tool (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh();
    lane.first.reply(
      isStream ? sse(streamOfItems([LOOK])) : json(responseOf([LOOK])),
      isStream ? stream(['It rains.']) : answer('It rains.'),
    );
    const asked = {
      model: modelOf({ account, lane }),
      prompt: 'Weather?',
      stopWhen: stepCountIs(3),
      tools: {
        look: aiTool({
          inputSchema: jsonSchema<{ at: string }>({
            type: 'object',
            properties: { at: { type: 'string' } },
            required: ['at'],
            additionalProperties: false,
          }),
          execute: ({ at }) => Promise.resolve(`Rain in ${at}`),
        }),
      },
    };
    const text = isStream ? await streamText(asked).text : (await generateText(asked)).text;
    expect(text).toBe('It rains.');
    expect(JSON.stringify(lane.first.seen[1]!.json().input)).toContain('Rain in Zürich');
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('shows the text of refusals and of failures in mid-stream', async () => {
    const { account, lane } = await fresh();
    const model = modelOf({ account, lane });
    const poor = await rig.account(100);
    await expect(generateText({ model: modelOf({ account: poor, lane }), prompt: 'Hi', maxRetries: 0 })).rejects.toThrow(
      /needs 200 credits/,
    );
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    await expect(generateText({ model, prompt: 'Hi', maxRetries: 0 })).rejects.toThrow(/the last one: On fire\./);
    const rest = gate();
    lane.first.reply(sse([...beginning('One'), { until: rest.opened }, errorEvent('On fire.')]));
    const errors: unknown[] = [];
    const { fullStream } = streamText({ model, prompt: 'Hi', maxRetries: 0, onError: () => {} });
    for await (const part of fullStream) {
      if (part.type === 'text-delta') rest.open();
      if (part.type === 'error') errors.push(part.error);
    }
    expect(JSON.stringify(errors) + String(errors[0])).toContain('in the middle of its answer');
    expect(await account.settled()).toEqual(spent(0));
  });
});

describe.concurrent('LangChain', () => {
  const modelOf = ({ account, lane }: { account: Account; lane: Lane }) =>
    new ChatOpenAI({
      model: lane.model,
      apiKey: account.key,
      useResponsesApi: true,
      maxRetries: 0,
      configuration: { baseURL: account.baseUrl },
    });

  it('gets an answer, whole and streamed through silences', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Grüße, 世界'), slowly('Grüße, 世界'));
    const model = modelOf({ account, lane });
    const whole = await model.invoke([new HumanMessage('Hi')]);
    expect(whole.text).toBe('Grüße, 世界');
    expect(whole.usage_metadata).toMatchObject({ input_tokens: 100, output_tokens: 25 });
    let text = '';
    for await (const part of await model.stream([new HumanMessage('Hi')])) text += part.text;
    expect(text).toBe('Grüße, 世界');
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('is told of tool calls', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(json(responseOf([LOOK])));
    const model = modelOf({ account, lane }).bindTools([
      { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
    ]);
    const { tool_calls } = await model.invoke([new HumanMessage('Weather?')]);
    expect(tool_calls).toMatchObject([{ name: 'look', args: { at: 'Zürich' }, id: 'call_fc_1' }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('raises refusals, and failures in mid-stream, with their text', async () => {
    const { account, lane } = await fresh();
    const poor = await rig.account(100);
    await expect(modelOf({ account: poor, lane }).invoke('Hi')).rejects.toThrow(/needs 200 credits/);
    lane.first.reply(sse([...beginning('One'), { pauseMs: 300 }, errorEvent('On fire.')]));
    const reading = (async () => {
      for await (const _ of await modelOf({ account, lane }).stream('Hi'));
    })();
    await expect(reading).rejects.toThrow(/in the middle of its answer: On fire/);
    expect(await account.settled()).toEqual(spent(0));
  });
});
