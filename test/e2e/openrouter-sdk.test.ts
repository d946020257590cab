// OpenRouter's own clients, with only base URL and key changed.

import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { OpenRouter } from '@openrouter/sdk';
import type { ChatStreamChunk } from '@openrouter/sdk/models';
import { generateText, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/providers/catalogue';
import type { Account } from './support/account';
import { Rig } from './support/rig';
import {
  chunk,
  completion,
  DONE,
  errorEvent,
  failure,
  finish,
  json,
  role,
  says,
  sse,
  streamOf,
  USAGE,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 20, responses: 2 }, { OPENAI_API_KEY: '' });
});
afterAll(() => rig?.stop());

const messages = [{ role: 'user' as const, content: 'Say something.' }];

const connect = (account: Account, apiKey = account.key): OpenRouter =>
  new OpenRouter({ apiKey, serverURL: account.baseUrl, retryConfig: { strategy: 'none' } });

async function fresh(credits?: number) {
  const account = await rig.account(credits);
  const lane = rig.lane('solo');
  return { account, lane, model: lane.model, client: connect(account) };
}

const refused = (call: Promise<unknown>): Promise<Record<string, unknown>> =>
  call.then(
    () => ({}),
    (error: unknown) => error as Record<string, unknown>,
  );

describe('@openrouter/sdk', () => {
  it('finds the models for embeddings where it looks for them', async () => {
    const { client } = await fresh();
    const page = await client.embeddings.listModels();
    const listed = page.result.data.map(({ id, architecture }) => [id, architecture.outputModalities]);
    expect(listed.sort()).toEqual(
      MODELS.filter(({ family }) => family === 'embedding')
        .map(({ id }) => [id, ['embeddings']])
        .sort(),
    );
  });

  it('reads answers of providers that have less to tell, or by other names', async () => {
    const { account, lane, model, client } = await fresh();
    const bare = { usage: null };
    lane.first.reply(
      sse([
        chunk({ role: 'assistant', content: '' }, {}, bare),
        chunk({ content: 'Yes' }, {}, bare),
        finish('stop', bare),
        usageChunk(),
        DONE,
      ]),
    );
    const stream = await client.chat.send({ chatRequest: { model, messages, stream: true } });
    let text = '';
    let usage: unknown;
    for await (const { choices, usage: told } of stream as unknown as AsyncIterable<ChatStreamChunk>) {
      text += choices[0]?.delta.content ?? '';
      usage = told ?? usage;
    }
    expect(text).toBe('Yes');
    expect(usage).toMatchObject({ promptTokens: USAGE.prompt_tokens, completionTokens: USAGE.completion_tokens, cost: USAGE_MICRO / 1e8 });
    const thoughtful = { content: 'Yes', reasoning_content: 'Hm.' };
    lane.first.reply(json(completion(thoughtful)));
    const whole = (await client.chat.send({ chatRequest: { model, messages } })) as unknown as { choices: { message: object }[] };
    expect(whole.choices[0]!.message).toMatchObject({ content: 'Yes', reasoning: 'Hm.' });
    expect(await account.money()).toEqual({ spentMicro: 2 * USAGE_MICRO, heldMicro: 0 });
  });

  it('shows why a call is refused, and what went wrong in the middle of one', async () => {
    const { account, lane, model, client } = await fresh();
    const ask = (asking: OpenRouter, name = model) => refused(asking.chat.send({ chatRequest: { model: name, messages } }));
    expect(await ask(connect(account, 'sk-or-v1-0123456789'))).toMatchObject({
      statusCode: 401,
      message: expect.stringMatching(/keys begin with `ck_`/) as string,
    });
    expect(await ask(client, 'vendor/none')).toMatchObject({
      statusCode: 400,
      message: 'The model `vendor/none` does not exist.',
      error: { code: 400, metadata: { error_code: 'model_not_found' } },
    });
    expect(await ask(connect(await rig.account(100)))).toMatchObject({
      statusCode: 402,
      message: expect.stringMatching(/Top up to go on/) as string,
    });
    lane.first.reply(sse([role(), says('Yes'), errorEvent('On fire.')]));
    const said: unknown[] = [];
    const stream = await client.chat.send({ chatRequest: { model, messages, stream: true } });
    for await (const { choices, error } of stream as unknown as AsyncIterable<ChatStreamChunk>)
      said.push(error?.message ?? choices[0]?.delta.content);
    expect(said).toEqual(['', 'Yes', expect.stringMatching(/On fire/)]);
  });

  it('lists the models of text, with prices a token', async () => {
    const { client } = await fresh();
    for (const list of [() => client.models.list(), () => client.models.listForUser({ bearer: '' })]) {
      const { result } = (await list()) as unknown as { result: { data: { id: string; pricing: { prompt: string } }[] } };
      const listed = result.data.find(({ id }) => id === 'gpt-5.5')!;
      const { price } = MODELS.find(({ id }) => id === 'gpt-5.5')!;
      expect(price?.per === 'token' && price.inputMicroPerMtok).toBe(Math.round(Number(listed.pricing.prompt) * 1e14));
    }
  });

  it('counts them, and shows one by the name that it has there', async () => {
    const { client } = await fresh();
    const list = (await client.models.list()) as unknown as { result: { data: { id: string }[] } };
    expect((await client.models.count()).data.count).toBe(list.result.data.length);
    expect((await client.models.get({ author: 'openai', slug: 'gpt-5.5' })).data).toMatchObject({ id: 'gpt-5.5', name: 'GPT-5.5' });
    expect(await refused(client.models.get({ author: 'openai', slug: 'none' }))).toMatchObject({
      statusCode: 404,
      message: 'The model `openai/none` does not exist.',
    });
  });

  it('tells what is left, of the key and of the account', async () => {
    const { lane, model, client } = await fresh(1_000);
    lane.first.reply(json(completion({ content: 'Yes.' })));
    const { id } = (await client.chat.send({ chatRequest: { model, messages } })) as unknown as { id: string };
    const used = USAGE_MICRO / 1e8;
    expect(await client.credits.getCredits()).toEqual({ data: { totalCredits: 10, totalUsage: used } });
    expect((await client.apiKeys.getCurrentKeyMetadata()).data).toMatchObject({
      usage: used,
      usageMonthly: used,
      usageWeekly: expect.any(Number) as number,
      limit: null,
    });
    expect((await client.generations.getGeneration({ id })).data).toMatchObject({
      id,
      model,
      totalCost: used,
      tokensPrompt: USAGE.prompt_tokens,
      tokensCompletion: USAGE.completion_tokens,
    });
  });
});

describe('@openrouter/ai-sdk-provider', () => {
  it('asks for models by the names that they have there', async () => {
    const account = await rig.account();
    const { chat } = createOpenRouter({ apiKey: account.key, baseURL: account.baseUrl });
    rig.desk('openrouter').reply(json(completion({ content: 'Yes.' })), sse(streamOf(['Yes.'])));
    const model = chat('deepseek/deepseek-v3.2');
    expect((await generateText({ model, prompt: 'Hi.' })).text).toBe('Yes.');
    expect(await streamText({ model, prompt: 'Hi.' }).text).toBe('Yes.');
  });

  it.each(['solo', 'responses'] as const)('shows thoughts, and what it cost, of a provider of the kind %s', async (kind) => {
    const account = await rig.account();
    const lane = rig.lane(kind);
    const { chat } = createOpenRouter({ apiKey: account.key, baseURL: account.baseUrl });
    const output = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Yes.', annotations: [] }],
      },
    ];
    const usage = { input_tokens: 100, output_tokens: 25, total_tokens: 125 };
    const response = { id: 'resp_1', object: 'response', status: 'completed', model: 'upstream-model', output, usage };
    const event = (fields: object & { type: string }) => `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;
    if (kind === 'solo')
      lane.first.reply(
        json(completion({ content: 'Yes.', reasoning_content: 'Hm.' })),
        sse([role(), chunk({ reasoning_content: 'Hm.' }), ...streamOf(['Yes.']).slice(1)]),
      );
    else lane.first.reply(json(response), sse([event({ type: 'response.completed', response } as never)]));
    const model = chat(lane.model, { reasoning: { effort: 'low' } });
    const whole = await generateText({ model, prompt: 'Hi.' });
    const streamed = streamText({ model, prompt: 'Hi.' });
    await streamed.consumeStream();
    for (const { text, reasoningText, providerMetadata } of [
      whole,
      { text: await streamed.text, reasoningText: await streamed.reasoningText, providerMetadata: await streamed.providerMetadata },
    ]) {
      expect([text, reasoningText]).toEqual(['Yes.', 'Hm.']);
      expect(providerMetadata?.openrouter).toMatchObject({ usage: { cost: USAGE_MICRO / 1e8 } });
    }
  });

  it('is served by a provider that refuses what OpenRouter alone knows', async () => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    const { chat } = createOpenRouter({ apiKey: account.key, baseURL: account.baseUrl });
    const refused = failure(400, 'Unrecognized request arguments supplied: reasoning, usage', { param: null });
    lane.first.reply(refused, json(completion({ content: 'Yes.' })));
    const model = chat(lane.model, { usage: { include: true }, reasoning: { effort: 'low' } });
    const { text, providerMetadata } = await generateText({ model, prompt: 'Hi.' });
    expect(text).toBe('Yes.');
    expect(providerMetadata?.openrouter).toMatchObject({ usage: { cost: USAGE_MICRO / 1e8 } });
    const [, sent] = lane.first.seen.map((seen) => seen.json() as Record<string, unknown>);
    expect([sent!.usage, sent!.reasoning, sent!.reasoning_effort]).toEqual([undefined, undefined, 'low']);
  });
});
