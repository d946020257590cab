// Every known variation of a stream, passed on to each client format: what the client gets, what is charged, and
// the line in D1's ledger. The fixtures have the shapes of recorded streams.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, filled } from './support/account';
import { ask, askStream, chatBody, parseChatStream } from './support/client';
import { ledgerRows } from './support/d1';
import { callGemini, parseGeminiStream, STREAM, streamGemini } from './support/gemini-wire';
import { askResponseStream, askResponses, parseStream, responsesBody } from './support/responses-wire';
import { INPUT_MICRO, type Lane, OUTPUT_MICRO, Rig } from './support/rig';
import type { Step } from './support/upstream';
import { until } from './support/wait';
import { estimatedTokens, inMicro, sse } from './support/wire';

const CACHED_MICRO = 25;
/** A Google search for a third-generation model: 14 USD a thousand. */
const QUERY_MICRO = 1_400_000;
/** This many lines make a batch for D1. */
const BATCH = 100;

type Counted = Partial<
  Record<'inputTokens' | 'cacheReadTokens' | 'outputTokens' | 'reasoningTokens' | 'groundedPrompts' | 'groundingQueries', number>
>;
type Fields = Record<string, unknown>;

interface Golden {
  /** Undefined where the upstream counts nothing. */
  counted: Counted | undefined;
  /** The length of what the model wrote, where nobody counts its tokens. */
  chars?: number;
}

const CHAT: Record<string, Golden & { ends: string; geminiEnds: string }> = {
  plain: {
    counted: { inputTokens: 193, cacheReadTokens: 1_024, outputTokens: 138, reasoningTokens: 64 },
    ends: 'stop',
    geminiEnds: 'STOP',
  },
  length: { counted: { inputTokens: 5, outputTokens: 6 }, ends: 'length', geminiEnds: 'MAX_TOKENS' },
  safety: { counted: { inputTokens: 20, outputTokens: 3 }, ends: 'content_filter', geminiEnds: 'SAFETY' },
  refusal: { counted: { inputTokens: 18, outputTokens: 11 }, ends: 'stop', geminiEnds: 'STOP' },
  'parallel-calls': { counted: { inputTokens: 61, outputTokens: 148 }, ends: 'tool_calls', geminiEnds: 'STOP' },
  'openrouter-thoughts-and-tools': {
    counted: { inputTokens: 61, outputTokens: 124, reasoningTokens: 97 },
    ends: 'tool_calls',
    geminiEnds: 'STOP',
  },
  'usage-everywhere': { counted: { inputTokens: 5, outputTokens: 3 }, ends: 'stop', geminiEnds: 'STOP' },
  'zero-usage': { counted: {}, ends: 'stop', geminiEnds: 'STOP' },
  'no-usage': { counted: undefined, chars: 'One, two,'.length, ends: 'stop', geminiEnds: 'STOP' },
};

const NATIVE: Record<string, Golden & { ends: string }> = {
  plain: { counted: { inputTokens: 9, outputTokens: 95, reasoningTokens: 84 }, ends: 'STOP' },
  length: { counted: { inputTokens: 5, outputTokens: 6 }, ends: 'MAX_TOKENS' },
  safety: { counted: { inputTokens: 20, outputTokens: 3 }, ends: 'SAFETY' },
  'parallel-calls': { counted: { inputTokens: 61, outputTokens: 148, reasoningTokens: 120 }, ends: 'STOP' },
  'thoughts-and-tools': { counted: { inputTokens: 61, outputTokens: 124, reasoningTokens: 110 }, ends: 'STOP' },
  // The model searched for it.
  trailers: { counted: { inputTokens: 5, outputTokens: 4, groundedPrompts: 1, groundingQueries: 1 }, ends: 'STOP' },
  'zero-usage': { counted: {}, ends: 'STOP' },
  'no-usage': { counted: undefined, chars: 'One, two, three'.length, ends: 'STOP' },
};

let rig: Rig;
let chat: Lane;
let gemini: Lane;
/** Makes every call in turn; what each owes is looked up in D1 at the end. */
let books: Account;
const owed: { micro: number; outcome: string }[] = [];

beforeAll(async () => {
  rig = await Rig.start({ solo: 1, gemini: 1 }, { STATUS_HOLD_MS: 1_000 });
  [chat, gemini, books] = [rig.lane('solo'), rig.lane('gemini'), await rig.account(100_000)];
});
afterAll(() => rig?.stop());

const fixture = (name: string): string =>
  readFileSync(new URL(`../unit/dialects/gemini/fixtures/${name}.sse`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');

const jsonIn = (text: string): Fields[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Fields);

/** The same events as recorded and as other servers frame them, in one piece and in single bytes. */
const framings = (text: string): Record<string, Step[]> => ({
  'as they are': [text],
  'byte by byte': Array.from(Buffer.from(text), (byte) => Buffer.from([byte])),
  'with CRLF': [text.replaceAll('\n', '\r\n')],
  'with CR': [text.replaceAll('\n', '\r')],
  'after a mark': [`\uFEFF${text}`],
  'between comments': [`: hello\n\n${text.replaceAll('\n\n', '\n\n: still here\n\n')}`],
  'without the last blank line': [text.trimEnd()],
});

/** Sends each framing, and compares charge and receipt with what is owed. */
async function eachFraming(lane: Lane, text: string, golden: Golden, body: unknown, read: () => Promise<{ id: string; credits: unknown }>) {
  const counted = golden.counted ?? {
    inputTokens: estimatedTokens(JSON.stringify(body).length),
    outputTokens: estimatedTokens(golden.chars!),
  };
  const { inputTokens = 0, cacheReadTokens = 0, outputTokens = 0, groundingQueries = 0 } = counted;
  const tokensMicro = inputTokens * INPUT_MICRO + cacheReadTokens * CACHED_MICRO + outputTokens * OUTPUT_MICRO;
  const micro = tokensMicro + groundingQueries * QUERY_MICRO;
  const outcome = golden.counted ? 'actual' : 'estimated';
  for (const [framing, steps] of Object.entries(framings(text))) {
    lane.first.reply(sse(steps));
    const { id, credits } = await read();
    const receipt = await books.generation(id);
    expect({ framing, micro: inMicro(credits), charged: inMicro(receipt.creditsUsed), outcome: receipt.outcome }).toEqual({
      framing,
      micro,
      charged: micro,
      outcome,
    });
    expect(filled(receipt.usage)).toEqual(counted);
    owed.push({ micro, outcome });
  }
}

const choiceOf = (json: object): Fields | undefined => (json as { choices: Fields[] }).choices[0];

describe.each(Object.entries(CHAT))('the chat stream %s', (name, golden) => {
  const text = fixture(`chat-${name}`);
  const choices: Fields[] = jsonIn(text).flatMap((json) => {
    const choice = choiceOf(json);
    return choice ? [choice] : [];
  });
  const deltas = choices.map(({ delta }) => delta as Fields);
  const said = deltas.map(({ content }) => (typeof content === 'string' ? content : '')).join('');
  const refused = deltas.map(({ refusal }) => (typeof refusal === 'string' ? refusal : '')).join('');
  const callIds = deltas.flatMap(({ tool_calls }) => ((tool_calls ?? []) as Fields[]).flatMap(({ id }) => (id ? [id] : [])));

  it('comes to a client of the same format choice by choice as it was sent', async () => {
    const body = chatBody(chat.model, { stream: true });
    await eachFraming(chat, text, golden, body, async () => {
      const { chunks, usages, id, ...stream } = await askStream(books, body);
      expect(stream).toMatchObject({ text: said, finishReasons: [golden.ends], done: true, error: undefined });
      expect(chunks.map((json) => choiceOf(json))).toEqual(choices);
      expect(usages).toHaveLength(1);
      return { id, credits: usages[0]!.creditsUsed };
    });
  });

  it('comes to a Responses client in order, item by item', async () => {
    const body = responsesBody(chat.model, { stream: true });
    await eachFraming(chat, text, golden, body, async () => {
      const { response, id, ...stream } = await askResponseStream(books, body);
      expect(stream).toMatchObject({ text: said, error: undefined });
      expect(response.status).toBe(['length', 'content_filter'].includes(golden.ends) ? 'incomplete' : 'completed');
      expect(response.output.flatMap(({ content }) => ((content ?? []) as Fields[]).flatMap(({ refusal }) => refusal ?? [])).join('')).toBe(
        refused,
      );
      expect(response.output.flatMap(({ type, call_id }) => (type === 'function_call' ? [call_id] : []))).toEqual(callIds);
      return { id, credits: response.usage!.creditsUsed };
    });
  });

  it('comes to a Gemini client part by part', async () => {
    const body = { contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }] };
    await eachFraming(chat, text, golden, body, async () => {
      const { chunks, parts, usages, id, ...stream } = await streamGemini(books, chat.model, body);
      // Google's format has no field for a refusal other than the answer's text.
      expect(stream).toMatchObject({ text: said + refused, error: undefined });
      expect(parts.filter(({ functionCall }) => functionCall)).toHaveLength(callIds.length);
      expect(chunks.at(-1)!.candidates[0]!.finishReason).toBe(golden.geminiEnds);
      return { id, credits: usages.at(-1)!.creditsUsed };
    });
  });
});

describe.each(Object.entries(NATIVE))('the Gemini stream %s', (name, golden) => {
  const text = fixture(`native-${name}`);
  const parts = jsonIn(text).flatMap(({ candidates = [] }) =>
    (candidates as { content?: { parts?: unknown[] } }[]).flatMap(({ content }) => content?.parts ?? []),
  );

  it('comes to a client of the same format part by part as it was sent', async () => {
    const body = { contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }] };
    await eachFraming(gemini, text, golden, body, async () => {
      const stream = await streamGemini(books, gemini.model, body);
      expect(stream.error).toBeUndefined();
      expect(stream.parts).toEqual(parts);
      expect(stream.chunks.at(-1)!.candidates[0]!.finishReason).toBe(golden.ends);
      return { id: stream.id, credits: stream.usages.at(-1)!.creditsUsed };
    });
  });
});

describe('a stream that breaks after its first content', () => {
  const broken = async (lane: Lane, name: string, read: () => Promise<{ message: string | undefined }>) => {
    for (const steps of [[fixture(name)], Array.from(Buffer.from(fixture(name)), (byte) => Buffer.from([byte]))]) {
      lane.first.replyAlways(() => sse(steps));
      expect((await read()).message).toMatch(/Nothing was charged|All providers of this model failed/);
      owed.push({ micro: 0, outcome: 'released' });
    }
  };
  const failed = (raw: string): { message: string } | undefined =>
    raw.startsWith('{') ? (JSON.parse(raw) as { error: { message: string } }).error : undefined;

  it('tells a chat client', () =>
    broken(chat, 'chat-error-after-content', async () => {
      const raw = await (await ask(books, chatBody(chat.model, { stream: true }))).text();
      return { message: (failed(raw) ?? (parseChatStream(raw).error as { message: string } | undefined))?.message };
    }));

  it('tells a Responses client', () =>
    broken(chat, 'chat-error-after-content', async () => {
      const raw = await (await askResponses(books, responsesBody(chat.model, { stream: true }))).text();
      return { message: (failed(raw) ?? parseStream(raw).error)?.message };
    }));

  it.each([
    ['over chat', 'chat-error-after-content'],
    ['straight through', 'native-error-after-content'],
  ])('tells a Gemini client, %s', async (_, name) => {
    const lane = name.startsWith('chat') ? chat : gemini;
    await broken(lane, name, async () => {
      const raw = await (await callGemini(books, lane.model, undefined, { method: STREAM })).text();
      return { message: (failed(raw) ?? parseGeminiStream(raw).error)?.message };
    });
  });
});

it('all of it is in the ledger of D1, line by line', async () => {
  expect(inMicro((await books.show()).balanceCredits)).toBe(inMicro(100_000) - owed.reduce((sum, { micro }) => sum + micro, 0));
  for (let index = 0; index < BATCH; index++) {
    chat.first.reply(sse([fixture('chat-plain')]));
    await askStream(books, chatBody(chat.model));
  }
  const rows = await until('the lines to reach D1', () => {
    const found = ledgerRows(rig.worker, books.id).filter(({ kind }) => kind !== 'grant');
    return found.length >= owed.length && found;
  });
  expect(rows.slice(0, owed.length).map(({ amount, outcome }) => ({ micro: 0 - amount, outcome }))).toEqual(owed);
  expect(await books.problems()).toEqual([]);
});
