// POST /completions, OpenAI's legacy form, with the official client and the AI SDK.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, askJson, RudeClient } from './support/client';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { HANG } from './support/upstream';
import { DONE, data, estimatedTokens, failure, json, sse, USAGE, USAGE_CREDITS, USAGE_MICRO } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ completion: 30, solo: 2 }, { STATUS_HOLD_MS: 2_000 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const path = '/completions';
const HEAD = { id: 'cmpl-upstream', object: 'text_completion', created: 1_763_600_000, model: 'upstream-model' };
const choice = (text: string, finish_reason: string | null = null, index = 0) => ({ text, index, logprobs: null, finish_reason });
const chunk = (...choices: unknown[]): string => data({ ...HEAD, choices });
const whole = (text: string) => json({ ...HEAD, choices: [choice(text, 'stop')], usage: USAGE });
const EVENTS = [
  chunk(choice('Once')),
  chunk(choice(' upon')),
  chunk(choice('', 'length')),
  data({ ...HEAD, choices: [], usage: USAGE }),
  DONE,
];
const PRICED = { ...USAGE, creditsUsed: USAGE_CREDITS };

const fresh = async () => ({ account: await rig.account(), lane: rig.lane('completion') });

describe.each(MAJORS)('openai $major', ({ Client }) => {
  it('gets a completion', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(whole('upon a time'));
    const { client } = connect(Client, account);
    const { choices, usage } = await client.completions.create({ model: lane.model, prompt: 'Once', max_tokens: 9 });
    expect(choices[0]).toMatchObject({ text: 'upon a time', finish_reason: 'stop' });
    expect(usage).toEqual(PRICED);
    expect(lane.first.seen[0]!.path).toBe('/v1/completions');
    expect(lane.first.seen[0]!.json()).toEqual({ model: lane.upstreamModel, prompt: 'Once', max_tokens: 9 });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([false, true])('streams one, with its usage (include_usage: %s)', async (include_usage) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(EVENTS));
    const { client } = connect(Client, account);
    const options = include_usage ? { stream_options: { include_usage } } : {};
    let text = '';
    const usages: unknown[] = [];
    let bare = 0;
    for await (const part of await client.completions.create({ model: lane.model, prompt: 'Say', stream: true, ...options })) {
      text += part.choices[0]?.text ?? '';
      if (part.choices.length === 0) bare++;
      if (part.usage) usages.push(part.usage);
    }
    expect({ text, usages, bare }).toEqual({ text: 'Once upon', usages: [PRICED], bare: include_usage ? 1 : 0 });
    expect(lane.first.seen[0]!.json().stream_options).toEqual({ include_usage: true });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('gets an APIError when a stream breaks', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([chunk(choice('Once')), data({ error: { message: 'On fire.', code: 500 } })]));
    const { client } = connect(Client, account);
    const stream = await client.completions.create({ model: lane.model, prompt: 'Say', stream: true });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toThrow('The provider failed in the middle of its answer: On fire. Nothing was charged.');
    expect(await account.money()).toEqual(spent(0));
  });
});

describe('POST /completions', () => {
  it('serves the AI SDK', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(whole('Yes.'), sse(EVENTS));
    const model = createOpenAICompatible({ name: 'gateway', apiKey: account.key, baseURL: account.baseUrl }).completionModel(lane.model);
    expect((await generateText({ model, prompt: 'Say', maxRetries: 0 })).text).toBe('Yes.');
    expect(await streamText({ model, prompt: 'Say', maxRetries: 0 }).text).toBe('Once upon');
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('answers in JSON where the provider streams unasked', async () => {
    const { account, lane } = await fresh();
    const two = chunk(choice('Other', null, 1), choice(' upon'));
    lane.first.reply(
      sse([
        chunk(choice('Once')),
        two,
        chunk(choice('', 'stop'), choice(' one', 'length', 1)),
        data({ ...HEAD, choices: [], usage: USAGE }),
        DONE,
      ]),
    );
    const { status, body } = await askJson(account, { model: lane.model, prompt: 'Say', n: 2 }, { path });
    expect(status).toBe(200);
    expect(body.choices).toEqual([choice('Once upon', 'stop'), choice('Other one', 'length', 1)]);
    expect(body.usage).toEqual(PRICED);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('holds enough for several prompts with several answers each', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([], { first: HANG }));
    const sent = { model: lane.model, prompt: ['One', 'Two'], n: 3, max_tokens: 100, stream: true };
    const client = new RudeClient(account, sent, {}, path);
    await lane.first.request();
    const inputMicro = estimatedTokens(JSON.stringify(sent).length) * INPUT_MICRO;
    expect((await account.money()).heldMicro).toBe(inputMicro + 6 * 100 * OUTPUT_MICRO);
    client.hangUp();
    expect(await account.settled()).toEqual(spent(inputMicro));
  });

  it('is refused for a model whose providers do not have it', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    const { status, body } = await askJson(account, { model: lane.model, prompt: 'Say' }, { path });
    expect([status, body.error]).toMatchObject([
      400,
      { type: 'invalid_request_error', message: expect.stringContaining('/v1/chat/completions') },
    ]);
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.calls()).toEqual([]);
  });

  it('passes on what the provider refuses, and charges nothing for what fails', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(400, 'Too long.'));
    expect((await askJson(account, { model: lane.model, prompt: 'Say' }, { path })).status).toBe(400);
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    const response = await ask(account, { model: lane.model, prompt: 'Say', stream: true }, { path });
    expect(response.status).toBe(502);
    expect(await account.money()).toEqual(spent(0));
  });

  it('refuses a body that is not a valid request', async () => {
    const { account, lane } = await fresh();
    for (const [fields, param] of [
      [{ prompt: 7 }, 'prompt'],
      [{ prompt: 'Say', max_tokens: 0 }, 'max_tokens'],
      [{ prompt: 'Say', model: 'gpt-0' }, 'model'],
    ] as const) {
      const { status, body } = await askJson(account, { model: lane.model, ...fields }, { path });
      expect([status, body.error.param]).toEqual([400, param]);
    }
  });
});
