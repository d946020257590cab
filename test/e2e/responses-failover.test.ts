// Providers of Responses that fail before the first content, after it, and in the middle of a wait.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { requestIdOf } from './support/client';
import {
  answer,
  askResponse,
  askResponseStream,
  askResponses,
  beginning,
  endOf,
  errorEvent,
  event,
  failedEvent,
  message,
  opening,
  openResponseStream,
  parseStream,
  responseIdOf,
  responseOf,
  responsesBody,
  stream,
  streamOf,
  USAGE_CREDITS,
  USAGE_MICRO,
} from './support/responses-wire';
import { type Lane, type LaneKind, Rig } from './support/rig';
import { CUT, HANG, RESET, type Reply, type Step } from './support/upstream';
import { gate } from './support/wait';
import { streamOf as chatStreamOf, DONE, estimatedTokens, failure, json, sse } from './support/wire';

const KEEPALIVE_MS = 120;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 60, 'responses-pair': 60, 'responses-chat': 4 },
    { KEEPALIVE_MS, STATUS_HOLD_MS: 2_000, FIRST_BYTE_TIMEOUT_MS: 30_000, UPSTREAM_IDLE_TIMEOUT_MS: 30_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

/** The beginning of a stream, whatever was tried before. */
const OPENED = ['response.created', 'response.in_progress', 'response.output_item.added'];
const lifecycle = (types: readonly string[]): string[] => types.filter((type) => type !== 'keepalive').slice(0, OPENED.length);

const failed = (more: Record<string, unknown> = {}) =>
  responseOf([], { status: 'failed', usage: null, error: { code: 'server_error', message: 'On fire.' }, ...more });

describe.concurrent('a provider that fails before the first content', () => {
  const FAILURES: Record<string, Reply> = {
    'a 500': failure(500, 'On fire.'),
    'a 529': failure(529, 'Overloaded.'),
    'a 404 for the model': failure(404, 'The model does not exist.', { code: 'model_not_found' }),
    'a 401': failure(401, 'No such key.'),
    'a reset connection': sse([], { first: RESET }),
    'a reset after the opening': sse([...opening(), RESET]),
    'an end after the opening': sse(opening()),
    'an end after an empty item': sse(beginning('One').slice(0, 4)),
    'an end in the first event': sse(['event: response.created\ndata: {"type":"response.cr']),
    '[DONE] at once': sse([DONE]),
    'an error event first': sse([errorEvent('On fire.')]),
    'a flat error event': sse([event('error', 0, { code: 'server_error', message: 'On fire.', param: null })]),
    'an error event after the opening': sse([...opening(), errorEvent('On fire.')]),
    'an error in the same breath as content': sse([beginning('Half').join('') + errorEvent('On fire.')]),
    'a failed response after the opening': sse([...opening(), failedEvent('On fire.')]),
    'an event that is no JSON': sse(['data: Service unavailable\n\n']),
    'a document in place of a stream': answer('Here you are.'),
    'a failed response as a document': json(failed()),
    'a web page with status 200': { headers: { 'content-type': 'text/html' }, steps: ['<html><body>Sign in</body></html>'] },
  };

  it.each(Object.entries(FAILURES))('gives way to the next one, under one id: %s', async (_, reply) => {
    const { account, lane } = await fresh('responses-pair');
    lane.first.replyAlways(() => reply);
    lane.second.reply(stream(['Clean', ' as ever'], { id: 'resp_second' }));
    const { text, types, error, response, id } = await askResponseStream(account, responsesBody(lane.model));
    expect({ text, error }).toEqual({ text: 'Clean as ever', error: undefined });
    expect(response).toMatchObject({ id: responseIdOf(id), usage: { creditsUsed: USAGE_CREDITS } });
    expect(lifecycle(types)).toEqual(OPENED);
    const { attempts } = await account.generation(id);
    expect(attempts!.map(({ outcome }) => outcome)).toEqual([...lane.first.seen.map(() => 'failed'), 'answered']);
    expect(await account.calls()).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each(Object.entries(FAILURES))('and has nobody after it is told, and charged nothing: %s', async (_, reply) => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => reply);
    const response = await askResponses(account, responsesBody(lane.model, { stream: true }));
    const raw = await response.text();
    // A client that was sent an opening, or waited long enough, has its status already.
    const begun = response.status === 200;
    expect(begun ? /^event: (?:response\.created|error)\n/.test(raw) : response.status === 502, raw).toBe(true);
    const { type, message: said } = begun
      ? parseStream(raw).error!
      : (JSON.parse(raw) as { error: { type: string; message: string } }).error;
    expect(type).toBe('api_error');
    expect(said).toMatch(/^All providers of this model failed; the last one: [^<>]+$/);
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('after the client has seen its opening is not noticed: one opening, one id, numbers that rise', async () => {
    const { account, lane } = await fresh('responses-pair');
    const held = gate();
    lane.first.reply(sse([...opening(), { until: held.opened }, errorEvent('On fire.', { code: 'model_not_found' })]));
    lane.second.reply(stream(['Clean'], { id: 'resp_second' }));
    const live = await openResponseStream(account, responsesBody(lane.model));
    await live.has('response.in_progress');
    held.open();
    const { types, text } = await endOf(live);
    expect(lifecycle(types)).toEqual(OPENED);
    expect(text).toBe('Clean');
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('gives way to one that speaks another format', async () => {
    const { account, lane } = await fresh('responses-chat');
    lane.first.replyAlways(() => sse([...opening(), errorEvent('On fire.', { code: 'model_not_found' })]));
    lane.second.reply(sse(chatStreamOf(['Clean', ' as ever'])));
    const { text, response, id } = await askResponseStream(account, responsesBody(lane.model));
    expect(text).toBe('Clean as ever');
    expect(response.id).toBe(responseIdOf(id));
    expect(lane.second.seen[0]!.json().messages).toEqual([{ role: 'user', content: 'Say something.' }]);
    // A chat usage: 100 tokens of input and 25 of output.
    expect(await account.money()).toEqual(spent(20_000));
  });

  it.each([
    ['a 500', failure(500, 'On fire.')],
    ['a failed response', json(failed())],
    ['a failed response with usage', json(failed({ usage: { input_tokens: 5, output_tokens: 0 } }))],
    [
      'a failed response with an answer',
      json(responseOf([message('One')], { status: 'failed', error: { code: 'server_error', message: 'On fire.' } })),
    ],
    ['an error document', json({ error: { message: 'On fire.', code: 'server_error' } })],
    ['a response that is not over', json(responseOf([], { status: 'in_progress' }))],
    ['a stream that ends in an error', sse([...opening(), errorEvent('On fire.')])],
    ['a stream without an end', sse(beginning('One'))],
    ['half a document', json('{"id":"r","outp')],
  ] satisfies [string, Reply][])('gives way to the next one where a document was asked for: %s', async (_, reply) => {
    const { account, lane } = await fresh('responses-pair');
    lane.first.replyAlways(() => reply);
    lane.second.reply(answer('Clean as ever', { id: 'resp_second' }));
    const { body, id } = await askResponse(account, responsesBody(lane.model));
    expect(body).toMatchObject({ id: responseIdOf(id), output: [message('Clean as ever')] });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

it('a thread goes on without thoughts that its provider cannot read', async () => {
  const { account, lane } = await fresh();
  const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
  const others = [{ type: 'function_call_output', call_id: 'c1', output: 'x' }];
  const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
  const text = 'The encrypted content gAAA could not be verified. Reason: Encrypted content organization_id did not match.';
  lane.first.reply(failure(400, text, { code: 'invalid_encrypted_content' }), answer('Yes.'));
  const { status } = await askResponse(account, responsesBody(lane.model, { input: [thought, { ...call, id: 'fc_1' }, ...others] }));
  expect(status).toBe(200);
  expect(lane.first.seen[1]!.json().input).toEqual([call, ...others]);
  expect(await account.money()).toEqual(spent(USAGE_MICRO));
});

describe.concurrent('a provider that fails after the first content', () => {
  const FAILURES: Record<string, Step[]> = {
    'an error event': [errorEvent('On fire.', {}, 5)],
    'a failed response without usage': [failedEvent('On fire.', {}, 5)],
    'both of them': [errorEvent('On fire.', {}, 5), failedEvent('On fire.', {}, 6)],
    'a reset connection': [RESET],
    'an answer cut off': [CUT],
    'an end in the middle of an event': ['event: response.output_text.delta\ndata: {"type":"response.outp'],
    'an end without a last event': [],
    '[DONE] without a last event': [DONE],
    'an event that is no JSON': ['data: Service unavailable\n\n', HANG],
  };

  it.each(Object.entries(FAILURES))('ends the stream with an error, and a failed response, and charges nothing: %s', async (_, steps) => {
    const { account, lane } = await fresh('responses-pair');
    const held = gate();
    lane.first.reply(sse([...beginning('One'), { until: held.opened }, ...steps]));
    const live = await openResponseStream(account, responsesBody(lane.model));
    await live.has('One');
    held.open();
    const { text, types, error, response } = await endOf(live);
    expect(text).toBe('One');
    expect(types.slice(-2)).toEqual(['error', 'response.failed']);
    const said = expect.stringMatching(/^The provider failed in the middle of its answer: [^.]+\. Nothing was charged\.$/) as string;
    expect(error).toMatchObject({ type: 'api_error', message: said, request_id: requestIdOf(live.response) });
    expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error', message: said }, usage: null });
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.calls()).toMatchObject([{ state: 'released', detail: { ending: 'upstream_broke' } }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('and counts what it wrote costs nothing either', async () => {
    const { account, lane } = await fresh();
    const usage = { input_tokens: 10, output_tokens: 3, total_tokens: 13 };
    lane.first.reply(sse([...beginning('One'), failedEvent('On fire.', { usage })]));
    const { types, response } = await askResponseStream(account, responsesBody(lane.model));
    expect(types.slice(-2)).toEqual(['error', 'response.failed']);
    const said = 'The provider failed in the middle of its answer: On fire. Nothing was charged.';
    expect(response).toMatchObject({ error: { message: said }, usage: null });
    expect(await account.money()).toEqual(spent(0));
  });

  it.each([
    ['a reset connection', [RESET]],
    ['an answer cut off', [CUT]],
    ['[DONE]', [DONE]],
    ['silence', [HANG]],
    ['another end', [failedEvent('On fire.')]],
  ] satisfies [string, Step[]][])('fails too late to matter when the answer was through: %s', async (_, steps) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...streamOf(['One']), ...steps]));
    const { text, types, error } = await askResponseStream(account, responsesBody(lane.model));
    expect({ text, end: types.at(-1), error }).toEqual({ text: 'One', end: 'response.completed', error: undefined });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe.concurrent('a silence', () => {
  it('before the first event is filled with comments, and after it with keepalive events', async () => {
    const { account, lane } = await fresh();
    const [first, second] = [gate(), gate()];
    const all = streamOf(['One', ' two']);
    const { length } = beginning('One');
    lane.first.reply(sse([{ until: first.opened }, ...all.slice(0, length), { until: second.opened }, ...all.slice(length)]));
    const live = await openResponseStream(account, responsesBody(lane.model));
    await live.has(/(?:: ping\n){3}/);
    expect(live.raw.replaceAll(': ping\n', '')).toBe('');
    first.open();
    await live.has(/(?:event: keepalive\n[^\n]+\n\n){3}/);
    second.open();
    const { text, comments, keepalives, events } = await endOf(live);
    expect(text).toBe('One two');
    expect(comments).toBeGreaterThanOrEqual(3);
    expect(keepalives).toBeGreaterThanOrEqual(3);
    const numbers = events.map(({ sequence_number }) => sequence_number);
    for (const [index, { type }] of events.entries()) if (type === 'keepalive') expect(numbers[index]).toBe(numbers[index - 1]);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('between the opening and a thought is filled with events, which is what Codex waits for', async () => {
    const { account, lane } = await fresh();
    const held = gate();
    lane.first.reply(sse([...opening(), { until: held.opened }, ...streamOf(['One']).slice(2)]));
    const live = await openResponseStream(account, responsesBody(lane.model));
    await live.has(/(?:event: keepalive\n[^\n]+\n\n){3}/);
    expect(live.raw.indexOf('event: response.created')).toBeLessThan(live.raw.indexOf('event: keepalive'));
    held.open();
    expect(await endOf(live)).toMatchObject({ text: 'One', error: undefined });
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });
});

describe.concurrent('an upstream that streams although a document was asked for', () => {
  it.each([
    ['is heard to its end', streamOf(['One', ' two'])],
    ['without a final output', streamOf(['One', ' two']).map((text) => text.replace(/("output":)\[\{.*\}\](,"parallel)/, '$1[]$2'))],
  ])('%s, and the client gets the document', async (_, events) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(events));
    const { status, headers, body, id } = await askResponse(account, responsesBody(lane.model, { stream: false }));
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(body).toMatchObject({ id: responseIdOf(id), status: 'completed', output: [message('One two')] });
    expect(body.usage).toMatchObject({ creditsUsed: USAGE_CREDITS });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

it('an answer with nothing in it is free, whatever the prompt came to', async () => {
  const { account, lane } = await fresh();
  const usage = { input_tokens: 100, output_tokens: 0, total_tokens: 100 };
  lane.first.reply(json(responseOf([], { usage })));
  const { body } = await askResponse(account, responsesBody(lane.model));
  expect(body).toMatchObject({ status: 'completed', usage: { ...usage, creditsUsed: 0 } });
  expect(await account.calls()).toMatchObject([{ state: 'released', detail: { ending: 'empty' } }]);
  expect(await account.money()).toEqual(spent(0));
});

it('usage that the provider leaves out is estimated, and marked so', async () => {
  const { account, lane } = await fresh();
  const body = responsesBody(lane.model, { stream: true });
  lane.first.reply(stream(['x'.repeat(400)], { usage: null }));
  const { response } = await askResponseStream(account, body);
  const input = estimatedTokens(JSON.stringify(body).length);
  expect(response.usage).toMatchObject({ input_tokens: input, output_tokens: 100, estimated: true });
  expect(await account.money()).toEqual(spent(input * 100 + 100 * 400));
});
