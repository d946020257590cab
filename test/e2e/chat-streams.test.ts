// Streams, however they are cut and delayed, and how many there may be at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyCut, piecesOf } from '../fixtures/cuts';
import type { Account } from './support/account';
import { ask, askStream, chatBody, LiveAnswer, openStream, parseChatStream, requestIdOf } from './support/client';
import { type Lane, Rig } from './support/rig';
import type { Step } from './support/upstream';
import { forEach, gate } from './support/wait';
import {
  chunk,
  completion,
  DONE,
  estimatedTokens,
  finish,
  json,
  role,
  says,
  sse,
  streamOf,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

const KEEPALIVE_MS = 150;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 40 },
    { KEEPALIVE_MS, STATUS_HOLD_MS: 1_000, JSON_STATUS_HOLD_MS: 1_000, FIRST_BYTE_TIMEOUT_MS: 30_000, UPSTREAM_IDLE_TIMEOUT_MS: 30_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: Parameters<Rig['lane']>[0] = 'solo'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const PRICED = { ...USAGE, creditsUsed: USAGE_CREDITS };

describe('a stream that is cut', () => {
  /** The shortest events possible, with characters of two, three and four bytes. */
  const brief = (content: string): string => `data: {"id":"c","choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
  const TEXT = 'é世界👋!';
  const EVENTS = [
    ...['é世', '界👋', '!'].map(brief),
    'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    `data: {"id":"c","choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`,
    DONE,
  ];
  const PLAIN = EVENTS.join('');
  const VARIANTS: Record<string, string> = {
    'with line feeds': PLAIN,
    'with carriage returns and line feeds': PLAIN.replaceAll('\n', '\r\n'),
    'with carriage returns': PLAIN.replaceAll('\n', '\r'),
    'with a byte order mark': `\ufeff${PLAIN}`,
    'with comments': `: one\n\n${EVENTS.join(': two\n\n').replace('data: {"id"', ': three\ndata: {"id"')}`,
    'without its last line feed': PLAIN.trimEnd(),
    'without [DONE]': EVENTS.slice(0, -1).join(''),
    'with more after [DONE]': `${PLAIN}${brief('late')}: late\n\n`,
    'without [DONE] and its last line feed': EVENTS.slice(0, -1).join('').trimEnd(),
  };

  function expectWhole(raw: string): void {
    const { text, finishReasons, usages, done, error } = parseChatStream(raw);
    expect({ text, finishReasons, usages, done, error }).toEqual({
      text: TEXT,
      finishReasons: ['stop'],
      usages: [PRICED],
      done: true,
      error: undefined,
    });
  }

  it.each(Object.entries(VARIANTS))('at every byte in turn is read the same: %s', async (_, raw) => {
    const { account, lane } = await fresh();
    const bytes = Buffer.from(raw);
    const cuts = everyCut(bytes.length, 4);
    lane.first.replyAlways((seen) => sse(piecesOf(bytes, cuts[Number(seen.json().run)]!).flatMap((piece) => [{ pauseMs: 2 }, piece])));
    await forEach(cuts.length, 12, async (run) => {
      const response = await ask(account, chatBody(lane.model, { stream: true, run }));
      expect(response.status, `cut at ${cuts[run]}`).toBe(200);
      expectWhole(await response.text());
    });
    expect(await account.money()).toEqual(spent(cuts.length * USAGE_MICRO));
  });

  it.each(Object.entries(VARIANTS))('into single bytes is read the same: %s', async (_, raw) => {
    const { account, lane } = await fresh();
    const bytes = Buffer.from(raw);
    lane.first.reply(sse(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))));
    expectWhole((await askStream(account, chatBody(lane.model))).raw);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('keepalive', () => {
  it('comes between events only, however long the pauses within them', async () => {
    const { account, lane } = await fresh();
    const bytes = Buffer.from(streamOf(['é世', '界👋', ' and so on']).join(''));
    const pieces = 7;
    const size = Math.ceil(bytes.length / pieces);
    const steps: Step[] = Array.from({ length: pieces }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
    lane.first.reply(sse(steps.flatMap((piece) => [piece, { pauseMs: 3 * KEEPALIVE_MS }])));
    const { text, pings, usages, done } = await askStream(account, chatBody(lane.model));
    expect({ text, usages, done }).toEqual({ text: 'é世界👋 and so on', usages: [PRICED], done: true });
    expect(pings).toBeGreaterThanOrEqual(pieces - 1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['', {}],
    [', for a client of OpenRouter’s too', { 'user-agent': 'speakeasy-sdk/typescript @openrouter/sdk' }],
  ])('begins before the first byte of the provider%s', async (_, headers) => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.reply(sse(streamOf(['At last.']), { first: { until: opened } }));
    const live = await openStream(account, chatBody(lane.model), { headers });
    await live.has(': ping\n: ping\n');
    expect(live.raw).toMatch(/^(?:: ping\n)+$/);
    open();
    const { text, usages } = await live.stream();
    expect({ text, usages }).toMatchObject({ text: 'At last.', usages: [PRICED] });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('stands in front of a slow document as white space', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    lane.first.reply(json(completion({ content: 'At last.' }), { first: { until: opened } }));
    const live = new LiveAnswer(await ask(account, chatBody(lane.model)));
    await live.has('\n\n');
    open();
    const raw = await live.end();
    expect(raw).toMatch(/^\n\n+\{/);
    // Otherwise a compressing proxy would hold back the white space.
    expect(live.response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(JSON.parse(raw)).toMatchObject({ choices: [{ message: { content: 'At last.' } }], usage: PRICED });
    expect(requestIdOf(live.response)).toBe((await account.lastGeneration()).id);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('several choices', () => {
  const of = (index: number, delta: Record<string, unknown>, choice: Record<string, unknown> = {}): string =>
    chunk(delta, { index, ...choice });

  it.each([
    [
      'one after the other',
      [of(0, { content: 'A' }), of(0, {}, { finish_reason: 'stop' }), of(1, { content: 'B' }), of(1, {}, { finish_reason: 'length' })],
    ],
    [
      'in turns',
      [of(0, { content: 'A' }), of(1, { content: 'B' }), of(0, {}, { finish_reason: 'stop' }), of(1, {}, { finish_reason: 'length' })],
    ],
  ])('all come through: %s', async (_, events) => {
    for (const include_usage of [false, true]) {
      const { account, lane } = await fresh();
      lane.first.reply(sse([...events, usageChunk(), DONE]));
      const stream = await askStream(account, chatBody(lane.model, { n: 2, stream_options: { include_usage } }));
      const text = (index: number) =>
        stream.chunks
          .flatMap(({ choices }) => choices)
          .filter((choice) => choice.index === index)
          .map(({ delta }) => delta.content ?? '')
          .join('');
      expect([text(0), text(1), stream.finishReasons.sort()]).toEqual(['A', 'B', ['length', 'stop']]);
      expect(stream.usages).toEqual([PRICED]);
      expect(stream.chunks.at(-1)!.usage).toEqual(PRICED);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    }
  });

  it('are not taken for whole when one of them lacks its end', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([of(0, { content: 'A' }), of(1, { content: 'B' }), of(0, {}, { finish_reason: 'stop' })]));
    const { error, done } = await askStream(account, chatBody(lane.model, { n: 2 }));
    expect(error).toMatchObject({ type: 'api_error' });
    expect(done).toBe(true);
    expect(await account.money()).toEqual(spent(0));
  });
});

it('takes an empty finish reason for none', async () => {
  const { account, lane } = await fresh();
  lane.first.reply(sse([chunk({ content: 'One' }, { finish_reason: '' }), chunk({ content: ' two' }, { finish_reason: '' })]));
  const { error, finishReasons } = await askStream(account, chatBody(lane.model));
  expect(error).toMatchObject({ type: 'api_error' });
  expect(finishReasons.filter((reason) => reason !== '')).toEqual([]);
  expect(await account.money()).toEqual(spent(0));
});

it('passes on an event of megabytes without delay, and counts it', async () => {
  const { account, lane } = await fresh();
  const picture = `![](data:image/png;base64,${'QUJD'.repeat(1_500_000)})`;
  lane.first.reply(sse([role(), says('Look: '), says(picture), finish(), DONE]));
  const askedAtMs = Date.now();
  const { text } = await askStream(account, chatBody(lane.model));
  // Takes some tenths of a second; with a pause after every read it would take 15 s on any machine.
  expect(Date.now() - askedAtMs).toBeLessThan(12_000);
  expect(text === `Look: ${picture}`).toBe(true);
  const { usage } = await account.lastGeneration();
  expect(usage!.outputTokens).toBe(estimatedTokens(text.length));
  expect((await account.money()).heldMicro).toBe(0);
});

describe('a stream that calls itself a document', () => {
  it('is passed on as it comes', async () => {
    const { account, lane } = await fresh();
    const { opened, open } = gate();
    const headers = { 'content-type': 'application/json' };
    lane.first.reply(sse([role(), says('One'), { until: opened }, says(' two'), finish(), usageChunk(), DONE], { headers }));
    const answer = await openStream(account, chatBody(lane.model));
    await answer.has('One');
    open();
    expect(await answer.stream()).toMatchObject({ text: 'One two', usages: [PRICED], done: true });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});
