// What Google really sends, passed on and priced to the micro-credit. The fixtures have the shapes of recorded streams.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled } from './support/account';
import { askGemini, geminiAnswer, geminiEvent, part, partOf, streamed, streamGemini } from './support/gemini-wire';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import type { Step } from './support/upstream';
import { estimatedTokens, inMicro, json } from './support/wire';

interface Golden {
  text: string;
  thoughts: string;
  calls: unknown[];
  usage: Record<string, unknown>;
  /** The gateway's own usage buckets, without the empty ones. */
  counted: Record<string, number>;
  micro: number;
}

/** `gemini-3-flash-official`: 46 and 276 micro-credits a token; cached input costs the same here. */
const [IN, OUT] = [46, 276];

const GOLDEN: Record<string, Golden> = {
  'gemini-thinking': {
    text: 'Grüße! The answer is "42".\n👋',
    thoughts: '**Weighing it**\n\nForty-two, as ever.\n',
    calls: [],
    usage: {
      promptTokenCount: 1_217,
      cachedContentTokenCount: 1_024,
      candidatesTokenCount: 38,
      thoughtsTokenCount: 64,
      totalTokenCount: 1_319,
    },
    counted: { inputTokens: 193, cacheReadTokens: 1_024, outputTokens: 102, reasoningTokens: 64 },
    micro: 1_217 * IN + 102 * OUT,
  },
  'gemini-calls': {
    text: '',
    thoughts: '',
    calls: [
      { name: 'get_weather', args: { city: 'Zürich', days: 3 } },
      { name: 'get_weather', args: { city: 'Genève', days: 3 } },
    ],
    usage: { promptTokenCount: 87, candidatesTokenCount: 40, thoughtsTokenCount: 212, totalTokenCount: 339 },
    counted: { inputTokens: 87, outputTokens: 252, reasoningTokens: 212 },
    micro: 87 * IN + 252 * OUT,
  },
};

const CUTS = 16;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ gemini: 20 }, { OPENROUTER_API_KEY: '' });
});
afterAll(() => rig?.stop());

describe.each(Object.entries(GOLDEN))('the stream of %s', (name, golden) => {
  const bytes = readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url));
  const text = bytes.toString();

  /** Cut in two at every place, into single bytes, with other line ends, with a byte order mark before and comments between. */
  const cuttings: Step[][] = [
    [bytes],
    Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
    [text.replaceAll('\r\n', '\n')],
    [`\uFEFF${text}`],
    [`: hello\r\n\r\n${text.replaceAll('\r\n\r\n', '\r\n\r\n: still here\r\n\r\n')}`],
    [text.trimEnd()],
    ...Array.from({ length: CUTS }, (_, index) => {
      const cut = Math.floor(((index + 0.5) * bytes.length) / CUTS);
      return [bytes.subarray(0, cut), { pauseMs: 2 }, bytes.subarray(cut)];
    }),
  ];

  it('keeps its parts, and is charged to the token', async () => {
    const account = await rig.account();
    const desk = rig.desk('google');
    const sent = text
      .split('\r\n\r\n')
      .flatMap((event) =>
        event === '' ? [] : [JSON.parse(event.slice('data: '.length)) as { candidates: { content: { parts: unknown[] } }[] }],
      );
    for (const steps of cuttings) {
      desk.reply(streamed(steps));
      const stream = await streamGemini(account, 'gemini-3-flash-official');
      expect(stream).toMatchObject({ text: golden.text, thoughts: golden.thoughts, error: undefined });
      expect(stream.parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))).toEqual(golden.calls);
      // All parts as they came, signatures included.
      expect(stream.parts).toEqual(sent.flatMap(({ candidates }) => candidates[0]!.content.parts));
      const last = stream.chunks.at(-1)!;
      expect(last.candidates[0]!.finishReason).toBe('STOP');
      expect(last.usageMetadata).toMatchObject({ ...golden.usage, creditsUsed: golden.micro / 1e6 });
    }
    expect(desk.seen.at(-1)!.path).toBe('/v1/models/gemini-3-flash-preview:streamGenerateContent?alt=sse');
    const { provider, outcome, usage, creditsUsed, endpoint } = await account.lastGeneration();
    expect({ provider, outcome, endpoint, creditsUsed }).toEqual({
      provider: 'google',
      outcome: 'actual',
      endpoint: '/v1beta/models',
      creditsUsed: golden.micro / 1e6,
    });
    expect(filled(usage)).toEqual(golden.counted);
    expect(await account.money()).toEqual({ spentMicro: golden.micro * cuttings.length, heldMicro: 0 });
    const lines = await account.calls();
    expect(lines).toHaveLength(cuttings.length);
    for (const { state, outcome: how, amountCredits, model } of lines)
      expect({ state, how, micro: inMicro(amountCredits), model }).toEqual({
        state: 'settled',
        how: 'actual',
        micro: -golden.micro,
        model: 'gemini-3-flash-official',
      });
    expect(await account.problems()).toEqual([]);
  });
});

describe('usage', () => {
  const said = { text: 'One two three' };
  /** Usage on the last chunk or in the document; earlier chunks have none, or have their own. */
  const SHAPES: Record<string, { usage?: unknown; early?: unknown; counted: Record<string, number>; micro: number; outcome?: string }> = {
    'with what came from a cache': {
      usage: { promptTokenCount: 100, cachedContentTokenCount: 60, candidatesTokenCount: 25, totalTokenCount: 125 },
      counted: { inputTokens: 40, cacheReadTokens: 60, outputTokens: 25 },
      micro: 40 * INPUT_MICRO + 60 * 25 + 25 * OUTPUT_MICRO,
    },
    'with thoughts': {
      usage: { promptTokenCount: 100, candidatesTokenCount: 5, thoughtsTokenCount: 20, totalTokenCount: 125 },
      counted: { inputTokens: 100, outputTokens: 25, reasoningTokens: 20 },
      micro: 100 * INPUT_MICRO + 25 * OUTPUT_MICRO,
    },
    'with what a tool of Google’s gave the model to read': {
      usage: { promptTokenCount: 100, toolUsePromptTokenCount: 30, candidatesTokenCount: 25, totalTokenCount: 155 },
      counted: { inputTokens: 130, outputTokens: 25 },
      micro: 130 * INPUT_MICRO + 25 * OUTPUT_MICRO,
    },
    'with sound': {
      usage: {
        promptTokenCount: 100,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 20 },
          { modality: 'AUDIO', tokenCount: 80 },
        ],
        candidatesTokenCount: 25,
      },
      counted: { inputTokens: 100, inputAudioTokens: 80, outputTokens: 25 },
      micro: 100 * INPUT_MICRO + 25 * OUTPUT_MICRO,
    },
    'that is zero': { usage: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 }, counted: {}, micro: 0 },
    'on every chunk, of which the last counts': {
      early: { promptTokenCount: 100, candidatesTokenCount: 1, totalTokenCount: 101 },
      usage: { promptTokenCount: 100, candidatesTokenCount: 25, totalTokenCount: 125 },
      counted: { inputTokens: 100, outputTokens: 25 },
      micro: 100 * INPUT_MICRO + 25 * OUTPUT_MICRO,
    },
    'that nobody sent': { counted: { inputTokens: 17, outputTokens: 4 }, micro: 17 * INPUT_MICRO + 4 * OUTPUT_MICRO, outcome: 'estimated' },
    'that nobody can read': {
      usage: { promptTokenCount: 'many', candidatesTokenCount: -1 },
      counted: { inputTokens: 17, outputTokens: 4 },
      micro: 17 * INPUT_MICRO + 4 * OUTPUT_MICRO,
      outcome: 'estimated',
    },
  };
  /** The estimated tokens of the prompt where nobody counts them. */
  const PROMPT_TOKENS = 17;
  const body = { contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }] };

  it.each(Object.entries(SHAPES))('is charged as it is: %s', async (_, { usage, early, counted, micro, outcome = 'actual' }) => {
    expect(estimatedTokens(JSON.stringify(body).length)).toBe(PROMPT_TOKENS);
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    const whole = geminiAnswer([partOf(said)], { usageMetadata: usage });
    const first = part({ text: 'One ' }, early === undefined ? {} : { usageMetadata: early });
    lane.first.reply(json(whole), streamed([first, geminiEvent(geminiAnswer([{ text: 'two three' }], { usageMetadata: usage }))]));
    const document = await askGemini(account, lane.model, body);
    const { id, usages } = await streamGemini(account, lane.model, body);
    expect(inMicro(document.headers.get('x-credits-charged'))).toBe(micro);
    for (const shown of [document.body.usageMetadata!, usages.at(-1)!]) {
      expect(inMicro(shown.creditsUsed)).toBe(micro);
      expect(shown.estimated).toBe(outcome === 'estimated' ? true : undefined);
    }
    for (const receipt of [await account.generation(document.id), await account.generation(id)]) {
      expect(filled(receipt.usage)).toEqual(counted);
      expect(receipt).toMatchObject({ outcome, state: 'settled' });
    }
    expect(await account.money()).toEqual({ spentMicro: 2 * micro, heldMicro: 0 });
  });

  it.each([
    ['no parts', geminiAnswer([], { usageMetadata: { promptTokenCount: 100, totalTokenCount: 100 } })],
    ['an empty text', geminiAnswer([{ text: '' }], { usageMetadata: { promptTokenCount: 100, totalTokenCount: 100 } })],
  ])('of an answer that says nothing is not charged: %s', async (_, answer) => {
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    lane.first.reply(json(answer), streamed([geminiEvent(answer)]));
    const document = await askGemini(account, lane.model, body);
    const { usages } = await streamGemini(account, lane.model, body);
    expect([document.body.usageMetadata!.creditsUsed, usages.at(-1)!.creditsUsed]).toEqual([0, 0]);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});
