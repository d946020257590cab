import { describe, expect, it } from 'vitest';
import { tokenCostMicro } from '../../../src/core/money';
import { NO_USAGE } from '../../../src/core/usage';
import { MODELS } from '../../../src/providers/catalogue';
import { anthropicMessagesWire } from '../../../src/providers/wires/anthropic-messages';

const read = (usage: unknown) => anthropicMessagesWire.readUsage(usage, {});

describe('the usage of a message', () => {
  it('has input beside what was read from and written to a cache', () => {
    const usage = {
      input_tokens: 25,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 1_200,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 15,
      output_tokens_details: { thinking_tokens: 9 },
      server_tool_use: { web_search_requests: 3 },
      service_tier: 'standard',
    };
    expect(read(usage)).toEqual({
      ...NO_USAGE,
      inputTokens: 25,
      cacheReadTokens: 1_200,
      cacheWrite5mTokens: 100,
      cacheWrite1hTokens: 200,
      outputTokens: 15,
      reasoningTokens: 9,
    });
  });

  it.each([
    ['no split is for five minutes', { cache_creation_input_tokens: 300 }, 300, 0],
    ['a split alone counts too', { cache_creation: { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: 5 } }, 7, 5],
    [
      'what a split leaves over is for five minutes',
      { cache_creation_input_tokens: 9, cache_creation: { ephemeral_1h_input_tokens: 5 } },
      4,
      5,
    ],
    ['an empty split', { cache_creation_input_tokens: 9, cache_creation: null }, 9, 0],
  ])('tells how long a cache is kept: %s', (_what, more, cacheWrite5mTokens, cacheWrite1hTokens) => {
    expect(read({ input_tokens: 1, output_tokens: 2, ...more })).toMatchObject({ cacheWrite5mTokens, cacheWrite1hTokens });
  });

  it('takes zeros and nulls for figures', () => {
    expect(read({ input_tokens: 0, output_tokens: 0, cache_read_input_tokens: null })).toEqual(NO_USAGE);
  });

  it('is the sum of its iterations, where it tells of them', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500, cache_read_input_tokens: 10 },
      { type: 'message', input_tokens: 23_000, output_tokens: 1_000, cache_creation: { ephemeral_1h_input_tokens: 4 } },
    ];
    expect(read({ input_tokens: 23_000, output_tokens: 1_000, iterations })).toEqual({
      ...NO_USAGE,
      inputTokens: 203_000,
      outputTokens: 4_500,
      cacheReadTokens: 10,
      cacheWrite1hTokens: 4,
    });
  });

  it('is what was read and said, where one of the two is all that is told', () => {
    expect(read({ input_tokens: 3 })).toEqual({ ...NO_USAGE, inputTokens: 3 });
    expect(read({ output_tokens: 4 })).toEqual({ ...NO_USAGE, outputTokens: 4 });
    const iterations = [{ input_tokens: 5, output_tokens: 5 }];
    expect(read({ input_tokens: 3, output_tokens: 4, iterations })).toEqual({ ...NO_USAGE, inputTokens: 5, outputTokens: 5 });
  });

  it.each([
    [[]],
    [null],
    [[{ type: 'message' }]],
    [[{ input_tokens: 5, output_tokens: 2 }, null]],
    [[{ input_tokens: 'x' }]],
    [[{ input_tokens: 0, output_tokens: 0 }]],
  ])('is what stands at the top where iterations say nothing: %j', (iterations) => {
    expect(read({ input_tokens: 3, output_tokens: 4, iterations })).toEqual({ ...NO_USAGE, inputTokens: 3, outputTokens: 4 });
  });

  it.each([
    undefined,
    null,
    'x',
    [],
    {},
    { input_tokens: -1, output_tokens: 1 },
    { input_tokens: 1.5 },
    { input_tokens: '1' },
    { output_tokens: 1e9 },
    { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: -5 },
    { input_tokens: 1, output_tokens: 1, cache_creation: { ephemeral_1h_input_tokens: 0.5 } },
  ])('is none when it cannot be one: %j', (usage) => {
    expect(read(usage)).toBeUndefined();
  });
});

describe('the price of a message', () => {
  it.each(MODELS.filter(({ family }) => family === 'messages'))('has a cache at $id’s multiples of the input price', ({ price }) => {
    if (price?.per !== 'token') throw new Error('not priced by the token');
    const input = tokenCostMicro({ ...NO_USAGE, inputTokens: 1_000_000 }, price);
    expect(tokenCostMicro({ ...NO_USAGE, cacheReadTokens: 1_000_000 }, price)).toBe(input / 10);
    expect(tokenCostMicro({ ...NO_USAGE, cacheWrite5mTokens: 1_000_000 }, price)).toBe((input * 5) / 4);
    expect(tokenCostMicro({ ...NO_USAGE, cacheWrite1hTokens: 1_000_000 }, price)).toBe(input * 2);
  });
});
