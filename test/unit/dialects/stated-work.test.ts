import { describe, expect, it } from 'vitest';
import { statedInMessages, statedInResponses } from '../../../src/dialects/stated-work';

const search = (maxUses: unknown) => ({ type: 'web_search_20250305', name: 'web_search', max_uses: maxUses });

describe('the runs of tools that a request allows', () => {
  it.each([
    [5, 5],
    [1e15, 1_000],
    [0, undefined],
    [-1, undefined],
    ['5', undefined],
  ])('are, of %o, %o: what bounds nothing is no more than an answer may have', (stated, runs) => {
    expect(statedInMessages({ tools: [search(stated)] }).webSearches).toBe(runs);
    expect(statedInResponses({ tools: [{ type: 'web_search' }], max_tool_calls: stated }).webSearches).toBe(runs);
  });

  it('are the sum of what each search allows, and nothing of other tools', () => {
    const tools = [search(3), search(4), { type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 9 }, { name: 'f', max_uses: 9 }, null];
    expect(statedInMessages({ tools })).toEqual({ webSearches: 7 });
    expect(statedInMessages({ tools: [search(1.5)] })).toEqual({});
    expect(statedInMessages({})).toEqual({});
  });

  it.each([
    [['file_search', 'web_search', 'code_interpreter'], { containers: 5 }],
    [['file_search', 'web_search_preview'], { webSearches: 5 }],
    [['function', 'file_search'], { fileSearches: 5 }],
    [['function'], {}],
    [[{ toString: 1 }, 'file_search'], { fileSearches: 5 }],
  ])('are, of %o with one bound, all of the dearest', (types, runs) => {
    expect(statedInResponses({ tools: types.map((type) => ({ type })), max_tool_calls: 5 })).toEqual(runs);
  });
});
