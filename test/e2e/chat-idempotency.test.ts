// A call sent twice under one Idempotency-Key is answered twice and charged once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, chatBody, LiveAnswer, parseChatStream, RudeClient } from './support/client';
import { type Lane, Rig } from './support/rig';
import { HANG, type Reply } from './support/upstream';
import { gate } from './support/wait';
import { answer, completion, data, failure, json, role, says, sse, streamOf, USAGE_MICRO } from './support/wire';

const DRAIN_MS = 3_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 40 }, { KEEPALIVE_MS: 200, STATUS_HOLD_MS: 500, DRAIN_MS });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

const KEY = { 'idempotency-key': 'order-17' };
const KINDS = [{ stream: false }, { stream: true }];
const reply = (stream: boolean, text = 'Once.'): Reply => (stream ? sse(streamOf([text.slice(0, 2), text.slice(2)])) : answer(text));

async function fresh(credits?: number): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(credits), lane: rig.lane('solo') };
}

async function read(response: Response) {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe.each(KINDS)('an answer (stream: $stream)', ({ stream }) => {
  it('is given again byte for byte, and charged once', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(reply(stream, 'Grüße, 世界 👋'));
    const body = chatBody(lane.model, { stream });
    const first = await read(await ask(account, body, { headers: KEY }));
    for (let time = 0; time < 3; time++) {
      const again = await read(await ask(account, body, { headers: KEY }));
      expect(again.status).toBe(200);
      expect(again.text).toBe(first.text);
      for (const header of ['content-type', 'x-request-id', 'request-id', 'x-credits-charged', 'cache-control'])
        expect(again.headers.get(header), header).toBe(first.headers.get(header));
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    }
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.calls()).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is kept for each account apart', async () => {
    const { account, lane } = await fresh();
    const other = await rig.account();
    lane.first.reply(reply(stream, 'For one.'), reply(stream, 'For the other.'));
    const body = chatBody(lane.model, { stream });
    const first = await read(await ask(account, body, { headers: KEY }));
    const second = await read(await ask(other, body, { headers: KEY }));
    expect(second.headers.get('idempotent-replayed')).toBeNull();
    expect(second.text).not.toBe(first.text);
    expect([await account.money(), await other.money()]).toEqual([spent(USAGE_MICRO), spent(USAGE_MICRO)]);
  });

  it('is refused with a 422 for another body', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(reply(stream));
    const said = (word: string) => ({
      messages: [{ role: 'user', content: `${'Again. '.repeat(3_000)}${word}${'And again. '.repeat(3_000)}` }],
    });
    const body = chatBody(lane.model, { stream, ...said('Yes.') });
    await read(await ask(account, body, { headers: KEY }));
    for (const other of [{ ...body, seed: 1 }, `${JSON.stringify(body)} `, { ...body, stream: !stream }, { ...body, ...said('Not.') }]) {
      const refused = await askJson(account, other, { headers: KEY });
      expect(refused.status).toBe(422);
      expect(refused.body.error).toMatchObject({ type: 'idempotency_error', request_id: refused.id });
      expect(refused.headers.get('x-should-retry')).toBe('false');
    }
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is a 409 for a twin while the first is under way, and given to it afterwards', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.reply({ ...reply(stream), first: { until: opened } });
    const body = chatBody(lane.model, { stream });
    const first = ask(account, body, { headers: KEY }).then(read);
    await lane.first.request();
    const twin = await askJson(account, body, { headers: KEY });
    expect(twin.status).toBe(409);
    expect(twin.body.error.type).toBe('idempotency_error');
    expect([twin.headers.get('retry-after'), twin.headers.get('x-should-retry')]).toEqual(['1', null]);
    const other = await askJson(account, { ...body, seed: 1 }, { headers: KEY });
    expect(other.status).toBe(422);
    open();
    const { text } = await first;
    const again = await read(await ask(account, body, { headers: KEY }));
    expect(again.text).toBe(text.replaceAll(': ping\n', ''));
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['all providers failed', () => failure(404, 'The model does not exist.', { code: 'model_not_found' }), 502],
    ['the request was refused', () => failure(400, 'Not like that.'), 400],
  ] as const)('may be asked for again when %s', async (_, make, status) => {
    const { account, lane } = await fresh();
    lane.first.reply(make(), reply(stream));
    const body = chatBody(lane.model, { stream });
    expect((await askJson(account, body, { headers: KEY })).status).toBe(status);
    const again = await read(await ask(account, body, { headers: KEY }));
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect((await read(await ask(account, body, { headers: KEY }))).text).toBe(again.text);
    expect(lane.first.seen).toHaveLength(2);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('needs no balance when it is given again, but a key that is good', async () => {
    const { account, lane } = await fresh(200.01);
    lane.first.reply(reply(stream));
    const body = chatBody(lane.model, { stream });
    const { text } = await read(await ask(account, body, { headers: KEY }));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    expect((await read(await ask(account, body, { headers: KEY }))).text).toBe(text);
    expect((await askJson(account, body)).status).toBe(402);
    const { key } = account;
    const forged = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    expect((await askJson(account, body, { headers: { ...KEY, authorization: `Bearer ${forged}` } })).status).toBe(401);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

it('at a path that names the model is another call for another model or method', async () => {
  const { account, lane } = await fresh();
  lane.first.replyAlways(() => answer('Once.'));
  const askAt = (model: string, method: string) =>
    ask(account, { contents: [{ parts: [{ text: 'Hi' }] }] }, { path: `/models/${model}:${method}`, headers: KEY });
  const first = await read(await askAt(lane.model, 'generateContent'));
  expect(first.status).toBe(200);
  for (const [model, method] of [
    [rig.lane('solo').model, 'generateContent'],
    [lane.model, 'streamGenerateContent'],
    [lane.model, 'streamGenerateContent?alt=sse'],
  ] as const)
    expect((await read(await askAt(model, method))).status, method).toBe(422);
  expect((await read(await askAt(lane.model, 'generateContent'))).text).toBe(first.text);
  expect(lane.first.seen).toHaveLength(1);
  expect(await account.money()).toEqual(spent(USAGE_MICRO));
});

describe('a stream', () => {
  it('that broke in the middle may be asked for again', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('On'), data({ error: { message: 'On fire.' } })]), reply(true));
    const body = chatBody(lane.model, { stream: true });
    const broken = new LiveAnswer(await ask(account, body, { headers: KEY }));
    await broken.end();
    const again = await read(await ask(account, body, { headers: KEY }));
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(parseChatStream(again.text)).toMatchObject({ text: 'Once.', error: undefined });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is given again without the pings between its events', async () => {
    const { account, lane } = await fresh();
    const [first, ...rest] = streamOf(['On', 'ce.']);
    lane.first.reply(sse([first!, { pauseMs: 800 }, ...rest]));
    const body = chatBody(lane.model, { stream: true });
    const { text } = await read(await ask(account, body, { headers: KEY }));
    expect(text).toContain(': ping\n');
    expect((await read(await ask(account, body, { headers: KEY }))).text).toBe(text.replaceAll(': ping\n', ''));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('whose client hung up is heard out, and given whole when it is asked for again', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    const [first, ...rest] = streamOf(['On', 'ce.']);
    lane.first.reply(sse([first!, says('One: '), { until: opened }, ...rest]));
    const body = chatBody(lane.model, { stream: true });
    const client = new RudeClient(account, body, KEY);
    await client.has('One: ');
    client.hangUp();
    await new Promise((done) => setTimeout(done, 200));
    expect((await askJson(account, body, { headers: KEY })).status).toBe(409);
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    const again = await read(await ask(account, body, { headers: KEY }));
    expect(parseChatStream(again.text)).toMatchObject({ text: 'One: Once.', done: true, finishReasons: ['stop'] });
    expect(lane.first.seen).toHaveLength(1);
  });

  it('that could not be heard out is a 422 when it is asked for again: it was charged', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One'), HANG]));
    const body = chatBody(lane.model, { stream: true });
    const client = new RudeClient(account, body, KEY);
    await client.has('One');
    client.hangUp();
    const { spentMicro } = await account.settled();
    expect(spentMicro).toBeGreaterThan(0);
    const again = await askJson(account, body, { headers: KEY });
    expect(again.status).toBe(422);
    expect(again.body.error.message).toContain('it was charged once');
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(spentMicro));
  });
});

it('sees a document through when its client hangs up, and gives it whole when it is asked for again', async () => {
  const { account, lane } = await fresh();
  const { opened, open } = gate();
  lane.first.reply(json(completion({ content: 'Once.' }), { first: { until: opened } }));
  const body = chatBody(lane.model);
  const client = new RudeClient(account, body, KEY);
  await lane.first.request();
  client.hangUp();
  open();
  expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  const again = await askJson(account, body, { headers: KEY });
  expect(again.body.choices[0]!.message.content).toBe('Once.');
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await account.money()).toEqual(spent(USAGE_MICRO));
});

it.each([
  ['as long as it may be', 'k'.repeat(255), 200],
  ['too long', 'k'.repeat(256), 400],
])('takes a key that is %s', async (_, key, status) => {
  const { account, lane } = await fresh();
  lane.first.reply(answer('Once.'));
  expect((await askJson(account, chatBody(lane.model), { headers: { 'idempotency-key': key } })).status).toBe(status);
  expect(await account.money()).toEqual(spent(status === 200 ? USAGE_MICRO : 0));
});
