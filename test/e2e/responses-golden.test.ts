// Streams in the shapes that providers really send, cut anywhere, and priced to the micro-credit.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled } from './support/account';
import { requestIdOf } from './support/client';
import { askResponse, askResponses, parseStream, readStream, responseIdOf, responsesBody } from './support/responses-wire';
import { Rig } from './support/rig';
import type { Step } from './support/upstream';
import { estimatedTokens, inMicro, sse } from './support/wire';

interface Golden {
  text?: string;
  items: string[];
  /** The gateway's own usage buckets, without the empty ones. */
  counted: Record<string, number>;
  end?: string;
  outcome?: string;
}

const MODEL = 'gpt-5.3-codex';
/** The price of an input token, in micro-credits; cached input costs the same. */
const INPUT_MICRO = 61;
const OUTPUT_MICRO = 483;
const SEARCH_MICRO = 1_000_000;
const CUTS = 6;

const BODY = responsesBody(MODEL, { stream: true });
const ESTIMATED_INPUT = estimatedTokens(JSON.stringify(BODY).length);

const plain: Golden = {
  text: 'Grüße! The answer is "42": {"sequence_number":7, "type":"error"}.\n👋',
  items: ['message'],
  counted: { inputTokens: 193, cacheReadTokens: 1_024, outputTokens: 138, reasoningTokens: 64 },
};
const three = { inputTokens: 7, outputTokens: 3 };

const GOLDEN: Record<string, Golden> = {
  plain,
  'plain-crlf': plain,
  'plain-bom': plain,
  'plain-unclosed': plain,
  comments: { text: plain.text!.slice(0, -4), items: ['message'], counted: { inputTokens: 12, outputTokens: 8 } },
  keepalive: { text: 'One two', items: ['message'], counted: { inputTokens: 9, outputTokens: 2 } },
  'parallel-tools': { items: ['function_call', 'function_call'], counted: { inputTokens: 310, outputTokens: 42 } },
  'reasoning-and-tool': {
    items: ['reasoning', 'function_call'],
    counted: { inputTokens: 205, outputTokens: 96, reasoningTokens: 64 },
  },
  'custom-tool': { items: ['custom_tool_call'], counted: { inputTokens: 80, outputTokens: 31 } },
  refusal: { items: ['message'], counted: { inputTokens: 20, outputTokens: 6 } },
  'length-stop': { text: 'Once upon a time', items: ['message'], counted: { inputTokens: 14, outputTokens: 16 }, end: 'incomplete' },
  'web-search': { text: 'Found.', items: ['web_search_call', 'message'], counted: { inputTokens: 400, outputTokens: 30, webSearches: 1 } },
  /** Items that the provider left out of the last event are put back into it. */
  'items-missing-at-end': { text: 'Listed once.', items: ['message'], counted: three },
  unnumbered: { text: 'Not numbered.', items: ['message'], counted: three },
  'without-opening': { text: 'No opening.', items: ['message'], counted: three },
  'no-usage': {
    text: 'No figures.',
    items: ['message'],
    counted: { inputTokens: ESTIMATED_INPUT, outputTokens: 3 },
    outcome: 'estimated',
  },
  'zero-usage': { text: 'Free.', items: ['message'], counted: {} },
  'empty-message': { items: ['message'], counted: {}, outcome: 'released' },
};

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({}, { STATUS_HOLD_MS: 1_000 });
});
afterAll(() => rig?.stop());

const fixture = (name: string): Buffer => readFileSync(new URL(`../unit/dialects/openai-responses/fixtures/${name}.sse`, import.meta.url));

/** Cut in two at every place, into small pieces, or not at all. */
const cuttings = (bytes: Buffer): Step[][] => [
  [bytes],
  Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(7 * at, 7 * at + 7)),
  ...Array.from({ length: CUTS }, (_, index) => {
    const cut = Math.floor(((index + 0.5) * bytes.length) / CUTS);
    return [bytes.subarray(0, cut), { pauseMs: 2 }, bytes.subarray(cut)];
  }),
];

const microOf = ({ inputTokens = 0, cacheReadTokens = 0, outputTokens = 0, webSearches = 0 }: Record<string, number>): number =>
  (inputTokens + cacheReadTokens) * INPUT_MICRO + outputTokens * OUTPUT_MICRO + webSearches * SEARCH_MICRO;

describe.each(Object.entries(GOLDEN))('the stream of %s', (name, { text = '', items, counted, end = 'completed', outcome = 'actual' }) => {
  it('keeps its order and its text, and is charged to the token', async () => {
    const account = await rig.account();
    const desk = rig.desk('openai');
    const all = cuttings(fixture(name));
    for (const steps of all) {
      desk.reply(sse(steps));
      const response = await askResponses(account, BODY);
      const id = requestIdOf(response);
      const stream = readStream(await response.text(), id);
      expect(stream).toMatchObject({ text, error: undefined, response: { id: responseIdOf(id), status: end } });
      expect(stream.types.at(-1)).toBe(`response.${end}`);
      expect(stream.response.output.map(({ type }) => type)).toEqual(items);
      expect(inMicro(stream.response.usage!.creditsUsed)).toBe(microOf(counted));
    }
    const { provider, outcome: recorded, usage, creditsUsed } = await account.lastGeneration();
    expect({ provider, outcome: recorded, micro: inMicro(creditsUsed) }).toEqual({ provider: 'openai', outcome, micro: microOf(counted) });
    expect(filled(usage)).toEqual(counted);
    for (const line of await account.calls()) expect(inMicro(0 - line.amountCredits)).toBe(microOf(counted));
    expect(await account.money()).toEqual({ spentMicro: microOf(counted) * all.length, heldMicro: 0 });
  });
});

describe.each(Object.entries(GOLDEN))('the stream of %s, where a document was asked for', (name, golden) => {
  it('comes to the document that it ends in, at the same charge', async () => {
    const account = await rig.account();
    rig.desk('openai').reply(sse([fixture(name)]));
    const { body, id } = await askResponse(account, responsesBody(MODEL));
    const { counted, items, end = 'completed' } = golden;
    expect(body).toMatchObject({ id: responseIdOf(id), status: end });
    expect(body.output.map(({ type }) => type)).toEqual(items);
    if (name !== 'no-usage') expect(await account.money()).toEqual({ spentMicro: microOf(counted), heldMicro: 0 });
  });
});

it.each(['error-after-content', 'failed-with-usage', 'failed-without-usage', 'cut-short', 'done-without-end'])(
  'a stream that breaks costs nothing: %s',
  async (name) => {
    const account = await rig.account();
    for (const steps of cuttings(fixture(name)).slice(1, 4)) {
      rig.desk('openai').reply(sse(steps));
      const response = await askResponses(account, BODY);
      // If everything comes at once, the end was seen before anything had to be sent.
      const raw = await response.text();
      if (response.status !== 200) continue;
      const { types, error, response: last } = parseStream(raw);
      expect(types.slice(-2)).toEqual(['error', 'response.failed']);
      expect(last).toMatchObject({ id: responseIdOf(requestIdOf(response)), status: 'failed', error: { message: error!.message } });
    }
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  },
);
