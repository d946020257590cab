import { describe, expect, it } from 'vitest';
import { jsonParameters } from '../../../src/db/parameters';

describe('rows of JSON', () => {
  it('are packed into arrays that have no more than may be, in order, and none is cut', () => {
    expect(jsonParameters(['1', '22', '"é"', '4'], 6)).toEqual(['[1,22]', '["é",4]']);
    expect(jsonParameters(['1', '22', '"é"', '4'], 6, (row) => new TextEncoder().encode(row).length)).toEqual(['[1,22]', '["é"]', '[4]']);
    expect([jsonParameters([], 6), jsonParameters(['"too long"', '1'], 6)]).toEqual([[], ['["too long"]', '[1]']]);
  });
});
