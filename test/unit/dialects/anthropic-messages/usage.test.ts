import { describe, expect, it } from 'vitest';
import { overlaidUsage, withoutOutput } from '../../../../src/dialects/anthropic-messages/usage';

const OPENING = { input_tokens: 25, cache_read_input_tokens: 1_200, output_tokens: 3 };

describe('usage that is told in parts', () => {
  it.each([
    ['what is told later counts', { output_tokens: 15 }, { ...OPENING, output_tokens: 15 }],
    [
      'zeros of a provider that tells of its output alone are no counts',
      { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 15 },
      { ...OPENING, output_tokens: 15 },
    ],
    [
      'a zero beside another count of input is one',
      { input_tokens: 1_225, cache_read_input_tokens: 0 },
      { ...OPENING, input_tokens: 1_225, cache_read_input_tokens: 0 },
    ],
    ['an output is not taken back', { output_tokens: 0 }, OPENING],
    ['an output of zero beside input is not either', { input_tokens: 30, output_tokens: 0 }, { ...OPENING, input_tokens: 30 }],
    [
      'nulls tell nothing',
      { input_tokens: null, cache_read_input_tokens: undefined, output_tokens: 15 },
      { ...OPENING, output_tokens: 15 },
    ],
    ['a zero of something else counts', { server_tool_use: 0 }, { ...OPENING, server_tool_use: 0 }],
    ['nothing changes nothing', undefined, OPENING],
  ])('is put together: %s', (_what, later, whole) => {
    expect(overlaidUsage(OPENING, later)).toEqual(whole);
  });

  it('has zeros where nothing else was told', () => {
    const zeros = { input_tokens: 0, output_tokens: 0 };
    expect(overlaidUsage(undefined, zeros)).toEqual(zeros);
    expect(overlaidUsage({ input_tokens: null }, zeros)).toEqual(zeros);
    expect(overlaidUsage({}, zeros)).toEqual(zeros);
  });

  it('counts no output that was sent before there was any', () => {
    expect(overlaidUsage(withoutOutput(OPENING), { output_tokens: 0 })).toEqual({ ...OPENING, output_tokens: 0 });
    expect(withoutOutput(undefined)).toBeUndefined();
  });
});
