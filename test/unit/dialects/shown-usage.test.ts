import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/core/usage';
import * as messages from '../../../src/dialects/anthropic-messages/usage';
import * as gemini from '../../../src/dialects/gemini/usage';
import * as chat from '../../../src/dialects/openai-chat/usage';
import * as responses from '../../../src/dialects/openai-responses/usage';
import type { Receipt } from '../../../src/dialects/types';

const usage = {
  ...NO_USAGE,
  inputTokens: 1_000,
  cacheReadTokens: 200,
  cacheWrite5mTokens: 30,
  cacheWrite1hTokens: 4,
  outputTokens: 500,
  reasoningTokens: 60,
};
const receipt: Receipt = { requestId: 'req_1', usage, reported: undefined, creditsUsed: 0.25 };

describe('usage that no provider has reported', () => {
  it('counts all input as input, in the terms of each format', () => {
    expect(chat.shownUsage(receipt)).toEqual({ prompt_tokens: 1_234, completion_tokens: 500, total_tokens: 1_734, estimated: true });
    expect(responses.ownUsage(receipt)).toEqual({
      input_tokens: 1_234,
      input_tokens_details: { cached_tokens: 200, cache_write_tokens: 34 },
      output_tokens: 500,
      output_tokens_details: { reasoning_tokens: 60 },
      total_tokens: 1_734,
      estimated: true,
      creditsUsed: 0.25,
    });
    expect(gemini.shownUsage(receipt)).toEqual({
      promptTokenCount: 1_234,
      candidatesTokenCount: 440,
      totalTokenCount: 1_734,
      thoughtsTokenCount: 60,
      cachedContentTokenCount: 200,
      estimated: true,
      creditsUsed: 0.25,
    });
    expect(messages.shownUsage(receipt)).toEqual({
      input_tokens: 1_000,
      cache_creation_input_tokens: 34,
      cache_read_input_tokens: 200,
      output_tokens: 500,
      estimated: true,
    });
  });

  it('has no thoughts and no cache where there were none', () => {
    const plain = { ...receipt, usage: { ...NO_USAGE, inputTokens: 3, outputTokens: 2 } };
    expect(gemini.shownUsage(plain)).toEqual({
      promptTokenCount: 3,
      candidatesTokenCount: 2,
      totalTokenCount: 5,
      estimated: true,
      creditsUsed: 0.25,
    });
  });
});

it('usage that a provider has reported is shown as it is', () => {
  const told = { ...receipt, reported: { some: 'figure' } };
  expect(chat.shownUsage(told)).toEqual({ some: 'figure' });
  expect(messages.shownUsage(told)).toEqual({ some: 'figure' });
  expect(gemini.shownUsage(told)).toEqual({ some: 'figure', creditsUsed: 0.25 });
  expect(responses.ownUsage(told)).not.toHaveProperty('estimated');
  expect(responses.pricedUsage('{"some":"figure","cost":1}', told)).toBe('{"some":"figure","creditsUsed":0.25}');
  for (const raw of [undefined, 'null', '[]'])
    expect(JSON.parse(responses.pricedUsage(raw, told))).toMatchObject({ input_tokens: 1_234, creditsUsed: 0.25 });
  expect(JSON.parse(responses.pricedUsage('{"some":"figure"}', receipt))).toMatchObject({ input_tokens: 1_234, estimated: true });
});
