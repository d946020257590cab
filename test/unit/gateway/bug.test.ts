// A dialect that throws is a bug, but the call that hits it still ends.
import { describe, expect, it, vi } from 'vitest';
import type { CloseRequest } from '../../../src/account/types';
import { Deadlines } from '../../../src/core/deadlines';
import { fail } from '../../../src/core/errors';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import type { StreamRelay } from '../../../src/dialects/types';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { runJsonCall } from '../../../src/gateway/json-call';
import type { StreamRun } from '../../../src/gateway/run';
import { runStreamCall } from '../../../src/gateway/stream-call';
import { Bench, callOf, planOf, provider } from './support';

const HOLD = 'req_0123456789abc-1-4cc3-1';
const ANSWER = { choices: [{ message: { content: 'Hi' } }], usage: { prompt_tokens: 1, completion_tokens: 1 } };
const EVENTS = [
  '{"choices":[{"index":0,"delta":{"content":"Hi"}}]}',
  '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
  '[DONE]',
];

const bug = (): never => {
  throw new TypeError('undefined is not a function (evaluating secret)');
};

/** A call, and what happens to its hold. Its provider answers at once or, where it is late, when it is told to. */
function callWith({ stream, isLate = false }: { stream: boolean; isLate?: boolean }) {
  const closes: CloseRequest[] = [];
  const beats: unknown[] = [];
  const work: Promise<unknown>[] = [];
  const told = Promise.withResolvers<void>();
  const account = {
    settle: async (close: CloseRequest) => {
      closes.push(close);
      return { ok: true, costMicro: close.costMicro, outcome: close.outcome, repeated: closes.length > 1 };
    },
    beat: async (request: unknown) => {
      beats.push(request);
      return { ok: true };
    },
  };
  const bench = new Bench().script('a', async () => {
    if (isLate) await told.promise;
    if (!stream) return Response.json(ANSWER);
    const body = EVENTS.map((data) => `data: ${data}\n\n`).join('');
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const plan = planOf(provider('a'));
  const call = callOf({ stream });
  const settings = {
    ...readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) }),
    KEEPALIVE_MS: 10,
    BEAT_MS: 10,
    ...(isLate && { JSON_STATUS_HOLD_MS: 1 }),
  };
  const waitUntil = (done: Promise<unknown>) => void work.push(done);
  const deps = { settings, now: Date.now, deadlines: new Deadlines(), account: () => account, waitUntil };
  const run: StreamRun = {
    deps: deps as unknown as GatewayDeps,
    dialect: openaiChat,
    call,
    plan,
    failover: bench.failover(plan, { call }),
    accountId: 'acc_1',
    account: account as unknown as StreamRun['account'],
    keyMode: 'live',
    holdId: HOLD,
    startedAtMs: Date.now(),
    askedModel: 'gpt-5.4',
    labels: {},
    idempotencyKeyHash: undefined,
    gone: new AbortController(),
    outgoing: call.openStream(HOLD),
  };
  return { run, closes, beats, answer: told.resolve, idle: () => Promise.all(work) };
}

const expectFailure = (text: string): void => {
  expect(text).toContain('Something went wrong on our side');
  expect(text).toContain(HOLD);
  expect(text).not.toContain('secret');
};

const RELEASED = { holdId: HOLD, costMicro: 0, outcome: 'released', detailJson: expect.stringContaining('"ending":"gateway_failed"') };

describe('a bug in a dialect', () => {
  it.each([
    [500, 'at once'],
    [200, 'late'],
  ])('ends a JSON call with an error, and gives its hold back: a status of %d, answered %s', async (status, when) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { run, closes, beats, answer, idle } = callWith({ stream: false, isLate: when === 'late' });
    run.plan.targets[0]!.bridge.renderAnswer = bug;
    const response = await runJsonCall(run, () => run.gone.signal);
    expect(response.status).toBe(status);
    answer();
    expectFailure(await response.text());
    await idle();
    expect(closes).toMatchObject([RELEASED]);
    // Nothing keeps running that would keep the hold open.
    const before = beats.length;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(beats).toHaveLength(before);
  });

  it.each(['push', 'close'] as const)('ends a stream with an error event, and gives its hold back: %s', async (method) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { run, closes, idle } = callWith({ stream: true });
    const relay = run.outgoing.relay('openai-chat') as StreamRelay;
    run.outgoing.relay = () => relay;
    const { push } = relay;
    let pushes = 0;
    if (method === 'close') relay.close = bug;
    else relay.push = (events) => (pushes++ === 0 ? push.call(relay, `${events.split('\n\n')[0]}\n\n`) : bug());
    const response = await runStreamCall(run);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('"content":"Hi"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    if (method === 'close') expectFailure(text);
    await idle();
    expect(closes).toMatchObject([method === 'close' ? RELEASED : { costMicro: 0, outcome: 'released' }]);
  });

  it('is told in events that nothing comes between, however long they are apart', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { run, idle } = callWith({ stream: true });
    const relay = run.outgoing.relay('openai-chat');
    relay.close = bug;
    run.outgoing.relay = () => relay;
    run.outgoing.fail = () => 'data: one\n\ndata: two\n\n';
    const text = await (await runStreamCall(run)).text();
    expect(text.endsWith('data: one\n\ndata: two\n\n')).toBe(true);
    await idle();
  });
});

describe('an answer that its conversation does not get', () => {
  it.each([false, true])('is not given, and gives hold and conversation back (stream: %s)', async (stream) => {
    const { run, closes, idle } = callWith({ stream });
    const heard: string[] = [];
    run.conversation = {
      id: 'conv_1',
      add: async (answer) => {
        heard.push(answer);
        return fail('unavailable', 'Not added.').error;
      },
      giveBack: async () => void heard.push('nothing more'),
    };
    const response = await (stream ? runStreamCall(run) : runJsonCall(run, () => run.gone.signal));
    expect(response.status).toBe(stream ? 200 : 503);
    expect(await response.text()).toContain('Not added.');
    await idle();
    expect(heard).toEqual([expect.stringContaining(stream ? '[DONE]' : '"content":"Hi"'), 'nothing more']);
    expect(closes).toMatchObject([{ ...RELEASED, detailJson: expect.stringMatching(/"conversation":"conv_1".*Not added/) }]);
  });
});
