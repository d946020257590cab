import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../../src/core/record';
import { splitEvents } from '../../../../src/core/sse';
import { foldMessageStream } from '../../../../src/dialects/anthropic-messages/fold';
import { MessagesStream } from '../../../../src/dialects/anthropic-messages/stream';
import type { StreamRelay } from '../../../../src/dialects/types';
import { everyCut } from '../../../fixtures/cuts';
import { FIXTURES, type FixtureName } from './fixtures';
import { eventsOf, type Json, REQUEST_ID, receiptOf, relayed } from './support';

const relayOf = (): StreamRelay => new MessagesStream(REQUEST_ID).relay();
const names = Object.keys(FIXTURES) as FixtureName[];
const FAILING: ReadonlySet<string> = new Set(['error-at-once', 'error-after-start', 'error-after-content', 'without-opening']);
const whole = names.filter((name) => !FAILING.has(name) && name !== 'cut-short');

const typesOf = (text: string) => eventsOf(text).map(({ type }) => type);
const lastUsage = (text: string) => eventsOf(text).findLast(({ type }) => type === 'message_delta')?.usage;

/** The public state of a relay. */
const stateOf = ({ hasContent, hasOutput, ended, complete, failure, usage, outputChars }: StreamRelay) => ({
  hasContent,
  hasOutput,
  ended,
  complete,
  failure,
  usage,
  // Nobody pays for a stream that failed, so its output does not matter.
  outputChars: failure ? 0 : outputChars,
});

describe('a message stream', () => {
  it.each(names)('comes out the same wherever its bytes are cut: %s', (name) => {
    const bytes = new TextEncoder().encode(FIXTURES[name]).length;
    const atOnce = relayOf();
    const out = relayed(atOnce, FIXTURES[name]);
    const everyByte = Array.from({ length: bytes - 1 }, (_, at) => at + 1);
    for (const cuts of [everyByte, ...everyCut(bytes)]) {
      const relay = relayOf();
      expect(relayed(relay, FIXTURES[name], cuts), `${cuts === everyByte ? 'every byte' : cuts}`).toBe(out);
      expect(stateOf(relay)).toEqual(stateOf(atOnce));
    }
  });

  it.each(whole)('gives the client the message that the upstream sent, and its end once: %s', (name) => {
    const out = relayed(relayOf(), FIXTURES[name]);
    const sent = parseJson(foldMessageStream(FIXTURES[name])!) as Json;
    const got = parseJson(foldMessageStream(out)!) as Json;
    expect({ ...got, usage: undefined }).toEqual({ ...sent, usage: undefined });
    const types = typesOf(out);
    expect(types[0]).toBe('message_start');
    expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
    expect(types.filter((type) => type === 'message_stop')).toHaveLength(1);
  });

  it.each(whole)('has a usage where clients need one, and the cost at the end: %s', (name) => {
    const events = eventsOf(relayed(relayOf(), FIXTURES[name]));
    expect(events[0]).toMatchObject({ message: { usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) } } });
    for (const event of events) if (event.type === 'message_delta') expect(event.usage).toHaveProperty('output_tokens');
    expect(lastUsage(relayed(relayOf(), FIXTURES[name]))).toMatchObject({ creditsUsed: 0.25 });
  });

  it('keeps the bytes of what it does not have to change', () => {
    const out = relayed(relayOf(), FIXTURES['parallel-tools']);
    const end = FIXTURES['parallel-tools'].indexOf('event: message_delta');
    expect(out.slice(0, end)).toBe(FIXTURES['parallel-tools'].slice(0, end));
    expect(out.slice(end)).toBe(
      FIXTURES['parallel-tools'].slice(end).replace('"output_tokens":15', '"output_tokens":15,"creditsUsed":0.25'),
    );
  });

  it('holds the end back until the charge is known', () => {
    const relay = relayOf();
    const out = relay.push(FIXTURES.plain);
    expect(out).not.toContain('end_turn');
    expect(relay).toMatchObject({ ended: true, complete: true, hasContent: true, hasOutput: true });
    expect(typesOf(relay.close(receiptOf({ output_tokens: 15 })))).toEqual(['message_delta', 'message_stop']);
  });

  it('is taken to be at its end when a block is whole that is none of thoughts, whatever batches it comes in', () => {
    for (const size of [1, 2, 3, 100]) {
      const relay = relayOf();
      const events = splitEvents(FIXTURES['thinking-and-tool']);
      const seen: [string, boolean | undefined][] = [];
      for (let at = 0; at < events.length; at += size) {
        const batch = events.slice(at, at + size);
        relay.push(batch.join(''));
        if (relay.complete) break;
        seen.push([batch.at(-1)!, relay.isEnding]);
      }
      let isThinking = false;
      const expected = new Map(
        events.map((event) => {
          if (event.includes('content_block_start')) isThinking = event.includes('"type":"thinking"');
          return [event, /"type":\s*"content_block_stop"/.test(event) && !isThinking];
        }),
      );
      expect(seen).toEqual(seen.map(([event]) => [event, expected.get(event)]));
      if (size === 1) expect(seen.filter(([, isEnding]) => isEnding).length).toBeGreaterThan(0);
    }
  });

  it('counts neither a ping nor the opening as content', () => {
    const relay = relayOf();
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    expect(relay.push(ping)).toBe('');
    expect(relay.push(FIXTURES.plain.slice(0, FIXTURES.plain.indexOf('event: content_block_start')) + ping)).toContain('message_start');
    expect(relay.hasContent).toBe(false);
    relay.push('event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n');
    expect(relay).toMatchObject({ hasContent: true, hasOutput: false });
  });

  it.each([
    ['plain', 15],
    ['usage-at-start-only', 15],
    ['usage-at-end-only', 15],
    ['usage-twice', 15],
  ] as const)('puts usage together from all that tell of it: %s', (name, outputTokens) => {
    const relay = relayOf();
    const out = relayed(relay, FIXTURES[name]);
    const counts = { input_tokens: 25, cache_creation_input_tokens: 300, cache_read_input_tokens: 1_200, output_tokens: outputTokens };
    expect(relay.usage).toMatchObject(counts);
    expect(lastUsage(out)).toMatchObject({ output_tokens: outputTokens, creditsUsed: 0.25 });
  });

  it('takes zeros for figures where nothing says otherwise', () => {
    const relay = relayOf();
    expect(lastUsage(relayed(relay, FIXTURES['zero-usage']))).toEqual({ input_tokens: 0, output_tokens: 0, creditsUsed: 0.25 });
    expect(relay.usage).toEqual({ input_tokens: 0, output_tokens: 0 });
  });

  it('marks an estimate as such where the upstream reports nothing', () => {
    const relay = relayOf();
    const out = relayed(relay, FIXTURES['no-usage']);
    expect(relay.usage).toBeUndefined();
    expect(relay.outputChars).toBe('Hello you'.length);
    expect(lastUsage(out)).toMatchObject({ input_tokens: 11, cache_read_input_tokens: 4, output_tokens: 5, estimated: true });
  });

  it('knows that its output is still to be counted where an end does not count it', () => {
    const counted = relayOf();
    relayed(counted, FIXTURES['usage-at-start-only']);
    const uncounted = relayOf();
    relayed(uncounted, FIXTURES['usage-at-start-only'].replace(',"usage":{"output_tokens":15}', ''));
    expect([counted.isUsageAhead, uncounted.isUsageAhead]).toEqual([false, true]);
  });

  it('counts text, thinking and arguments', () => {
    const relay = relayOf();
    relayed(relay, FIXTURES['thinking-and-tool']);
    expect(relay.outputChars).toBe('First the weather.Let me see.{\\"city\\":\\"Bern\\"}'.length);
  });

  it('is complete with a stop reason, closed or not', () => {
    const relay = relayOf();
    relay.push(FIXTURES['without-stop']);
    expect(relay).toMatchObject({ complete: true, ended: false });
  });

  it('takes a refusal before any text for an end, and for no output', () => {
    const relay = relayOf();
    relayed(relay, FIXTURES['refusal-at-once']);
    expect(relay).toMatchObject({ complete: true, hasContent: true, hasOutput: false });
  });

  it('drops an event that is torn', () => {
    const relay = relayOf();
    const out = relayed(relay, FIXTURES['cut-short']);
    expect(out).toBe(FIXTURES['cut-short'].slice(0, out.length));
    expect(typesOf(out)).toEqual(['message_start', 'content_block_start', 'content_block_delta']);
    expect(relay).toMatchObject({ complete: false, failure: undefined });
  });

  it.each([...FAILING] as FixtureName[])('shows a failure for the wire to judge: %s', (name) => {
    const relay = relayOf();
    const out = relayed(relay, FIXTURES[name]);
    expect(out).not.toContain('event: error');
    expect(relay.failure).toBeDefined();
    if (name !== 'without-opening') expect(relay.failure!.error).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
    expect(relay.push(FIXTURES.plain)).toBe('');
  });

  it('takes text that is no event for a failure', () => {
    const relay = relayOf();
    expect(relay.push('data: <html>\n\n')).toBe('');
    expect(relay.failure).toEqual({ error: '<html>' });
  });

  it('gives an answer that ends without a reason one', () => {
    const relay = relayOf();
    const cut = FIXTURES.plain.indexOf('event: message_delta');
    const out = relayed(relay, `${FIXTURES.plain.slice(0, cut)}event: message_stop\ndata: {"type":"message_stop"}\n\n`);
    expect(relay).toMatchObject({ ended: true, complete: false });
    expect(eventsOf(out).at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { creditsUsed: 0.25 } });
  });
});

describe('a second upstream', () => {
  it('goes on under the opening of the first', () => {
    const stream = new MessagesStream(REQUEST_ID);
    const first = stream.relay();
    const opening = relayed(first, FIXTURES['error-after-start']);
    expect(typesOf(opening)).toEqual(['message_start']);
    const second = stream.relay();
    const rest = relayed(second, FIXTURES['parallel-tools'].replaceAll('msg_01', 'msg_99'));
    expect(rest).not.toContain('message_start');
    expect(rest).not.toContain('msg_99');
    const message = parseJson(foldMessageStream(opening + rest)!) as Json;
    expect(message).toMatchObject({ id: 'msg_01XFDUDYJgAACzvnptvVoYEL', stop_reason: 'tool_use' });
    expect(lastUsage(rest)).toMatchObject({ input_tokens: 25, cache_read_input_tokens: 1_200, output_tokens: 15, creditsUsed: 0.25 });
  });

  it('opens the stream itself where the first never did', () => {
    const stream = new MessagesStream(REQUEST_ID);
    relayed(stream.relay(), FIXTURES['error-at-once']);
    expect(typesOf(relayed(stream.relay(), FIXTURES.plain))[0]).toBe('message_start');
  });
});

describe("the client's end of a stream", () => {
  const stream = new MessagesStream(REQUEST_ID);

  it('is kept alive by the one frame that all clients bear', () => {
    expect(stream.keepalive()).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it('tells of a failure in an event of its own', () => {
    expect(eventsOf(stream.fail({ kind: 'upstream_overloaded', message: 'Over\nloaded.' }))).toEqual([
      { type: 'error', error: { type: 'overloaded_error', message: 'Over\nloaded.' }, request_id: REQUEST_ID },
    ]);
  });
});
