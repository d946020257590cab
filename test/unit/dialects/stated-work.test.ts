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
});
