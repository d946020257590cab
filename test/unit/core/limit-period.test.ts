import { expect, it } from 'vitest';
import { nameOfPeriod, periodOf } from '../../../src/core/limit-period';

const at = (text: string): number => Date.parse(text);

it.each([
  ['day', '2026-11-29T23:59:59.999Z', '2026-11-30T00:00:00Z'],
  ['week', '2026-11-29T23:59:59.999Z', '2026-11-30T00:00:00Z'],
  ['week', '2027-01-03T23:59:59.999Z', '2027-01-04T00:00:00Z'],
  ['month', '2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00Z'],
] as const)('a %s ends with %s', (period, last, first) => {
  expect(periodOf(period, at(first))).toBe(periodOf(period, at(last)) + 1);
});

it.each([
  ['day', '2026-11-29T00:00:00Z', '2026-11-29T23:59:59.999Z'],
  ['week', '2026-11-30T00:00:00Z', '2026-12-06T23:59:59.999Z'],
  ['week', '2026-12-28T00:00:00Z', '2027-01-03T23:59:59.999Z'],
  ['month', '2026-11-01T00:00:00Z', '2026-11-30T23:59:59.999Z'],
  ['total', '2026-11-01T00:00:00Z', '2036-11-01T00:00:00Z'],
] as const)('a %s has all from %s to %s in it', (period, first, last) => {
  expect(periodOf(period, at(first))).toBe(periodOf(period, at(last)));
});

it.each([
  ['day', '2026-11-29T08:00:00Z', 'on 2026-11-29'],
  ['week', '2026-11-29T08:00:00Z', 'in the week of 2026-11-23'],
  ['month', '2026-11-29T08:00:00Z', 'in 2026-11'],
  ['month', '2027-03-01T00:00:00Z', 'in 2027-03'],
] as const)('a %s that is over has a name', (period, moment, name) => {
  expect(nameOfPeriod(period, periodOf(period, at(moment)))).toBe(name);
});
