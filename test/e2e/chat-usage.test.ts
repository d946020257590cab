// What is counted, and what is charged for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usdPerMtok } from '../../src/core/money';
import { type Account, filled } from './support/account';
import { ask, askJson, askStream, chatBody, parseChatStream, requestIdOf } from './support/client';
import { INPUT_MICRO, type Lane, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, type Step } from './support/upstream';
import {
  chunk,
  completion,
  DONE,
  estimatedTokens,
  finish,
  inMicro,
  json,
  role,
  says,
  sse,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

let rig: Rig;
/** The first lane, whose prompts of more than 1,000 tokens cost twice as much. */
const LONG_PROMPTS = {
  id: 'solo-000',
  price: {
    inputUsdPerMtok: 1,
    outputUsdPerMtok: 4,
    cacheReadUsdPerMtok: 0.25,
    longPrompts: [{ aboveTokens: 1_000, inputUsdPerMtok: 2, outputUsdPerMtok: 8 }],
  },
};
let long: Lane;
beforeAll(async () => {
  rig = await Rig.start({ solo: 60 }, { CATALOGUE_OVERRIDES: JSON.stringify({ models: [LONG_PROMPTS] }) });
  long = rig.lane('solo');
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: Parameters<Rig['lane']>[0] = 'solo'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const PRICED = { ...USAGE, creditsUsed: USAGE_CREDITS };

describe('usage', () => {
  const CACHED = {
    prompt_tokens: 100,
    completion_tokens: 25,
    total_tokens: 125,
    prompt_tokens_details: { cached_tokens: 60 },
    completion_tokens_details: { reasoning_tokens: 10 },
  };
  /** 40 tokens of input, 60 from the cache, 25 of output. */
  const CACHED_MICRO = 40 * 100 + 60 * 25 + 25 * 400;
  const events = (...more: string[]): string[] => [role(), says('Twelve chars'), ...more];

  interface Case {
    steps: string[];
    micro: number;
    usages: unknown[];
    generation?: Record<string, unknown>;
    /** The gateway's own usage buckets, without the empty ones. */
    counted?: Record<string, number>;
  }

  const CASES: Record<string, Case> = {
    'on a chunk of its own': { steps: events(finish(), usageChunk(), DONE), micro: USAGE_MICRO, usages: [PRICED] },
    'beside the finish': { steps: events(finish('stop', { usage: USAGE }), DONE), micro: USAGE_MICRO, usages: [PRICED] },
    'on a trailer with an empty choice': {
      steps: events(finish(), chunk({ role: 'assistant', content: '' }, {}, { usage: USAGE }), DONE),
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'on the choice': { steps: events(chunk({}, { finish_reason: 'stop', usage: USAGE }), DONE), micro: USAGE_MICRO, usages: [PRICED] },
    'sent twice: the last one counts': {
      steps: events(finish('stop', { usage: { prompt_tokens: 1, completion_tokens: 1 } }), usageChunk(), DONE),
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'on every chunk: the last one counts': {
      steps: [
        chunk({ role: 'assistant', content: '' }, {}, { usage: { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 } }),
        chunk({ content: 'Twelve' }, {}, { usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } }),
        chunk({ content: ' chars' }, {}, { usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } }),
        finish('stop', { usage: USAGE }),
        DONE,
      ],
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'before the finish': {
      steps: events(chunk({ content: '' }, {}, { usage: USAGE }), finish(), DONE),
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'null everywhere but at the end': {
      steps: [chunk({ content: 'Twelve chars' }, {}, { usage: null }), finish('stop', { usage: null }), usageChunk(), DONE],
      micro: USAGE_MICRO,
      usages: [PRICED],
    },
    'of nothing': {
      steps: events(finish(), usageChunk({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }), DONE),
      micro: 0,
      usages: [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, creditsUsed: 0 }],
      generation: { outcome: 'actual', state: 'settled' },
    },
    'with cached and reasoning tokens': {
      steps: events(finish(), usageChunk(CACHED), DONE),
      micro: CACHED_MICRO,
      usages: [{ ...CACHED, creditsUsed: CACHED_MICRO / 1e6 }],
      counted: { inputTokens: 40, cacheReadTokens: 60, outputTokens: 25, reasoningTokens: 10 },
    },
  };

  it('is charged by the length of its prompt, and its receipt and the list of models say so', async () => {
    const account = await rig.account();
    const usage = { completion_tokens: 25, prompt_tokens_details: { cached_tokens: 600 } };
    const price = { inputMicroPerMtok: usdPerMtok(1), outputMicroPerMtok: usdPerMtok(4), cacheReadMicroPerMtok: usdPerMtok(0.25) };
    const dearer = { aboveTokens: 1_000, ...Object.fromEntries(Object.entries(price).map(([name, micro]) => [name, 2 * micro])) };
    const CALLS = [
      { prompt_tokens: 1_000, costs: price, micro: 400 * 100 + 600 * 25 + 25 * 400 },
      { prompt_tokens: 1_001, costs: dearer, micro: 2 * (401 * 100 + 600 * 25 + 25 * 400) },
    ];
    for (const { prompt_tokens, costs, micro } of CALLS) {
      long.first.reply(json(completion({ content: 'Hi.' }, { usage: { prompt_tokens, total_tokens: prompt_tokens + 25, ...usage } })));
      const answer = await askJson(account, chatBody(long.model));
      expect(inMicro(answer.headers.get('x-credits-charged')), String(prompt_tokens)).toBe(micro);
      expect(await account.generation(answer.id)).toMatchObject({ creditsUsed: micro / 1e6, price: costs });
    }
    expect(await account.settled()).toEqual(spent(CALLS[0]!.micro + CALLS[1]!.micro));
    const { data } = (await (await fetch(`${account.baseUrl}/models`)).json()) as { data: { id: string; pricing: unknown }[] };
    expect(data.find(({ id }) => id === long.model)!.pricing).toMatchObject({
      input_usd: 1,
      long_prompts: [{ above_tokens: 1_000, input_usd: 2, output_usd: 8, cache_read_usd: 0.5, input_credits: 200, output_credits: 800 }],
    });
  });

  it.each(Object.entries(CASES))('is charged to the token: %s', async (_, { steps, micro, usages, generation = {}, counted }) => {
    for (const include_usage of [false, true]) {
      const { account, lane } = await fresh();
      lane.first.reply(sse(steps));
      const stream = await askStream(account, chatBody(lane.model, { stream_options: { include_usage } }));
      expect(stream).toMatchObject({ text: 'Twelve chars', finishReasons: ['stop'], done: true, error: undefined });
      expect(stream.usages).toEqual(usages);
      const bare = stream.chunks.filter(({ choices }) => choices.length === 0);
      expect(bare).toHaveLength(include_usage ? 1 : 0);
      const bearer = stream.chunks.findIndex(({ usage }) => usage);
      expect(bearer).toBe(stream.chunks.length - 1);
      if (!include_usage) expect(stream.chunks[bearer]!.choices[0]!.finish_reason).toBe('stop');
      const receipt = await account.generation(stream.id);
      expect(receipt).toMatchObject({ outcome: 'actual', creditsUsed: micro / 1e6, ...generation });
      if (counted) expect(filled(receipt.usage)).toEqual(counted);
      expect(await account.calls()).toHaveLength(1);
      expect(await account.money()).toEqual(spent(micro));
    }
  });

  const AHEAD = { prompt_tokens: 50, completion_tokens: 0, total_tokens: 50 };

  const NO_USAGE: Record<string, unknown> = {
    'there is none': undefined,
    'it is null': null,
    'it is empty': {},
    'it is negative': { prompt_tokens: -1, completion_tokens: 5 },
    'it is a fraction': { prompt_tokens: 1.5, completion_tokens: 5 },
    'it is beyond all bounds': { prompt_tokens: 10, completion_tokens: 1e12 },
    'no answer is as long': { prompt_tokens: 10, completion_tokens: 99_999_999 },
    'no prompt is as long': { prompt_tokens: 99_999_999, completion_tokens: 10 },
    'it is text': { prompt_tokens: '10', completion_tokens: '5' },
  };

  it.each(Object.entries(NO_USAGE))('is estimated, and marked so, where %s', async (_, usage) => {
    for (const stream of [true, false]) {
      const { account, lane } = await fresh();
      const content = 'Twelve chars';
      lane.first.reply(
        stream
          ? sse(events(finish(), ...(usage === undefined ? [] : [usageChunk(usage)]), DONE))
          : json({ ...completion({ content }), usage }),
      );
      const sent = chatBody(lane.model, { stream });
      const response = await ask(account, sent);
      const raw = await response.text();
      const { outcome, creditsUsed, usage: counted } = await account.generation(requestIdOf(response));
      expect(outcome).toBe('estimated');
      const inputTokens = estimatedTokens(JSON.stringify(sent).length);
      const outputTokens = stream ? 3 : estimatedTokens(JSON.stringify({ role: 'assistant', content }).length);
      expect(counted).toMatchObject({ inputTokens, outputTokens });
      const costMicro = inputTokens * INPUT_MICRO + outputTokens * OUTPUT_MICRO;
      expect(inMicro(creditsUsed)).toBe(costMicro);
      const shown = stream ? parseChatStream(raw).usages : [(JSON.parse(raw) as { usage: unknown }).usage];
      expect(shown).toEqual([
        {
          prompt_tokens: inputTokens,
          completion_tokens: outputTokens,
          total_tokens: inputTokens + outputTokens,
          estimated: true,
          creditsUsed: costMicro / 1e6,
        },
      ]);
      expect(await account.money()).toEqual(spent(costMicro));
    }
  });

  it.each([
    ['in the same event as the role', [chunk({ role: 'assistant' }, {}, { usage: AHEAD }), says('Twelve chars'), finish(), DONE]],
    ['on a chunk of its own before the text', [role(), usageChunk(AHEAD), says('Twelve'), says(' chars'), finish(), DONE]],
    ['and not again in a stream that breaks off after its end', [chunk({}, {}, { usage: AHEAD }), says('Twelve chars'), finish(), CUT]],
  ] satisfies [string, Step[]][])('that is given before what it should count is right about the prompt alone: %s', async (_, steps) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse(steps));
    const stream = await askStream(account, chatBody(lane.model));
    expect(stream).toMatchObject({ text: 'Twelve chars', error: undefined, done: true });
    const micro = AHEAD.prompt_tokens * INPUT_MICRO + estimatedTokens('Twelve chars'.length) * OUTPUT_MICRO;
    expect(stream.usages).toEqual([
      { prompt_tokens: 50, completion_tokens: 3, total_tokens: 53, estimated: true, creditsUsed: micro / 1e6 },
    ]);
    expect(await account.generation(stream.id)).toMatchObject({ outcome: 'estimated', usage: { inputTokens: 50, outputTokens: 3 } });
    expect(await account.money()).toEqual(spent(micro));
  });

  it('of an answer that is empty is not charged', async () => {
    const prompt = { prompt_tokens: 100, completion_tokens: 0, total_tokens: 100 };
    for (const stream of [true, false]) {
      const { account, lane } = await fresh();
      lane.first.reply(stream ? sse([role(), finish(), usageChunk(prompt), DONE]) : json(completion({ content: '' }, { usage: prompt })));
      const response = await ask(account, chatBody(lane.model, { stream }));
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(/"creditsUsed":0[,}]/);
      expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0, detail: { ending: 'empty' } }]);
      expect(await account.money()).toEqual(spent(0));
    }
  });
});
