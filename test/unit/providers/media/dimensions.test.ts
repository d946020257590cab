import { expect, it } from 'vitest';
import { readRatio, sidesOfTier } from '../../../../src/providers/media/dimensions';
import { offeredSeconds } from '../../../../src/providers/media/duration';

it('a picture has as many pixels as its tier, and no side that is longer than there may be, lying or standing', () => {
  for (const ratio of ['1:1', '4:3', '16:9', '4:1', '8:1'])
    for (const tier of ['1K', '4K']) {
      const { width, height } = sidesOfTier(ratio, tier);
      expect(sidesOfTier(ratio.split(':').reverse().join(':'), tier)).toEqual({ width: height, height: width });
      expect(Math.max(width, height)).toBeLessThanOrEqual(4_096);
      expect(width / height / readRatio(ratio)!).toBeCloseTo(1, 1);
    }
  expect([readRatio('0:1'), readRatio('1:0'), readRatio('0:0'), readRatio(undefined)]).toEqual(Array(4).fill(undefined));
});

it('a film is no longer than was paid for, but for a second where none is as short', () => {
  const asked = (seconds: number) => offeredSeconds(seconds, [4, 6, 8]);
  expect([2, 3, 4, 5, 7, 8, 9].map(asked)).toEqual([2, 4, 4, 4, 6, 8, 9]);
  expect(offeredSeconds(5, [])).toBe(5);
});
