import { describe, expect, it } from 'vitest';
import { fail } from '../../../src/core/errors';
import { errorHead } from '../../../src/dialects/openai-errors';

const headOf = (...error: Parameters<typeof fail>) => errorHead(fail(...error).error);

describe('the head of a refusal', () => {
  it('that no retry can cure says so', () => {
    expect(headOf('invalid_key', 'No.')).toEqual({ status: 401, headers: { 'x-should-retry': 'false' } });
  });

  it('of a lasting 429 lets clients that retry it anyway finish soon', () => {
    for (const kind of ['rate_limited', 'spending_limit'] as const)
      expect(headOf(kind, 'Later.', { retryAfterSeconds: 1_800 })).toEqual({
        status: 429,
        headers: { 'x-should-retry': 'false', 'retry-after-ms': '100' },
      });
  });

  it('that clears soon says when, and nothing else', () => {
    expect(headOf('rate_limited', 'Later.', { retryAfterSeconds: 20 })).toEqual({ status: 429, headers: { 'retry-after': '20' } });
  });
});
