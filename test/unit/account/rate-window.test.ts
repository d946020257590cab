import { expect, it } from 'vitest';
import { RateWindow } from '../../../src/account/rate-window';

const HOUR_MS = 3_600_000;

it('a call leaves its window after an hour to the millisecond, and the next one tells when there is room again', () => {
  const window = new RateWindow();
  for (const seq of [1, 2, 3]) window.add(seq * 10, seq);
  expect([window.count(HOUR_MS + 9), window.resetAtMs(HOUR_MS + 9)]).toEqual([3, HOUR_MS + 10]);
  expect([window.count(HOUR_MS + 10), window.resetAtMs(HOUR_MS + 10)]).toEqual([2, HOUR_MS + 20]);
  expect([window.count(HOUR_MS + 30), window.resetAtMs(HOUR_MS + 30)]).toEqual([0, HOUR_MS + 30]);
});

it('a call that is taken back leaves the others where they are', () => {
  const window = new RateWindow();
  for (const seq of [1, 2, 4]) window.add(seq * 10, seq);
  for (const seq of [2, 2, 3, 9]) window.remove(seq);
  expect([window.count(40), window.resetAtMs(40)]).toEqual([2, HOUR_MS + 10]);
  expect([window.count(HOUR_MS + 10), window.resetAtMs(HOUR_MS + 10)]).toEqual([1, HOUR_MS + 40]);
  window.remove(1);
  expect(window.count(HOUR_MS + 10)).toBe(1);
});
