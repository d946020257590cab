// Clients with their own implementation of Google's format: the AI SDK, which checks every chunk, and LangChain.
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { HumanMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Account } from './support/account';
import { chatSeen, streamed, WAYS } from './support/gemini-wire';
import { Rig } from './support/rig';
import { gate } from './support/wait';
import { USAGE_MICRO } from './support/wire';

const KEEPALIVE_MS = 60;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ gemini: 20, solo: 20 }, { KEEPALIVE_MS, STATUS_HOLD_MS: 200 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const originOf = (account: Account) => account.baseUrl.replace(/\/v1$/, '');

const CALL = { call: { id: 'call_a', name: 'look', args: { at: 'Zürich ☂' } }, signature: 'c2lnbmVkLW9uZQ==' };

describe.each(WAYS.map((way) => ({ way, name: way.name })))('the AI SDK, $name', ({ way }) => {
  const isStraight = way.kind === 'gemini';

  async function fresh(base = '/api/v1/gemini') {
    const account = await rig.account();
    const lane = rig.lane(way.kind);
    const model = createGoogleGenerativeAI({ apiKey: account.key, baseURL: originOf(account) + base })(lane.model);
    return { account, lane, model };
  }

  it.each(['/v1', '/v1beta', '/api/v1', '/api/v1beta', '/api/v1/gemini'])('generates text behind %s', async (base) => {
    const { account, lane, model } = await fresh(base);
    lane.first.reply(way.whole({ thought: 'Hm.' }, { text: 'Grüße' }));
    const { text, usage, finishReason } = await generateText({ model, prompt: 'Say something.', maxRetries: 0 });
    expect({ text, finishReason }).toEqual({ text: 'Grüße', finishReason: 'stop' });
    expect(usage).toMatchObject({ inputTokens: 100, outputTokens: 25 });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('streams text and thoughts, through silence before the first word and after it', async () => {
    const { account, lane, model } = await fresh();
    const [before, between] = [gate(), gate()];
    const [first, ...others] = way.events({ thought: 'Hm.' }, { text: 'Grü' }, { text: 'ße' });
    lane.first.reply(streamed([{ until: before.opened }, first!, { until: between.opened }, ...others]));
    setTimeout(before.open, 6 * KEEPALIVE_MS);
    setTimeout(between.open, 10 * KEEPALIVE_MS);
    const google = { thinkingConfig: { includeThoughts: true } };
    const result = streamText({ model, prompt: 'Say something.', maxRetries: 0, providerOptions: { google } });
    expect([await result.text, await result.reasoningText, await result.finishReason]).toEqual(['Grüße', 'Hm.', 'stop']);
    expect(await result.usage).toMatchObject({ inputTokens: 100, outputTokens: 25 });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([false, true])('calls a tool and gives back its result and its signature (stream: %s)', async (stream) => {
    const { account, lane, model } = await fresh();
    if (stream) lane.first.reply(streamed(way.events(CALL)), streamed(way.events({ text: 'It rains.' })));
    else lane.first.reply(way.whole(CALL), way.whole({ text: 'It rains.' }));
    const look = tool({ description: 'Looks.', inputSchema: z.object({ at: z.string() }), execute: async ({ at }) => `rain in ${at}` });
    const options = { model, prompt: 'Weather?', maxRetries: 0, tools: { look }, stopWhen: stepCountIs(3) };
    expect(stream ? await streamText(options).text : (await generateText(options)).text).toBe('It rains.');
    const sent = JSON.stringify(lane.first.seen[1]!.json());
    expect(sent).toContain('rain in Zürich ☂');
    expect(sent).toContain(CALL.signature);
    if (!isStraight) expect(chatSeen(lane, 1).messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('gets an object by its schema', async () => {
    const { lane, model } = await fresh();
    lane.first.reply(way.whole({ text: '{"city":"Zürich"}' }));
    const schema = jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] });
    const { output } = await generateText({ model, prompt: 'Where?', maxRetries: 0, output: Output.object({ schema }) });
    expect(output).toEqual({ city: 'Zürich' });
    const sent = lane.first.seen[0]!.json();
    expect(isStraight ? sent.generationConfig : sent.response_format).toMatchObject(
      isStraight ? { responseMimeType: 'application/json' } : { type: 'json_schema', json_schema: { schema: { required: ['city'] } } },
    );
  });

  it('shows refusals and failures in our words', async () => {
    const { account, lane, model } = await fresh();
    const errorOf = async (of: typeof model) =>
      (await generateText({ model: of, prompt: 'Hi', maxRetries: 0 }).then(
        () => undefined,
        (error: unknown) => error,
      )) as APICallError;
    lane.first.replyAlways(() => way.fails(500, 'On fire.'));
    const failed = await errorOf(model);
    expect(failed).toBeInstanceOf(APICallError);
    expect([failed.statusCode, failed.message]).toEqual([502, 'All providers of this model failed; the last one: On fire.']);
    const poor = createGoogleGenerativeAI({ apiKey: (await rig.account(100)).key, baseURL: `${originOf(account)}/v1beta` });
    const unpaid = await errorOf(poor(lane.model));
    expect([unpaid.statusCode, unpaid.isRetryable]).toEqual([402, false]);
    expect(unpaid.message).toMatch(/needs 200 credits; the account has 100/);
    expect(await account.money()).toEqual(spent(0));
  });

  it('sees a stream break off', async () => {
    const { account, lane, model } = await fresh();
    lane.first.reply(streamed([...way.begun({ text: 'One' }), way.errorEvent('On fire.')]));
    const errors: unknown[] = [];
    const { textStream } = streamText({ model, prompt: 'Hi', maxRetries: 0, onError: ({ error }) => void errors.push(error) });
    let text = '';
    for await (const delta of textStream) text += delta;
    expect(text).toBe('One');
    expect(errors.length).toBeGreaterThan(0);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe.each(WAYS.map((way) => ({ way, name: way.name })))('LangChain, $name', ({ way }) => {
  async function fresh() {
    const account = await rig.account();
    const lane = rig.lane(way.kind);
    const baseUrl = originOf(account);
    const model = new ChatGoogleGenerativeAI({ model: lane.model, apiKey: account.key, baseUrl, maxRetries: 0, streamUsage: true });
    return { account, lane, model };
  }

  it('invokes a model', async () => {
    const { account, lane, model } = await fresh();
    lane.first.reply(way.whole({ text: 'Grüße' }));
    const { content, usage_metadata } = await model.invoke([new HumanMessage('Say something.')]);
    expect(content).toBe('Grüße');
    expect(usage_metadata).toMatchObject({ input_tokens: 100 });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('streams, through silence before the first word and after it', async () => {
    const { account, lane, model } = await fresh();
    const [before, between] = [gate(), gate()];
    const [first, ...others] = way.events({ text: 'Grü' }, { text: 'ße' });
    lane.first.reply(streamed([{ until: before.opened }, first!, { until: between.opened }, ...others]));
    setTimeout(before.open, 6 * KEEPALIVE_MS);
    setTimeout(between.open, 10 * KEEPALIVE_MS);
    let text = '';
    for await (const { content } of await model.stream('Say something.')) text += String(content);
    expect(text).toBe('Grüße');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is offered tools and calls one', async () => {
    const { lane, model } = await fresh();
    lane.first.reply(way.whole(CALL));
    const look = langchainTool(() => 'rain', { name: 'look', description: 'Looks.', schema: z.object({ at: z.string() }) });
    const { tool_calls } = await model.bindTools([look]).invoke('Weather?');
    expect(tool_calls).toMatchObject([{ name: 'look', args: CALL.call.args }]);
    expect(JSON.stringify(lane.first.seen[0]!.json().tools)).toContain('"at"');
  });

  it('raises a refusal with our words', async () => {
    const { lane, model } = await fresh();
    lane.first.replyAlways(() => way.fails(500, 'On fire.'));
    await expect(model.invoke('Hi')).rejects.toThrow(/All providers of this model failed; the last one: On fire\./);
    const stranger = new ChatGoogleGenerativeAI({ model: lane.model, apiKey: 'ck_nobody', baseUrl: rig.worker.url, maxRetries: 0 });
    await expect(stranger.invoke('Hi')).rejects.toThrow(/not an API key of this gateway/);
  });
});
