// A client that hangs up before the provider has counted pays an estimate for thoughts that it was not shown.
import { describe, expect, it } from 'vitest';
import type { CloseRequest } from '../../../src/account/types';
import { Deadlines } from '../../../src/core/deadlines';
import { fail } from '../../../src/core/errors';
import { anthropicMessages, messagesCall } from '../../../src/dialects/anthropic-messages/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import type { Call, Dialect } from '../../../src/dialects/types';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import type { StreamRun } from '../../../src/gateway/run';
import { runStreamCall } from '../../../src/gateway/stream-call';
import type { Wire } from '../../../src/providers/types';
import { anthropicMessagesWire } from '../../../src/providers/wires/anthropic-messages';
import { openaiChatWire } from '../../../src/providers/wires/openai-chat';
import { requestOf } from '../dialects/anthropic-messages/support';
import { Bench, callOf, NOW_MS, planOf, provider } from './support';

const HOLD = 'req_0123456789abc-1-4cc3-1';
/** What is shown to the client comes to this many tokens. */
const SHOWN_TOKENS = 1;

const encoder = new TextEncoder();
const delta = (fields: object) => encoder.encode(`data: ${JSON.stringify({ choices: [{ index: 0, delta: fields }] })}\n\n`);

const messages = (...events: Record<string, unknown>[]) =>
  encoder.encode(events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
const block = (index: number, content_block: object, delta: object) => [
  { type: 'content_block_start', index, content_block },
  { type: 'content_block_delta', index, delta },
];

/** A format: its call, and an answer that thinks between its opening and its first words. */
interface Format {
  dialect: Dialect;
  wire: Wire;
  call: Call;
  opening: Uint8Array;
  words: (first: object) => Uint8Array;
}

const CHAT: Format = {
  dialect: openaiChat,
  wire: openaiChatWire,
  call: callOf(),
  opening: delta({ role: 'assistant', content: '' }),
  words: delta,
};

/** The block of thoughts starts at once but stays empty until its signature comes. */
const OMITTED = (thoughts: Record<string, unknown>): Format => {
  const fields = {
    model: 'claude-opus-4-6',
    max_tokens: 64_000,
    thinking: { type: 'adaptive', display: 'omitted' },
    messages: [{ role: 'user', content: 'Hi' }],
  };
  const signature = block(0, {}, { type: 'signature_delta', signature: 'EqQB' })[1]!;
  const text = block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Yes.' });
  return {
    dialect: anthropicMessages,
    wire: anthropicMessagesWire,
    call: messagesCall(requestOf(JSON.stringify({ ...fields, ...thoughts }))),
    opening: messages(
      {
        type: 'message_start',
        message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 9, output_tokens: 1 } },
      },
      block(0, { type: 'thinking', thinking: '', signature: '' }, {})[0]!,
    ),
    words: () => messages(signature, { type: 'content_block_stop', index: 0 }, ...text),
  };
};

interface Hidden {
  format?: Format;
  /** Time until the first content; more content follows than the client waits for. */
  thinksMs: number;
  isReasoning?: boolean;
  thoughtsOff?: boolean;
  maxOutputTokens?: number;
  first?: object;
}

interface Ran extends Pick<StreamRun, 'dialect' | 'call' | 'plan' | 'gone'> {
  /** The account object that the call talks to. */
  account: object;
  /** Collects work that outlasts the answer. */
  work: Promise<unknown>[];
  keepaliveMs?: number;
}

function runOf(bench: Bench, { dialect, call, plan, gone, account, work, keepaliveMs }: Ran): StreamRun {
  const settings = readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) });
  const deps = {
    settings: { ...settings, ...(keepaliveMs !== undefined && { KEEPALIVE_MS: keepaliveMs }) },
    now: () => bench.nowMs,
    account: () => account,
    waitUntil: (done: Promise<unknown>) => void work.push(done),
    deadlines: new Deadlines(),
  };
  return {
    deps: deps as unknown as GatewayDeps,
    dialect,
    call,
    plan,
    failover: bench.failover(plan, { call, gone: gone.signal }),
    accountId: 'acc_1',
    account: account as StreamRun['account'],
    keyMode: 'live',
    holdId: HOLD,
    startedAtMs: NOW_MS,
    askedModel: 'gpt-5.4',
    labels: {},
    idempotencyKeyHash: undefined,
    gone,
    outgoing: call.openStream(HOLD),
  };
}

/** The usage charged to a client that hangs up after the first content. */
async function chargedAfterHangUp(hidden: Hidden) {
  const { format = CHAT, thinksMs, isReasoning = true, thoughtsOff, maxOutputTokens, first = { content: 'Yes.' } } = hidden;
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
        stream.enqueue(format.opening.slice());
        setTimeout(() => {
          bench.nowMs += thinksMs;
          stream.enqueue(format.words(first));
        }, 20);
      },
    };
    const body = new ReadableStream(source) as ReadableStream<Uint8Array>;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const plan = planOf(provider('a'));
  if (isReasoning) plan.model = { ...plan.model, capabilities: ['reasoning'] };
  const call = { ...format.call, stream: true, ...(maxOutputTokens && { maxOutputTokens }), ...(thoughtsOff && { thoughtsOff }) };
  plan.targets = plan.targets.map((target) => ({ ...target, wire: format.wire, bridge: call.over(format.wire.id)! }));
  const gone = new AbortController();
  const run = runOf(bench, { dialect: format.dialect, call, plan, gone, account, work });
  const reader = (await runStreamCall(run)).body!.getReader();
  for (let text = ''; !text.includes('Yes.'); ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream has ended: ${text}`);
    text += new TextDecoder().decode(value);
  }
  gone.abort();
  await Promise.all(work);
  expect(closes).toHaveLength(1);
  const detail = JSON.parse(closes[0]!.detailJson) as { ending: string; usage: { outputTokens: number; reasoningTokens?: number } };
  expect([closes[0]!.outcome, detail.ending]).toEqual(['estimated', 'client_gone']);
  return [detail.usage.outputTokens - SHOWN_TOKENS, detail.usage.reasoningTokens ?? 0];
}

/** A stream that thinks this long before its first words, at one micro-credit a token; how its hold grew, and how it was closed. */
async function thinking({ thinksMs, refuses = false, ...more }: { thinksMs: number; refuses?: boolean; isReasoning?: boolean }) {
  const { isReasoning = true } = more;
  const closes: CloseRequest[] = [];
  const extensions: number[] = [];
  const work: Promise<unknown>[] = [];
  let heldMicro = 4_196;
  const account = {
    settle: async (close: CloseRequest) => {
      closes.push(close);
      return { ok: true, costMicro: close.costMicro, outcome: close.outcome, repeated: false };
    },
    beat: async () => ({ ok: true }),
    extend: async ({ byMicro }: { byMicro: number }) => {
      if (refuses) return fail('insufficient_credits', 'No more.');
      extensions.push(byMicro);
      heldMicro += byMicro;
      return { ok: true, heldMicro };
    },
  };
  const bench = new Bench();
  const enough = () => (refuses ? closes.length > 0 : isReasoning ? heldMicro * 0.8 > (thinksMs / 1_000 - 5) * 30 + 100 : true);
  bench.script('a', async ({ signal }) => {
    const source: UnderlyingByteSource = {
      type: 'bytes',
      async start(stream) {
        signal?.addEventListener('abort', () => stream.error(new Error('stopped')));
        stream.enqueue(CHAT.opening.slice());
        await new Promise((resolve) => setTimeout(resolve, 20));
        bench.nowMs += thinksMs;
        for (let looks = 0; looks < 100 && !enough(); looks++) await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (signal?.aborted) return;
        stream.enqueue(delta({ content: 'Yes.' }));
        const usage = { prompt_tokens: 100, completion_tokens: 9_000, total_tokens: 9_100 };
        stream.enqueue(encoder.encode(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage })}\n\n`));
        stream.close();
      },
    };
    return new Response(new ReadableStream(source) as ReadableStream<Uint8Array>, { headers: { 'content-type': 'text/event-stream' } });
  });
  const plan = {
    ...planOf(provider('a')),
    estimateMicro: heldMicro,
    price: { inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 1_000_000 },
  };
  if (isReasoning) plan.model = { ...plan.model, capabilities: ['reasoning'] };
  const call = { ...CHAT.call, stream: true };
  const gone = new AbortController();
  const run = runOf(bench, { dialect: CHAT.dialect, call, plan, gone, account, work, keepaliveMs: 30 });
  const text = await (await runStreamCall(run)).text();
  await Promise.all(work);
  const { ending } = JSON.parse(closes[0]!.detailJson) as { ending: string };
  return { text, extensions, costMicro: closes[0]!.costMicro, ending };
}

describe('a hold', () => {
  it('grows with thoughts that go on out of sight', async () => {
    const { extensions, costMicro, ending } = await thinking({ thinksMs: 205_000 });
    expect({ extensions, costMicro, ending }).toEqual({ extensions: [4_196], costMicro: 9_100, ending: 'complete' });
    expect(await thinking({ thinksMs: 65_000 })).toMatchObject({ extensions: [], ending: 'complete' });
  });

  it('does not where the model has none', async () => {
    expect(await thinking({ thinksMs: 119_000 })).toMatchObject({ extensions: [4_196], ending: 'complete' });
    expect(await thinking({ thinksMs: 119_000, isReasoning: false })).toMatchObject({ extensions: [], ending: 'complete' });
  });

  it('that cannot ends them, and they are charged', async () => {
    const { text, costMicro, ending } = await thinking({ thinksMs: 205_000, refuses: true });
    expect(text).toContain('No more.');
    expect({ costMicro, ending }).toEqual({ costMicro: 100 + 6_000, ending: 'credits_ran_out' });
  });
});

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

  it('are estimated of a block of thoughts that comes empty, by the time until it is over', async () => {
    expect(await chargedAfterHangUp({ format: OMITTED({}), thinksMs: 65_000 })).toEqual([1_800, 1_800]);
    expect(await chargedAfterHangUp({ format: OMITTED({ thinking: { type: 'disabled' } }), thinksMs: 65_000 })).toEqual([0, 0]);
  });

  it('come to no more than the request allows of an answer', async () => {
    expect(await chargedAfterHangUp({ thinksMs: 65_000, maxOutputTokens: 100 })).toEqual([99, 99]);
  });
});
