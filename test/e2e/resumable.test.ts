// Streams whose client lost its connection and comes back for the rest.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, chatBody, LiveAnswer, openStream, parseChatStream, RudeClient, requestIdOf } from './support/client';
import { type Lane, Rig } from './support/rig';
import { CUT } from './support/upstream';
import { gate } from './support/wait';
import { chunk, DONE, finish, role, says, sse, streamOf, USAGE_MICRO, usageChunk } from './support/wire';

const RESUMABLE = { 'x-resumable': 'true' };

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 12 }, { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 1_000 });
});
afterAll(() => rig?.stop());

async function fresh(): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane('solo') };
}

const resume = (account: Account, id: string, after: number, key = account.key): Promise<Response> =>
  fetch(`${account.baseUrl}/generations/${id}/stream?after=${after}`, { headers: { authorization: `Bearer ${key}` } });

/** The id of its only call under way. */
const openCall = async (account: Account): Promise<string> => (await account.show()).holds[0]!.id;

describe('a resumable stream', () => {
  it('is replayed and goes on for a client that lost its connection, and is charged once', async () => {
    const { account, lane } = await fresh();
    const rest = gate();
    lane.first.reply(sse([role(), says('One. '), says('Two. '), { until: rest.opened }, says('Three.'), finish(), usageChunk(), DONE]));
    const client = new RudeClient(account, chatBody(lane.model, { stream: true }), RESUMABLE);
    await client.has('Two.');
    const id = await openCall(account);
    client.hangUp();
    const again = new LiveAnswer(await resume(account, id, 2));
    await again.has('Two.');
    expect(again.raw).not.toContain('One.');
    await again.has(': ping');
    rest.open();
    const stream = await again.stream();
    expect(stream).toMatchObject({ text: 'Two. Three.', done: true, finishReasons: ['stop'] });
    expect(stream.usages).toHaveLength(1);
    expect(await account.settled()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
    expect(lane.first.seen).toHaveLength(1);
    expect(lane.first.seen[0]!.abandoned).toBe(false);
  });

  it('is the same to its first client, to one that joins it, and to one that comes when it is over', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(streamOf(['One. ', 'Two.'])));
    const first = await openStream(account, chatBody(lane.model), { headers: RESUMABLE });
    expect(first.response.headers.get('x-resumable')).toBe('true');
    const raw = await first.end();
    const id = requestIdOf(first.response);
    const whole = await (await resume(account, id, 0)).text();
    expect(parseChatStream(whole)).toEqual(parseChatStream(raw));
    expect(await (await resume(account, id, 1_000)).text()).toBe('');
    expect(await account.settled()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
    expect(await account.calls()).toHaveLength(1);
  });

  it('is heard out when nobody comes back, and charged', async () => {
    const { account, lane } = await fresh();
    const rest = gate();
    lane.first.reply(sse([role(), says('One. '), { until: rest.opened }, says('Two.'), finish(), usageChunk(), DONE]));
    const client = new RudeClient(account, chatBody(lane.model, { stream: true }), RESUMABLE);
    await client.has('One.');
    client.hangUp();
    rest.open();
    expect(await account.settled()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
    expect(await account.lastGeneration()).toMatchObject({ ending: 'complete' });
  });

  it('that broke off ends in the same error each time', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One. '), CUT]));
    const first = await openStream(account, chatBody(lane.model), { headers: RESUMABLE });
    const stream = await first.stream();
    expect(stream.error).toMatchObject({ type: 'api_error' });
    expect(await (await resume(account, requestIdOf(first.response), 0)).text()).toContain('"error"');
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('that says more than can be kept is heard whole by its client, and told of as far as it is kept', async () => {
    const { account, lane } = await fresh();
    const texts = Array.from({ length: 24 }, (_, n) => `<${n}>`);
    const long = texts.map((content) => chunk({ content }, {}, { padding: 'A'.repeat(1_000_000) }));
    lane.first.reply(sse([role(), ...long, finish(), usageChunk(), DONE]));
    const first = await openStream(account, chatBody(lane.model), { headers: RESUMABLE });
    const stream = await first.stream();
    expect(stream).toMatchObject({ done: true, error: undefined, finishReasons: ['stop'] });
    expect(stream.text).toBe(texts.join(''));
    const id = requestIdOf(first.response);
    const kept = parseChatStream(await (await resume(account, id, 0)).text());
    expect(kept.error).toMatchObject({ type: 'not_found_error' });
    expect(kept.text).toBe(texts.slice(0, 16).join(''));
    expect(await account.settled()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it('outlives the Worker: what was said is there after a restart', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(streamOf(['One. ', 'Two.'])));
    const first = await openStream(account, chatBody(lane.model), { headers: RESUMABLE });
    await first.end();
    await account.settled();
    const id = requestIdOf(first.response);
    await rig.worker.kill();
    await rig.worker.run();
    const again = await resume(account, id, 1);
    expect(parseChatStream(await again.text())).toMatchObject({ text: 'One. Two.', done: true });
  });

  it('belongs to its account', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(streamOf(['Mine.'])));
    const first = await openStream(account, chatBody(lane.model), { headers: RESUMABLE });
    await first.end();
    const other = await rig.account();
    expect((await resume(account, requestIdOf(first.response), 0, other.key)).status).toBe(404);
    expect((await resume(account, requestIdOf(first.response), 0, 'ck_nobody')).status).toBe(401);
  });

  it('has to be asked for: an ordinary one cannot be resumed', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(streamOf(['Gone.'])));
    const first = await openStream(account, chatBody(lane.model));
    await first.end();
    const answer = await resume(account, requestIdOf(first.response), 0);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('x-resumable');
  });

  it('is refused as any other is', async () => {
    const { account } = await fresh();
    const answer = await ask(account, chatBody('no-such-model', { stream: true }), { headers: RESUMABLE });
    expect(answer.status).toBe(400);
    expect(await account.calls()).toEqual([]);
  });
});
