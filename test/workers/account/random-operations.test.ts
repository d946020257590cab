import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Driver, type Tally } from './driver';

/** A seed that failed, to run it alone. */
const ONLY_SEED: number | undefined = undefined;
const SEEDS = ONLY_SEED === undefined ? [1, 2, 3, 4, 5, 6, 7, 8] : [ONLY_SEED];
const OPERATIONS = 14_000;

const tally: Tally = {};

describe('the account under random operations', () => {
  beforeEach(() => {
    // The queue fails on purpose.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  it.each(SEEDS)(
    'agrees with the model after every operation, and D1 with both at the end: seed %i',
    async (seed) => {
      await new Driver({ seed, operations: OPERATIONS, tally, restores: seed % 2 === 0, extraKeys: seed % 4 === 3 ? 60 : 0 }).run();
    },
    120_000,
  );

  it('has seen everything often enough to count', () => {
    console.log(tally);
    expect(tally.operations).toBeGreaterThanOrEqual(100_000);
  });
});
