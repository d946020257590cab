import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/core/usage';
import { google } from '../../../src/providers/google/spec';
import type { ProviderQuirks } from '../../../src/providers/types';
import { readUsage } from '../../../src/providers/wires/openai-chat';
import { xai } from '../../../src/providers/xai/spec';

const recorded: { shape: string; quirks?: ProviderQuirks; usage: unknown; buckets: Partial<typeof NO_USAGE> }[] = [
  {
    shape: 'OpenAI: cached tokens within the prompt, reasoning within the completion',
    usage: {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 192, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    },
    buckets: { inputTokens: 86, cacheReadTokens: 1920, outputTokens: 300, reasoningTokens: 192 },
  },
  {
    shape: 'OpenAI audio: audio tokens within both',
    usage: {
      prompt_tokens: 20,
      completion_tokens: 90,
      total_tokens: 110,
      prompt_tokens_details: { cached_tokens: 0, text_tokens: 8, audio_tokens: 12 },
      completion_tokens_details: { reasoning_tokens: 0, text_tokens: 20, audio_tokens: 70 },
    },
    buckets: { inputTokens: 20, outputTokens: 90, inputAudioTokens: 12, outputAudioTokens: 70 },
  },
  {
    shape: 'OpenRouter: cost beside the tokens, cache writes within the prompt',
    usage: {
      prompt_tokens: 10_339,
      completion_tokens: 60,
      total_tokens: 10_399,
      cost: 0.0123,
      is_byok: false,
      prompt_tokens_details: { cached_tokens: 318, cache_write_tokens: 10_000, audio_tokens: 0, video_tokens: 0 },
      cost_details: { upstream_inference_cost: null },
      completion_tokens_details: { reasoning_tokens: 0, image_tokens: 0 },
    },
    buckets: { inputTokens: 21, cacheReadTokens: 318, cacheWrite5mTokens: 10_000, outputTokens: 60 },
  },
  {
    shape: 'DeepSeek: hits and misses at the top',
    usage: {
      prompt_tokens: 160,
      completion_tokens: 37,
      total_tokens: 197,
      prompt_cache_hit_tokens: 128,
      prompt_cache_miss_tokens: 32,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
    buckets: { inputTokens: 32, cacheReadTokens: 128, outputTokens: 37, reasoningTokens: 20 },
  },
  {
    shape: 'DeepSeek of old: without details',
    usage: { prompt_tokens: 160, completion_tokens: 37, total_tokens: 197, prompt_cache_hit_tokens: 128, prompt_cache_miss_tokens: 32 },
    buckets: { inputTokens: 32, cacheReadTokens: 128, outputTokens: 37 },
  },
  {
    shape: 'Moonshot: cached tokens at the top',
    usage: { prompt_tokens: 1_000, completion_tokens: 50, total_tokens: 1_050, cached_tokens: 768 },
    buckets: { inputTokens: 232, cacheReadTokens: 768, outputTokens: 50 },
  },
  {
    shape: 'Zhipu: a detail object with nothing else',
    usage: { prompt_tokens: 16, completion_tokens: 9, total_tokens: 25, prompt_tokens_details: { cached_tokens: 4 } },
    buckets: { inputTokens: 12, cacheReadTokens: 4, outputTokens: 9 },
  },
  {
    shape: 'Alibaba: null details and cache creation',
    usage: {
      prompt_tokens: 3_000,
      completion_tokens: 105,
      total_tokens: 3_105,
      completion_tokens_details: null,
      prompt_tokens_details: { cached_tokens: 1_000, cache_creation_input_tokens: 1_500 },
    },
    buckets: { inputTokens: 500, cacheReadTokens: 1_000, cacheWrite5mTokens: 1_500, outputTokens: 105 },
  },
  {
    shape: 'MiniMax: characters beside tokens',
    usage: {
      total_tokens: 249,
      total_characters: 0,
      prompt_tokens: 26,
      completion_tokens: 223,
      completion_tokens_details: { reasoning_tokens: 214 },
    },
    buckets: { inputTokens: 26, outputTokens: 223, reasoningTokens: 214 },
  },
  {
    shape: 'xAI: reasoning beside the completion',
    quirks: xai,
    usage: {
      prompt_tokens: 10_120,
      completion_tokens: 1_499,
      total_tokens: 14_428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2_809 },
    },
    buckets: { inputTokens: 9_992, cacheReadTokens: 128, outputTokens: 4_308, reasoningTokens: 2_809 },
  },
  {
    shape: 'a cache beside the prompt, as the total shows',
    usage: {
      prompt_tokens: 479,
      completion_tokens: 373,
      total_tokens: 14_164,
      prompt_tokens_details: { cached_tokens: 13_312 },
    },
    buckets: { inputTokens: 479, cacheReadTokens: 13_312, outputTokens: 373 },
  },
  {
    shape: 'xAI without a total: reasoning is added',
    quirks: xai,
    usage: { prompt_tokens: 12, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 386 } },
    buckets: { inputTokens: 12, outputTokens: 387, reasoningTokens: 386 },
  },
  {
    shape: 'a total that shows reasoning to be within the completion after all',
    quirks: xai,
    usage: { prompt_tokens: 12, completion_tokens: 387, total_tokens: 399, completion_tokens_details: { reasoning_tokens: 386 } },
    buckets: { inputTokens: 12, outputTokens: 387, reasoningTokens: 386 },
  },
  {
    shape: 'Google: thoughts in the total only',
    quirks: google,
    usage: { completion_tokens: 3, prompt_tokens: 9, total_tokens: 105 },
    buckets: { inputTokens: 9, outputTokens: 96, reasoningTokens: 93 },
  },
  {
    shape: 'a gap in the total of a provider without the quirk is left alone',
    usage: { completion_tokens: 3, prompt_tokens: 9, total_tokens: 105 },
    buckets: { inputTokens: 9, outputTokens: 3 },
  },
];

describe('readUsage', () => {
  it.each(recorded)('reads $shape', ({ quirks, usage, buckets }) => {
    expect(readUsage(usage, quirks ?? {})).toEqual({ ...NO_USAGE, ...buckets });
  });

  it('takes all zeros for a value', () => {
    expect(readUsage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, {})).toEqual(NO_USAGE);
  });

  it('takes one side for a value: a stream may report the prompt first', () => {
    expect(readUsage({ prompt_tokens: 9 }, {})).toEqual({ ...NO_USAGE, inputTokens: 9 });
  });

  it.each([undefined, null, '', 'none', 0, 12, true, [], [{ prompt_tokens: 1 }], {}, { total_tokens: 9 }, { prompt_tokens: null }])(
    'takes %j for no usage',
    (usage) => {
      expect(readUsage(usage, {})).toBeUndefined();
    },
  );

  it.each([
    { prompt_tokens: -1, completion_tokens: 2 },
    { prompt_tokens: 1, completion_tokens: -2 },
    { prompt_tokens: 1.5, completion_tokens: 2 },
    { prompt_tokens: '1', completion_tokens: 2 },
    { prompt_tokens: 1, completion_tokens: 100_000_001 },
    { prompt_tokens: Number.NaN, completion_tokens: 2 },
    { prompt_tokens: 1, completion_tokens: Number.POSITIVE_INFINITY },
    { prompt_tokens: 1, completion_tokens: 2, total_tokens: 2 ** 60 },
    { prompt_tokens: 1, completion_tokens: 2, cached_tokens: -3 },
    { prompt_tokens: 1, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 'all' } },
    { prompt_tokens: 1, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: -1 } },
  ])('refuses %j', (usage) => {
    expect(readUsage(usage, {})).toBeUndefined();
  });

  it('never counts below zero, whatever is said to be cached', () => {
    const usage = readUsage({ prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 25 } }, {});
    expect(usage).toMatchObject({ inputTokens: 0, cacheReadTokens: 10 });
  });

  it('gives buckets that add up to the prompt and parts that fit their whole, for any figures', () => {
    let state = 12345;
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % below;
    };
    for (let round = 0; round < 2_000; round++) {
      const prompt = next(1_000);
      const completion = next(1_000);
      const total = next(3_000);
      const cached = { cached_tokens: next(1_500), cache_write_tokens: next(1_500) };
      const besidePrompt = cached.cached_tokens + cached.cache_write_tokens;
      const isBeside = round % 2 === 1 && total === prompt + completion + besidePrompt;
      const usage = readUsage(
        {
          prompt_tokens: prompt,
          completion_tokens: completion,
          total_tokens: total,
          prompt_tokens_details: { ...cached, audio_tokens: next(1_500) },
          completion_tokens_details: { reasoning_tokens: next(1_500), audio_tokens: next(1_500) },
        },
        { reasoningOutsideOutput: round % 2 === 0 },
      )!;
      expect(usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens).toBe(
        isBeside ? prompt + besidePrompt : prompt,
      );
      expect(usage.outputTokens).toBeGreaterThanOrEqual(completion);
      expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.outputTokens);
      expect(usage.inputAudioTokens).toBeLessThanOrEqual(usage.inputTokens);
      expect(usage.outputAudioTokens).toBeLessThanOrEqual(usage.outputTokens);
      for (const value of Object.values(usage)) expect(value).toBeGreaterThanOrEqual(0);
    }
  });
});
