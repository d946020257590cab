// The Worker dies in the middle of a call, or a call outlives its lease: the ledger is right all the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, askStream, chatBody, type LiveAnswer, openStream, RudeClient } from './support/client';
import { ledgerRows } from './support/d1';
import { beginning, message, USAGE_MICRO as RESPONSE_MICRO, responseOf, responsesBody } from './support/responses-wire';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import { HANG, type Reply } from './support/upstream';
import { gate, until } from './support/wait';
import { answer, completion, estimatedTokens, json, role, says, sse, streamOf, USAGE_CREDITS, USAGE_MICRO } from './support/wire';

/** Time for several beats, since on a busy machine one may be a second late. */
const LEASE_MS = 2_500;
const BEAT_MS = 300;
const QUICK = { LEASE_MS, BEAT_MS, STATUS_HOLD_MS: 400, JSON_STATUS_HOLD_MS: 400, KEEPALIVE_MS: 300 };

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

/** The account's ledger adds up, and D1 has every line of it. */
async function expectBooksInD1(rig: Rig, account: Account, lines: number): Promise<void> {
  const rows = await until('the lines to reach D1', () => {
    const found = ledgerRows(rig.worker, account.id);
    return found.length >= lines && found;
  });
  expect(rows).toHaveLength(lines);
  const { balanceCredits } = await account.show();
  expect(rows.reduce((sum, { amount }) => sum + amount, 0)).toBe(Math.round(balanceCredits * 1e6));
  expect(await account.problems()).toEqual([]);
}

/** The stream breaks off with the Worker; only what was stored matters. */
const ignoreEnd = (live: LiveAnswer): Promise<unknown> => live.end().catch(() => {});

describe('a call that outlasts its lease', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ solo: 8 }, QUICK);
  });
  afterAll(() => rig?.stop());

  const SLOW: Record<string, { stream: boolean; make: (opened: Promise<void>) => Reply }> = {
    'a stream under way': {
      stream: true,
      make: (opened) => sse([role(), says('At '), { until: opened }, ...streamOf(['last.']).slice(1)]),
    },
    'a stream that is slow to begin': { stream: true, make: (opened) => sse(streamOf(['At last.']), { first: { until: opened } }) },
    'a slow document': { stream: false, make: (opened) => json(completion({ content: 'At last.' }), { first: { until: opened } }) },
  };

  it.concurrent.each(Object.entries(SLOW))('keeps its hold and is settled as one call: %s', async (_, { stream, make }) => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    const { opened, open } = gate();
    lane.first.reply(make(opened));
    const call = ask(account, chatBody(lane.model, { stream })).then((response) => response.text());
    const hold = await until('the hold', async () => (await account.show()).holds[0]);
    const expiryMs = Date.parse(hold.openedAt) + 2 * LEASE_MS;
    await until('two leases to pass', () => Date.now() > expiryMs);
    const { holds } = await account.show();
    expect(holds.map(({ id }) => id)).toEqual([hold.id]);
    open();
    expect(await call).toContain(stream ? 'last.' : 'At last.');
    expect(await account.generation(hold.id)).toMatchObject({ state: 'settled', outcome: 'actual', creditsUsed: USAGE_CREDITS });
    expect(await account.calls()).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    await expectBooksInD1(rig, account, 2);
  });
});

/** The rig whose Worker these tests kill, one after the other. */
let mortal: Rig;
beforeAll(async () => {
  mortal = await Rig.start({ solo: 8, responses: 1 }, QUICK);
});
afterAll(() => mortal?.stop());

describe('a document whose client hangs up', () => {
  const MAX_TOKENS = 1_000;
  const isTold = async (account: Account) => {
    const [hold] = (await account.show()).holds;
    return (await account.generation(hold!.id)).ending === 'client_gone';
  };

  it.each([
    ['before anybody looks out for that', 100],
    ['after its status was sent', 1_000],
  ])('and that is never heard of again is charged by its estimate: %s', async (_, afterMs) => {
    const account = await mortal.account();
    const lane = mortal.lane('solo');
    lane.first.reply(json('', { first: HANG }));
    const body = chatBody(lane.model, { max_tokens: MAX_TOKENS });
    const client = new RudeClient(account, body);
    await lane.first.request();
    await new Promise((done) => setTimeout(done, afterMs));
    client.hangUp();
    await until('the account to be told', () => isTold(account));
    // The platform stops a Worker 30 s after its client has gone; this one is stopped at once.
    await mortal.worker.kill();
    await mortal.worker.run();
    const estimateMicro = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO + MAX_TOKENS * OUTPUT_MICRO;
    expect(await account.settled()).toEqual(spent(estimateMicro));
    expect(await account.lastGeneration()).toMatchObject({ state: 'expired', outcome: 'estimated', ending: 'client_gone', expired: true });
    await expectBooksInD1(mortal, account, 2);
  });

  it('and that comes to its end all the same is charged what it cost', async () => {
    const account = await mortal.account();
    const lane = mortal.lane('solo');
    const { opened, open } = gate();
    lane.first.reply(json(completion({ content: 'At last.' }), { first: { until: opened } }));
    const client = new RudeClient(account, chatBody(lane.model, { max_tokens: MAX_TOKENS }));
    await lane.first.request();
    client.hangUp();
    await until('the account to be told', () => isTold(account));
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ state: 'settled', outcome: 'actual', ending: 'complete' });
    await expectBooksInD1(mortal, account, 2);
  });
});

/** Kills the Worker once a stream's checkpoint has reached the account, and starts it again. */
async function dieInMidStream(account: Account, body: Record<string, unknown>, path = '/chat/completions'): Promise<void> {
  const live = await openStream(account, body, { path });
  await live.has('three');
  const deadline = async () => (await account.show()).holds[0]!.deadline;
  const before = await deadline();
  await until('a beat', async () => (await deadline()) !== before);
  await mortal.worker.kill();
  await ignoreEnd(live);
  await mortal.worker.run();
}

describe('a Worker that is killed', () => {
  it('leaves a stream of the short form to its lease, which charges no less than a message costs', async () => {
    const account = await mortal.account();
    const lane = mortal.lane('solo');
    lane.first.reply(sse([role(), says('One two three'), HANG]));
    await dieInMidStream(account, chatBody(lane.model), '/chat');
    expect(await account.settled()).toEqual(spent(2_000_000));
    expect(await account.lastGeneration()).toMatchObject({ state: 'expired', outcome: 'estimated' });
  });

  it('leaves a stream to its lease, which charges what was seen of it', async () => {
    const account = await mortal.account();
    const lane = mortal.lane('solo');
    lane.first.reply(sse([role(), says('One two three'), HANG]));
    const body = chatBody(lane.model, { stream: true });
    await dieInMidStream(account, body);
    // Nobody calls the account, so its alarm alone closes the hold and tells D1.
    const inD1 = () => ledgerRows(mortal.worker, account.id).find(({ kind }) => kind === 'usage');
    expect(await until('the expired call to reach D1', inD1)).toMatchObject({ state: 'expired', outcome: 'estimated' });
    const costMicro = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO + estimatedTokens('One two three'.length) * OUTPUT_MICRO;
    expect(await account.money()).toEqual(spent(costMicro));
    expect(await account.lastGeneration()).toMatchObject({ state: 'expired', outcome: 'estimated', expired: true });
    expect(await account.calls()).toHaveLength(1);
    await expectBooksInD1(mortal, account, 2);
  });

  it('leaves a stream in the background to its lease, which has the answer looked after and charged whole, and any other until it is fetched', async () => {
    const account = await mortal.account();
    const lane = mortal.lane('responses');
    const hanging = () => sse([...beginning('One ', 'two ', 'three'), HANG]);
    lane.first.reply(hanging(), hanging());
    lane.first.replyAlways(() => json(responseOf([message('One two three')], { background: true })));
    const other = await openStream(account, responsesBody(lane.model, { stream: true }), { path: '/responses' });
    await other.has('three');
    await dieInMidStream(account, responsesBody(lane.model, { background: true, stream: true }), '/responses');
    await ignoreEnd(other);
    const [id] = /resp_[^"]+/.exec(other.raw)!;
    const heardMicro = (await account.settled()).spentMicro - RESPONSE_MICRO;
    expect(heardMicro).toBeGreaterThan(0);
    expect(await account.lastGeneration()).toMatchObject({ state: 'settled', outcome: 'actual', ending: 'complete' });
    const headers = { headers: { authorization: `Bearer ${account.key}` } };
    const fetched = async () =>
      (await (await fetch(`${account.baseUrl}/responses/${id}`, headers)).json()) as { output: unknown; usage: object };
    expect(await fetched()).toMatchObject({ id, usage: { creditsUsed: RESPONSE_MICRO / 1e6 } });
    await fetched();
    expect(await account.money()).toEqual(spent(2 * RESPONSE_MICRO));
    expect(await account.problems()).toEqual([]);
  });

  it('leaves a call without content to its lease, which gives the hold back', async () => {
    const account = await mortal.account();
    const lane = mortal.lane('solo');
    lane.first.reply(json('', { first: HANG }), answer('Yes.'));
    const body = chatBody(lane.model);
    const headers = { 'idempotency-key': 'order-17' };
    const call = ask(account, body, { headers }).catch(() => {});
    await lane.first.request();
    expect((await account.money()).heldMicro).toBeGreaterThan(0);
    await mortal.worker.kill();
    await call;
    await mortal.worker.run();
    expect(await account.settled()).toEqual(spent(0));
    expect(await account.lastGeneration()).toMatchObject({ state: 'expired', outcome: 'released', creditsUsed: 0 });
    // Its idempotency key can be used again.
    expect((await askJson(account, body, { headers })).body.choices[0]!.message.content).toBe('Yes.');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    await expectBooksInD1(mortal, account, 3);
  });

  it('keeps what was settled, and the answers for their idempotency keys', async () => {
    const account = await mortal.account();
    const lane = mortal.lane('solo');
    lane.first.reply(answer('Once.'), sse(streamOf(['Twice.'])));
    const body = chatBody(lane.model);
    const headers = { 'idempotency-key': 'order-17' };
    const first = await askJson(account, body, { headers });
    await askStream(account, body);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    await mortal.worker.kill();
    await mortal.worker.run();
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    const again = await askJson(account, body, { headers });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(lane.first.seen).toHaveLength(2);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    await expectBooksInD1(mortal, account, 3);
  });
});
