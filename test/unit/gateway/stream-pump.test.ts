// What becomes of a stream's client and of its provider while nothing is said, and when it does not get to its end.
import { afterEach, expect, it, vi } from 'vitest';
import type { CloseRequest } from '../../../src/account/types';
import { Deadlines } from '../../../src/core/deadlines';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import type { StreamRun } from '../../../src/gateway/run';
import { runStreamCall } from '../../../src/gateway/stream-call';
import { Bench, callOf, planOf, provider } from './support';

const HOLD = 'req_0123456789abc-1-4cc3-1';
const WORDS = { choices: [{ index: 0, delta: { content: 'Hi' } }] };

/** A stream whose provider says this and goes on for as long as it is let; `stopped` when it was ended. */
async function streamOf(bench: Bench, ...events: object[]) {
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
  let stopped = false;
  bench.script('a', async ({ signal }) => {
    const left = events.map((event) => new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
    const source: UnderlyingByteSource = {
      type: 'bytes',
      start(stream) {
        signal?.addEventListener('abort', () => {
          stopped = true;
          stream.error(new Error('stopped'));
        });
      },
      pull(stream) {
        const event = left.shift();
        if (event) stream.enqueue(event);
        else return new Promise(() => undefined);
      },
    };
    const body = new ReadableStream(source) as ReadableStream<Uint8Array>;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const [plan, call, gone] = [planOf(provider('a')), callOf({ stream: true }), new AbortController()];
  const settings = readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) });
  const waitUntil = (done: Promise<unknown>) => void work.push(done);
  const deps = { settings, now: () => bench.nowMs, account: () => account, waitUntil, deadlines: new Deadlines() };
  const run = {
    ...{ deps: deps as unknown as GatewayDeps, dialect: openaiChat, call, plan, gone, account, outgoing: call.openStream(HOLD) },
    ...{ accountId: 'acc_1', keyMode: 'live', holdId: HOLD, startedAtMs: bench.nowMs, endpoint: '/v1/chat/completions', labels: {} },
    ...{ failover: bench.failover(plan, { call, gone: gone.signal }), askedModel: 'gpt-5.4', idempotencyKeyHash: undefined },
  } as unknown as StreamRun;
  const response = await runStreamCall(run);
  return { response, gone, closes, beats, settings, isStopped: () => stopped, idle: () => Promise.all(work) };
}

afterEach(() => {
  vi.useRealTimers();
});

it('a client that hears nothing is kept by a word in time, and the hold by a beat in its time', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const bench = new Bench();
  const { response, gone, beats, settings, idle } = await streamOf(bench, WORDS);
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
  const { response, closes, isStopped, idle } = await streamOf(new Bench(), WORDS, failure);
  const text = await response.text();
  expect(text).toContain('The provider failed in the middle of its answer: Out of memory. Nothing was charged.');
  await idle();
  expect(isStopped()).toBe(true);
  expect(closes).toMatchObject([{ costMicro: 0, outcome: 'released' }]);
});

it('a provider on probation whose client hangs up may be asked again', async () => {
  const bench = new Bench();
  for (let time = 0; time < 5; time++) bench.health.failed('a', bench.nowMs);
  bench.nowMs += 31_000;
  const { response, gone, closes, isStopped, idle } = await streamOf(bench, WORDS);
  expect(bench.health.allows('a', bench.nowMs)).toBe(false);
  await response.body!.getReader().read();
  gone.abort();
  await idle();
  expect(isStopped()).toBe(true);
  expect(closes).toMatchObject([{ outcome: 'estimated' }]);
  expect(bench.health.allows('a', bench.nowMs)).toBe(true);
});
