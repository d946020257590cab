// What each provider really sends, passed on and priced. The fixtures have the shapes of recorded streams.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled } from './support/account';
import { askStream, chatBody } from './support/client';
import { type BuiltIn, Rig } from './support/rig';
import type { Step } from './support/upstream';
import { failure, sse } from './support/wire';

interface Golden {
  provider: BuiltIn;
  model: string;
  upstreamModel: string;
  text: string;
  reasoning: string;
  usage: Record<string, unknown>;
  /** The gateway's own usage buckets, without the empty ones. */
  counted: Record<string, number>;
  micro: number;
}

const GOLDEN: Record<string, Golden> = {
  'openai-chat': {
    provider: 'openai',
    model: 'gpt-5.4-mini',
    upstreamModel: 'gpt-5.4-mini',
    text: 'Grüße! The answer is "42".\n👋',
    reasoning: '',
    usage: { prompt_tokens: 1217, completion_tokens: 138, prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 } },
    counted: { inputTokens: 193, cacheReadTokens: 1024, outputTokens: 138, reasoningTokens: 64 },
    // 4 and 22 micro-credits a token; cached input costs the same here.
    micro: 1_217 * 4 + 138 * 22,
  },
  'openrouter-chat': {
    provider: 'openrouter',
    model: 'gpt-5.5-pro',
    upstreamModel: 'openai/gpt-5.5-pro',
    text: 'Grüße! The answer is 42.',
    reasoning: 'Let me think.',
    usage: { prompt_tokens: 310, completion_tokens: 95, total_tokens: 405 },
    counted: { inputTokens: 310, outputTokens: 95, reasoningTokens: 64 },
    micro: 310 * 145 + 95 * 870,
  },
  'deepseek-chat': {
    provider: 'deepseek',
    model: 'deepseek-v3.2',
    upstreamModel: 'deepseek-flash',
    text: '你好，世界',
    reasoning: 'Der Nutzer grüßt. 我想想',
    usage: { prompt_tokens: 140, completion_tokens: 61, prompt_cache_hit_tokens: 128, prompt_cache_miss_tokens: 12 },
    counted: { inputTokens: 12, cacheReadTokens: 128, outputTokens: 61, reasoningTokens: 40 },
    micro: 140 * 46 + 61 * 184,
  },
  'gemini-openai-chat': {
    provider: 'google',
    model: 'gemini-3-flash-official',
    upstreamModel: 'gemini-3-flash-preview',
    text: 'Grüße aus der Wolke ☁️.',
    reasoning: '',
    usage: { prompt_tokens: 9, completion_tokens: 11, total_tokens: 104 },
    // The total includes 84 tokens of thoughts that are not itemised anywhere.
    counted: { inputTokens: 9, outputTokens: 95, reasoningTokens: 84 },
    micro: 9 * 46 + 95 * 276,
  },
};

const CUTS = 24;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({}, { OPENROUTER_API_KEY: 'key-of-openrouter-0123456789' });
  // The one model for which DeepSeek's own API is the second choice.
  rig.desk('openrouter').replyAlways(() => failure(404, 'No endpoints found for this model.'));
});
afterAll(() => rig?.stop());

describe.each(Object.entries(GOLDEN))('the stream of %s', (name, golden) => {
  const bytes = readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url));

  /** Cut in two at every place, or into single bytes. */
  const cuttings: Step[][] = [
    [bytes],
    Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
    ...Array.from({ length: CUTS }, (_, index) => {
      const cut = Math.floor(((index + 0.5) * bytes.length) / CUTS);
      return [bytes.subarray(0, cut), { pauseMs: 2 }, bytes.subarray(cut)];
    }),
  ];

  it.each([false, true])('keeps its text, and is charged to the token (include_usage: %s)', async (include_usage) => {
    const account = await rig.account();
    const desk = rig.desk(golden.provider);
    for (const steps of cuttings) {
      desk.reply(sse(steps));
      const stream = await askStream(account, chatBody(golden.model, { stream_options: { include_usage } }));
      expect(stream).toMatchObject({ text: golden.text, finishReasons: ['stop'], done: true, error: undefined });
      const reasoning = stream.chunks
        .map(({ choices }) => choices[0]?.delta.reasoning_content ?? choices[0]?.delta.reasoning ?? '')
        .join('');
      expect(reasoning).toBe(golden.reasoning);
      expect(stream.usages).toHaveLength(1);
      expect(stream.chunks.at(-1)!.usage).toMatchObject({ ...golden.usage, creditsUsed: golden.micro / 1e6 });
      expect(stream.raw).not.toMatch(/"cost"|"cost_details"|"is_byok"/);
      expect(stream.chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(include_usage ? 1 : 0);
    }
    expect(desk.seen.at(-1)!.json().model).toBe(golden.upstreamModel);
    const { provider, outcome, usage, creditsUsed } = await account.lastGeneration();
    expect({ provider, outcome, creditsUsed }).toEqual({ provider: golden.provider, outcome: 'actual', creditsUsed: golden.micro / 1e6 });
    expect(filled(usage)).toEqual(golden.counted);
    expect(await account.money()).toEqual({ spentMicro: golden.micro * cuttings.length, heldMicro: 0 });
  });
});
