// Streams to the byte: keepalives, failures midway, the last chunk, arrays, failover, and clients that hang up.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveAnswer, RudeClient, requestIdOf } from './support/client';
import {
  ARRAY,
  askGemini,
  callGemini,
  contents,
  detailOf,
  GEMINI_USAGE,
  type GeminiChunk,
  type GeminiError,
  geminiAnswer,
  geminiEvent,
  lastPart,
  parseGeminiStream,
  part,
  STREAM,
  streamed,
  streamGemini,
  WAYS,
  type Way,
} from './support/gemini-wire';
import { INPUT_MICRO, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, HANG, RESET, type Reply, type Step } from './support/upstream';
import { gate } from './support/wait';
import { estimatedTokens, json, streamOf, USAGE_CREDITS, USAGE_MICRO } from './support/wire';

const KEEPALIVE_MS = 100;
const STATUS_HOLD_MS = 500;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { gemini: 60, solo: 60, 'gemini-pair': 30, pair: 30, 'gemini-chat': 4, 'gemini-drain': 4, drain: 4 },
    { KEEPALIVE_MS, STATUS_HOLD_MS, FIRST_BYTE_TIMEOUT_MS: 30_000, UPSTREAM_IDLE_TIMEOUT_MS: 30_000, DRAIN_MS: 10_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const PRICED = { ...GEMINI_USAGE, creditsUsed: USAGE_CREDITS };
const CHAT_PRICED = { promptTokenCount: 100, candidatesTokenCount: 25, totalTokenCount: 125, creditsUsed: USAGE_CREDITS };

async function fresh(kind: LaneKind) {
  const [account, lane] = [await rig.account(), rig.lane(kind)];
  return { account, lane, open: async (method = STREAM) => new LiveAnswer(await callGemini(account, lane.model, undefined, { method })) };
}

const byWay = WAYS.map((way) => ({ way, name: way.name }));

describe.each(byWay)('a stream, $name', ({ way }) => {
  it('is kept alive from before the first word to its end, by chunks that say nothing', async () => {
    const { account, lane, open } = await fresh(way.kind);
    const [before, between] = [gate(), gate()];
    const [first, ...others] = way.events({ text: 'One' }, { text: ' two' });
    lane.first.reply(streamed([first!, { until: between.opened }, ...others], { first: { until: before.opened } }));
    const live = await open();
    await live.has(/(data: .*\n\n){2}/);
    expect(live.raw).not.toContain('One');
    before.open();
    await live.has(way.kind === 'gemini' ? /One.*\n\n(data: .*\n\n){2}/ : /\n\n(data: .*\n\n){3}/);
    between.open();
    const { text, chunks, keepalives, usages, error } = parseGeminiStream(await live.end());
    expect({ text, usages, error }).toEqual({ text: 'One two', usages: [PRICED], error: undefined });
    expect(keepalives).toBeGreaterThan(2);
    expect(chunks.map(({ candidates }) => candidates[0]?.finishReason !== undefined)).toEqual(
      chunks.map((_, index) => index === chunks.length - 1),
    );
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('is one JSON array without alt=sse', async () => {
    const { account, lane, open } = await fresh(way.kind);
    const between = gate();
    const [first, ...others] = way.events({ text: 'One' }, { text: ' two' });
    lane.first.reply(streamed([first!, { until: between.opened }, ...others]));
    setTimeout(between.open, 3 * KEEPALIVE_MS);
    const live = await open(ARRAY);
    expect(live.response.headers.get('content-type')).toMatch(/^application\/json/);
    const chunks = JSON.parse(await live.end()) as GeminiChunk[];
    expect(chunks.map(({ candidates }) => candidates[0]?.content?.parts?.map(({ text }) => text).join('')).join('')).toBe('One two');
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: PRICED });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  const BREAKS: Record<string, Step[]> = {
    'an error event': [way.errorEvent('On fire.')],
    'a reset connection': [RESET],
    'an answer cut off': [CUT],
    'an end in the middle of an event': ['data: {"candidates":[{"content":{"parts":[{"te'],
    'an end without a last chunk': [],
    'an event that is no JSON': ['data: Service unavailable\n\n', HANG],
  };

  it.concurrent.each(Object.entries(BREAKS))(
    'that breaks says so twice, each in a network chunk of its own, and costs nothing: %s',
    async (_, steps) => {
      const { account, lane } = await fresh(way.pair);
      const broken = gate();
      lane.first.reply(streamed([...way.begun({ text: 'One' }), { until: broken.opened }, ...steps]));
      const response = await callGemini(account, lane.model, undefined, { method: STREAM });
      const reads: string[] = [];
      const decoder = new TextDecoder();
      for await (const bytes of response.body!) {
        reads.push(decoder.decode(bytes, { stream: true }));
        if (reads.join('').includes('One')) broken.open();
      }
      const { text, error, bareError, usages } = parseGeminiStream(reads.join(''));
      expect({ text, usages }).toEqual({ text: 'One', usages: [] });
      expect(error).toEqual(bareError);
      expect(error).toMatchObject({ code: 502, status: 'UNAVAILABLE' });
      expect(error!.message).toMatch(/^The provider failed in the middle of its answer: [^.]+\. Nothing was charged\.$/);
      expect(detailOf(error!, 'ErrorInfo')!.metadata).toMatchObject({ request_id: requestIdOf(response) });
      // Older SDKs and Gemini CLI look for a network chunk that is JSON as a whole.
      expect(JSON.parse(reads.at(-1)!)).toEqual({ error });
      expect(lane.second.seen).toHaveLength(0);
      expect(await account.calls()).toMatchObject([{ state: 'released', detail: { ending: 'upstream_broke' } }]);
      expect(await account.money()).toEqual(spent(0));
    },
  );

  it('that breaks as an array ends with the error as its last element', async () => {
    const { account, lane, open } = await fresh(way.kind);
    lane.first.reply(streamed([...way.begun({ text: 'One' }), way.errorEvent('On fire.')]));
    const chunks = JSON.parse(await (await open(ARRAY)).end()) as (GeminiChunk & { error?: GeminiError })[];
    expect(chunks[0]!.candidates[0]!.content!.parts![0]!.text).toBe('One');
    expect(chunks.at(-1)!.error).toMatchObject({ code: 502, status: 'UNAVAILABLE' });
    expect(await account.money()).toEqual(spent(0));
  });

  it('that fails after its status was sent says so inside', async () => {
    const { account, lane, open } = await fresh(way.kind);
    const failing = gate();
    lane.first.replyAlways(() => ({ ...way.fails(500, 'On fire.'), first: { until: failing.opened } }));
    const live = await open();
    expect(live.response.status).toBe(200);
    failing.open();
    const { error, bareError, chunks } = parseGeminiStream(await live.end());
    expect(error).toMatchObject({ code: 502, message: 'All providers of this model failed; the last one: On fire.' });
    expect([bareError, chunks]).toEqual([error, []]);
    expect(await account.money()).toEqual(spent(0));
  });

  const FAILURES: Record<string, Reply> = {
    'a 500': way.fails(500, 'On fire.'),
    'a 429': way.fails(429, 'Slow down.'),
    'a 401': way.fails(401, 'No such key.'),
    'a web page': { headers: { 'content-type': 'text/html' }, steps: ['<html><body>Sign in</body></html>'] },
    'a reset connection': streamed([], { first: RESET }),
    'an end after the headers': streamed([]),
    'an error event first': streamed([way.errorEvent('On fire.')]),
    'an error event in the same breath as content': streamed([[...way.begun({ text: 'Half' }), way.errorEvent('On fire.')].join('')]),
    'an event without content, and an end': streamed([geminiEvent({ usageMetadata: { promptTokenCount: 9 }, choices: [] })]),
  };

  it.concurrent.each(Object.entries(FAILURES))(
    'comes from the next provider where the first fails before its content: %s',
    async (_, reply) => {
      const { account, lane } = await fresh(way.pair);
      lane.first.replyAlways(() => reply);
      lane.second.reply(streamed(way.events({ text: 'Clean' }, { text: ' as ever' })));
      const { text, usages, error, id } = await streamGemini(account, lane.model);
      expect({ text, usages, error }).toEqual({ text: 'Clean as ever', usages: [PRICED], error: undefined });
      expect((await account.generation(id)).attempts!.map(({ outcome }) => outcome)).toEqual([
        ...lane.first.seen.map(() => 'failed'),
        'answered',
      ]);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    },
  );
});

describe('a provider of the other format', () => {
  it('takes over before the first content', async () => {
    const { account, lane } = await fresh('gemini-chat');
    lane.first.replyAlways(() =>
      streamed([part({ text: '' }), geminiEvent({ error: { code: 503, message: 'Busy.', status: 'UNAVAILABLE' } })]),
    );
    lane.second.reply(streamed(streamOf(['Clean', ' as ever'])));
    const { text, usages, chunks } = await streamGemini(account, lane.model);
    expect({ text, usages }).toEqual({ text: 'Clean as ever', usages: [CHAT_PRICED] });
    expect(chunks.at(-1)!.candidates[0]!.finishReason).toBe('STOP');
    expect(lane.second.seen[0]!.json().messages).toEqual([{ role: 'user', content: 'Say something.' }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('takes over a document', async () => {
    const { account, lane } = await fresh('gemini-chat');
    lane.first.replyAlways(() => json('{"candidates":'));
    lane.second.reply(WAYS[1]!.whole({ text: 'Clean' }));
    const { body } = await askGemini(account, lane.model);
    expect(body.candidates[0]!.content!.parts).toEqual([{ text: 'Clean' }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe.each(byWay)('an answer that is no stream, $name', ({ way }) => {
  it('is put together from a stream that comes unasked', async () => {
    const { account, lane } = await fresh(way.kind);
    const call = { call: { id: 'call_a', name: 'look', args: { at: 'Zürich' } }, signature: 'c2ln' };
    lane.first.reply(streamed(way.events({ text: 'Grü' }, { text: 'ße' }, call)));
    const { status, headers, body } = await askGemini(account, lane.model);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    const parts = body.candidates[0]!.content!.parts!;
    expect(parts.map(({ text }) => text ?? '').join('')).toBe('Grüße');
    expect(parts.at(-1)).toEqual({ functionCall: call.call, thoughtSignature: 'c2ln' });
    expect(body.candidates[0]!.finishReason).toBe('STOP');
    expect(body.usageMetadata).toEqual(PRICED);
    expect(headers.get('x-credits-charged')).toBe(String(USAGE_CREDITS));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

it('an answer that is put together from a stream costs the searches that any chunk of it tells of', async () => {
  const { account, lane } = await fresh('gemini');
  const groundingMetadata = { webSearchQueries: ['weather in Zürich', 'weather in Bern'] };
  const searched = geminiEvent({ candidates: [{ content: { parts: [{ text: 'It ' }], role: 'model' }, index: 0, groundingMetadata }] });
  const ended = geminiEvent(geminiAnswer([{ text: 'rains.' }], {}, { groundingMetadata: {} }));
  lane.first.reply(streamed([searched, ended]), streamed([searched, ended]));
  const searchMicro = 1_400_000;
  const stream = await streamGemini(account, lane.model);
  expect(stream.error).toBeUndefined();
  expect(await account.money()).toEqual(spent(2 * searchMicro + USAGE_MICRO));
  expect((await askGemini(account, lane.model)).status).toBe(200);
  expect(await account.money()).toEqual(spent(2 * (2 * searchMicro + USAGE_MICRO)));
});

describe.each(byWay)('a client that hangs up, $name', ({ way }) => {
  const hangingUp = async (kind: LaneKind, steps: Step[], heard: string) => {
    const { account, lane } = await fresh(kind);
    lane.first.reply(streamed(steps));
    const body = { contents };
    const client = new RudeClient(account, body, {}, `/models/${lane.model}:${STREAM}`);
    await client.has(heard);
    client.hangUp();
    return { account, lane, inputMicro: estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO };
  };

  it('stops a provider that stops billing, and pays for what was produced', async () => {
    const { account, lane, inputMicro } = await hangingUp(way.kind, [...way.begun({ text: 'One two three' }), HANG], 'three');
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(inputMicro + 4 * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });

  it('of a provider that bills on anyway is charged what that reports at its end', async () => {
    const { opened, open } = gate();
    const events = way.events({ text: 'One two three' }, { text: ' four' });
    const first = way.begun({ text: 'One two three' }).length;
    const { account } = await hangingUp(way.drain, [...events.slice(0, first), { until: opened }, ...events.slice(first)], 'three');
    open();
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', usage: { inputTokens: 100, outputTokens: 25 } });
  });
});

const usageOfPrompt: Record<string, (way: Way) => string> = {
  'straight through': () => part({ text: 'One two three' }, { usageMetadata: { promptTokenCount: 100, totalTokenCount: 100 } }),
  'over chat': () =>
    geminiEvent({
      id: 'c',
      choices: [{ index: 0, delta: { content: 'One two three' }, finish_reason: null }],
      usage: { prompt_tokens: 100, completion_tokens: 0, total_tokens: 100 },
    }),
};

describe.each(byWay)('usage that counts only the prompt so far, $name', ({ way, name }) => {
  it('does not make what was produced free when the client hangs up', async () => {
    const { account, lane } = await fresh(way.kind);
    lane.first.reply(streamed([usageOfPrompt[name]!(way), HANG]));
    const client = new RudeClient(account, { contents }, {}, `/models/${lane.model}:${STREAM}`);
    await client.has('three');
    client.hangUp();
    expect(await account.settled()).toEqual(spent(100 * INPUT_MICRO + 4 * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', usage: { inputTokens: 100, outputTokens: 4 } });
  });
});

describe('the last chunk', () => {
  const PIECES: Record<string, string[]> = {
    'with everything on it': [part({ text: 'One' }), lastPart({ text: ' two' })],
    'with nothing but an end': [part({ text: 'One' }), part({ text: ' two' }), geminiEvent(geminiAnswer([]))],
    'without content at all': [part({ text: 'One' }), part({ text: ' two' }), geminiEvent(geminiAnswer([], {}, { content: undefined }))],
    'followed by usage': [
      part({ text: 'One' }),
      geminiEvent(geminiAnswer([{ text: ' two' }], { usageMetadata: { promptTokenCount: 100 } })),
      geminiEvent({ candidates: [], usageMetadata: GEMINI_USAGE }),
    ],
    'without a blank line after it': [part({ text: 'One' }), lastPart({ text: ' two' }).trimEnd()],
    'in lines that end with CRLF': [part({ text: 'One' }), lastPart({ text: ' two' })].map((event) => event.replaceAll('\n', '\r\n')),
    'followed by [DONE]': [part({ text: 'One' }), lastPart({ text: ' two' }), 'data: [DONE]\n\n'],
    'with usage on every chunk': [
      part({ text: 'One' }, { usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 1, totalTokenCount: 101 } }),
      lastPart({ text: ' two' }),
    ],
  };

  it.each(Object.entries(PIECES))('bears the finish reason, usage and cost: %s', async (_, events) => {
    const { account, lane } = await fresh('gemini');
    lane.first.reply(streamed(events));
    const { text, chunks } = await streamGemini(account, lane.model);
    expect(text).toBe('One two');
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: PRICED });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['MAX_TOKENS', 'One'],
    ['SAFETY', 'One'],
    ['MALFORMED_FUNCTION_CALL', 'One'],
  ])('keeps the reason why an answer ended: %s', async (finishReason, text) => {
    const { lane, account } = await fresh('gemini');
    lane.first.reply(streamed([part({ text }), geminiEvent(geminiAnswer([], {}, { finishReason, finishMessage: 'So it is.' }))]));
    const { chunks } = await streamGemini(account, lane.model);
    expect(chunks.at(-1)!.candidates[0]).toMatchObject({ finishReason, finishMessage: 'So it is.' });
  });

  it('says that a prompt was blocked, which costs nothing', async () => {
    const { account, lane } = await fresh('gemini');
    const blocked = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 100, totalTokenCount: 100 },
    };
    lane.first.reply(streamed([geminiEvent(blocked)]), json(blocked));
    const { chunks } = await streamGemini(account, lane.model);
    const { status, body } = await askGemini(account, lane.model);
    expect(status).toBe(200);
    for (const answer of [chunks.at(-1)!, body]) {
      expect(answer.promptFeedback).toEqual({ blockReason: 'PROHIBITED_CONTENT' });
      expect(answer.usageMetadata!.creditsUsed).toBe(0);
    }
    expect(await account.money()).toEqual(spent(0));
  });
});
