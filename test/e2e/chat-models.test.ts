// `models`: fallbacks that are asked in order when the one before fails. Each has its own price.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, askStream, chatBody, type JsonAnswer, requestIdOf } from './support/client';
import { type Lane, Rig } from './support/rig';
import { completion, errorEvent, failure, json, role, says, sse, streamOf, USAGE, USAGE_MICRO } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 20, dear: 20 }, { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 2_000 });
});
afterAll(() => rig?.stop());

/** 100 tokens of input and 25 of output, at the price of a dear lane. */
const DEAR_MICRO = 35_000_000;
const DEAR_CREDITS = 35;
const PRICED = { ...USAGE, creditsUsed: DEAR_CREDITS };

interface Asked {
  account: Account;
  cheap: Lane;
  dear: Lane;
  body: Record<string, unknown>;
}

async function fresh(): Promise<Asked> {
  const [cheap, dear] = [rig.lane('solo'), rig.lane('dear')];
  return { account: await rig.account(), cheap, dear, body: chatBody(cheap.model, { models: [dear.model], max_tokens: 50 }) };
}

const sentTo = (lane: Lane) => lane.first.seen.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

describe('a model that answers', () => {
  it('is the only one asked, by its own id, and charged at its own price', async () => {
    const { account, cheap, dear, body } = await fresh();
    cheap.first.reply(json(completion({ content: 'First' })));
    const { status, body: answer } = await askJson(account, body);
    expect([status, answer.choices[0]!.message.content]).toEqual([200, 'First']);
    const { models: _, ...rest } = body;
    expect(sentTo(cheap)).toEqual([{ ...rest, model: cheap.upstreamModel }]);
    expect(dear.first.seen).toEqual([]);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
    expect(await account.lastGeneration()).toMatchObject({ model: cheap.model });
  });
});

describe('a model that fails', () => {
  it.each([
    ['for all of its providers', failure(500, 'On fire.')],
    ['for the request, which another may take', failure(400, 'The prompt is too long.', { code: 'context_length_exceeded' })],
  ])('%s leaves the call to the next, which is charged at its own price', async (_, reply) => {
    const { account, cheap, dear, body } = await fresh();
    cheap.first.replyAlways(() => reply);
    dear.first.reply(json(completion({ content: 'Second' })));
    const { status, body: answer, id } = await askJson(account, body);
    expect([status, answer.choices[0]!.message.content, answer.usage]).toEqual([200, 'Second', PRICED]);
    const { models: _models, ...rest } = body;
    expect(sentTo(dear)).toEqual([{ ...rest, model: dear.upstreamModel }]);
    expect(await account.money()).toEqual({ spentMicro: DEAR_MICRO, heldMicro: 0 });
    expect(await account.generation(id)).toMatchObject({
      model: dear.model,
      creditsUsed: DEAR_CREDITS,
      price: { outputMicroPerMtok: 1e12 },
    });
    expect(await account.calls()).toMatchObject([{ id, model: dear.model, amountCredits: -DEAR_CREDITS }]);
  });

  it('is asked after the others where it had failed often, and charged at its own price', async () => {
    const { account, cheap, dear, body } = await fresh();
    cheap.first.replyAlways(() => failure(500, 'On fire.'));
    // Two tries per call, and five failures are enough to pause the provider.
    for (let call = 0; call < 3; call++) await ask(account, chatBody(cheap.model));
    cheap.first.replyAlways(() => json(completion({ content: 'First' })));
    dear.first.replyAlways(() => failure(504, 'Too slow.'));
    const { status, body: answer, id } = await askJson(account, body);
    expect([status, answer.choices[0]!.message.content]).toEqual([200, 'First']);
    expect(await account.generation(id)).toMatchObject({ model: cheap.model, creditsUsed: USAGE_MICRO / 1e6 });
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('leaves a stream to the next before its first content, with one opening and one price', async () => {
    const { account, cheap, dear, body } = await fresh();
    cheap.first.replyAlways(() => sse([role(), errorEvent('On fire.', { code: 'server_error' })]));
    dear.first.reply(sse(streamOf(['Second', ' one'])));
    const { text, usages, done, error, id } = await askStream(account, body);
    expect({ text, usages, done, error }).toEqual({ text: 'Second one', usages: [PRICED], done: true, error: undefined });
    expect(await account.settled()).toEqual({ spentMicro: DEAR_MICRO, heldMicro: 0 });
    expect(await account.generation(id)).toMatchObject({ model: dear.model });
  });

  it('in the middle of its answer leaves it to nobody', async () => {
    const { account, cheap, dear, body } = await fresh();
    cheap.first.reply(sse([role(), says('Half'), errorEvent('On fire.')]));
    const { text, error } = await askStream(account, body);
    expect([text, error?.type]).toEqual(['Half', 'api_error']);
    expect(dear.first.seen).toEqual([]);
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('like all of the others costs nothing', async () => {
    const { account, cheap, dear, body } = await fresh();
    for (const { first } of [cheap, dear]) first.replyAlways(() => failure(500, 'On fire.'));
    const response = await ask(account, body);
    expect([response.status, ((await response.json()) as JsonAnswer).error.type]).toEqual([502, 'api_error']);
    expect(dear.first.seen.length).toBeGreaterThan(0);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
    expect(await account.generation(requestIdOf(response))).toMatchObject({ model: cheap.model });
  });
});

describe('what is held', () => {
  it('is enough for the dearest: who cannot pay that one is refused before any is asked', async () => {
    const { cheap, dear, body } = await fresh();
    const account = await rig.account(201);
    const refused = await ask(account, { ...body, max_tokens: 4_000 });
    expect(refused.status).toBe(402);
    expect([cheap.first.seen, dear.first.seen]).toEqual([[], []]);
  });
});

describe('a list', () => {
  it('that is empty is none', async () => {
    const { account, cheap } = await fresh();
    cheap.first.reply(json(completion({ content: 'First' })));
    expect((await askJson(account, chatBody(cheap.model, { models: [] }))).status).toBe(200);
    expect(sentTo(cheap)[0]).not.toHaveProperty('models');
  });

  it('may stand without `model`, and names no model twice', async () => {
    const { account, cheap, dear } = await fresh();
    cheap.first.reply(json(completion({ content: 'First' })));
    const { model: _, ...body } = chatBody('', { models: [cheap.model, cheap.model, dear.model], max_tokens: 50 });
    expect((await askJson(account, body)).status).toBe(200);
    expect(cheap.first.seen).toHaveLength(1);
  });

  it.each([
    ['no list', 'gpt-5.5'],
    ['one of something else', [1]],
    ['one that is too long', Array.from({ length: 11 }, (_, index) => `model-${index}`)],
  ])('that is %s is refused by its name', async (_, models) => {
    const { account, cheap } = await fresh();
    const response = await ask(account, chatBody(cheap.model, { models }));
    expect([response.status, ((await response.json()) as JsonAnswer).error.param]).toEqual([400, 'models']);
  });

  it('with a name that is no model is a mistake, whichever place it has', async () => {
    const { account, cheap } = await fresh();
    const response = await ask(account, chatBody(cheap.model, { models: ['no-such-model'] }));
    expect(response.status).toBe(400);
    expect(((await response.json()) as JsonAnswer).error.message).toContain('no-such-model');
    expect(cheap.first.seen).toEqual([]);
  });

  it('goes over a model that cannot be had, and is refused where it has none but such', async () => {
    const { account, dear } = await fresh();
    dear.first.reply(json(completion({ content: 'Second' })));
    const unpriced = 'gemini-3.5-fast';
    const { body: answer, id } = await askJson(account, chatBody(unpriced, { models: [dear.model], max_tokens: 50 }));
    expect(answer.choices[0]!.message.content).toBe('Second');
    expect(await account.generation(id)).toMatchObject({ model: dear.model, creditsUsed: DEAR_CREDITS });
    const refused = await ask(account, chatBody(unpriced, { models: ['gemini-3.5-thinking'] }));
    expect(((await refused.json()) as JsonAnswer).error.message).toContain(`\`${unpriced}\` is listed without a price`);
  });

  it('is refused to a key that may not use each of its models', async () => {
    const { account, cheap, body } = await fresh();
    const key = await account.addKey({ models: [cheap.model] });
    const response = await ask(account, body, { headers: { authorization: `Bearer ${key}` } });
    expect([response.status, ((await response.json()) as JsonAnswer).error.type]).toEqual([403, 'access_denied']);
    expect(cheap.first.seen).toEqual([]);
  });
});
