// Clients that hang up, and holds that are used up.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askJson, askStream, chatBody, openStream, RudeClient, requestIdOf } from './support/client';
import { INPUT_MICRO, type Lane, OUTPUT_MICRO, Rig } from './support/rig';
import { HANG, type Reply, type Step } from './support/upstream';
import { gate, until } from './support/wait';
import { DONE, errorEvent, estimatedTokens, finish, inMicro, role, says, sse, streamOf, USAGE_MICRO, usageChunk } from './support/wire';

const KEEPALIVE_MS = 150;
/** Longer than a test waits for anything: a provider released in time was neither heard to its end nor dropped for its silence. */
const NEVER_MS = 60_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 14, pair: 8, drain: 4, dear: 4 },
    { KEEPALIVE_MS, STATUS_HOLD_MS: 1_500, DRAIN_MS: NEVER_MS, FIRST_BYTE_TIMEOUT_MS: NEVER_MS, UPSTREAM_IDLE_TIMEOUT_MS: NEVER_MS },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: Parameters<Rig['lane']>[0] = 'solo'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

describe('a client that hangs up', () => {
  const sentBy = (lane: Lane, more: Record<string, unknown> = {}) => chatBody(lane.model, { stream: true, ...more });
  const inputMicro = (sent: unknown): number => estimatedTokens(JSON.stringify(sent).length) * INPUT_MICRO;

  it('in mid-stream stops a provider that stops billing, and pays for what was produced', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One two three'), HANG]));
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body) + 4 * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    expect(await account.calls()).toHaveLength(1);
  });

  it('once the answer has come to its end pays what the provider counted, hidden thoughts included', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    const usage = { prompt_tokens: 20, completion_tokens: 900, total_tokens: 920, completion_tokens_details: { reasoning_tokens: 890 } };
    lane.first.reply(sse([role(), says('Yes.'), finish(), { until: opened }, usageChunk(usage), DONE]));
    const client = new RudeClient(account, sentBy(lane));
    await client.has('Yes.');
    // Waits for the chunk with the finish reason, which is withheld from the client and so cannot be seen here.
    await new Promise((done) => setTimeout(done, 2 * KEEPALIVE_MS));
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    open();
    expect(await account.settled()).toEqual(spent(20 * INPUT_MICRO + 900 * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { reasoningTokens: 890 } });
  });

  it('is waited for no longer than some seconds where the provider does not say what it counted', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('Yes.'), finish(), HANG]));
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await client.has('Yes.');
    await new Promise((done) => setTimeout(done, 2 * KEEPALIVE_MS));
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body) + OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated' });
  });

  it.each([
    ['before the provider answers', sse([], { first: HANG })],
    ['after its headers', sse([HANG])],
    ['after its first comments', sse([': PROCESSING\n\n', HANG])],
    ['after the role', sse([role(), HANG])],
  ] satisfies [string, Reply][])('before any content stops the provider, and pays for the input: %s', async (_, reply) => {
    const { account, lane } = await fresh('pair');
    lane.first.reply(reply);
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await lane.first.request();
    // Long enough for the beginning of the answer to arrive, and well before the held status is sent.
    await new Promise((done) => setTimeout(done, 100));
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    expect(lane.second.seen).toHaveLength(0);
  });

  it('while the status had been sent, and no provider had answered, pays for the input', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([], { first: HANG }));
    const body = sentBy(lane);
    const client = new RudeClient(account, body);
    await client.has(': ping');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });

  it('while the second provider begins stops that one too', async () => {
    const { account, lane } = await fresh('pair');
    const { opened, open } = gate();
    lane.first.reply(sse([role(), { until: opened }, errorEvent('On fire.', { code: 'model_not_found' })]));
    lane.second.reply(sse([': PROCESSING\n\n', HANG]));
    const client = new RudeClient(account, sentBy(lane));
    await client.has('assistant');
    open();
    await lane.second.request();
    client.hangUp();
    await lane.second.seen[0]!.hungUp();
    expect((await account.settled()).heldMicro).toBe(0);
    expect(await account.calls()).toHaveLength(1);
  });

  it('of a provider that bills on anyway is charged what that reports at its end', async () => {
    const { account, lane } = await fresh('drain');
    const { opened, open } = gate();
    lane.first.reply(sse([role(), says('One'), { until: opened }, says(' two'), finish(), usageChunk(), DONE]));
    const client = new RudeClient(account, sentBy(lane));
    await client.has('One');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { inputTokens: 100, outputTokens: 25 } });
    expect(lane.first.seen[0]!.abandoned).toBe(false);
  });

  it('of such a provider before its first byte is charged the same way', async () => {
    const { account, lane } = await fresh('drain');
    const { opened, open } = gate();
    lane.first.reply(sse(streamOf(['One', ' two']), { first: { until: opened } }));
    const client = new RudeClient(account, sentBy(lane));
    await lane.first.request();
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual' });
  });

  it.each(['alibaba', 'google'] as const)('is heard out for the provider %s', async (provider) => {
    const account = await rig.account();
    const model = provider === 'alibaba' ? 'qwen3-max' : 'gemini-3-flash-official';
    const desk = rig.desk(provider);
    const { opened, open } = gate();
    desk.reply(sse([role(), says('One'), { until: opened }, finish(), usageChunk(), DONE]));
    const client = new RudeClient(account, chatBody(model, { stream: true }));
    await client.has('One');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 3 * KEEPALIVE_MS));
    open();
    const perToken = provider === 'alibaba' ? [81, 322] : [46, 276];
    expect(await account.settled()).toEqual(spent(100 * perToken[0]! + 25 * perToken[1]!));
    expect(desk.seen[0]!.abandoned).toBe(false);
  });
});

describe('a hold', () => {
  it('grows with a stream that outlasts it, and is settled to what was used', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    const usage = { prompt_tokens: 20, completion_tokens: 500, total_tokens: 520 };
    lane.first.reply(sse([role(), says('x'.repeat(2_000)), { until: opened }, finish(), usageChunk(usage), DONE]));
    const live = await openStream(account, chatBody(lane.model, { max_tokens: 100 }));
    const held = await until('the hold to grow', async () => {
      const { heldMicro } = await account.money();
      return heldMicro > 100 * OUTPUT_MICRO * 1.5 && heldMicro;
    });
    const firstMicro =
      estimatedTokens(JSON.stringify(chatBody(lane.model, { max_tokens: 100, stream: true })).length) * INPUT_MICRO + 100 * OUTPUT_MICRO;
    expect(held).toBe(2 * firstMicro);
    open();
    expect((await live.stream()).text).toHaveLength(2_000);
    expect(await account.money()).toEqual(spent(20 * INPUT_MICRO + 500 * OUTPUT_MICRO));
  });

  it('keeps what others would need, until it is closed', async () => {
    const lane = rig.lane('dear');
    const account = await rig.account(205);
    const { opened, open } = gate();
    const usage = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
    lane.first.reply(sse(streamOf(['One'], usage), { first: { until: opened } }));
    lane.first.replyAlways(() => sse(streamOf(['Two'], usage)));
    const body = chatBody(lane.model, { max_tokens: 100 });
    const first = openStream(account, body);
    await lane.first.request();
    const refused = await askJson(account, { ...body, stream: true });
    expect(refused.status).toBe(402);
    expect(refused.body.error).toMatchObject({ type: 'insufficient_credits', limit_source: 'in_flight' });
    expect([refused.headers.get('retry-after'), refused.headers.get('x-should-retry')]).toEqual(['5', null]);
    open();
    await (await first).stream();
    expect((await askStream(account, body)).text).toBe('Two');
    // 10 tokens at 0.1 credits and one at 1, twice.
    expect(await account.money()).toEqual(spent(4_000_000));
  });

  it('is there for each of many calls at once, and each is charged', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.replyAlways(() => sse([role(), says('One'), { until: opened }, ...streamOf([' two']).slice(1)]));
    const body = chatBody(lane.model, { max_tokens: 100 });
    const calls = Array.from({ length: 40 }, () => openStream(account, body));
    const lives = await Promise.all(calls);
    await Promise.all(lives.map((live) => live.has('One')));
    const eachMicro = estimatedTokens(JSON.stringify({ ...body, stream: true }).length) * INPUT_MICRO + 100 * OUTPUT_MICRO;
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 40 * eachMicro });
    open();
    for (const live of lives) expect((await live.stream()).text).toBe('One two');
    expect(await account.money()).toEqual(spent(40 * USAGE_MICRO));
    expect(new Set((await account.calls()).map(({ id }) => id)).size).toBe(40);
  });

  it('grows by what is left where the account cannot double it', async () => {
    const lane = rig.lane('dear');
    const account = await rig.account(300);
    const body = chatBody(lane.model, { max_tokens: 100, stream: true });
    const gates = [gate(), gate(), gate()];
    const usage = { prompt_tokens: 10, completion_tokens: 245, total_tokens: 255 };
    const tokens = (count: number) => says('x'.repeat(4 * count));
    const steps: Step[] = [role(), tokens(90), { until: gates[0]!.opened }, tokens(90), { until: gates[1]!.opened }, tokens(60)];
    // The usage comes after the last chunk, when a further growth of the hold would be refused.
    lane.first.reply(sse([...steps, { until: gates[2]!.opened }, finish(), { pauseMs: 200 }, usageChunk(usage), DONE]));
    const live = await openStream(account, body);
    let heldMicro = 0;
    for (const { open } of gates) {
      heldMicro = await until('the hold to grow', async () => {
        const { heldMicro: now } = await account.money();
        return now > Math.max(heldMicro, inMicro(150)) && now;
      });
      open();
    }
    expect(heldMicro).toBeGreaterThan(inMicro(280));
    expect(await live.stream()).toMatchObject({ error: undefined, finishReasons: ['stop'] });
    // 10 tokens of input at 0.1 credits, 245 of output at 1.
    expect(await account.money()).toEqual(spent(246_000_000));
  });

  it('that cannot grow ends the stream, which is charged as far as it came', async () => {
    const lane = rig.lane('dear');
    const account = await rig.account(215);
    const body = chatBody(lane.model, { max_tokens: 100, stream: true });
    const inputCredits = estimatedTokens(JSON.stringify(body).length) / 10;
    const more = gate();
    // 100 credits and the input are held; 90 of them are used, then 180.
    lane.first.reply(sse([role(), says('x'.repeat(360)), { until: more.opened }, says('y'.repeat(360)), HANG]));
    const live = await openStream(account, body);
    await until('the hold to grow', async () => (await account.money()).heldMicro === inMicro(2 * (100 + inputCredits)));
    more.open();
    const { error, done, text } = await live.stream();
    expect(text).toBe('x'.repeat(360) + 'y'.repeat(360));
    expect(error).toMatchObject({ type: 'insufficient_credits', request_id: requestIdOf(live.response) });
    expect(done).toBe(true);
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inMicro(180 + inputCredits)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'credits_ran_out' });
  });
});
