// Messages that take long: pings, white space, and clients that hang up, come back, or send the same call twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { LiveAnswer, requestIdOf } from './support/client';
import {
  askMessage,
  askMessages,
  begun,
  failure,
  message,
  messagesBody,
  OPENED,
  openMessages,
  PRICED,
  parseMessagesStream,
  readMessages,
  rest,
  rudeMessages,
  streamed,
  text,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
  whole,
} from './support/messages-wire';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, HANG } from './support/upstream';
import { gate, until } from './support/wait';
import { estimatedTokens, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { messages: 30, 'messages-pair': 4, 'messages-drain': 2 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 400, JSON_STATUS_HOLD_MS: 400, DRAIN_MS: 10_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: LaneKind = 'messages'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

describe('a stream whose provider thinks', () => {
  it('is kept alive by pings before its first byte, between its events, and while the next provider is asked', async () => {
    const { account, lane } = await fresh('messages-pair');
    const [first, second, last] = [gate(), gate(), gate()];
    lane.first.reply(sse([], { first: { until: first.opened }, status: 404 }));
    lane.second.reply(sse([...begun('One'), { until: last.opened }, ...rest(' two')], { first: { until: second.opened } }));
    const live = await openMessages(account, messagesBody(lane.model));
    await live.has(/^(?:event: ping\ndata: \{"type":"ping"\}\n\n){2}/);
    first.open();
    await lane.second.request();
    const before = live.raw.length;
    await until('another ping', () => live.raw.slice(before).includes('event: ping\n'));
    second.open();
    await live.has(/One[\s\S]*event: ping\n/);
    last.open();
    const stream = parseMessagesStream(await live.end());
    expect(stream).toMatchObject({ text: 'One two', stopped: true, error: undefined });
    expect(stream.pings).toBeGreaterThanOrEqual(4);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('tells of a failure after that inside the stream', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    lane.first.replyAlways(() => ({ ...failure(404, 'not_found_error', 'model: x'), first: { until: held.opened } }));
    const live = await openMessages(account, messagesBody(lane.model));
    await live.has('event: ping');
    held.open();
    const { error, errorId, events } = parseMessagesStream(await live.end());
    expect(error).toMatchObject({ type: 'api_error', message: expect.stringContaining('model: x') });
    expect([events.length, errorId]).toEqual([1, requestIdOf(live.response)]);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe('an answer of 64000 tokens that is no stream', () => {
  it('begins with white space while it is waited for, and is charged', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    lane.first.reply(json(message('Long.'), { first: { until: held.opened } }));
    const live = new LiveAnswer(await askMessages(account, messagesBody(lane.model, { max_tokens: 64_000 })));
    expect(live.response.status).toBe(200);
    expect(live.response.headers.get('content-type')).toBe('application/json');
    await live.has('\n\n');
    expect(live.raw.trim()).toBe('');
    held.open();
    expect(JSON.parse(await live.end())).toMatchObject({ content: [text('Long.')], usage: PRICED });
    expect(await account.generation(requestIdOf(live.response))).toMatchObject({ creditsUsed: USAGE_CREDITS, ending: 'complete' });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('that fails so late is an error in Anthropic’s shape after the white space', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    lane.first.replyAlways(() => ({ ...failure(404, 'not_found_error', 'model: x'), first: { until: held.opened } }));
    const live = new LiveAnswer(await askMessages(account, messagesBody(lane.model, { max_tokens: 64_000 })));
    await live.has('\n');
    held.open();
    expect(JSON.parse(await live.end())).toMatchObject({
      type: 'error',
      error: { type: 'api_error' },
      request_id: requestIdOf(live.response),
    });
    expect(await account.money()).toEqual(spent(0));
  });
});

describe('a client that hangs up', () => {
  const inputMicro = (body: unknown): number => estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO;

  it('in mid-stream stops the provider, and pays for the prompt as counted and for what was produced', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...begun('One two three'), HANG]));
    const client = rudeMessages(account, messagesBody(lane.model, { stream: true }));
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(USAGE.input_tokens * INPUT_MICRO + 4 * OUTPUT_MICRO));
    const { outcome, ending, usage } = await account.lastGeneration();
    expect({ outcome, ending, usage }).toEqual({
      outcome: 'estimated',
      ending: 'client_gone',
      usage: { inputTokens: 100, outputTokens: 4 },
    });
  });

  it.each([
    ['undefined', undefined],
    ['of zeros', { input_tokens: 0, output_tokens: 0 }],
  ])('pays for the prompt as estimated where the opening’s usage is %s', async (_, usage) => {
    const { account, lane } = await fresh();
    const opening = { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: 'm', usage } };
    lane.first.reply(sse([`event: message_start\ndata: ${JSON.stringify(opening)}\n\n`, ...begun('One two three').slice(1), HANG]));
    const body = messagesBody(lane.model, { stream: true });
    const client = rudeMessages(account, body);
    await client.has('three');
    client.hangUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body) + 4 * OUTPUT_MICRO));
  });

  it('once a block is whole pays what the provider counted', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    const [more, blockEnd, ...end] = rest(' two');
    lane.first.reply(sse([...begun('One'), more!, blockEnd!, { until: held.opened }, ...end]));
    const client = rudeMessages(account, messagesBody(lane.model, { stream: true }));
    await client.has('content_block_stop');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 500));
    expect(lane.first.seen[0]!.abandoned).toBe(false);
    held.open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual' });
  });

  it('before the provider answers stops it, and pays for the prompt', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([], { first: HANG }));
    const body = messagesBody(lane.model, { stream: true });
    const client = rudeMessages(account, body);
    await client.has('event: ping');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro(body)));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });

  it('of a provider that bills on anyway is charged what that reports at its end', async () => {
    const { account, lane } = await fresh('messages-drain');
    const held = gate();
    lane.first.reply(sse([...begun('One'), { until: held.opened }, ...rest(' two')]));
    const client = rudeMessages(account, messagesBody(lane.model, { stream: true }));
    await client.has('One');
    client.hangUp();
    held.open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { inputTokens: 100, outputTokens: 25 } });
    expect(lane.first.seen[0]!.abandoned).toBe(false);
  });
});

describe('a call sent twice under one Idempotency-Key', () => {
  const KEY = { 'idempotency-key': 'order-17' };

  it.each([true, false])('is answered twice, byte for byte, and charged once (stream: %s)', async (stream) => {
    const { account, lane } = await fresh();
    const content = [{ type: 'thinking', thinking: 'Hm ☂', signature: 'EqQB+/==' }, text('Grüße 👋')];
    lane.first.reply(stream ? streamed(content) : whole(content));
    const body = messagesBody(lane.model, { stream });
    const first = await askMessages(account, body, { headers: KEY });
    const said = await first.text();
    const again = await askMessages(account, body, { headers: KEY });
    expect(await again.text()).toBe(said);
    for (const header of ['content-type', 'x-request-id', 'request-id', 'x-credits-charged'])
      expect(again.headers.get(header), header).toBe(first.headers.get(header));
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    const other = await askMessage(account, { ...body, max_tokens: 3 }, { headers: KEY });
    expect([other.status, other.body]).toMatchObject([422, { type: 'error', error: { type: 'idempotency_error' } }]);
  });
});

describe('a resumable stream', () => {
  const RESUMABLE = { 'x-resumable': 'true' };
  const resume = (account: Account, id: string, after: number): Promise<Response> =>
    fetch(`${account.baseUrl}/generations/${id}/stream?after=${after}`, { headers: { 'x-api-key': account.key } });

  it('goes on for a client that lost its connection after so many events, and is charged once', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    lane.first.reply(sse([...begun('One. '), { until: held.opened }, ...rest('Two.')]));
    const client = rudeMessages(account, messagesBody(lane.model, { stream: true }), RESUMABLE);
    await client.has('One. ');
    const { id } = (await account.show()).holds[0]!;
    client.hangUp();
    // Three events had arrived; pings do not count.
    const again = new LiveAnswer(await resume(account, id, 3));
    await again.has('event: ping');
    expect(again.raw).not.toContain('One. ');
    held.open();
    const raw = await again.end();
    const opened = [...begun('One. ')].join('');
    expect(parseMessagesStream(opened + raw)).toMatchObject({ text: 'One. Two.', stopped: true, usages: [PRICED] });
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect([lane.first.seen.length, lane.first.seen[0]!.abandoned]).toEqual([1, false]);
    const later = parseMessagesStream(await (await resume(account, id, 0)).text());
    expect(later).toMatchObject({ text: 'One. Two.', stopped: true });
  });

  it('that broke off ends in the same error each time', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...begun('One. '), CUT]));
    const first = await readMessages(account, messagesBody(lane.model), { headers: RESUMABLE });
    expect(first.error).toMatchObject({ type: 'api_error' });
    const again = parseMessagesStream(await (await resume(account, first.id, 0)).text());
    expect([again.error, again.errorId]).toEqual([first.error, first.id]);
    expect(await account.settled()).toEqual(spent(0));
  });

  it('is kept alive while its provider thinks, and refused as any other is', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    lane.first.reply(sse([...OPENED, { until: held.opened }, ...begun('One.').slice(1), ...rest('')]));
    const live = await openMessages(account, messagesBody(lane.model), { headers: RESUMABLE });
    await live.has(/message_start[\s\S]*event: ping\n/);
    held.open();
    expect(parseMessagesStream(await live.end())).toMatchObject({ text: 'One.', stopped: true });
    const refused = await askMessage(account, messagesBody('claude-none', { stream: true }), { headers: RESUMABLE });
    expect([refused.status, refused.body.type]).toEqual([400, 'error']);
  });
});
