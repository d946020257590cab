import { describe, expect, it } from 'vitest';
import { ResponsesStream } from '../../../../src/dialects/openai-responses/stream';
import { openaiResponsesWire } from '../../../../src/providers/wires/openai-responses';
import { everyCut } from '../../../fixtures/cuts';
import { checkStream } from './check-stream';
import { FIXTURES, type FixtureName } from './fixtures';
import {
  deltasOf,
  eventsOf,
  feed,
  type Json,
  REQUEST_ID,
  RESPONSE_ID,
  receiptOf,
  relayed,
  requestOf,
  terminalOf,
  UPSTREAM_ID,
} from './support';

const bytesOf = (name: FixtureName) => new TextEncoder().encode(FIXTURES[name]);
/** Leaves time for thousands of cuts on a busy machine. */
const EVERY_CUT_MS = 60_000;

const streamOf = (fields: Json = {}) => new ResponsesStream(requestOf(fields), REQUEST_ID);
const relayOf = (fields?: Json) => streamOf(fields).relay('openai-responses');

const WHOLE: readonly FixtureName[] = [
  'plain',
  'plain-crlf',
  'plain-bom',
  'plain-unclosed',
  'comments',
  'keepalive',
  'parallel-tools',
  'reasoning-and-tool',
  'custom-tool',
  'refusal',
  'length-stop',
  'no-usage',
  'zero-usage',
  'empty-message',
  'items-missing-at-end',
  'unnumbered',
  'without-opening',
  'web-search',
];

describe('every stream that reaches its end', () => {
  it.each(WHOLE)('%s keeps the order that the SDKs ask for', (name) => {
    checkStream(relayed(relayOf(), FIXTURES[name]), RESPONSE_ID);
  });

  it.each(WHOLE)(
    '%s says the same wherever its bytes are cut',
    (name) => {
      const whole = relayed(relayOf(), FIXTURES[name]);
      // Two of the gateway's own fields hold the time.
      const timeless = (text: string) => text.replace(/"created_at":\d+/g, '');
      for (const cuts of everyCut(bytesOf(name).length)) {
        const out = relayed(relayOf(), FIXTURES[name], cuts);
        if (timeless(out) !== timeless(whole)) expect(out, `cut at ${cuts}`).toBe(whole);
      }
      const single = Array.from({ length: bytesOf(name).length - 1 }, (_, i) => i + 1);
      expect(timeless(relayed(relayOf(), FIXTURES[name], single))).toBe(timeless(whole));
    },
    EVERY_CUT_MS,
  );

  it.each(WHOLE)('%s names the upstream response nowhere', (name) => {
    expect(relayed(relayOf(), FIXTURES[name])).not.toContain(UPSTREAM_ID);
  });
});

describe('what passes', () => {
  it('leaves every byte but those of the response object', () => {
    const out = relayed(relayOf(), FIXTURES.plain);
    const expected = FIXTURES.plain
      .replaceAll(UPSTREAM_ID, RESPONSE_ID)
      .replace('"total_tokens":1355}', '"total_tokens":1355,"creditsUsed":0.25}');
    expect(out).toBe(expected);
  });

  it('keeps CRLF inside ordinary events', () => {
    expect(relayed(relayOf(), FIXTURES['plain-crlf'])).toContain('event: response.output_text.delta\r\ndata: {');
  });

  it("gives back the client's own name for the answer that it goes on from", () => {
    const previous = 'resp_abcdefghijklm-0-4cbv-1';
    const text = FIXTURES.plain.replaceAll('"previous_response_id":null', '"previous_response_id":"resp_upstream"');
    const out = relayed(relayOf({ previous_response_id: previous }), text);
    expect(eventsOf(out).filter(({ response }) => response)).toHaveLength(3);
    for (const { response } of eventsOf(out).filter((event) => event.response))
      expect(response).toMatchObject({ previous_response_id: previous });
  });

  it('says what the upstream calls the answer, unless nobody keeps it', () => {
    const kept = relayOf();
    kept.push(FIXTURES.plain.slice(0, FIXTURES.plain.indexOf('event: response.in_progress')));
    expect(kept.storedId).toBe(UPSTREAM_ID);
    const unwanted = relayOf({ store: false });
    relayed(unwanted, FIXTURES.plain);
    expect(unwanted.storedId).toBeUndefined();
    const stateless = relayOf();
    relayed(stateless, FIXTURES['reasoning-and-tool']);
    expect(stateless.storedId).toBeUndefined();
  });

  it('opens the stream once, with an event of its own where the upstream has none', () => {
    const types = eventsOf(relayed(relayOf(), FIXTURES['without-opening'])).map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.output_item.added']);
    const created = FIXTURES.plain.slice(0, FIXTURES.plain.indexOf('event: response.in_progress'));
    const twice = eventsOf(relayed(relayOf(), created + FIXTURES.plain));
    expect(twice.filter(({ type }) => type === 'response.created')).toHaveLength(1);
  });

  it('drops keepalives until content runs', () => {
    const types = eventsOf(relayed(relayOf(), FIXTURES.keepalive)).map(({ type }) => type);
    expect(types.filter((type) => type === 'keepalive')).toHaveLength(1);
    expect(types.indexOf('keepalive')).toBeGreaterThan(types.indexOf('response.output_text.delta'));
  });
});

describe('the end', () => {
  it('has the items that its upstream left out of it, as they were when each was done', () => {
    const events = eventsOf(relayed(relayOf(), FIXTURES['items-missing-at-end']));
    const { item } = events.find(({ type }) => type === 'response.output_item.done') as { item: Json };
    expect(item).toMatchObject({ type: 'message', content: [{ text: 'Listed once.' }] });
    expect((events.at(-1) as { response: Json }).response.output).toEqual([item]);
  });

  it.each(['no-usage', 'zero-usage'] as const)('%s: carries usage and cost', (name) => {
    const { usage } = terminalOf(relayed(relayOf(), FIXTURES[name]));
    expect(usage).toEqual(
      name === 'no-usage'
        ? {
            input_tokens: 15,
            input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
            output_tokens: 5,
            output_tokens_details: { reasoning_tokens: 2 },
            total_tokens: 20,
            estimated: true,
            creditsUsed: 0.25,
          }
        : expect.objectContaining({ total_tokens: 0, creditsUsed: 0.25 }),
    );
  });

  it('is held back until the charge is known', () => {
    const relay = relayOf();
    const out = feed(relay, bytesOf('plain'), []);
    expect(out).not.toContain('response.completed');
    expect(relay).toMatchObject({ ended: true, complete: true, hasContent: true, hasOutput: true, failure: undefined });
    expect(relay.close(receiptOf(relay.usage as Json))).toContain('event: response.completed');
  });

  it('of a length stop is a normal one', () => {
    const relay = relayOf();
    expect(terminalOf(relayed(relay, FIXTURES['length-stop']))).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(relay.complete).toBe(true);
  });

  it('shows whether anything was produced', () => {
    const outputOf = (name: FixtureName) => {
      const relay = relayOf();
      relayed(relay, FIXTURES[name]);
      return relay.hasOutput;
    };
    expect(outputOf('empty-message')).toBe(false);
    expect(outputOf('web-search')).toBe(true);
    expect(outputOf('zero-usage')).toBe(true);
    const search = FIXTURES['web-search'];
    const relay = relayOf();
    relay.push(search.slice(0, search.indexOf('event: response.web_search_call.searching')));
    expect(relay).toMatchObject({ hasContent: true, hasOutput: true });
  });

  it('counts the text that went by', () => {
    const relay = relayOf();
    relayed(relay, FIXTURES['no-usage']);
    expect(relay.outputChars).toBe('No figures.'.length);
  });
});

const BROKEN: readonly FixtureName[] = [
  'failed-without-usage',
  'failed-with-usage',
  'error-after-content',
  'done-without-end',
  'cut-short',
];
const REFUSED: readonly FixtureName[] = ['failed-at-once', 'error-at-once'];

describe('a stream that breaks', () => {
  it.each(BROKEN)(
    '%s: is never complete, and what was sent of it ends in a failure',
    (name) => {
      for (const cuts of everyCut(bytesOf(name).length)) {
        const stream = streamOf();
        const relay = stream.relay('openai-responses');
        const out = feed(relay, bytesOf(name), cuts);
        expect(relay.complete || relay.ended).toBe(false);
        if (name !== 'cut-short') expect(openaiResponsesWire.errorInBody(relay.failure?.error)).toBeDefined();
        if (!relay.hasContent) expect(out === '' || !out.includes('output_item')).toBe(true);
        if (out !== '') checkStream(out + stream.fail({ kind: 'upstream_failed', message: 'It broke.' }), RESPONSE_ID);
      }
    },
    EVERY_CUT_MS,
  );

  it.each(REFUSED)(
    '%s: leaves the way free for another upstream',
    (name) => {
      for (const cuts of everyCut(bytesOf(name).length)) {
        const stream = streamOf();
        const first = stream.relay('openai-responses');
        const opening = feed(first, bytesOf(name), cuts);
        expect(first.failure).toBeDefined();
        expect(first.hasContent).toBe(false);
        checkStream(opening + relayed(stream.relay('openai-responses'), FIXTURES.plain), RESPONSE_ID);
      }
    },
    EVERY_CUT_MS,
  );

  it('takes back what a batch with a failure in it began', () => {
    const stream = streamOf();
    const relay = stream.relay('openai-responses');
    expect(relay.push(FIXTURES['error-after-content'])).toBe('');
    expect(relay.hasContent).toBe(false);
    const next = relayed(stream.relay('openai-responses'), FIXTURES.plain);
    expect(eventsOf(next)[0]).toMatchObject({ type: 'response.created', sequence_number: 0 });
  });

  it('holds an announced item back, so that nobody sees two first items', () => {
    const stream = streamOf();
    const first = stream.relay('openai-responses');
    const upToItem = FIXTURES.plain.slice(0, FIXTURES.plain.indexOf('event: response.output_text.delta'));
    const opening = first.push(upToItem);
    expect(eventsOf(opening).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
    expect(first.hasContent).toBe(false);
    const rest = relayed(stream.relay('openai-responses'), FIXTURES['reasoning-and-tool']);
    expect(eventsOf(rest)[0]).toMatchObject({ type: 'response.output_item.added', output_index: 0 });
    checkStream(opening + rest, RESPONSE_ID);
  });

  it('numbers a second upstream that begins lower', () => {
    const stream = streamOf();
    const { keepalive } = FIXTURES;
    const opening = stream.relay('openai-responses').push(keepalive.slice(0, keepalive.indexOf('event: response.output_item.added')));
    const lower = FIXTURES.plain.replace(
      /"sequence_number":(\d+),"(?=output_index|item_id)/g,
      (_, n: string) => `"sequence_number":${Number(n) - 2},"`,
    );
    const out = opening + relayed(stream.relay('openai-responses'), lower);
    checkStream(out, RESPONSE_ID);
    expect(deltasOf(out, 'response.output_text.delta')).toContain('👋');
  });

  it('is a failure where it is no event stream at all', () => {
    const relay = relayOf();
    relay.push('data: <html>busy</html>\n\n');
    expect(relay.failure).toEqual({ error: undefined });
  });
});
