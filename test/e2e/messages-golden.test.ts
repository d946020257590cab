// What Anthropic really sends, passed on and priced. The fixtures have the shapes of recorded streams.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyCut, piecesOf } from '../fixtures/cuts';
import { type Account, filled } from './support/account';
import { requestIdOf } from './support/client';
import { ledgerRows } from './support/d1';
import {
  askMessage,
  askMessages,
  event,
  messagesBody,
  parseMessagesStream,
  readMessages,
  streamed,
  USAGE_MICRO,
} from './support/messages-wire';
import { builtInKey, Rig } from './support/rig';
import { CUT, type Step } from './support/upstream';
import { forEach, until } from './support/wait';
import { estimatedTokens, inMicro, sse } from './support/wire';

const MODEL = 'claude-opus-4-6';

/** Claude Opus 4.6, in micro-credits a token: 1.73 and 8.63 USD a million, with Anthropic's multiples for its caches. */
const RATE = { input: 173, cacheRead: 17.3, write5m: 216.25, write1h: 346, output: 863 };

/** 25 tokens of input, 1200 read from the cache, 100 written for five minutes and 200 for an hour. */
const PROMPT = { inputTokens: 25, cacheReadTokens: 1_200, cacheWrite5mTokens: 100, cacheWrite1hTokens: 200 };
const PROMPT_MICRO = 25 * RATE.input + 1_200 * RATE.cacheRead + 100 * RATE.write5m + 200 * RATE.write1h;

interface Golden {
  /** The gateway's own usage buckets, without the empty ones. */
  counted: Record<string, number>;
  micro: number;
  stopReason?: string;
  outcome?: string;
}

const ORDINARY: Golden = { counted: { ...PROMPT, outputTokens: 15 }, micro: PROMPT_MICRO + 15 * RATE.output };
/** Without the split, everything written to the cache counts as written for five minutes. */
const UNSPLIT: Golden = {
  counted: { inputTokens: 25, cacheReadTokens: 1_200, cacheWrite5mTokens: 300, outputTokens: 15 },
  micro: 25 * RATE.input + 1_200 * RATE.cacheRead + 300 * RATE.write5m + 15 * RATE.output,
};
const BODY_TOKENS = estimatedTokens(JSON.stringify(messagesBody(MODEL, { stream: true })).length);

const GOLDEN: Record<string, Golden> = {
  plain: ORDINARY,
  'plain-crlf': ORDINARY,
  'plain-mark': ORDINARY,
  'plain-unclosed': ORDINARY,
  comments: ORDINARY,
  unnamed: ORDINARY,
  'without-stop': ORDINARY,
  'parallel-tools': { ...ORDINARY, stopReason: 'tool_use' },
  'thinking-and-tool': { counted: { ...ORDINARY.counted, reasoningTokens: 9 }, micro: ORDINARY.micro, stopReason: 'tool_use' },
  'omitted-thinking': ORDINARY,
  'redacted-thinking': ORDINARY,
  'web-search': { counted: { ...ORDINARY.counted, webSearches: 1 }, micro: ORDINARY.micro + 1_000_000 },
  'search-error': ORDINARY,
  'length-stop': { ...ORDINARY, stopReason: 'max_tokens' },
  refusal: { ...ORDINARY, stopReason: 'refusal' },
  'refusal-at-once': { counted: {}, micro: 0, stopReason: 'refusal', outcome: 'released' },
  compaction: { counted: { inputTokens: 203_000, outputTokens: 4_500 }, micro: 203_000 * RATE.input + 4_500 * RATE.output },
  'usage-at-start-only': ORDINARY,
  'usage-at-end-only': UNSPLIT,
  'usage-twice': ORDINARY,
  'zero-usage': { counted: {}, micro: 0 },
  'no-usage': {
    counted: { inputTokens: BODY_TOKENS, outputTokens: 3 },
    micro: BODY_TOKENS * RATE.input + 3 * RATE.output,
    outcome: 'estimated',
  },
};

const FIXTURES = new URL('../unit/dialects/anthropic-messages/fixtures/', import.meta.url);

/** A fixture as recorded, or as other servers frame it. */
function fixture(name: string): Buffer {
  const [, base = name, framed] = /^(plain)-(crlf|mark|unclosed)$/.exec(name) ?? [];
  const text = readFileSync(new URL(`${base}.sse`, FIXTURES), 'utf8');
  if (framed === 'crlf') return Buffer.from(text.replaceAll('\n', '\r\n'));
  return Buffer.from(framed === 'mark' ? `\uFEFF${text}` : framed === 'unclosed' ? text.trimEnd() : text);
}

/** The message that a fixture adds up to, however it is framed. */
function messageIn(bytes: Buffer) {
  const lines = bytes.toString().split(/\r?\n/);
  const events = lines.filter((line) => /^\uFEFF?data: ?\{/.test(line)).map((line) => JSON.parse(line.slice(line.indexOf('{'))));
  const whole = events.map(({ type, ...rest }) => event(type, type === 'message_delta' ? { usage: {}, ...rest } : rest));
  return parseMessagesStream(whole.join(''));
}

const inBytes = (bytes: Buffer): Step[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

const CUTS = 3;
/** In one piece, byte by byte, and cut in two at some places. */
const cuttings = (bytes: Buffer): Step[][] => [
  [bytes],
  inBytes(bytes),
  ...Array.from({ length: CUTS }, (_, index) => {
    const cut = Math.floor(((index + 0.5) * bytes.length) / CUTS);
    return [bytes.subarray(0, cut), { pauseMs: 2 }, bytes.subarray(cut)];
  }),
];

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ messages: 4 }, { OPENROUTER_API_KEY: '', HOURLY_LIMITS: '{"chat":1000000}' });
  books = await rig.account();
});
afterAll(() => rig?.stop());

/** Makes each call once; what each owes is looked up in D1 at the end, since lines reach it in batches. */
let books: Account;
const owed: { micro: number; outcome: string }[] = [];
/** This many lines make a batch. */
const BATCH = 100;

/** The account's own lines, newest first. */
const linesOf = async (account: Account) =>
  (await account.calls()).map(({ amountCredits, outcome }) => ({ micro: 0 - inMicro(amountCredits), outcome }));

describe.each(Object.entries(GOLDEN))('the stream %s', (name, golden) => {
  const { counted, micro, stopReason = 'end_turn', outcome = 'actual' } = golden;
  const bytes = fixture(name);
  const message = messageIn(bytes);

  it('keeps its content, and is charged to the token', async () => {
    const account = await rig.account();
    const desk = rig.desk('anthropic');
    const all = cuttings(bytes);
    for (const steps of all) {
      desk.reply(sse(steps));
      const stream = await readMessages(account, messagesBody(MODEL));
      expect(stream).toMatchObject({ content: message.content, stopReason, stopped: true, error: undefined });
      expect(stream.events.at(-2)).toMatchObject({ type: 'message_delta', usage: { creditsUsed: micro / 1e6 } });
      expect(stream.usages.filter((usage) => 'creditsUsed' in usage)).toHaveLength(1);
    }
    const { headers, path } = desk.seen.at(-1)!;
    expect([path, headers['x-api-key'], headers.authorization]).toEqual(['/v1/messages', builtInKey('anthropic'), undefined]);
    const last = await account.lastGeneration();
    expect(last).toMatchObject({ provider: 'anthropic', outcome, creditsUsed: micro / 1e6, upstreamModel: MODEL });
    expect(filled(last.usage)).toEqual(counted);
    expect(await account.money()).toEqual({ spentMicro: micro * all.length, heldMicro: 0 });
    expect(await linesOf(account)).toEqual(all.map(() => ({ micro, outcome })));
    desk.reply(sse([bytes]));
    await readMessages(books, messagesBody(MODEL));
    owed.push({ micro, outcome });
  });

  it('adds up to one answer for a client that asked for no stream', async () => {
    const account = await rig.account();
    rig.desk('anthropic').reply(sse([bytes]));
    const body = messagesBody(MODEL, { stream: false });
    const answer = await askMessage(account, body);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.body).toMatchObject({ type: 'message', role: 'assistant', content: message.content, stop_reason: stopReason });
    // An estimate goes by the request's length, and this request is a letter longer; all else is the same.
    const owing = name === 'no-usage' ? micro + (estimatedTokens(JSON.stringify(body).length) - BODY_TOKENS) * RATE.input : micro;
    expect(inMicro(answer.body.usage.creditsUsed)).toBe(owing);
    expect(answer.headers.get('x-credits-charged')).toBe(String(owing / 1e6));
    expect(await account.money()).toEqual({ spentMicro: owing, heldMicro: 0 });
    expect((await account.lastGeneration()).outcome).toBe(outcome);
  });
});

describe.each(['error-at-once', 'error-after-start', 'error-after-content', 'cut-short', 'without-opening'])('the stream %s', (name) => {
  it.each([false, true])('ends in an error of ours, and is charged to nobody (byte by byte: %s)', async (single) => {
    const account = await rig.account();
    const bytes = fixture(name);
    rig.desk('anthropic').replyAlways(() => sse(single ? inBytes(bytes) : [bytes]));
    const response = await askMessages(account, messagesBody(MODEL, { stream: true }));
    const raw = await response.text();
    const begun = response.status === 200;
    const { error, errorId } = begun ? parseMessagesStream(raw) : { error: JSON.parse(raw).error, errorId: JSON.parse(raw).request_id };
    expect(error).toMatchObject({ type: expect.stringMatching(/^(?:api|overloaded)_error$/), message: expect.any(String) });
    expect(errorId).toBe(requestIdOf(response));
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
    await (await askMessages(books, messagesBody(MODEL, { stream: true }))).text();
    owed.push({ micro: 0, outcome: 'released' });
  });
});

describe('a short stream', () => {
  const content = [
    { type: 'thinking', thinking: 'Ü☂', signature: 'EqQB+/==' },
    { type: 'text', text: '世界 👋' },
  ];
  const bytes = Buffer.from([...(streamed(content).steps as string[])].join(''));
  const at = (body: string): number => Number((JSON.parse(body) as { metadata: { user_id: string } }).metadata.user_id);
  const bodyAt = (model: string, index: number) => messagesBody(model, { metadata: { user_id: String(index) } });
  /** Nothing after this is needed, not even the blank line after the event that says why it ended. */
  const endsAt = bytes.indexOf('event: message_stop') - '\n\n'.length;

  it('comes out the same wherever it is cut', async () => {
    const account = await rig.account();
    const lane = rig.lane('messages');
    const cuts = everyCut(bytes.length, 4);
    lane.first.replyAlways(({ body }) => sse(piecesOf(bytes, cuts[at(body)]!).flatMap((piece) => [{ pauseMs: 5 }, piece])));
    await forEach(cuts.length, 32, async (index) => {
      const stream = await readMessages(account, bodyAt(lane.model, index));
      expect({ index, ...stream }).toMatchObject({ index, content, stopReason: 'end_turn', stopped: true, error: undefined });
    });
    expect(await account.settled()).toEqual({ spentMicro: USAGE_MICRO * cuts.length, heldMicro: 0 });
  });

  /** Where it breaks off is less critical than where it is cut, so every third place is enough. */
  const STRIDE = 3;

  it('that breaks off ends in an error and costs nothing, wherever it does so before its end', async () => {
    const account = await rig.account();
    const lane = rig.lane('messages');
    lane.first.replyAlways(({ body }) => sse([bytes.subarray(0, at(body)), CUT]));
    await forEach(Math.ceil(bytes.length / STRIDE), 32, async (step) => {
      const index = step * STRIDE;
      const response = await askMessages(account, { ...bodyAt(lane.model, index), stream: true });
      const raw = await response.text();
      if (response.status !== 200)
        return expect([index < endsAt, response.status, JSON.parse(raw).error.type]).toEqual([true, 502, 'api_error']);
      const { stopped, error } = parseMessagesStream(raw);
      expect({ index, stopped, error: error?.type }).toEqual({
        index,
        stopped: index >= endsAt,
        error: index >= endsAt ? undefined : 'api_error',
      });
    });
    const whole = Math.ceil(bytes.length / STRIDE) - Math.ceil(endsAt / STRIDE);
    expect(await account.settled()).toEqual({ spentMicro: USAGE_MICRO * whole, heldMicro: 0 });
    expect(await account.problems()).toEqual([]);
  });
});

it('all of it is in the ledger of D1, line by line', async () => {
  rig.desk('anthropic').replyAlways(() => sse([fixture('plain')]));
  await forEach(BATCH, 16, async () => void (await readMessages(books, messagesBody(MODEL))));
  const rows = await until('the lines to reach D1', () => {
    const found = ledgerRows(rig.worker, books.id).filter(({ kind }) => kind !== 'grant');
    return found.length >= owed.length && found;
  });
  expect(rows.slice(0, owed.length).map(({ amount, outcome }) => ({ micro: 0 - amount, outcome }))).toEqual(owed);
  expect(await books.problems()).toEqual([]);
});
