import { describe, expect, it } from 'vitest';
import { fromCredits } from '../../../src/core/money';
import { effectiveTier, TIERS, tierUnlocks } from '../../../src/core/tiers';

describe('tiers', () => {
  it.each([
    [0, 'free'],
    [1_998.999999, 'free'],
    [1_999, 'starter'],
    [9_998.999999, 'starter'],
    [9_999, 'growth'],
    [49_998.999999, 'growth'],
    [49_999, 'scale'],
    [1e9, 'scale'],
    [-5, 'free'],
  ] as const)('after top-ups of %d credits: %s', (credits, tier) => {
    expect(effectiveTier(Math.max(0, fromCredits(credits)), 'free')).toBe(tier);
  });

  it('are the higher of what was granted and what was earned', () => {
    expect(effectiveTier(fromCredits(1_999), 'scale')).toBe('scale');
    expect(effectiveTier(fromCredits(9_999), 'starter')).toBe('growth');
  });

  it('unlock themselves and what is below', () => {
    for (const [rank, { id }] of TIERS.entries())
      for (const [neededRank, { id: needed }] of TIERS.entries())
        expect(tierUnlocks(id, needed), `${id}, ${needed}`).toBe(rank >= neededRank);
  });
});
