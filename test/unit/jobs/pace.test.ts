import { expect, it } from 'vitest';
import { copyDelaySeconds, MAX_COPY_TRIES, pollDelaySeconds } from '../../../src/jobs/pace';

it('a job is looked at often at first, a film less often, and after that every half minute', () => {
  const pauses = (kind: 'image' | 'video') => Array.from({ length: 12 }, (_, turn) => pollDelaySeconds(kind, turn, 0.5));
  expect(pauses('image')).toEqual([1, 1, 2, 2, 3, 5, 5, 10, 15, 30, 30, 30]);
  expect(pauses('video')).toEqual([2, 3, 5, 5, 10, 10, 15, 15, 30, 30, 30, 30]);
});

it('jobs that were asked for together are looked at apart, but for the first seconds', () => {
  expect([0, 1].map((chance) => pollDelaySeconds('image', 4, chance))).toEqual([3, 3]);
  expect([0, 1].map((chance) => pollDelaySeconds('image', 99, chance))).toEqual([24, 36]);
});

it('a copy is tried again after longer and longer pauses, and then given up', () => {
  const pauses = Array.from({ length: MAX_COPY_TRIES }, (_, tries) => copyDelaySeconds(tries + 1));
  expect(pauses).toEqual([2, 5, 15, 30, 60, 120, 300, undefined]);
});
