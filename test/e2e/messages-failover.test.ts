// Providers of Messages that fail: before the first content, after it, over a signature, or by streaming unasked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { requestIdOf } from './support/client';
import {
  askMessage,
  askMessages,
  begun,
  blockStop,
  ends,
  errorEvent,
  failure,
  messagesBody,
  OPENED,
  opening,
  openMessages,
  PRICED,
  parseMessagesStream,
  readMessages,
  STOP,
  says,
  streamed,
  text,
  textStart,
  USAGE_MICRO,
  whole,
} from './support/messages-wire';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, HANG, RESET, type Reply, type Step } from './support/upstream';
import { gate } from './support/wait';
import { estimatedTokens, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { messages: 40, 'messages-pair': 60, 'messages-keys': 8 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 2_000, FIRST_BYTE_TIMEOUT_MS: 30_000, UPSTREAM_IDLE_TIMEOUT_MS: 30_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: LaneKind = 'messages'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const typesOf = (events: { type?: unknown }[]): unknown[] => events.map(({ type }) => type);

describe('a provider that fails before the first content', () => {
  const FAILURES: Record<string, Reply> = {
    'a 500': failure(500, 'api_error', 'On fire.'),
    'a 529': failure(529, 'overloaded_error', 'Overloaded'),
    'a 404 for the model': failure(404, 'not_found_error', 'model: claude-x'),
    'a 429': failure(429, 'rate_limit_error', 'Slow down.'),
    'a 401': failure(401, 'authentication_error', 'invalid x-api-key'),
    'a 400 about its account': failure(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    'a reset connection': sse([], { first: RESET }),
    'a reset after the opening': sse([...OPENED, RESET]),
    'an end after the opening': sse(OPENED),
    'an end after pings': sse(['event: ping\ndata: {"type": "ping"}\n\n']),
    'an error event first': sse([errorEvent('overloaded_error', 'Overloaded')]),
    'an error event after the opening': sse([...OPENED, errorEvent('overloaded_error', 'Overloaded')]),
    'an error event after the opening, later': sse([...OPENED, { pauseMs: 100 }, errorEvent('api_error', 'On fire.')]),
    'an error in the same breath as content': sse([begun('Half').join('') + errorEvent('api_error', 'On fire.')]),
    'content without an opening': sse([textStart(), says('Half')]),
    'a document in place of a stream': whole('Here you are.'),
    'an error document with status 200': json({ type: 'error', error: { type: 'api_error', message: 'On fire.' } }),
    'a web page that calls itself a stream': sse(['<html>\n\n<body>Sign in</body>\n\n</html>']),
    'status 204': { status: 204, steps: [] },
  };

  it.concurrent.each(Object.entries(FAILURES))('gives way to the next one, under one opening: %s', async (_, reply) => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.replyAlways(() => reply);
    lane.second.reply(streamed('Clean as ever'));
    const stream = await readMessages(account, messagesBody(lane.model));
    expect(stream).toMatchObject({ text: 'Clean as ever', stopReason: 'end_turn', stopped: true, error: undefined });
    expect(typesOf(stream.events).filter((type) => type === 'message_start')).toHaveLength(1);
    expect(stream.events.at(-2)!.usage).toEqual(PRICED);
    const { attempts, provider } = await account.generation(stream.id);
    expect(attempts!.map(({ outcome }) => outcome)).toEqual([...lane.first.seen.map(() => 'failed'), 'answered']);
    expect(provider).toBe(attempts!.at(-1)!.provider);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.concurrent.each(Object.entries(FAILURES))('and has nobody after it is told, and charged nothing: %s', async (_, reply) => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => reply);
    const response = await askMessages(account, messagesBody(lane.model, { stream: true }));
    const raw = await response.text();
    // Once an opening was sent, so was the status.
    const isBegun = raw.startsWith('event: message_start');
    const { error, errorId } = isBegun ? parseMessagesStream(raw) : { error: JSON.parse(raw).error, errorId: JSON.parse(raw).request_id };
    const isOverloaded = error.message.endsWith('Overloaded');
    expect(response.status).toBe(isBegun ? 200 : isOverloaded ? 529 : 502);
    expect(response.headers.get('x-should-retry')).toBe(isBegun ? null : 'false');
    expect(error.type).toBe(isOverloaded ? 'overloaded_error' : 'api_error');
    expect(error.message).toMatch(/^All providers of this model failed; the last one: [^<>]+$/);
    expect(errorId).toBe(requestIdOf(response));
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
  });

  it('gives way to the next one where a document was asked for', async () => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.replyAlways(() => failure(529, 'overloaded_error', 'Overloaded'));
    lane.second.reply(whole('Clean as ever'));
    expect((await askMessage(account, messagesBody(lane.model))).body).toMatchObject({ content: [text('Clean as ever')], usage: PRICED });
    expect([lane.first.seen.length, lane.second.seen.length]).toEqual([2, 1]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('takes its keys in turn, and leaves one that is refused alone', async () => {
    const { account, lane } = await fresh('messages-keys');
    const [one, two] = lane.keys;
    lane.first.reply(whole('Yes.'), failure(429, 'rate_limit_error', 'Slow down.'));
    lane.first.replyAlways(() => whole('Yes.'));
    for (let call = 0; call < 4; call++) expect((await askMessage(account, messagesBody(lane.model))).status).toBe(200);
    expect(lane.first.seen.map(({ headers }) => headers['x-api-key'])).toEqual([one, two, one, one, one]);
    expect(await account.money()).toEqual(spent(4 * USAGE_MICRO));
  });
});

describe('a provider that fails after the first content', () => {
  const FAILURES: Record<string, Step[]> = {
    'an error event': [errorEvent('overloaded_error', 'On fire.')],
    'a reset connection': [RESET],
    'an answer cut off': [CUT],
    'an end in the middle of an event': ['event: content_block_delta\ndata: {"type":"content_bl'],
    'an end without a stop reason': [],
    'an event that is no JSON': ['data: Service unavailable\n\n', HANG],
  };

  it.each(Object.entries(FAILURES))('ends the stream with an error and charges nothing: %s', async (_, steps) => {
    const { account, lane } = await fresh('messages-pair');
    const { opened, open } = gate();
    lane.first.reply(sse([...begun('One'), { until: opened }, ...steps]));
    const live = await openMessages(account, messagesBody(lane.model));
    await live.has('One');
    open();
    const stream = parseMessagesStream(await live.end());
    expect(stream).toMatchObject({ text: 'One', stopped: false, usages: [], errorId: requestIdOf(live.response) });
    expect(stream.error).toMatchObject({ type: 'api_error' });
    expect(stream.error!.message).toMatch(/^The provider failed in the middle of its answer: [^.]+\. Nothing was charged\.$/);
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.calls()).toMatchObject([{ state: 'released', detail: { ending: 'upstream_broke' } }]);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe('signed thinking', () => {
  const thought = (signature: string) => ({ type: 'thinking', thinking: 'Hm\u00fc.', signature });
  const use = (id: string) => ({ type: 'tool_use', id, name: 'look', input: { at: 1.5 } });
  const result = (tool_use_id: string) => ({ role: 'user', content: [{ type: 'tool_result', tool_use_id, content: 'Seen.' }] });
  const redacted = { type: 'redacted_thinking', data: 'EmwK' };

  /** Two finished turns, the second with a tool call in it, and one that is going on. */
  const TURNS = [
    { role: 'user', content: 'One?' },
    { role: 'assistant', content: [thought('past-1'), text('One.')] },
    { role: 'user', content: 'Two?' },
    { role: 'assistant', content: [thought('past-2'), redacted, use('toolu_1')] },
    result('toolu_1'),
    { role: 'assistant', content: [thought('past-3')] },
    { role: 'user', content: 'Three?' },
    { role: 'assistant', content: [thought('active-1'), redacted, use('toolu_2')] },
    result('toolu_2'),
  ];
  const STRIPPED = TURNS.map((turn, index) => {
    if (index === 5) return { ...turn, content: [text('(no text)')] };
    if (index > 5 || !Array.isArray(turn.content)) return turn;
    return { ...turn, content: (turn.content as { type: string }[]).filter(({ type }) => !type.endsWith('thinking')) };
  });
  const refusal = failure(400, 'invalid_request_error', 'messages.1.content.0: Invalid `signature` in `thinking` block');
  const bodyOf = (lane: Lane, stream: boolean) =>
    messagesBody(lane.model, { stream, messages: TURNS, thinking: { type: 'enabled', budget_tokens: 1_024 } });
  const answer = (stream: boolean, said: string): Reply => (stream ? streamed(said) : whole(said));

  it.each([true, false])('goes out as it came', async (stream) => {
    const { account, lane } = await fresh();
    lane.first.reply(answer(stream, 'Yes.'));
    const body = JSON.stringify(bodyOf(lane, stream));
    expect((await askMessages(account, body)).status).toBe(200);
    expect(lane.first.seen[0]!.body).toBe(body.replace(lane.model, lane.upstreamModel));
  });

  it.each([true, false])(
    'that is refused goes once more to the same provider, without that of finished turns (stream: %s)',
    async (stream) => {
      const { account, lane } = await fresh('messages-pair');
      lane.first.reply(refusal, answer(stream, 'Yes.'));
      const response = await askMessages(account, bodyOf(lane, stream));
      expect([response.status, (await response.text()).includes('"creditsUsed":0.02')]).toEqual([200, true]);
      expect([lane.first.seen.length, lane.second.seen.length]).toEqual([2, 0]);
      const [first, second] = lane.first.seen;
      expect(first!.json().messages).toEqual(TURNS);
      expect(second!.json()).toEqual({ ...bodyOf(lane, stream), model: lane.upstreamModel, messages: STRIPPED });
      expect(second!.headers['x-api-key']).toBe(first!.headers['x-api-key']);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    },
  );

  it('that is refused inside the stream is repaired too', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([errorEvent('invalid_request_error', 'Invalid `signature` in `thinking` block')]), streamed('Yes.'));
    expect((await readMessages(account, bodyOf(lane, true))).text).toBe('Yes.');
    expect(lane.first.seen[1]!.json().messages).toEqual(STRIPPED);
  });

  it('that is refused twice is told to the client, in the provider’s words', async () => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.replyAlways(() => refusal);
    const { status, body } = await askMessage(account, bodyOf(lane, false));
    expect([status, body.error]).toMatchObject([
      400,
      { type: 'invalid_request_error', message: expect.stringContaining('Invalid `signature`') },
    ]);
    expect([lane.first.seen.length, lane.second.seen.length]).toEqual([2, 0]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('of the turn that is going on alone cannot be left out: the refusal is told at once', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => refusal);
    const messages = TURNS.slice(6);
    expect((await askMessage(account, { ...bodyOf(lane, false), messages })).status).toBe(400);
    expect(lane.first.seen).toHaveLength(1);
  });

  it('is no reason to try again for a refusal of something else', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => failure(400, 'invalid_request_error', 'max_tokens: 300000 > 128000'));
    expect((await askMessage(account, bodyOf(lane, false))).status).toBe(400);
    expect(lane.first.seen).toHaveLength(1);
  });

  it.each([true, false])('of finished turns is not shown to a provider that did not issue it (stream: %s)', async (stream) => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.replyAlways(() => failure(500, 'api_error', 'On fire.'));
    lane.second.reply(answer(stream, 'Yes.'));
    expect((await askMessages(account, bodyOf(lane, stream))).status).toBe(200);
    // The first provider is asked again with the signatures: it may well have issued them.
    expect(lane.first.seen.map((seen) => seen.json().messages)).toEqual([TURNS, TURNS]);
    expect(lane.second.seen[0]!.json()).toEqual({ ...bodyOf(lane, stream), messages: STRIPPED });
    await account.settled();
  });
});

describe('what the model refuses', () => {
  const DOCUMENTED = {
    model: 'claude-opus-4-6',
    max_tokens: 1_024,
    messages: [{ role: 'user', content: 'Plan a 3-step refactor of a Next.js app.' }],
    thinking: { type: 'enabled', budget_tokens: 4_000 },
  };
  const refusal = (message: string): Reply => failure(400, 'invalid_request_error', message);

  it('is mended, so that the documented example works as printed', async () => {
    const account = await rig.account();
    const desk = rig.desk('anthropic');
    desk.reply(refusal('`max_tokens` must be greater than `thinking.budget_tokens`.'), whole('Yes.'));
    const { status, body } = await askMessage(account, DOCUMENTED);
    expect([status, body.content]).toEqual([200, [text('Yes.')]]);
    expect(desk.seen.map((seen) => seen.json())).toEqual([DOCUMENTED, { ...DOCUMENTED, thinking: { type: 'adaptive' } }]);
    await account.settled();
  });

  it('is mended once, and told when that was not enough', async () => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.replyAlways(() => refusal('`temperature` and `top_p` cannot both be specified for this model. Please use only one.'));
    const sampled = messagesBody(lane.model, { temperature: 0.5, top_p: 0.9 });
    const { status, body } = await askMessage(account, sampled);
    expect([status, body.error]).toMatchObject([400, { message: expect.stringContaining('cannot both be specified') }]);
    const { top_p, ...mended } = sampled;
    expect(lane.first.seen.map((seen) => seen.json())).toEqual([sampled, mended].map((sent) => ({ ...sent, model: lane.upstreamModel })));
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(0));
  });

  it.each([
    [
      "This endpoint's maximum context length is 200000 tokens.",
      "prompt is too long: This endpoint's maximum context length is 200000 tokens.",
    ],
    ['prompt is too long: 210000 tokens > 200000 maximum', 'prompt is too long: 210000 tokens > 200000 maximum'],
    ['input length and `max_tokens` exceed context limit: 9 + 2 > 10', 'input length and `max_tokens` exceed context limit: 9 + 2 > 10'],
  ])('is a conversation that is too long, in the words that Claude Code shortens its own for: %s', async (said, told) => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => refusal(said));
    for (const stream of [false, true]) {
      const response = await askMessages(account, messagesBody(lane.model, { stream }));
      expect([response.status, await response.json()]).toMatchObject([400, { error: { type: 'invalid_request_error', message: told } }]);
    }
  });
});

describe('a provider that streams though nobody asked it to', () => {
  it('fails as it does elsewhere: an error in it gives way to the next one', async () => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.replyAlways(() => sse([...begun('Half'), errorEvent('api_error', 'On fire.')]));
    lane.second.reply(streamed([{ type: 'thinking', thinking: 'Hm.', signature: 'EqQB==' }, text('Whole.')]));
    const { body } = await askMessage(account, messagesBody(lane.model, { stream: false }));
    expect(body.content).toEqual([{ type: 'thinking', thinking: 'Hm.', signature: 'EqQB==' }, text('Whole.')]);
    expect(body.usage).toEqual(PRICED);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('and breaks off has given no answer', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => sse([opening(), textStart(), says('Half')]));
    const { status, body } = await askMessage(account, messagesBody(lane.model));
    expect([status, body.error.type]).toEqual([502, 'api_error']);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe('a provider that counts in its opening alone', () => {
  it.each([true, false])(
    'is paid for what it was seen to produce, not for the one token that it had announced (stream: %s)',
    async (stream) => {
      const { account, lane } = await fresh();
      const said = 'x'.repeat(400);
      lane.first.reply(sse([opening(), textStart(), says(said), blockStop(0), ends('end_turn', null), STOP]));
      const body = messagesBody(lane.model, { stream });
      const response = await askMessages(account, body);
      const raw = await response.text();
      const usage = stream ? parseMessagesStream(raw).usages.at(-1)! : (JSON.parse(raw) as { usage: Record<string, unknown> }).usage;
      expect(usage).toMatchObject({ output_tokens: 100, estimated: true });
      // A document is written at the end, so its usage is lost with the rest and the prompt is estimated too.
      const inputTokens = stream ? 100 : estimatedTokens(JSON.stringify(body).length);
      expect(await account.money()).toEqual(spent(inputTokens * INPUT_MICRO + 100 * OUTPUT_MICRO));
      expect((await account.lastGeneration()).outcome).toBe('estimated');
    },
  );
});
