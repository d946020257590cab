import { expect, it } from 'vitest';
import { readRange } from '../../../src/http/byte-range';

it.each([
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=4-9', { start: 4, end: 9 }],
  ['Bytes= 4-9 ', { start: 4, end: 9 }],
  ['bytes=4-4', { start: 4, end: 4 }],
  ['bytes=4-', { start: 4, end: 9 }],
  ['bytes=9-', { start: 9, end: 9 }],
  ['bytes=4-10', { start: 4, end: 9 }],
  ['bytes=-1', { start: 9, end: 9 }],
  ['bytes=-10', { start: 0, end: 9 }],
  ['bytes=-11', { start: 0, end: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=10-12', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=9-4', undefined],
  ['bytes=12-4', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,4-5', undefined],
  ['lines=0-1', undefined],
  [null, undefined],
] as const)('%s of ten bytes is %o', (header, range) => {
  expect(readRange(header, 10)).toEqual(range);
});

it('no byte of an empty file can be had', () => {
  for (const header of ['bytes=0-', 'bytes=-1', 'bytes=0-0']) expect(readRange(header, 0), header).toBe('unsatisfiable');
});
