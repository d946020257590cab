// POST /chat, the gateway's own short form: documented shape, prices, streams, the default model, and the printed examples.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/providers/catalogue';
import type { Account } from './support/account';
import { ask, type ChatStream, type Chunk, openStream, parseChatStream, RudeClient, requestIdOf } from './support/client';
import { Rig } from './support/rig';
import { HANG } from './support/upstream';
import { answer, completion, DONE, failure, finish, inMicro, json, role, says, sse, streamOf, USAGE, usageChunk } from './support/wire';

const DEFAULT_MODEL = 'gpt-5.4-mini';
const MESSAGE_MICRO = 2_000_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 12, dear: 2, pair: 2 }, { STATUS_HOLD_MS: 2_000, KEEPALIVE_MS: 150 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const path = '/chat';
const messages = [{ role: 'user', content: 'Hi!' }];

interface NativeAnswer {
  id: string;
  choices: { index: number; message: { role: string; content: string }; finish_reason: string }[];
  creditsUsed: number;
  usage: Record<string, unknown>;
  error: Record<string, unknown>;
}

async function chat(account: Account, body: Record<string, unknown>) {
  const response = await ask(account, body, { path });
  return { status: response.status, headers: response.headers, body: (await response.json()) as NativeAnswer, id: requestIdOf(response) };
}

const creditsIn = ({ chunks }: ChatStream): unknown[] =>
  chunks.flatMap((chunk: Chunk & { creditsUsed?: unknown }) => chunk.creditsUsed ?? []);

describe('POST /chat', () => {
  it('answers in the documented shape: 2 credits for a short message', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    lane.first.reply(answer('Hello! I am doing great.'));
    const { status, headers, body, id } = await chat(account, { model: lane.model, messages, stream: false });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: expect.stringMatching(/./),
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello! I am doing great.' }, finish_reason: 'stop' }],
      creditsUsed: 2,
      usage: { ...USAGE, creditsUsed: 2 },
    });
    expect(headers.get('x-credits-charged')).toBe('2');
    expect(await account.generation(id)).toMatchObject({ endpoint: '/v1/chat', outcome: 'actual', creditsUsed: 2 });
    expect(await account.money()).toEqual(spent(MESSAGE_MICRO));
  });

  it.each([
    ['one started step', 4_000, 96, 2],
    ['one token more', 4_000, 97, 4],
    ['a long conversation', 40_000, 960, 20],
  ])('costs more for longer conversations: %s', async (_, prompt, completionTokens, credits) => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    const usage = { prompt_tokens: prompt, completion_tokens: completionTokens, total_tokens: prompt + completionTokens };
    const dearer = (prompt * 100 + completionTokens * 400) / 1e6;
    expect(dearer).toBeLessThan(credits);
    lane.first.reply(json(completion({ content: 'Yes.' }, { usage })), sse(streamOf(['Yes.'], usage)));
    expect((await chat(account, { model: lane.model, messages })).body.creditsUsed).toBe(credits);
    const stream = parseChatStream(await (await ask(account, { model: lane.model, messages, stream: true }, { path })).text());
    expect(creditsIn(stream)).toEqual([credits]);
    expect(await account.money()).toEqual(spent(2 * credits * 1e6));
  });

  it('costs what its tokens cost where that is more', async () => {
    const [account, lane] = [await rig.account(5_000), rig.lane('dear')];
    lane.first.reply(answer('Yes.'));
    // 100 tokens at 0.1 credits and 25 at one.
    expect((await chat(account, { model: lane.model, messages, max_tokens: 100 })).body.creditsUsed).toBe(35);
    expect(await account.money()).toEqual(spent(35_000_000));
  });

  it('streams, with the cost at the top of the last chunk', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    lane.first.reply(sse(streamOf(['Hel', 'lo'])));
    const response = await ask(account, { model: lane.model, messages, stream: true }, { path });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const stream = parseChatStream(await response.text());
    expect(stream).toMatchObject({ text: 'Hello', done: true, finishReasons: ['stop'], error: undefined });
    expect(stream.chunks.at(-1)).toMatchObject({ creditsUsed: 2, usage: { ...USAGE, creditsUsed: 2 } });
    expect(creditsIn(stream)).toEqual([2]);
    expect(await account.money()).toEqual(spent(MESSAGE_MICRO));
  });

  it.each([
    ['none', {}],
    ['null', { model: null }],
    ['an empty one', { model: '' }],
  ])('answers by its default model where the client names %s', async (_, named) => {
    const account = await rig.account();
    const desk = rig.desk('openai');
    desk.reply(answer('Hello!'), sse(streamOf(['Hello!'])));
    expect((await chat(account, { messages, ...named })).body.choices[0]!.message.content).toBe('Hello!');
    const raw = await (await ask(account, { messages, ...named, stream: true }, { path })).text();
    expect(parseChatStream(raw).text).toBe('Hello!');
    expect(desk.seen.slice(-2).map((seen) => seen.json().model)).toEqual([DEFAULT_MODEL, DEFAULT_MODEL]);
    expect((await account.calls()).map(({ model }) => model)).toEqual([DEFAULT_MODEL, DEFAULT_MODEL]);
  });

  it('has a default model that is in the catalogue, with a price', () => {
    expect(MODELS.find(({ id }) => id === DEFAULT_MODEL)?.price).toBeDefined();
  });

  it('is held for before it is sent, and refused where that much is not there', async () => {
    const lane = rig.lane('solo');
    const account = await rig.account(199);
    const { status, body } = await chat(account, { model: lane.model, messages });
    expect(status).toBe(402);
    expect(body).toMatchObject({ error: { type: 'insufficient_credits', required: 200, available: 199 }, required: 200, available: 199 });
    expect(lane.first.seen).toHaveLength(0);
  });

  it('refuses what is no conversation', async () => {
    const account = await rig.account();
    for (const [body, param] of [
      [{}, 'messages'],
      [{ messages: [] }, 'messages'],
      [{ messages, model: 'gpt-0' }, 'model'],
      [{ messages, stream: 'yes' }, 'stream'],
    ] as const) {
      const refused = await chat(account, body);
      expect([refused.status, refused.body.error.type, refused.body.error.param]).toEqual([400, 'invalid_request_error', param]);
    }
    expect(await account.calls()).toEqual([]);
  });

  it('is charged nothing when its providers fail, or it breaks off', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    lane.first.reply(sse([role(), says('One'), 'data: {"error":{"message":"On fire.","code":500}}\n\n']));
    const stream = parseChatStream(await (await ask(account, { model: lane.model, messages, stream: true }, { path })).text());
    expect(stream.error).toMatchObject({ type: 'api_error', message: expect.stringContaining('On fire.') });
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    expect(await chat(account, { model: lane.model, messages })).toMatchObject({ status: 502, body: { error: { type: 'api_error' } } });
    expect(await account.money()).toEqual(spent(0));
  });

  it('is taken over by the next provider before its first word, and kept alive by comments', async () => {
    const [account, lane] = [await rig.account(), rig.lane('pair')];
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    lane.second.reply(sse([role(), says('Hello'), { pauseMs: 500 }, finish(), usageChunk(), DONE]));
    const live = await openStream(account, { model: lane.model, messages }, { path });
    const stream = await live.stream();
    expect(stream).toMatchObject({ text: 'Hello', done: true });
    expect(stream.pings).toBeGreaterThan(0);
    expect(creditsIn(stream)).toEqual([2]);
    expect(await account.money()).toEqual(spent(MESSAGE_MICRO));
  });

  it('costs its 2 credits when the client hangs up', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    lane.first.reply(sse([role(), says('One two three'), HANG]));
    const client = new RudeClient(account, { model: lane.model, messages, stream: true }, {}, path);
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(MESSAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });

  it('ends a stream when what such a message costs has used up its key, cheap as its tokens may be', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    const key = await account.addKey({ spendingLimit: 30 });
    // 36,000 tokens of prompt and 2,000 a piece: 34 credits by the length of the conversation, 16 by its tokens.
    const pieces = Array.from({ length: 15 }, () => [says('word '.repeat(1_600)), { pauseMs: 60 }]).flat();
    lane.first.reply(sse([role(), ...pieces, finish(), DONE]));
    const long = [{ role: 'user', content: 'word '.repeat(28_800) }];
    const headers = { authorization: `Bearer ${key}` };
    const stream = parseChatStream(
      await (await ask(account, { model: lane.model, messages: long, stream: true }, { path, headers })).text(),
    );
    expect(stream.error).toMatchObject({ type: 'spending_limit_error' });
    const { spentMicro, heldMicro } = await account.money();
    expect(heldMicro).toBe(0);
    expect(spentMicro).toBeGreaterThan(18_000_000);
    expect(spentMicro).toBeLessThanOrEqual(30_000_000);
  });

  it('answers an idempotency key once', async () => {
    const [account, lane] = [await rig.account(), rig.lane('solo')];
    lane.first.reply(answer('Once.'));
    const twice = [1, 2].map(() => () => ask(account, { model: lane.model, messages }, { path, headers: { 'idempotency-key': 'one' } }));
    const [first, second] = [await (await twice[0]!()).text(), await (await twice[1]!()).text()];
    expect(second).toBe(first);
    expect(inMicro((JSON.parse(first) as NativeAnswer).creditsUsed)).toBe(MESSAGE_MICRO);
    expect(await account.money()).toEqual(spent(MESSAGE_MICRO));
  });
});
