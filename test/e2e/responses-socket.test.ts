// Responses over a WebSocket, as Codex and the official SDK ask for them.
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ResponsesSocket } from './support/responses-socket';
import {
  askResponseStream,
  message,
  opening,
  reasoning,
  responsesBody,
  stream,
  streamOf,
  streamOfItems,
  USAGE_MICRO,
} from './support/responses-wire';
import { type Lane, type LaneKind, Rig } from './support/rig';
import { HANG } from './support/upstream';
import { gate } from './support/wait';
import { USAGE_MICRO as CHAT_MICRO, streamOf as chatStreamOf, failure, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 2, responses: 16, 'responses-pair': 2 }, { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 300 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const said = (role: string, content: string) => ({ type: 'message', role, content });

async function connected(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane; socket: ResponsesSocket }> {
  const account = await rig.account();
  return { account, lane: rig.lane(kind), socket: await ResponsesSocket.open(account) };
}

describe.concurrent('a turn over a WebSocket', () => {
  it('is answered with the events of a stream, by the official SDK, and charged like any call', async () => {
    const account = await rig.account();
    const lane = rig.lane('responses');
    lane.first.reply(stream(['Hello ', 'there.']));
    const client = new OpenAI({ apiKey: account.key, baseURL: account.baseUrl });
    const socket = new ResponsesWS(client);
    const heard: string[] = [];
    const text = await new Promise<string>((done, fail) => {
      let all = '';
      socket.on('error', fail);
      socket.on('event', (event) => {
        heard.push(event.type);
        if (event.type === 'response.output_text.delta') all += event.delta;
        if (event.type === 'response.completed') done(all);
      });
      socket.send({ type: 'response.create', model: lane.model, input: 'Say something.' });
    });
    socket.close();
    expect(text).toBe('Hello there.');
    expect(heard).toEqual(streamOf(['Hello ', 'there.']).map((event) => /^event: (\S+)/.exec(event)![1]));
    expect(lane.first.seen[0]!.json()).toEqual({ model: expect.any(String), stream: true, input: 'Say something.' });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('goes on from the one before with all that was said, though nobody stores it', async () => {
    const { account, lane, socket } = await connected();
    const thought = reasoning('Hm.', 'cipher');
    lane.first.reply(sse(streamOfItems([thought, message('One.')])), stream(['Two.']), stream(['Three.']));
    const ask = { model: lane.model, store: false };
    const first = await socket.turn({ ...ask, input: 'First?' });
    const second = await socket.turn({ ...ask, previous_response_id: first.response!.id, input: [said('user', 'Second?')] });
    expect(second.response).toMatchObject({ previous_response_id: first.response!.id });
    await socket.turn({ ...ask, previous_response_id: second.response!.id, input: 'Third?' });
    const before = [said('user', 'First?'), thought, message('One.'), said('user', 'Second?'), message('Two.')];
    const sent = lane.first.seen[2]!.json();
    expect(sent).toEqual({ model: expect.any(String), store: false, stream: true, input: [...before, said('user', 'Third?')] });
    expect(await account.money()).toEqual(spent(3 * USAGE_MICRO));
    socket.close();
  });

  it('goes on in the same way where the model’s provider has only chat', async () => {
    const { account, lane, socket } = await connected('solo');
    lane.first.reply(sse(chatStreamOf(['One.'])), sse(chatStreamOf(['Two.'])));
    const first = await socket.turn({ model: lane.model, input: 'First?' });
    await socket.turn({ model: lane.model, previous_response_id: first.response!.id, input: 'Second?' });
    expect(lane.first.seen[1]!.json().messages).toMatchObject([
      { role: 'user', content: 'First?' },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'Second?' },
    ]);
    expect(await account.money()).toEqual(spent(2 * CHAT_MICRO));
    socket.close();
  });

  it('goes on from a stored answer of another connection by its provider’s own id', async () => {
    const { account, lane, socket } = await connected();
    lane.first.reply(stream(['One.']), stream(['Two.']));
    const { id } = await askResponseStream(account, responsesBody(lane.model));
    await socket.turn({ model: lane.model, previous_response_id: id.replace(/^req_/, 'resp_'), input: 'Second?' });
    expect(lane.first.seen[1]!.json()).toMatchObject({ previous_response_id: expect.stringMatching(/^resp_upstream/), input: 'Second?' });
    socket.close();
  });

  it('that generates nothing costs nothing, asks nobody, and is gone on from', async () => {
    const { account, lane, socket } = await connected();
    lane.first.reply(stream(['Ready.']));
    const warm = await socket.turn({ model: lane.model, generate: false, input: [said('user', 'Be brief.')] });
    expect(socket.heard.map(({ type }) => type)).toEqual(['response.created', 'response.completed']);
    expect(warm.response).toMatchObject({ output: [], usage: { total_tokens: 0 } });
    expect(await account.money()).toEqual(spent(0));
    await socket.turn({ model: lane.model, previous_response_id: warm.response!.id, input: 'Go.' });
    expect(lane.first.seen.map((seen) => seen.json().input)).toEqual([[said('user', 'Be brief.'), said('user', 'Go.')]]);
    const lost = await socket.turn({ model: lane.model, generate: false, previous_response_id: 'resp_unknown', input: 'x' });
    expect(lost).toMatchObject({ type: 'error', status: 400, error: { code: 'previous_response_not_found' } });
    socket.close();
  });

  it('fails over like any call, and one that nobody answers leaves the connection as it was', async () => {
    const { account, lane, socket } = await connected('responses-pair');
    lane.first.replyAlways(() => failure(500, 'down'));
    lane.second.reply(stream(['Second.'])).replyAlways(() => failure(500, 'down as well'));
    expect(await socket.turn({ model: lane.model, input: 'x' })).toMatchObject({ type: 'response.completed' });
    const failed = await socket.turn({ model: lane.model, input: 'x' });
    expect(JSON.stringify(failed)).toMatch(/All providers.*down as well/);
    expect(socket.heard.filter(({ type }) => type === 'error' || type === 'response.failed')).toEqual([failed]);
    expect(socket.closed).toBeUndefined();
    expect((await account.settled()).heldMicro).toBe(0);
    socket.close();
  });

  it('that breaks off in the middle has one end, and the next one its own', async () => {
    const { account, lane, socket } = await connected();
    lane.first.reply(sse(streamOf(['One two.']).slice(0, 6)), stream(['Fine.']));
    expect(await socket.turn({ model: lane.model, input: 'x' })).toMatchObject({ type: 'response.failed' });
    expect(await socket.turn({ model: lane.model, input: 'x' })).toMatchObject({ type: 'response.completed' });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    socket.close();
  });

  it('of one lane waits for the one before, and those of two lanes run side by side', async () => {
    const { lane, socket } = await connected();
    const blocked = gate();
    lane.first.reply(sse([...opening(), { until: blocked.opened }, ...streamOf(['Slow.']).slice(2)]));
    lane.first.replyAlways((seen) => stream([String(seen.json().input)]));
    for (const input of ['slow', 'behind']) socket.say({ type: 'response.create', model: lane.model, stream_id: 'a', input });
    await socket.next(({ type }) => type === 'response.created');
    const beside = await socket.turn({ model: lane.model, stream_id: 'b', input: 'beside' });
    expect(beside).toMatchObject({ stream_id: 'b', response: { output: [message('beside')] } });
    expect(lane.first.seen).toHaveLength(2);
    blocked.open();
    const inA = () => socket.heard.filter(({ type, stream_id }) => stream_id === 'a' && type === 'response.completed');
    await socket.next(() => inA().length === 2);
    expect(inA().map(({ response }) => response!.output)).toMatchObject([[message('Slow.')], [message('behind')]]);
    socket.close();
  });

  it('ends with its connection, and is charged what it had come to', async () => {
    const { account, lane, socket } = await connected();
    lane.first.reply(sse([...streamOf(['One two three four.']).slice(0, 6), HANG]));
    socket.say({ type: 'response.create', model: lane.model, input: 'x' });
    await socket.next(({ type }) => type === 'response.output_text.delta');
    socket.close();
    const { spentMicro, heldMicro } = await account.settled();
    expect(heldMicro).toBe(0);
    expect(spentMicro).toBeGreaterThan(0);
    expect(spentMicro).toBeLessThan(USAGE_MICRO);
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', state: 'settled' });
  });

  it('is a call of its own, whatever key for repeats or length the connection was asked for with', async () => {
    const account = await rig.account();
    const lane = rig.lane('responses');
    lane.first.reply(stream(['One.']), stream(['Two.']));
    const socket = await ResponsesSocket.open(account, { 'idempotency-key': 'same', 'x-resumable': 'true' });
    const ids = [];
    for (const input of ['x', 'x']) ids.push((await socket.turn({ model: lane.model, input })).response!.id);
    expect(new Set(ids).size).toBe(2);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    socket.close();
  });
});

describe.concurrent('a connection', () => {
  it.each(['/v1', '/api/v1', '/api/v1/codex', ''])('opens below %s', async (base) => {
    const { key } = await rig.account();
    const socket = await ResponsesSocket.open({ baseUrl: rig.worker.url + base, key });
    socket.close();
  });

  it('is refused without a usable key', async () => {
    const { baseUrl, key } = await rig.account();
    await expect(ResponsesSocket.open({ baseUrl, key: '' })).rejects.toThrow(/^401 .*authentication_error/s);
    await expect(ResponsesSocket.open({ baseUrl, key: `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}` })).rejects.toThrow(/^401 /);
  });

  it('opens for a page that sends its key as a protocol, where the key may be used', async () => {
    const account = await rig.account();
    const lane = rig.lane('responses');
    lane.first.reply(stream(['One.']));
    const page = { baseUrl: account.baseUrl, key: await account.addKey({ origins: ['https://app.example.com'] }) };
    const socket = await ResponsesSocket.openInBrowser(page, 'https://app.example.com');
    expect(await socket.turn({ model: lane.model, input: 'x' })).toMatchObject({ type: 'response.completed' });
    socket.close();
    await expect(ResponsesSocket.openInBrowser(page, 'https://other.example.com')).rejects.toThrow(/^401 .*origin/s);
  });

  it('hears of what is wrong with its messages, and goes on', async () => {
    const { lane, socket } = await connected();
    lane.first.reply(stream(['Fine.']));
    const wrong: [unknown, string][] = [
      ['{', 'JSON object'],
      [[1], 'JSON object'],
      [{ type: 'session.update' }, 'response.create'],
      [{ model: 'x' }, 'response.create'],
      [{ type: 'response.create', model: lane.model, input: 'x', stream_id: 7 }, 'stream_id'],
      [{ type: 'response.create', model: lane.model, input: 'x', stream_id: 'x'.repeat(257) }, 'stream_id'],
      [{ type: 'response.create', model: 'nobody-has-it', input: 'x' }, 'nobody-has-it'],
      [{ type: 'response.create', model: lane.model }, 'input'],
      [{ type: 'response.create', model: lane.model, input: 'x', previous_response_id: 'resp_of_nobody' }, 'resp_of_nobody'],
    ];
    for (const [said, about] of wrong) {
      const from = socket.heard.length;
      socket.say(said);
      const event = await socket.next(({ type }) => type === 'error', from);
      expect(event).toMatchObject({ status: 400, error: { type: 'invalid_request_error', message: expect.stringContaining(about) } });
      expect(event.message).toBe(event.error!.message);
    }
    socket.say({ type: 'response.steer', previous_response_id: 'resp_1', input: 'Faster!' });
    expect(await socket.next(({ type }) => type === 'response.steer.failed')).toMatchObject({
      error: { code: 'steering_not_supported' },
      steer: { previous_response_id: 'resp_1', input: 'Faster!' },
    });
    socket.raw.send(Buffer.from(JSON.stringify({ type: 'response.create', model: lane.model, input: 'x' })));
    await socket.next(({ type }) => type === 'response.completed');
    socket.close();
  });

  it('of a key that was revoked meanwhile gets no more answers', async () => {
    const { account, lane } = await connected();
    const key = await account.addKey({ name: 'second' });
    const socket = await ResponsesSocket.open({ baseUrl: account.baseUrl, key });
    await account.revokeKey('second');
    expect(await socket.turn({ model: lane.model, input: 'x' })).toMatchObject({ type: 'error', status: 401 });
    expect(lane.first.seen).toEqual([]);
    socket.close();
  });
});
