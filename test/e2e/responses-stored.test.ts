// Answers that a provider stores: continued, fetched, deleted and canceled by id, by their own account alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { requestIdOf } from './support/client';
import {
  answer,
  askResponse,
  askResponseStream,
  message,
  parseStream,
  responseIdOf,
  responseOf,
  responsesBody,
  stream,
  streamOf,
  UPSTREAM_ID,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
} from './support/responses-wire';
import { INPUT_MICRO, type Lane, type LaneKind, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { CUT, type Reply, type Seen } from './support/upstream';
import { gate } from './support/wait';
import { failure, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 40, 'responses-pair': 10, 'responses-keys': 10, solo: 2 },
    { STATUS_HOLD_MS: 1_000, FIRST_BYTE_TIMEOUT_MS },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
/** Limits how long a provider may take to begin, not how long it may go on. */
const FIRST_BYTE_TIMEOUT_MS = 2_000;
const UNKNOWN = 'resp_0123456789abc-1-4cbv-1';

async function fresh(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

/** Has the lane's first provider store an answer; returns its id. */
async function leave({ account, lane }: { account: Account; lane: Lane }, more: Record<string, unknown> = {}): Promise<string> {
  lane.first.reply(answer('Kept.', more));
  const { status, body, text } = await askResponse(account, responsesBody(lane.model));
  expect(status, text).toBe(200);
  return body.id;
}

const call = (account: Account, path: string, method = 'GET', key = account.key): Promise<Response> =>
  fetch(`${account.baseUrl}${path}`, { method, headers: { authorization: `Bearer ${key}` } });

async function expectNotFound(response: Response, id: string): Promise<void> {
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { type: 'not_found_error', message: `Response with id '${id}' not found.` } });
}

describe('previous_response_id', () => {
  it.each([false, true])('goes to the provider that keeps the answer, under its own name for it (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh('responses-pair');
    lane.first.reply(failure(404, 'No such model.', { code: 'model_not_found' }));
    lane.second.reply(isStream ? stream(['Kept.'], { id: 'resp_kept' }) : answer('Kept.', { id: 'resp_kept' }));
    const body = responsesBody(lane.model);
    const { body: kept } = isStream ? { body: (await askResponseStream(account, body)).response } : await askResponse(account, body);
    lane.second.reply(answer('And on.', { id: 'resp_next', previous_response_id: 'resp_kept' }));
    const { body: next, id } = await askResponse(account, responsesBody(lane.model, { previous_response_id: kept.id }));
    expect(next).toMatchObject({ id: responseIdOf(id), previous_response_id: kept.id, output: [message('And on.')] });
    expect(lane.second.seen[1]!.json()).toEqual({ ...responsesBody(lane.model), previous_response_id: 'resp_kept' });
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it.each([false, true])(
    'brings all that came before, which is held for, and charged where nobody counts (stream: %s)',
    async (isStream) => {
      const { account, lane } = await fresh();
      const kept = await leave({ account, lane }, { usage: { input_tokens: 90_000, output_tokens: 10_000, total_tokens: 100_000 } });
      const before = await account.money();
      const end = gate();
      const body = responsesBody(lane.model, { previous_response_id: kept, ...(isStream && { stream: true }) });
      const whole = { previous_response_id: UPSTREAM_ID, usage: null };
      if (isStream) lane.first.reply(sse([{ until: end.opened }, ...streamOf(['On.'], whole)]));
      else lane.first.reply({ ...answer('On.', whole), first: { until: end.opened } });
      const asked = isStream
        ? askResponseStream(account, responsesBody(lane.model, { previous_response_id: kept }))
        : askResponse(account, body);
      await lane.first.request(1);
      expect((await account.money()).heldMicro).toBeGreaterThan(100_000 * INPUT_MICRO);
      end.open();
      await asked;
      const { spentMicro, heldMicro } = await account.settled();
      expect(heldMicro).toBe(0);
      expect(spentMicro - before.spentMicro).toBeGreaterThan(100_000 * INPUT_MICRO);
      expect(spentMicro - before.spentMicro).toBeLessThan(101_000 * INPUT_MICRO);
    },
  );

  it('is tried nowhere else when that provider fails', async () => {
    const { account, lane } = await fresh('responses-pair');
    const id = await leave({ account, lane });
    lane.first.replyAlways(() => failure(500, 'On fire.'));
    const { status } = await askResponse(account, responsesBody(lane.model, { previous_response_id: id }));
    expect(status).toBe(502);
    expect(lane.second.seen).toHaveLength(0);
  });

  const expectUnknown = async (account: Account, model: string, id: string, stream = false) => {
    const { status, body, headers } = await askResponse(account, responsesBody(model, { previous_response_id: id, stream }));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      message: `Previous response with id '${id}' not found.`,
    });
    expect(headers.get('x-should-retry')).toBe('false');
  };

  it('that is no id of ours, that nobody has, or that was not stored is a 400', async () => {
    const { account, lane } = await fresh();
    await expectUnknown(account, lane.model, 'resp_of_somebody_else');
    await expectUnknown(account, lane.model, UNKNOWN, true);
    lane.first.reply(answer('Not kept.', { store: false }));
    const { body } = await askResponse(account, responsesBody(lane.model, { store: false }));
    await expectUnknown(account, lane.model, body.id);
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it("of another account's is the same 400", async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    await expectUnknown(await rig.account(), lane.model, id);
    expect(lane.first.seen).toHaveLength(1);
  });

  it('that the provider has forgotten is a 400 too', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const said = `Previous response with id '${UPSTREAM_ID}' not found.`;
    lane.first.reply(failure(400, said, { code: 'previous_response_not_found', param: 'previous_response_id' }));
    await expectUnknown(account, lane.model, id);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('of a model that the keeper does not serve is a 400', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const { lane: other } = await fresh();
    await expectUnknown(account, other.model, id);
    await expectUnknown(account, rig.lane('solo').model, id);
  });

  it('with a test key is a 400 for an answer of a live key, which the sandbox never saw', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const key = await account.addKey({ mode: 'test' });
    const { status, body } = await askResponse(account, responsesBody(lane.model, { previous_response_id: id }), {
      headers: { authorization: `Bearer ${key}` },
    });
    expect([status, body.error.code]).toEqual([400, 'previous_response_not_found']);
  });

  it('finds the one of several credentials that the answer belongs to', async () => {
    const { account, lane } = await fresh('responses-keys');
    const owner: Record<string, string> = {};
    lane.first.replyAlways((seen: Seen) => {
      const { authorization = '' } = seen.headers;
      const { previous_response_id: previous } = seen.json() as { previous_response_id?: string };
      if (previous !== undefined && owner[previous] !== authorization)
        return failure(400, `Previous response with id '${previous}' not found.`, { code: 'previous_response_not_found' });
      const id = `resp_${lane.first.seen.length}`;
      owner[id] = authorization;
      return answer('Yes.', { id });
    });
    let previous: string | undefined;
    for (let turn = 0; turn < 5; turn++) {
      const { status, body, text } = await askResponse(
        account,
        responsesBody(lane.model, { ...(previous && { previous_response_id: previous }) }),
      );
      expect(status, text).toBe(200);
      previous = body.id;
    }
    expect(await account.money()).toEqual(spent(5 * USAGE_MICRO));
  });
});

describe('a stored answer', () => {
  const KEPT = { ...responseOf([message('Kept.')]), metadata: { upstream: UPSTREAM_ID } };

  it.each(['/responses', '/codex/responses'])('is fetched from its provider, under its own id, at %s', async (path) => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    lane.first.reply(json(KEPT));
    const response = await call(account, `${path}/${id}?include[]=reasoning.encrypted_content&key=${account.key}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id, output: [message('Kept.')] });
    const { path: asked, headers, body } = lane.first.seen[1]!;
    expect(asked).toMatch(new RegExp(`^/v1/responses/${UPSTREAM_ID}\\?include`));
    expect(asked).not.toContain(account.key);
    expect([headers.authorization, body]).toEqual([`Bearer ${lane.keys[0]}`, '']);
    expect(requestIdOf(response)).toMatch(/^req_/);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('says what it has cost, as it did the first time, and not what it cost the operator', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const usage = { ...USAGE, cost: 0.00042, cost_in_usd_ticks: 4_200_000 };
    const events = streamOf(['Kept.'], { usage });
    lane.first.reply(json({ ...KEPT, usage }), sse(events));
    const whole = (await (await call(account, `/responses/${id}`)).json()) as { usage: unknown };
    expect(whole.usage).toEqual({ ...USAGE, creditsUsed: USAGE_CREDITS });
    const { response } = parseStream(await (await call(account, `/responses/${id}?stream=true`)).text());
    expect(response.usage).toEqual({ ...USAGE, creditsUsed: USAGE_CREDITS });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('that breaks off on its way is our fault, and no answer', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const half = JSON.stringify(KEPT).slice(0, 200);
    lane.first.reply({ headers: { 'content-type': 'application/json' }, steps: [half, CUT] });
    const response = await call(account, `/responses/${id}`);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('broke off') } });
  });

  it('is no page that a browser would run, whatever its provider calls it', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const page = '<script>alert(document.domain)</script>';
    const asPage = (status: number) => ({ status, headers: { 'content-type': 'text/html' }, steps: [page] });
    for (const [path, status, told] of [
      ['', 200, 502],
      ['/input_items', 200, 502],
      ['', 400, 400],
    ] as const) {
      lane.first.reply(asPage(status));
      const response = await call(account, `/responses/${id}${path}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([told, 'application/json']);
      expect(await response.text()).not.toContain('script');
    }
    lane.first.reply({ headers: { 'content-type': 'text/html' }, steps: [JSON.stringify(KEPT)] });
    expect((await call(account, `/responses/${id}`)).headers.get('content-type')).toBe('application/json');
  });

  it('is refused in words of its provider, without what was sent there', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    lane.first.reply(failure(400, `not with ${lane.keys[0]}, the key for ${UPSTREAM_ID}`));
    const { error } = (await (await call(account, `/responses/${id}`)).json()) as { error: { message: string } };
    expect(error.message).toBe(`not with [redacted], the key for ${id}`);
  });

  it('of a conversation names the answer before it as its client knows it', async () => {
    const { account, lane } = await fresh();
    const first = await leave({ account, lane }, { id: 'resp_first' });
    lane.first.reply(answer('On.', { id: 'resp_second', previous_response_id: 'resp_first' }));
    const { body: second } = await askResponse(account, responsesBody(lane.model, { previous_response_id: first }));
    lane.first.reply(json(responseOf([message('On.')], { id: 'resp_second', previous_response_id: 'resp_first' })));
    const response = await call(account, `/responses/${second.id}`);
    expect(await response.json()).toMatchObject({ id: second.id, previous_response_id: first });
  });

  it('has a receipt that does not tell what its provider calls it', async () => {
    const { account, lane } = await fresh();
    await leave({ account, lane });
    const receipt = await account.lastGeneration();
    expect(receipt).toMatchObject({ endpoint: '/v1/responses', outcome: 'actual' });
    expect(JSON.stringify(receipt)).not.toMatch(/stored|resp_upstream/);
  });

  it('is deleted, canceled and asked for its input', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const items = { object: 'list', data: [{ type: 'message', id: 'msg_0' }], has_more: false };
    lane.first.reply(json(items), json({ ...KEPT, status: 'cancelled' }), json({ id: UPSTREAM_ID, object: 'response', deleted: true }));
    expect(await (await call(account, `/responses/${id}/input_items?limit=5&order=asc`)).json()).toEqual(items);
    expect(await (await call(account, `/responses/${id}/cancel`, 'POST')).json()).toMatchObject({ id, status: 'cancelled' });
    expect(await (await call(account, `/responses/${id}`, 'DELETE')).json()).toEqual({ id, object: 'response', deleted: true });
    expect(lane.first.seen.slice(1).map(({ path }) => path)).toEqual([
      `/v1/responses/${UPSTREAM_ID}/input_items?limit=5&order=asc`,
      `/v1/responses/${UPSTREAM_ID}/cancel`,
      `/v1/responses/${UPSTREAM_ID}`,
    ]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each(MAJORS)('is fetched, deleted, canceled and asked for its input by openai $major', async ({ Client }) => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const { client } = connect(Client, account);
    const items = { object: 'list', data: [{ type: 'message', id: 'msg_0' }], has_more: false, first_id: 'msg_0', last_id: 'msg_0' };
    const gone = json({ id: UPSTREAM_ID, object: 'response', deleted: true });
    lane.first.reply(json(KEPT), json(items), json({ ...KEPT, status: 'cancelled' }), gone);
    expect(await client.responses.retrieve(id)).toMatchObject({ id, output_text: 'Kept.' });
    expect((await client.responses.inputItems.list(id)).data).toEqual(items.data);
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' });
    await client.responses.delete(id);
    expect(lane.first.seen).toHaveLength(5);
  });

  it('is fetched as a stream that goes on for as long as it takes', async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const events = streamOf(['Kept', ' on']);
    const [first, ...rest] = events;
    lane.first.reply(sse([first!, { pauseMs: FIRST_BYTE_TIMEOUT_MS + 300 }, ...rest]));
    const response = await call(account, `/responses/${id}?stream=true&starting_after=0`);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const priced = streamOf(['Kept', ' on'], { usage: { ...USAGE, creditsUsed: USAGE_CREDITS } });
    expect(await response.text()).toBe(priced.join('').replaceAll(UPSTREAM_ID, id));
    expect(lane.first.seen[1]!.path).toBe(`/v1/responses/${UPSTREAM_ID}?stream=true&starting_after=0`);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it("is there for its own account alone, and for all of that account's keys", async () => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    const other = await rig.account();
    for (const [path, method] of [
      ['', 'GET'],
      ['', 'DELETE'],
      ['/cancel', 'POST'],
      ['/input_items', 'GET'],
    ] as const)
      await expectNotFound(await call(other, `/responses/${id}${path}`, method), id);
    expect(lane.first.seen).toHaveLength(1);
    expect((await call(account, `/responses/${id}`, 'GET', 'ck_nobody')).status).toBe(401);
    expect((await call(account, `/responses/${id}`, 'GET', `${account.key}x`)).status).toBe(401);
    lane.first.reply(json(KEPT));
    expect((await call(account, `/responses/${id}`, 'GET', await account.addKey({}))).status).toBe(200);
  });

  it.each(['resp_of_somebody_else', UNKNOWN, 'chatcmpl-1', 'resp_'])('that there never was is a 404: %s', async (id) => {
    await expectNotFound(await call(await rig.account(), `/responses/${id}`), id);
  });

  it('that was not to be stored, or that its provider has forgotten, is a 404', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Not kept.'));
    const { body } = await askResponse(account, responsesBody(lane.model, { store: false }));
    await expectNotFound(await call(account, `/responses/${body.id}`), body.id);
    const id = await leave({ account, lane });
    lane.first.reply(failure(404, `Response with id '${UPSTREAM_ID}' not found.`));
    await expectNotFound(await call(account, `/responses/${id}`), id);
  });

  it('is asked for with each of the credentials until its owner is found', async () => {
    const { account, lane } = await fresh('responses-keys');
    const id = await leave({ account, lane });
    const owner = `Bearer ${lane.keys[1]}`;
    lane.first.replyAlways(({ headers }) => (headers.authorization === owner ? json(KEPT) : failure(404, 'No such response.')));
    expect((await call(account, `/responses/${id}`)).status).toBe(200);
    expect(lane.first.seen.slice(1).map(({ headers }) => headers.authorization)).toEqual([`Bearer ${lane.keys[0]}`, owner]);
  });

  it.each([
    ['a 500', failure(500, 'On fire.'), 502, 'api_error'],
    ['a refusal', failure(400, `Cannot cancel ${UPSTREAM_ID}.`, { code: 'not_cancelable' }), 400, 'upstream_type'],
  ] satisfies [string, Reply, number, string][])('whose provider says no: %s', async (_, reply, status, type) => {
    const { account, lane } = await fresh();
    const id = await leave({ account, lane });
    lane.first.reply(reply);
    const response = await call(account, `/responses/${id}/cancel`, 'POST');
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([status, 'false']);
    const text = await response.text();
    expect(text).toContain(type);
    expect(text).not.toContain(UPSTREAM_ID);
  });
});

describe('/responses/compact', () => {
  const COMPACTION = {
    id: 'resp_compact',
    object: 'response.compaction',
    created_at: 1_763_600_000,
    output: [{ type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAA+/==' }],
    usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 0 }, output_tokens: 25, total_tokens: 125 },
  };

  it.each(['/responses/compact', '/codex/responses/compact'])('is passed on and charged: %s', async (path) => {
    const { account, lane } = await fresh();
    lane.first.reply(json(COMPACTION));
    const body = responsesBody(lane.model, { instructions: 'Be brief.' });
    const { status, text, body: got } = await askResponse(account, body, { path });
    expect(status, text).toBe(200);
    expect(got.output).toEqual(COMPACTION.output);
    expect(got.usage).toEqual({ ...COMPACTION.usage, creditsUsed: 0.02 });
    expect(lane.first.seen[0]!.path).toBe('/v1/responses/compact');
    expect(lane.first.seen[0]!.json()).toEqual({ ...body, model: lane.upstreamModel });
    expect(await account.money()).toEqual(spent(20_000));
  });

  it('is not converted for a provider that speaks chat alone', async () => {
    const { account } = await fresh();
    const { status, body } = await askResponse(account, responsesBody(rig.lane('solo').model), { path: '/responses/compact' });
    expect(status).toBe(400);
    expect(body.error.message).toMatch(/can serve what this request asks for/);
    expect(await account.money()).toEqual(spent(0));
  });
});
