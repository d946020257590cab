// Clients of Responses streams that hang up, send a call twice, or come back for the rest of a stream.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { LiveAnswer, RudeClient, requestIdOf } from './support/client';
import {
  answer,
  askResponse,
  askResponses,
  beginning,
  endOf,
  errorEvent,
  opening,
  openResponseStream,
  readStream,
  responsesBody,
  stream,
  streamOf,
  USAGE_MICRO,
} from './support/responses-wire';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, HANG, type Reply } from './support/upstream';
import { gate, until } from './support/wait';
import { estimatedTokens, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 23, 'responses-pair': 4, 'responses-drain': 3 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 800, DRAIN_MS: 10_000, FIRST_BYTE_TIMEOUT_MS: 30_000, UPSTREAM_IDLE_TIMEOUT_MS: 30_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const inputMicro = (body: unknown): number => estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO;

async function fresh(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane; body: Record<string, unknown> }> {
  const lane = rig.lane(kind);
  return { account: await rig.account(), lane, body: responsesBody(lane.model, { stream: true }) };
}

const rude = (account: Account, body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  new RudeClient(account, body, headers, '/responses');

describe.concurrent('a client that hangs up', () => {
  it('and fetches the answer that its provider has finished and kept pays for the rest of it, once', async () => {
    const { account, lane, body } = await fresh();
    lane.first.reply(sse([...streamOf(['One two three four.']).slice(0, 6), HANG]));
    lane.first.replyAlways(() => answer('One two three four.'));
    const client = rude(account, body);
    await client.has('output_text.delta');
    client.hangUp();
    const heard = await account.settled();
    expect(heard.spentMicro).toBeLessThan(USAGE_MICRO);
    const id = /"id":"(resp_[^"]*)"/.exec(client.raw)![1];
    for (const _ of [1, 2]) {
      const fetched = await fetch(`${account.baseUrl}/responses/${id}`, { headers: { authorization: `Bearer ${account.key}` } });
      expect(await fetched.json()).toMatchObject({ id, status: 'completed', usage: { creditsUsed: USAGE_MICRO / 1e6 } });
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    }
    expect(await account.problems()).toEqual([]);
  });

  it('and leaves before the last word of the stream that it fetches of such an answer pays for the rest all the same', async () => {
    const { account, lane, body } = await fresh();
    lane.first.reply(sse([...streamOf(['One two three four.']).slice(0, 6), HANG]));
    lane.first.replyAlways(({ path }) =>
      path.includes('stream=true') ? sse([...streamOf(['One two three four.']).slice(0, 6), HANG]) : answer('One two three four.'),
    );
    const client = rude(account, body);
    await client.has('output_text.delta');
    client.hangUp();
    expect((await account.settled()).spentMicro).toBeLessThan(USAGE_MICRO);
    const id = /"id":"(resp_[^"]*)"/.exec(client.raw)![1];
    const leaving = new AbortController();
    const { signal } = leaving;
    const fetched = await fetch(`${account.baseUrl}/responses/${id}?stream=true`, {
      headers: { authorization: `Bearer ${account.key}` },
      signal,
    });
    expect(fetched.status).toBe(200);
    leaving.abort();
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('in mid-stream stops a provider that stops billing, and pays for what was produced', async () => {
    const { account, lane, body } = await fresh();
    lane.first.reply(sse([...beginning('One two three'), HANG]));
    const client = rude(account, body);
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body) + 4 * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    expect(await account.calls()).toHaveLength(1);
  });

  it('once a message is whole pays what the provider counted', async () => {
    const { account, lane, body } = await fresh();
    const { opened, open } = gate();
    const events = streamOf(['One', ' two']);
    lane.first.reply(sse([...events.slice(0, -1), { until: opened }, ...events.slice(-1)]));
    const client = rude(account, body);
    await client.has('response.output_item.done');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 500));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual' });
  });

  it.each([
    ['before the provider answers', sse([], { first: HANG })],
    ['after its headers', sse([HANG])],
    ['after its opening', sse([...opening(), HANG])],
    ['after an item that is still empty', sse([...beginning('One').slice(0, 4), HANG])],
  ] satisfies [string, Reply][])('before any content stops the provider, and pays for the input: %s', async (_, reply) => {
    const { account, lane, body } = await fresh('responses-pair');
    lane.first.reply(reply);
    const client = rude(account, body);
    await lane.first.request();
    await until('something to be sent', () => client.raw !== '');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    expect(lane.second.seen).toHaveLength(0);
  });

  it('of a provider that bills on anyway is charged what that reports at its end', async () => {
    const { account, lane, body } = await fresh('responses-drain');
    const rest = gate();
    const all = streamOf(['One', ' two']);
    const { length } = beginning('One');
    lane.first.reply(sse([...all.slice(0, length), { until: rest.opened }, ...all.slice(length)]));
    const client = rude(account, body);
    await client.has('One');
    client.hangUp();
    rest.open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { inputTokens: 80, outputTokens: 25 } });
    expect(lane.first.seen[0]!.abandoned).toBe(false);
  });
});

describe.concurrent('an idempotency key', () => {
  const KEY = { 'idempotency-key': 'the same' };

  it.each([false, true])('replays the first answer, byte for byte, without a second charge (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh();
    lane.first.reply(isStream ? stream(['On', 'ce.']) : answer('Once.'));
    const body = responsesBody(lane.model, { stream: isStream });
    const first = await askResponses(account, body, { headers: KEY });
    const text = await first.text();
    const again = await askResponses(account, body, { headers: KEY });
    // On a slow machine the first stream has keepalives.
    expect(await again.text()).toBe(text.replaceAll(/event: keepalive\n.*\n\n/g, ''));
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(requestIdOf(again)).toBe(requestIdOf(first));
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is a 422 with another body, or at another endpoint', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Once.'));
    const body = responsesBody(lane.model);
    await askResponse(account, body, { headers: KEY });
    expect((await askResponse(account, { ...body, temperature: 1 }, { headers: KEY })).status).toBe(422);
    expect((await askResponse(account, body, { headers: KEY, path: '/responses/compact' })).status).toBe(422);
    expect(lane.first.seen).toHaveLength(1);
  });

  it('lets a stream that broke be asked for again', async () => {
    const { account, lane, body } = await fresh();
    const rest = gate();
    lane.first.reply(sse([...beginning('On'), { until: rest.opened }, errorEvent('On fire.')]), stream(['Once.']));
    const broken = new LiveAnswer(await askResponses(account, body, { headers: KEY }));
    await broken.has('"On"');
    rest.open();
    expect((await endOf(broken)).error).toBeDefined();
    const again = new LiveAnswer(await askResponses(account, body, { headers: KEY }));
    expect(await endOf(again)).toMatchObject({ text: 'Once.', error: undefined });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe.concurrent('a resumable stream', () => {
  const RESUMABLE = { 'x-resumable': 'true' };
  const resume = (account: Account, id: string, after: number): Promise<Response> =>
    fetch(`${account.baseUrl}/generations/${id}/stream?after=${after}`, { headers: { authorization: `Bearer ${account.key}` } });

  it('is replayed and goes on for a client that lost its connection, kept alive, and is charged once', async () => {
    const { account, lane, body } = await fresh();
    const rest = gate();
    const all = streamOf(['One. ', 'Two. ', 'Three.']);
    const { length } = beginning('One. ', 'Two. ');
    lane.first.reply(sse([...all.slice(0, length), { until: rest.opened }, ...all.slice(length)]));
    const client = rude(account, body, RESUMABLE);
    await client.has('Two. ');
    const { id } = (await account.show()).holds[0]!;
    const seen = client.raw;
    client.hangUp();
    const again = new LiveAnswer(await resume(account, id, 5));
    await again.has('Two. ');
    expect(again.raw).not.toContain('One. ');
    await again.has('event: keepalive');
    rest.open();
    const tail = await again.end();
    const first = seen
      .replace(/event: keepalive\n[^\n]*\n\n|: ping\n/g, '')
      .split(/(?<=\n\n)/)
      .slice(0, 5);
    expect(readStream(first.join('') + tail, id)).toMatchObject({ text: 'One. Two. Three.', error: undefined });
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(lane.first.seen).toHaveLength(1);
  });

  it('is the same to its first client and to one that comes when it is over', async () => {
    const { account, lane, body } = await fresh();
    lane.first.reply(stream(['One. ', 'Two.']));
    const live = await openResponseStream(account, body, { headers: RESUMABLE });
    const raw = await live.end();
    // On a busy machine there are keepalives, which are not repeated.
    const events = raw.replaceAll(/^(?:: ping\n|event: keepalive\ndata: .*\n\n)/gm, '');
    expect(await (await resume(account, requestIdOf(live.response), 0)).text()).toBe(events);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('that broke off ends in the same failure each time', async () => {
    const { account, lane, body } = await fresh();
    const rest = gate();
    lane.first.reply(sse([...beginning('One. '), { until: rest.opened }, CUT]));
    const live = await openResponseStream(account, body, { headers: RESUMABLE });
    await live.has('One. ');
    rest.open();
    expect((await endOf(live)).response.status).toBe('failed');
    const again = readStream(await (await resume(account, requestIdOf(live.response), 0)).text(), requestIdOf(live.response));
    expect(again).toMatchObject({ text: 'One. ', response: { status: 'failed' }, error: { type: 'api_error' } });
    expect(await account.settled()).toEqual(spent(0));
  });
});
