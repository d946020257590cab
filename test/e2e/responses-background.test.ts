// Answers that a provider works on in the background: taken on at once, polled by the queue, charged once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { LiveAnswer, RudeClient } from './support/client';
import {
  askResponse,
  askResponseStream,
  endOf,
  message,
  opening,
  openResponseStream,
  type ResponseObject,
  responseOf,
  responsesBody,
  streamOfItems,
  UPSTREAM_ID,
  USAGE_CREDITS,
  USAGE_MICRO,
} from './support/responses-wire';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { CUT, HANG, RESET, type Reply, type Seen } from './support/upstream';
import { gate, until } from './support/wait';
import { estimatedTokens, failure, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ responses: 40, 'responses-keys': 4, 'responses-dear': 2, solo: 2 }, { STATUS_HOLD_MS: 1_000, KEEPALIVE_MS: 150 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const queued = (more: Record<string, unknown> = {}) => responseOf([], { status: 'queued', background: true, usage: null, ...more });
const under = (status: string) => json(queued({ status }));
const done = (more: Record<string, unknown> = {}) => json(responseOf([message('Thought through.')], { background: true, ...more }));

/** The provider takes the work on; `looks` are its answers to polls in order, and the last one repeats. */
function takesOn({ first }: Lane, ...looks: Reply[]): void {
  first.reply(json(queued()));
  first.replyAlways(() => (looks.length > 1 ? looks.shift()! : looks[0]!));
}

const background = (lane: Lane, more: Record<string, unknown> = {}) => responsesBody(lane.model, { background: true, ...more });

async function begin(account: Account, lane: Lane): Promise<ResponseObject> {
  const { status, body, headers, text } = await askResponse(account, background(lane));
  expect(status, text).toBe(200);
  expect(headers.get('x-credits-charged')).toBeNull();
  return body;
}

describe.concurrent('an answer in the background', () => {
  it('is taken on, held for until it is there, and charged once at what it used', async () => {
    const { account, lane } = await fresh();
    const ready = gate();
    takesOn(lane, under('queued'), under('in_progress'), { ...done(), first: { until: ready.opened } }, done());
    const { id, status, usage } = await begin(account, lane);
    expect({ id: /^resp_/.test(id) && id !== UPSTREAM_ID, status, usage }).toEqual({ id: true, status: 'queued', usage: null });
    expect((await account.money()).spentMicro).toBe(0);
    expect((await account.money()).heldMicro).toBeGreaterThan(4_000 * OUTPUT_MICRO);
    await lane.first.request(3);
    expect((await account.money()).heldMicro).toBeGreaterThan(0);
    ready.open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.calls()).toMatchObject([{ state: 'settled', outcome: 'actual', amountCredits: -0.0185 }]);
    expect(await account.lastGeneration()).toMatchObject({
      ending: 'complete',
      usage: { inputTokens: 80, cacheReadTokens: 20, outputTokens: 25, reasoningTokens: 10 },
    });
    for (const { path, headers } of lane.first.seen.slice(1)) {
      expect(path).toBe(`/v1/responses/${UPSTREAM_ID}`);
      expect(headers.authorization).toBe(`Bearer ${lane.keys[0]}`);
    }
    expect(await account.problems()).toEqual([]);
  });

  it('may be fetched by its client meanwhile, which changes nothing of the charge, and shows it when it is there', async () => {
    const { account, lane } = await fresh();
    takesOn(lane, under('in_progress'), under('in_progress'), done());
    const { id } = await begin(account, lane);
    const fetched = await until('the answer to be there', async () => {
      const response = await fetch(`${account.baseUrl}/responses/${id}`, { headers: { authorization: `Bearer ${account.key}` } });
      const body = (await response.json()) as ResponseObject;
      expect(body.id).toBe(id);
      return body.status === 'completed' && body;
    });
    expect(fetched.output).toEqual([message('Thought through.')]);
    expect(fetched.usage).toMatchObject({ creditsUsed: USAGE_CREDITS });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    expect(await account.calls()).toHaveLength(1);
  });

  it('that its client fetches before anybody looked after it is charged whole, its searches too', async () => {
    const { account, lane } = await fresh();
    const search = (id: string) => ({ id, type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } });
    // The queue polls a second later and finds it charged already.
    takesOn(lane, done({ output: [search('ws_1'), search('ws_2'), message('Found.')] }));
    const { id } = await begin(account, lane);
    const fetched = await fetch(`${account.baseUrl}/responses/${id}`, { headers: { authorization: `Bearer ${account.key}` } });
    expect(fetched.status).toBe(200);
    const searchesMicro = 2 * 1_000_000;
    expect(await account.money()).toEqual(spent(USAGE_MICRO + searchesMicro));
    expect(await account.lastGeneration()).toMatchObject({ usage: { webSearches: 2 }, price: { webSearchMicro: 1_000_000 } });
  });

  it.each(MAJORS)('is polled for by openai $major', async ({ Client }) => {
    const { account, lane } = await fresh();
    takesOn(lane, under('in_progress'), done());
    const { client } = connect(Client, account);
    let response = await client.responses.create({ model: lane.model, input: 'Think.', background: true });
    expect(response.status).toBe('queued');
    while (response.status === 'queued' || response.status === 'in_progress') response = await client.responses.retrieve(response.id);
    expect(response.output_text).toBe('Thought through.');
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('can be gone on from when it is there', async () => {
    const { account, lane } = await fresh();
    takesOn(lane, done());
    const { id } = await begin(account, lane);
    await account.settled();
    lane.first.reply(json(responseOf([message('And on.')], { id: 'resp_next' })));
    const { body } = await askResponse(account, responsesBody(lane.model, { previous_response_id: id }));
    expect(body).toMatchObject({ previous_response_id: id, output: [message('And on.')] });
    expect(lane.first.seen.at(-1)!.json().previous_response_id).toBe(UPSTREAM_ID);
  });

  it('that failed, was canceled or has nothing in it costs nothing, and its hold is closed', async () => {
    const nothing = done({ output: [], usage: { input_tokens: 100, output_tokens: 0, total_tokens: 100 } });
    const ends = [under('failed'), under('cancelled'), nothing];
    const check = async (end: Reply) => {
      const { account, lane } = await fresh();
      takesOn(lane, under('in_progress'), end);
      await begin(account, lane);
      expect(await account.settled()).toEqual(spent(0));
      expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
    };
    await Promise.all(ends.map(check));
  });

  it('that was canceled after it had said something is charged for that', async () => {
    const { account, lane } = await fresh();
    takesOn(lane, under('in_progress'), done({ status: 'cancelled' }));
    await begin(account, lane);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('that was cut short is charged', async () => {
    const { account, lane } = await fresh();
    takesOn(lane, done({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }));
    await begin(account, lane);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('is looked for again when its provider says something else: a 500, a 429, a web page', async () => {
    const page: Reply = { headers: { 'content-type': 'text/html' }, steps: ['<html>Sign in</html>'] };
    const check = async (reply: Reply) => {
      const { account, lane } = await fresh();
      takesOn(lane, reply, done());
      await begin(account, lane);
      expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    };
    await Promise.all([failure(500, 'On fire.'), failure(429, 'Slow down.'), page].map(check));
  });

  it('that reports no usage is charged by what there is of it', async () => {
    const { account, lane } = await fresh();
    takesOn(lane, done({ usage: null }));
    await begin(account, lane);
    const input = estimatedTokens(JSON.stringify(background(lane)).length);
    expect(await account.settled()).toEqual(spent(input * INPUT_MICRO + estimatedTokens('Thought through.'.length) * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'complete' });
  });

  it('is looked for with each of the credentials', async () => {
    const { account, lane } = await fresh('responses-keys');
    let owner: string | undefined;
    lane.first.replyAlways(({ body, headers }: Seen) => {
      if (body === '') return headers.authorization === owner ? done() : failure(404, 'No such response.');
      owner = headers.authorization;
      return json(queued());
    });
    for (let call = 0; call < 2; call++) await begin(account, lane);
    expect(await account.settled()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('is begun once for one idempotency key, and charged once', async () => {
    const { account, lane } = await fresh();
    takesOn(lane, done());
    const headers = { 'idempotency-key': 'one' };
    const first = await askResponse(account, background(lane), { headers });
    const meanwhile = await askResponse(account, background(lane), { headers });
    expect([meanwhile.text, meanwhile.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
    await account.settled();
    const again = await askResponse(account, background(lane), { headers });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(lane.first.seen.filter(({ body }) => body !== '')).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  const byId = (account: Account, id: string, method: string, path = ''): Promise<Response> =>
    fetch(`${account.baseUrl}/responses/${id}${path}`, { method, headers: { authorization: `Bearer ${account.key}` } });

  it('that its client deletes before it is looked at is charged first, and once', async () => {
    const { account, lane } = await fresh();
    const key = { 'idempotency-key': 'one' };
    let deleted = false;
    lane.first.reply(json(queued()));
    // Busy for as long as the gateway polls by itself, so that only the client's request finds the answer.
    let isOver = false;
    lane.first.replyAlways(({ method }: Seen) => {
      if (method === 'DELETE') {
        deleted = true;
        return json({ id: UPSTREAM_ID, object: 'response', deleted: true });
      }
      return deleted ? failure(404, 'No such response.') : isOver ? done() : under('in_progress');
    });
    const { body } = await askResponse(account, background(lane), { headers: key });
    await lane.first.request(2);
    isOver = true;
    const response = await byId(account, body.id, 'DELETE');
    expect([response.status, await response.json()]).toEqual([200, { id: body.id, object: 'response', deleted: true }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    const looks = lane.first.seen.length;
    await until('the next look', () => lane.first.seen.length > looks);
    expect(await account.calls()).toMatchObject([{ outcome: 'actual', detail: { ending: 'complete' } }]);
    expect((await account.lastGeneration()).background).toBeUndefined();
    // What the first call was answered went with it.
    expect((await askResponse(account, background(lane), { headers: key })).status).toBe(422);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    expect(await account.problems()).toEqual([]);
  });

  it.each([
    ['that is still worked on', under('in_progress')],
    ['of which its provider says nothing', failure(500, 'On fire.')],
  ])('%s is not deleted: it is to be canceled first', async (_, reply) => {
    const { account, lane } = await fresh();
    takesOn(lane, reply);
    const { id } = await begin(account, lane);
    const refused = await byId(account, id, 'DELETE');
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ error: { type: 'conflict_error', code: 'response_in_progress' } });
    expect(lane.first.seen.map(({ method }) => method)).not.toContain('DELETE');
    lane.first.replyAlways(({ method }: Seen) =>
      method === 'DELETE' ? json({ id: UPSTREAM_ID, object: 'response', deleted: true }) : done({ status: 'cancelled' }),
    );
    expect((await byId(account, id, 'POST', '/cancel')).status).toBe(200);
    expect((await byId(account, id, 'DELETE')).status).toBe(200);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('cannot be had of a provider that speaks chat alone', async () => {
    const { account } = await fresh();
    const { status, body } = await askResponse(account, background(rig.lane('solo')));
    expect([status, body.error.type]).toEqual([400, 'invalid_request_error']);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe.concurrent('a stream in the background', () => {
  const events = () => streamOfItems([message('Thought through.')], { background: true });

  it('is an ordinary one while its client listens', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(events()));
    const { text } = await askResponseStream(account, background(lane));
    expect(text).toBe('Thought through.');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    expect(lane.first.seen).toHaveLength(1);
  });

  it('is there under its id while its client listens', async () => {
    const { account, lane } = await fresh();
    const end = gate();
    lane.first.reply(sse([...events().slice(0, 6), { until: end.opened }, ...events().slice(6)]));
    lane.first.replyAlways(() => under('in_progress'));
    const live = await openResponseStream(account, background(lane));
    await live.has('output_text.delta');
    const id = (await account.show()).holds[0]!.id.replace(/^req_/, 'resp_');
    const fetched = await fetch(`${account.baseUrl}/responses/${id}`, { headers: { authorization: `Bearer ${account.key}` } });
    expect([fetched.status, await fetched.json()]).toMatchObject([200, { id, status: 'in_progress' }]);
    end.open();
    expect((await endOf(live)).text).toBe('Thought through.');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['no more than opened', opening({ background: true })],
    ['in the middle', events().slice(0, 6)],
  ])('whose client hangs up goes on, and is charged at its end: %s', async (_, before) => {
    const { account, lane } = await fresh();
    const ready = gate();
    lane.first.reply(sse([...before, HANG]), { ...under('in_progress'), first: { until: ready.opened } });
    lane.first.replyAlways(() => done());
    const client = new RudeClient(account, background(lane, { stream: true }), {}, '/responses');
    await client.has('response.in_progress');
    if (before.length > 2) await client.has('output_text.delta');
    client.hangUp();
    await lane.first.request(1);
    expect((await account.money()).heldMicro).toBeGreaterThan(0);
    const { id } = (await account.show()).holds[0]!;
    ready.open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.calls()).toMatchObject([{ id, outcome: 'actual' }]);
  });

  it.each([
    ['no more than opened', opening({ background: true }), CUT],
    ['in the middle', events().slice(0, 6), RESET],
    ['in the middle, as if it were over', events().slice(0, 6), undefined],
  ])('that its provider breaks off goes on, and is charged at its end: %s', async (_, before, end) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(end === undefined ? before : [...before, end]), under('in_progress'));
    lane.first.replyAlways(() => done());
    const { events: heard } = await endOf(await openResponseStream(account, background(lane, { stream: true })));
    const told = heard.at(-1) as unknown as { type: string; response: ResponseObject };
    expect(told).toMatchObject({ type: 'response.failed' });
    expect(JSON.stringify(told)).toContain('fetch the response by its id');
    const { id } = told.response;
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.calls()).toMatchObject([{ outcome: 'actual' }]);
    const fetched = await fetch(`${account.baseUrl}/responses/${id}`, { headers: { authorization: `Bearer ${account.key}` } });
    expect(await fetched.json()).toMatchObject({ id, status: 'completed' });
    expect(lane.first.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(await account.problems()).toEqual([]);
  });

  it('that its provider ends with a failure costs nothing', async () => {
    const { account, lane } = await fresh();
    const failed = {
      type: 'response.failed',
      response: responseOf([], { status: 'failed', background: true, usage: null, error: { code: 'server_error', message: 'On fire.' } }),
    };
    lane.first.reply(sse([...events().slice(0, 6), `event: response.failed\ndata: ${JSON.stringify(failed)}\n\n`]));
    lane.first.replyAlways(() => under('failed'));
    await endOf(await openResponseStream(account, background(lane, { stream: true })));
    expect(await account.settled()).toEqual(spent(0));
    expect(await account.lastGeneration()).toMatchObject({ ending: 'upstream_broke' });
  });

  it.each([
    ['comes to its end is charged for it', done(), USAGE_MICRO, 'complete'],
    ['failed is free', under('failed'), 0, 'upstream_failed'],
  ])('that ends with an error is charged by what its provider says of the answer: one that %s', async (_, end, micro, ending) => {
    const { account, lane } = await fresh();
    const error = { type: 'error', sequence_number: 9, code: 'server_error', message: 'The stream was lost.', param: null };
    lane.first.reply(sse([...events().slice(0, 6), `event: error\ndata: ${JSON.stringify(error)}\n\n`]));
    lane.first.replyAlways(() => end);
    const { events: heard } = await endOf(await openResponseStream(account, background(lane, { stream: true })));
    expect(JSON.stringify(heard.at(-1))).toContain('fetch the response by its id');
    expect(await account.settled()).toEqual(spent(micro));
    expect(await account.lastGeneration()).toMatchObject({ ending });
    expect(await account.problems()).toEqual([]);
  });

  it('whose client hangs up, and asks again under its idempotency key, is not begun twice', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...events().slice(0, 6), { until: new Promise((open) => setTimeout(open, 1_000)) }, ...events().slice(6)]));
    lane.first.replyAlways(() => done());
    const headers = { 'idempotency-key': 'one' };
    const client = new RudeClient(account, background(lane, { stream: true }), headers, '/responses');
    await client.has('output_text.delta');
    client.hangUp();
    await account.settled();
    const again = await askResponse(account, background(lane, { stream: true }), { headers }).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(SyntaxError);
    expect(lane.first.seen.filter(({ body }) => body !== '')).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['is canceled', under('cancelled')],
    ['is empty in the end', done({ output: [], usage: { input_tokens: 100, output_tokens: 0, total_tokens: 100 } })],
  ])('whose client hangs up, and that then %s, is charged for what was heard', async (_, end) => {
    const { account, lane } = await fresh();
    const body = background(lane, { stream: true });
    lane.first.reply(sse([...events().slice(0, 5), HANG]));
    lane.first.replyAlways(() => end);
    const client = new RudeClient(account, body, {}, '/responses');
    await client.has('output_text.delta');
    client.hangUp();
    const heard = String(client.raw.match(/"delta":"([^"]*)"/)![1]);
    const input = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO;
    expect(await account.settled()).toEqual(spent(input + estimatedTokens(heard.length) * OUTPUT_MICRO));
    expect(await account.calls()).toMatchObject([{ outcome: 'estimated' }]);
  });

  it('whose client fetches the rest of it, and cancels it at the last moment, is charged for what was heard', async () => {
    const { account, lane } = await fresh();
    const canceled = gate();
    let status = 'in_progress';
    const body = background(lane, { stream: true });
    lane.first.reply(sse([...opening({ background: true }), HANG]));
    lane.first.replyAlways(({ method, path }) => {
      if (method === 'POST') {
        status = 'cancelled';
        canceled.open();
      }
      return path.includes('stream=true') ? sse([...events().slice(0, 6), { until: canceled.opened }]) : under(status);
    });
    const client = new RudeClient(account, body, {}, '/responses');
    await client.has('response.in_progress');
    client.hangUp();
    const id = /"id":"(resp_[^"]*)"/.exec(client.raw)![1];
    const of = (rest: string) => `${account.baseUrl}/responses/${id}${rest}`;
    const headers = { authorization: `Bearer ${account.key}` };
    const fetched = await until('the answer to be kept', async () => {
      const response = await fetch(of('?stream=true'), { headers });
      return response.status === 200 && response;
    });
    const heard = new LiveAnswer(fetched);
    await heard.has('output_text.delta');
    expect((await fetch(of('/cancel'), { method: 'POST', headers })).status).toBe(200);
    await heard.end();
    const said = [...heard.raw.matchAll(/"delta":"([^"]*)"/g)].map(([, text]) => text!.length).reduce((sum, length) => sum + length, 0);
    const input = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO;
    expect(await account.settled()).toEqual(spent(input + estimatedTokens(said) * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated' });
  });

  it('whose client hangs up, and that fails then, costs nothing', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...events().slice(0, 6), HANG]));
    lane.first.replyAlways(() => under('failed'));
    const client = new RudeClient(account, background(lane, { stream: true }), {}, '/responses');
    await client.has('output_text.delta');
    client.hangUp();
    expect(await account.settled()).toEqual(spent(0));
  });

  it('that its account can pay no longer is canceled at its provider, and charged for what came of it', async () => {
    const lane = rig.lane('responses-dear');
    const account = await rig.account(215);
    const body = background(lane, { max_output_tokens: 100, stream: true });
    const more = gate();
    const all = streamOfItems([message('x'.repeat(360) + 'y'.repeat(360))], { background: true }, ['x'.repeat(360), 'y'.repeat(360)]);
    lane.first.reply(sse([...all.slice(0, 5), { until: more.opened }, all[5]!, HANG]));
    lane.first.replyAlways(() => done({ status: 'cancelled', usage: { input_tokens: 10, output_tokens: 190, total_tokens: 200 } }));
    const live = await openResponseStream(account, body);
    // 100 credits and the input are held at first.
    await until('the hold to grow', async () => (await account.money()).heldMicro > 150_000_000);
    more.open();
    expect((await endOf(live)).events.at(-1)).toMatchObject({ type: 'response.failed' });
    // 10 tokens of input at 0.1 credits, 190 of output at 1.
    expect(await account.settled()).toEqual(spent(191_000_000));
    expect(lane.first.seen[1]).toMatchObject({ method: 'POST', path: `/v1/responses/${UPSTREAM_ID}/cancel` });
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual' });
  });
});
