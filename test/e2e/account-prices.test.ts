// An account whose prices differ from the models' own: holds, charges and pages use the account's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, askStream, chatBody, openStream } from './support/client';
import { ended, openMediaAccount, post } from './support/media';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { gate, until } from './support/wait';
import { answer, failure, inMicro, sse, streamOf, USAGE_MICRO } from './support/wire';
import { ADMIN_TOKEN, Worker } from './support/worker';

let rig: Rig;
let sandbox: Worker;
beforeAll(async () => {
  [rig, sandbox] = await Promise.all([Rig.start({ solo: 12, dear: 4 }), Worker.shared()]);
});
afterAll(async () => {
  await rig?.stop();
  await sandbox?.stop();
});

async function setPrices(worker: Worker, account: Account, factor: number): Promise<Response> {
  return fetch(`${worker.url}/api/admin/accounts/${account.id}/prices`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ factor }),
  });
}

async function priced(factor: number, kind: LaneKind = 'solo', credits?: number): Promise<{ account: Account; lane: Lane }> {
  const account = await rig.account(credits);
  expect((await setPrices(rig.worker, account, factor)).status).toBe(200);
  return { account, lane: rig.lane(kind) };
}

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

describe('a call of an account with prices of its own', () => {
  it('is held for, charged and shown at them, and its receipt says so', async () => {
    const { account, lane } = await priced(0.8);
    const asked = gate();
    lane.first.reply({ ...answer('Yes.'), first: { until: asked.opened } });
    const body = chatBody(lane.model, { max_tokens: 50 });
    const calling = askJson(account, body);
    await until('the call to be under way', () => lane.first.seen.length === 1);
    const { heldMicro } = await account.money();
    const inputTokens = Math.ceil(JSON.stringify(body).length / 4);
    expect(heldMicro).toBe(Math.ceil((inputTokens * INPUT_MICRO + 50 * OUTPUT_MICRO) * 0.8));
    asked.open();
    const { body: got, headers } = await calling;
    expect(inMicro(got.usage.creditsUsed)).toBe(USAGE_MICRO * 0.8);
    expect(inMicro(headers.get('x-credits-charged'))).toBe(USAGE_MICRO * 0.8);
    expect(await account.money()).toEqual(spent(USAGE_MICRO * 0.8));
    const receipt = await account.generation(headers.get('x-request-id')!);
    const price = { inputMicroPerMtok: 80_000_000, outputMicroPerMtok: 320_000_000 };
    expect(receipt).toMatchObject({ creditsUsed: 0.016, pricePermille: 800, price });
  });

  it('is streamed at them', async () => {
    const { account, lane } = await priced(1.25);
    lane.first.reply(sse(streamOf(['Yes', '.'])));
    const { usages, id } = await askStream(account, chatBody(lane.model));
    expect(inMicro(usages.at(-1)?.creditsUsed)).toBe(USAGE_MICRO * 1.25);
    expect(await account.money()).toEqual(spent(USAGE_MICRO * 1.25));
    expect(await account.generation(id)).toMatchObject({ creditsUsed: 0.025 });
  });

  it('has its hold enlarged by what it comes to at them', async () => {
    const { account, lane } = await priced(0.5, 'dear', 2_000);
    const more = gate();
    const words = Array.from({ length: 120 }, () => 'word '.repeat(8));
    lane.first.reply(
      sse([
        ...streamOf(words).slice(0, -3),
        { until: more.opened },
        ...streamOf([], { prompt_tokens: 10, completion_tokens: 1_000, total_tokens: 1_010 }).slice(-3),
      ]),
    );
    const body = chatBody(lane.model, { max_tokens: 500 });
    const live = await openStream(account, body);
    const heldAtFirstMicro = (Math.ceil(JSON.stringify(body).length / 4) * 100_000 + 500_000_000) / 2;
    const heldMicro = await until('a larger hold', async () => {
      const money = await account.money();
      return money.heldMicro > heldAtFirstMicro && money.heldMicro;
    });
    expect(heldMicro).toBeLessThan(1_200_000_000);
    more.open();
    await live.end();
    // 0.05 credits a token of input and half a credit a token of output.
    expect(await account.settled()).toEqual(spent(500_500_000));
  });

  it('costs what the model that answers does, of several', async () => {
    const { account, lane } = await priced(0.5);
    const dear = rig.lane('dear');
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    dear.first.reply(answer('Yes.'));
    const { status, body } = await askJson(account, chatBody(lane.model, { models: [dear.model], max_tokens: 50 }));
    expect([status, body.usage.creditsUsed]).toEqual([200, 17.5]);
    expect(await account.money()).toEqual(spent(17_500_000));
  });

  it('costs at least what a message does, at them', async () => {
    const { account, lane } = await priced(0.5);
    lane.first.reply(answer('Yes.'));
    const { body } = await askJson(account, chatBody(lane.model), { path: '/chat' });
    expect(body).toMatchObject({ creditsUsed: 1 });
    expect(await account.money()).toEqual(spent(1_000_000));
  });

  it('counts towards a key’s limit, and is refused, at those prices', async () => {
    const { account, lane } = await priced(0.5, 'dear', 1_000);
    const key = await account.addKey({ spendingLimit: 20 });
    lane.first.replyAlways(() => answer('Yes.'));
    const headers = { authorization: `Bearer ${key}` };
    const body = chatBody(lane.model, { max_tokens: 10 });
    expect((await ask(account, body, { headers })).status).toBe(200);
    const refused = await askJson(account, body, { headers });
    const required = inMicro((refused.body.error as unknown as { required: number }).required);
    expect(refused.status).toBe(429);
    expect(required).toBe((Math.ceil(JSON.stringify(body).length / 4) * 100_000 + 10 * 1_000_000) * 0.5);
    expect(await account.money()).toEqual(spent(17_500_000));
  });

  it('has the prices of the catalogue again, and those that it began with where it was under way', async () => {
    const { account, lane } = await priced(2);
    const begun = gate();
    lane.first.reply({ ...answer('Yes.'), first: { until: begun.opened } }, answer('Yes.'));
    const calling = askJson(account, chatBody(lane.model));
    await until('the call to be under way', () => lane.first.seen.length === 1);
    const shown = await (await setPrices(rig.worker, account, 1)).json();
    expect(shown).toMatchObject({ id: account.id, priceFactor: 1 });
    begun.open();
    expect(inMicro((await calling).body.usage.creditsUsed)).toBe(2 * USAGE_MICRO);
    const { body, headers } = await askJson(account, chatBody(lane.model));
    expect(inMicro(body.usage.creditsUsed)).toBe(USAGE_MICRO);
    expect(await account.generation(headers.get('x-request-id')!)).not.toHaveProperty('pricePermille');
    expect(await account.problems()).toEqual([]);
  });

  it('leaves those of other accounts as they are', async () => {
    const { lane } = await priced(0.5);
    const other = await rig.account();
    lane.first.reply(answer('Yes.'));
    await ask(other, chatBody(lane.model));
    expect(await other.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('a job of such an account', () => {
  it('is held for and charged at them', async () => {
    const account = await openMediaAccount(sandbox);
    await setPrices(sandbox, account, 0.8);
    const film = { model: 'kling-v3', prompt: 'a cat', duration: 5, user: 'ada' };
    const { body, headers } = await post(account, '/v1/videos/generate', film, { 'x-tags': 'trailer' });
    expect([headers.get('x-credits-charged'), body.creditsUsed]).toEqual(['53.6', 53.6]);
    expect((await account.money()).heldMicro).toBe(53_600_000);
    expect(await ended(account, body.jobId)).toMatchObject({ status: 'completed', creditsUsed: 53.6 });
    expect(await account.settled()).toEqual(spent(53_600_000));
    const [line] = await account.calls();
    expect(line).toMatchObject({ detail: { pricePermille: 800, price: { per: 'second' }, endUser: 'ada', tags: ['trailer'] } });
  });

  it('of several pictures is charged for each at them', async () => {
    const account = await openMediaAccount(sandbox);
    await setPrices(sandbox, account, 1.5);
    const { body } = await post(account, '/v1/images/generations', { model: 'nano_banana_pro', prompt: 'sandbox:files=2', n: 5 });
    expect(body.creditsUsed).toBe(30);
    expect(await account.settled()).toEqual(spent(30_000_000));
  });
});

describe('the prices of an account', () => {
  it.each([0, 0.001, 101, 0.80001, -1, '0.8', null])('cannot be %s', async (factor) => {
    const account = await rig.account();
    const refused = await setPrices(rig.worker, account, factor as number);
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'factor' } }]);
  });

  it('are known to the account’s keys and to the operator', async () => {
    const { account } = await priced(0.333);
    const key = await fetch(`${account.baseUrl}/key`, { headers: { authorization: `Bearer ${account.key}` } });
    expect(await key.json()).toMatchObject({ priceFactor: 0.333 });
    expect((await account.show()) as unknown).toMatchObject({ account: { priceFactor: 0.333 } });
  });
});
