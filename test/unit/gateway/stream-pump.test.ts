// What becomes of a stream's client and of its provider while nothing is said, and when it does not get to its end.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CloseRequest } from '../../../src/account/types';
import { Deadlines } from '../../../src/core/deadlines';
import { fail } from '../../../src/core/errors';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import type { StreamRun } from '../../../src/gateway/run';
import { runStreamCall } from '../../../src/gateway/stream-call';
import { Bench, callOf, planOf, provider } from './support';

const HOLD = 'req_0123456789abc-1-4cc3-1';
const WORDS = { choices: [{ index: 0, delta: { content: 'Hi' } }] };

class Turns {
  private left = 1;
  private wake: () => void = () => undefined;

  async take(): Promise<void> {
    while (this.left === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    this.left--;
  }

  give(): void {
    this.left++;
    this.wake();
  }
}

interface Terms {
  keyMode?: 'live' | 'test';
  /** At one micro-credit a token. */
  estimateMicro?: number;
  /** The account's answer to a request for a larger hold. */
  extend?: (byMicro: number) => boolean | Promise<boolean>;
}

const END = {
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 900, total_tokens: 1_000 },
};

/** A stream whose provider says this and goes on for as long as it is let. */
async function streamOf(bench: Bench, events: object[], { keyMode = 'live', estimateMicro = 0, extend = () => true }: Terms = {}) {
  const asked: number[] = [];
  let heldMicro = estimateMicro;
  const [closes, work, beats]: [CloseRequest[], Promise<unknown>[], { count: number }] = [[], [], { count: 0 }];
  const account = {
    settle: async (close: CloseRequest) => {
      closes.push(close);
      return { ok: true, costMicro: close.costMicro, outcome: close.outcome, repeated: false };
    },
    beat: async () => {
      beats.count++;
      return { ok: true };
    },
  };
  const turns = new Turns();
  let stopped = false;
  const extending = {
    ...account,
    extend: async ({ byMicro }: { byMicro: number }) => {
      asked.push(byMicro);
      if (!(await extend(byMicro))) return fail('insufficient_credits', 'No more.');
      heldMicro += byMicro;
      return { ok: true, heldMicro };
    },
  };
  bench.script('a', async ({ signal }) => {
    const left = events.map((event) =>
      new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n${'usage' in event ? 'data: [DONE]\n\n' : ''}`),
    );
    const source: UnderlyingByteSource = {
      type: 'bytes',
      start(stream) {
        signal?.addEventListener('abort', () => {
          stopped = true;
          stream.error(new Error('stopped'));
        });
      },
      // Each event after the first comes when the one before it was heard.
      async pull(stream) {
        await turns.take();
        const event = left.shift();
        if (event) stream.enqueue(event);
        else await new Promise(() => undefined);
      },
    };
    const body = new ReadableStream(source) as ReadableStream<Uint8Array>;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const price = { inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 1_000_000 };
  const plan = { ...planOf(provider('a')), estimateMicro, price };
  const [call, gone] = [callOf({ stream: true }), new AbortController()];
  const settings = readSettings({ KEY_MAC_SECRET: 'x'.repeat(17_000_000) });
  const waitUntil = (done: Promise<unknown>) => void work.push(done);
  const deps = { settings, now: () => bench.nowMs, account: () => extending, waitUntil, deadlines: new Deadlines() };
  const run = {
    ...{ deps: deps as unknown as GatewayDeps, dialect: openaiChat, call, plan, gone, account: extending, outgoing: call.openStream(HOLD) },
    ...{ accountId: 'acc_1', keyMode, holdId: HOLD, startedAtMs: bench.nowMs, endpoint: '/v1/chat/completions', labels: {} },
    ...{ failover: bench.failover(plan, { call, gone: gone.signal }), askedModel: 'gpt-5.4', idempotencyKeyHash: undefined },
  } as unknown as StreamRun;
  const response = await runStreamCall(run);
  /** Reads on until this many pieces were heard, or to the end. */
  const hear = async (pieces = Number.POSITIVE_INFINITY) => {
    const reader = response.body!.getReader();
    let text = '';
    for (let piece = 0; piece < pieces; piece++) {
      const { value, done } = await reader.read();
      if (done) break;
      text += new TextDecoder().decode(value);
      turns.give();
    }
    reader.releaseLock();
    return text;
  };
  return { response, hear, gone, closes, beats, asked, settings, isStopped: () => stopped, idle: () => Promise.all(work) };
}

afterEach(() => {
  vi.useRealTimers();
});

it('a client that hears nothing is kept by a word in time, and the hold by a beat in its time', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const bench = new Bench();
  const { response, gone, beats, settings, idle } = await streamOf(bench, [WORDS]);
  const tickMs = 5_000;
  const reader = response.body!.getReader();
  let heard = '';
  const listening = (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) heard += new TextDecoder().decode(read.value);
  })();
  for (let ms = 0; ms < settings.KEEPALIVE_MS; ms += tickMs) {
    bench.nowMs += tickMs;
    await vi.advanceTimersByTimeAsync(tickMs);
  }
  expect(heard.match(/^:/gm)).toHaveLength(1);
  const ticks = Math.ceil(settings.BEAT_MS / tickMs);
  bench.nowMs += settings.BEAT_MS;
  const before = beats.count;
  for (let tick = 0; tick < ticks; tick++) await vi.advanceTimersByTimeAsync(tickMs);
  expect(beats.count - before).toBe(1);
  gone.abort();
  await Promise.all([idle(), listening.catch(() => undefined)]);
});

it('a provider that fails in the middle of its answer is stopped, and nothing is charged', async () => {
  const failure = { error: { message: 'Out of memory', code: 500 } };
  const { hear, closes, isStopped, idle } = await streamOf(new Bench(), [WORDS, failure]);
  const text = await hear();
  expect(text).toContain('The provider failed in the middle of its answer: Out of memory. Nothing was charged.');
  await idle();
  expect(isStopped()).toBe(true);
  expect(closes).toMatchObject([{ costMicro: 0, outcome: 'released' }]);
});

it('an answer is charged up to an event that is longer than can be passed on', async () => {
  const { hear, closes, isStopped, idle } = await streamOf(new Bench(), [WORDS, { choices: [], whole: 'x'.repeat(17_000_000) }]);
  expect(await hear()).toContain('what came before it is charged');
  await idle();
  expect(isStopped()).toBe(true);
  expect(closes).toMatchObject([{ outcome: 'estimated', detailJson: expect.stringContaining('"ending":"too_long"') }]);
});

it('a provider on probation whose client hangs up may be asked again', async () => {
  const bench = new Bench();
  for (let time = 0; time < 5; time++) bench.health.failed('a', bench.nowMs);
  bench.nowMs += 31_000;
  const { response, gone, closes, isStopped, idle } = await streamOf(bench, [WORDS]);
  expect(bench.health.allows('a', bench.nowMs)).toBe(false);
  await response.body!.getReader().read();
  gone.abort();
  await idle();
  expect(isStopped()).toBe(true);
  expect(closes).toMatchObject([{ outcome: 'estimated' }]);
  expect(bench.health.allows('a', bench.nowMs)).toBe(true);
});

/** So many tokens; the prompt is a hundred. */
const said = (tokens: number, more: object = {}) => ({ choices: [{ index: 0, delta: { content: 'word'.repeat(tokens) }, ...more }] });

describe('a hold', () => {
  const run = async (events: object[], terms: Terms) => {
    const { hear, closes, asked, isStopped, idle } = await streamOf(new Bench(), events, { estimateMicro: 1_000, ...terms });
    const text = await hear();
    await idle();
    return { text, asked, isStopped: isStopped(), closes };
  };

  it('grows by as much as its account can pay, as often as it is nearly used up', async () => {
    const { asked, closes } = await run([said(700), said(100), said(100), END], { extend: (byMicro) => byMicro <= 300 });
    expect(asked).toEqual([1_000, 500, 250, 1_250, 625, 313, 157]);
    expect(closes).toMatchObject([{ outcome: 'actual', costMicro: 1_000 }]);
  });

  it('that cannot grow ends the answer, and what was said is charged', async () => {
    const { asked, closes, text, isStopped } = await run([said(699), said(1)], { extend: () => false });
    expect(asked).toEqual([1_000, 500, 250, 125, 63]);
    expect([isStopped, text.includes('No more.')]).toEqual([true, true]);
    expect(closes).toMatchObject([{ costMicro: 800, detailJson: expect.stringContaining('"ending":"credits_ran_out"') }]);
  });

  it('does not grow before it is nearly used up, when all is said, or where nothing is paid', async () => {
    expect((await run([said(698), said(1), END], {})).asked).toEqual([]);
    expect((await run([said(1), { ...said(699, { finish_reason: 'stop' }), usage: END.usage }], {})).asked).toEqual([]);
    expect((await run([said(699), said(1), END], { keyMode: 'test' })).asked).toEqual([]);
  });

  it('is asked to grow by one request at a time', async () => {
    let answer: (grows: boolean) => void = () => undefined;
    const events = [said(700), said(50), said(50), said(50), said(50), END];
    const pending = new Promise<boolean>((resolve) => (answer = resolve));
    const { hear, asked, idle } = await streamOf(new Bench(), events, { estimateMicro: 1_000, extend: () => pending });
    await hear(5);
    answer(true);
    await hear();
    await idle();
    expect(asked).toEqual([1_000]);
  });
});
