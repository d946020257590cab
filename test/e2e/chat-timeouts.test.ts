// Providers that fall silent, and those that never end.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, askJson, askStream, chatBody, openStream, parseChatStream, RudeClient, requestIdOf, SlowClient } from './support/client';
import {
  askResponses,
  message,
  parseStream,
  USAGE_MICRO as RESPONSE_MICRO,
  responseOf,
  responsesBody,
  streamOfItems,
} from './support/responses-wire';
import { INPUT_MICRO, type Lane, OUTPUT_MICRO, Rig } from './support/rig';
import { HANG, type Reply, type Step } from './support/upstream';
import {
  answer,
  DONE,
  estimatedTokens,
  finish,
  json,
  role,
  says,
  sse,
  streamOf,
  USAGE_CREDITS,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

/** On a busy machine a provider that answers at once may take half a second. */
const FIRST_BYTE_TIMEOUT_MS = 1_000;
const UPSTREAM_IDLE_TIMEOUT_MS = 1_200;
const DRAIN_MS = 800;
const CALL_DEADLINE_MS = 7_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 40, pair: 20, drain: 2, responses: 1 },
    {
      KEEPALIVE_MS: 200,
      FIRST_BYTE_TIMEOUT_MS,
      JSON_TIMEOUT_MS: FIRST_BYTE_TIMEOUT_MS,
      UPSTREAM_IDLE_TIMEOUT_MS,
      DRAIN_MS,
      CALL_DEADLINE_MS,
    },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function* comments(): AsyncGenerator<Step> {
  for (;;) yield* [': PROCESSING\n\n', { pauseMs: 100 }];
}

async function* endless(): AsyncGenerator<Step> {
  for (yield role(); ; ) yield* [says('and '), { pauseMs: 50 }];
}

const SILENCES: Record<string, { reply: Reply; stream: boolean }> = {
  'a stream that never begins': { stream: true, reply: sse([], { first: HANG }) },
  'a stream of nothing': { stream: true, reply: sse([HANG]) },
  'a stream of comments': { stream: true, reply: sse(comments()) },
  'a refusal without an end to a stream': { stream: true, reply: json('', { status: 500, steps: ['{"error":', HANG] }) },
  'a document in place of a stream, without an end': { stream: true, reply: json('', { steps: ['{"id":', HANG] }) },
  'a document that never begins': { stream: false, reply: json('', { first: HANG }) },
  'a document without an end': { stream: false, reply: json('', { steps: ['{"id":', HANG] }) },
  'a refusal without an end': { stream: false, reply: json('', { status: 500, steps: ['{"error":', HANG] }) },
};

// Concurrent, since each mostly waits for the clock and has its own lane and account.
describe.concurrent('a provider that says nothing', () => {
  const replyOf = (name: string): Reply => (name === 'a stream of comments' ? sse(comments()) : SILENCES[name]!.reply);

  it.each(Object.keys(SILENCES))('gives way to the next one: %s', async (name) => {
    const { stream } = SILENCES[name]!;
    const account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.replyAlways(() => replyOf(name));
    lane.second.reply(stream ? sse(streamOf(['Yes.'])) : answer('Yes.'));
    const response = await ask(account, chatBody(lane.model, { stream }));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Yes.');
    const { attempts } = await account.generation(requestIdOf(response));
    expect(attempts!.map(({ outcome }) => outcome)).toEqual([...lane.first.seen.map(() => 'failed'), 'answered']);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    // A document is released when its call ends, a stream at once.
    await lane.first.seen[0]!.hungUp();
  });

  it.each(Object.keys(SILENCES))('and is alone is told as a 502, and charged nothing: %s', async (name) => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.replyAlways(() => replyOf(name));
    const { status, body, id } = await askJson(account, chatBody(lane.model, { stream: SILENCES[name]!.stream }));
    expect(status).toBe(502);
    expect(body.error).toMatchObject({ type: 'api_error', request_id: id });
    expect(await account.calls()).toMatchObject([{ id, state: 'released', amountCredits: 0 }]);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe.concurrent('a stream under way', () => {
  it('whose provider falls silent is kept alive, then ended with an error, and charged nothing', async () => {
    const account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.reply(sse([role(), says('One'), HANG]));
    const { text, pings, error, done } = await askStream(account, chatBody(lane.model));
    expect({ text, done }).toEqual({ text: 'One', done: true });
    expect(pings).toBeGreaterThanOrEqual(2);
    expect(error).toMatchObject({ type: 'api_error', message: expect.stringContaining('Nothing was charged') });
    await lane.first.seen[0]!.hungUp();
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.calls()).toMatchObject([{ state: 'released', detail: { ending: 'upstream_broke' } }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it.each([
    ['', ': PROCESSING\n\n'],
    [' of one line', ': ping\n'],
  ])('whose provider sends comments%s is waited for', async (_, comment) => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    const waits: Step[] = Array.from({ length: 10 }, () => [comment, { pauseMs: 250 }] satisfies Step[]).flat();
    lane.first.reply(sse([...waits, role(), says('One'), ...waits, says(' two'), finish(), usageChunk(), DONE]));
    expect(await askStream(account, chatBody(lane.model))).toMatchObject({ text: 'One two', error: undefined, finishReasons: ['stop'] });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is whole when its provider falls silent after the last chunk', async () => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(sse([role(), says('One'), finish(), usageChunk(), HANG]));
    const { text, error, usages } = await askStream(account, chatBody(lane.model));
    expect({ text, error }).toEqual({ text: 'One', error: undefined });
    expect(usages).toMatchObject([{ creditsUsed: USAGE_CREDITS }]);
    await lane.first.seen[0]!.hungUp();
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('does not go on for ever: it ends with an error that is not to be tried again, and what was produced is charged', async () => {
    const account = await rig.account();
    const lane = rig.lane('pair');
    lane.first.reply(sse(endless()));
    const askedAtMs = Date.now();
    const body = chatBody(lane.model, { stream: true });
    const live = await openStream(account, body);
    const { error, done, text } = await live.stream();
    expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(CALL_DEADLINE_MS - 100);
    expect(error).toMatchObject({ type: 'invalid_request_error', message: expect.stringContaining('what came of it is charged') });
    expect(done).toBe(true);
    await lane.first.seen[0]!.hungUp();
    expect(lane.second.seen).toHaveLength(0);
    const micro = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO + estimatedTokens(text.length) * OUTPUT_MICRO;
    expect(await account.settled()).toEqual(spent(micro));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'too_long' });
  });

  it('that its provider goes on with in the background is charged when it is there', async () => {
    const account = await rig.account();
    const lane = rig.lane('responses');
    const begun = streamOfItems([message('Thought through.')], { background: true }).slice(0, 6);
    lane.first.reply(
      sse(
        (async function* (): AsyncGenerator<Step> {
          yield* begun;
          yield* comments();
        })(),
      ),
    );
    lane.first.replyAlways(() => json(responseOf([message('Thought through.')], { background: true })));
    const body = responsesBody(lane.model, { background: true, stream: true });
    const raw = await (await askResponses(account, body)).text();
    expect(parseStream(raw).response).toMatchObject({ status: 'failed', error: { code: 'invalid_prompt' } });
    expect(await account.settled()).toEqual(spent(RESPONSE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { outputTokens: 25 } });
  });

  it('does not run out its time for free behind a client that hardly reads', async () => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    lane.first.reply(
      sse(
        (async function* (): AsyncGenerator<Step> {
          for (yield role(); ; ) yield says('x'.repeat(65_536));
        })(),
      ),
    );
    const client = new SlowClient(account, chatBody(lane.model, { stream: true }));
    expect(await client.status()).toBe(200);
    await lane.first.seen[0]!.hungUp();
    await client.read();
    const { spentMicro } = await account.settled();
    expect(spentMicro).toBeGreaterThan(estimatedTokens(65_536) * OUTPUT_MICRO);
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'too_long' });
  });

  it('whose client does not read for longer than a provider may be silent is whole', async () => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    const said = Array.from({ length: 64 }, () => 'x'.repeat(65_536));
    lane.first.reply(sse(streamOf(said)));
    const client = new SlowClient(account, chatBody(lane.model, { stream: true }));
    expect(await client.status()).toBe(200);
    await sleep(2 * UPSTREAM_IDLE_TIMEOUT_MS);
    const { text, error, done } = parseChatStream(await client.read());
    expect({ chars: text.length, error, done }).toEqual({ chars: 64 * 65_536, error: undefined, done: true });
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });
});

describe.concurrent('a client that hangs up on a provider that bills on', () => {
  async function leave(lane: Lane, steps: Step[]) {
    const account = await rig.account();
    lane.first.reply(sse(steps));
    const body = chatBody(lane.model, { stream: true });
    const client = new RudeClient(account, body);
    await lane.first.request();
    if (steps.length > 1) await client.has('One');
    client.hangUp();
    return { account, inputMicro: estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO, leftAtMs: Date.now() };
  }

  it('is not waited for longer than a while: what was produced is charged', async () => {
    const lane = rig.lane('drain');
    const { account, inputMicro, leftAtMs } = await leave(lane, [role(), says('One'), { pauseMs: 300 }, says(' two three'), HANG]);
    await lane.first.seen[0]!.hungUp();
    expect(Date.now() - leftAtMs).toBeGreaterThanOrEqual(DRAIN_MS - 50);
    expect(await account.settled()).toEqual(spent(inputMicro + estimatedTokens('One two three'.length) * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });

  it('nor before its first content: the input is charged', async () => {
    const lane = rig.lane('drain');
    const { account, inputMicro } = await leave(lane, [HANG]);
    await sleep(100);
    expect((await account.money()).heldMicro).toBeGreaterThan(0);
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });
});
