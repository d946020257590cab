// A client that hangs up before the provider has counted pays for thoughts that it was not shown, by an estimate.
import { describe, expect, it } from 'vitest';
import type { CloseRequest } from '../../../src/account/types';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import type { StreamRun } from '../../../src/gateway/run';
import { runStreamCall } from '../../../src/gateway/stream-call';
import { Bench, callOf, NOW_MS, planOf, provider } from './support';

const HOLD = 'req_0123456789abc-1-4cc3-1';
/** What has been shown comes to so many tokens. */
const SHOWN_TOKENS = 1;

const encoder = new TextEncoder();
const delta = (fields: object) => encoder.encode(`data: ${JSON.stringify({ choices: [{ index: 0, delta: fields }] })}\n\n`);

interface Hidden {
  /** Until the first content, of which there is more than the client waits for. */
  thinksMs: number;
  isReasoning?: boolean;
  thoughtsOff?: boolean;
  maxOutputTokens?: number;
  first?: object;
}

/** The usage that is charged to a client that hangs up once it has had the first content. */
async function chargedAfterHangUp({ thinksMs, isReasoning = true, thoughtsOff, maxOutputTokens, first = { content: 'Yes.' } }: Hidden) {
  const closes: CloseRequest[] = [];
  const work: Promise<unknown>[] = [];
  const account = {
    settle: async (close: CloseRequest) => {
      closes.push(close);
      return { ok: true, costMicro: close.costMicro, outcome: close.outcome, repeated: false };
    },
    beat: async () => ({ ok: true }),
  };
  const bench = new Bench();
  bench.script('a', async ({ signal }) => {
    const source: UnderlyingByteSource = {
      type: 'bytes',
      start(stream) {
        signal?.addEventListener('abort', () => stream.error(new Error('stopped')));
        stream.enqueue(delta({ role: 'assistant', content: '' }));
        setTimeout(() => {
          bench.nowMs += thinksMs;
          stream.enqueue(delta(first));
        }, 20);
      },
    };
    const body = new ReadableStream(source) as ReadableStream<Uint8Array>;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const plan = planOf(provider('a'));
  if (isReasoning) plan.model = { ...plan.model, capabilities: ['reasoning'] };
  const call = callOf({ stream: true, maxOutputTokens, ...(thoughtsOff && { thoughtsOff }) });
  const gone = new AbortController();
  const settings = readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) });
  const waitUntil = (done: Promise<unknown>) => void work.push(done);
  const run: StreamRun = {
    deps: { settings, now: () => bench.nowMs, account: () => account, waitUntil } as unknown as GatewayDeps,
    dialect: openaiChat,
    call,
    plan,
    failover: bench.failover(plan, { call, gone: gone.signal }),
    accountId: 'acc_1',
    account: account as unknown as StreamRun['account'],
    keyMode: 'live',
    holdId: HOLD,
    startedAtMs: NOW_MS,
    endpoint: '/v1/chat/completions',
    idempotencyKeyHash: undefined,
    gone,
    outgoing: call.openStream(HOLD),
  };
  const reader = (await runStreamCall(run)).body!.getReader();
  for (let text = ''; !text.includes('Yes.'); ) {
    const { value } = await reader.read();
    text += new TextDecoder().decode(value);
  }
  gone.abort();
  await Promise.all(work);
  expect(closes).toHaveLength(1);
  const detail = JSON.parse(closes[0]!.detailJson) as { ending: string; usage: { outputTokens: number; reasoningTokens?: number } };
  expect([closes[0]!.outcome, detail.ending]).toEqual(['estimated', 'client_gone']);
  return [detail.usage.outputTokens - SHOWN_TOKENS, detail.usage.reasoningTokens ?? 0];
}

describe('thoughts that nobody saw', () => {
  it('are estimated by the time until the first content', async () => {
    expect(await chargedAfterHangUp({ thinksMs: 65_000 })).toEqual([1_800, 1_800]);
  });

  it.each([
    ['the model has none', { thinksMs: 65_000, isReasoning: false }],
    ['they were switched off', { thinksMs: 65_000, thoughtsOff: true }],
    ['the answer begins soon', { thinksMs: 4_900 }],
    ['they are shown, and so begin soon', { thinksMs: 1_000, first: { reasoning_content: 'Yes.' } }],
  ])('are not charged where %s', async (_, hidden) => {
    expect(await chargedAfterHangUp(hidden)).toEqual([0, 0]);
  });

  it('come to no more than the request allows of an answer', async () => {
    expect(await chargedAfterHangUp({ thinksMs: 65_000, maxOutputTokens: 100 })).toEqual([99, 99]);
  });
});
