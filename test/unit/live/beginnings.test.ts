import { expect, it } from 'vitest';
import { Beginnings } from '../../../src/live/beginnings';

it('lets so many through that have not begun, and the others in order', async () => {
  const beginnings = new Beginnings(2);
  const through: number[] = [];
  const begun: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map(async (at) => {
    begun[at] = await beginnings.enter();
    through.push(at);
  });
  await Promise.all(all.slice(0, 2));
  expect(through).toEqual([0, 1]);
  begun[1]!();
  begun[1]!();
  await all[2];
  expect(through).toEqual([0, 1, 2]);
  for (const at of [0, 2]) begun[at]!();
  await Promise.all(all);
  for (const at of [3, 4]) begun[at]!();
  expect(through).toEqual([0, 1, 2, 3, 4]);
  await Promise.all([beginnings.enter(), beginnings.enter()]);
});
