import { describe, expect, it } from 'vitest';
import { timesOf } from '../../../src/console/usage/over-time';
import { alignedCredits, credits, dollars, signedCredits } from '../../../src/pages/parts';
import { chartOf, niceTop } from '../../../src/pages/usage-chart';

const DATES = ['2026-11-01', '2026-11-02', '2026-11-03'];

describe('the chart of days', () => {
  it('has every day, the dearest models first, and loses nothing of what was spent', () => {
    const models = Array.from({ length: 12 }, (_, index) => `model-${index}`);
    const rows = models.flatMap((model, index) => [
      { at: DATES[0]!, model, creditsUsed: index + 1 },
      { at: DATES[2]!, model, creditsUsed: 1 },
    ]);
    const { series, spans } = chartOf(rows, DATES);
    expect(series).toEqual(['model-11', 'model-10', 'model-9', 'model-8', 'model-7', 'model-6', 'Other models']);
    expect(spans.map(({ at, total }) => [at, total])).toEqual([
      [DATES[0], 78],
      [DATES[1], 0],
      [DATES[2], 12],
    ]);
    expect(spans[0]!.amounts).toEqual([12, 11, 10, 9, 8, 7, 21]);
  });

  it('names each model where there are colours for all, and last what has no name', () => {
    const rows = [
      { at: DATES[0]!, model: null, creditsUsed: 9 },
      { at: DATES[0]!, model: 'one', creditsUsed: 1 },
      { at: '2020-01-01', model: 'one', creditsUsed: 5 },
    ];
    const { series, spans } = chartOf(rows, DATES);
    expect(series).toEqual(['one', 'other']);
    expect(spans[0]).toEqual({ at: DATES[0], amounts: [1, 9], total: 10 });
  });

  it.each([
    [0, 1],
    [0.003, 0.003],
    [1, 1],
    [1.01, 1.2],
    [2.3, 2.4],
    [74, 80],
    [102, 120],
    [238.6, 240],
    [1_000, 1_000],
  ])('up to %d it ends at %d', (most, top) => {
    expect(niceTop(most)).toBeCloseTo(top, 9);
  });
});

it('of a single day has its hours, and of more the days', () => {
  const nowMs = Date.parse('2026-11-30T05:12:00Z');
  const hours = timesOf(1, nowMs);
  expect([hours.length, hours[0], hours[5], hours.at(-1)]).toEqual([24, '2026-11-30 00:00', '2026-11-30 05:00', '2026-11-30 23:00']);
  expect(timesOf(3, nowMs)).toEqual(['2026-11-28', '2026-11-29', '2026-11-30']);
});

describe('money', () => {
  it.each([
    [0, '0.0000', '$0.00'],
    [0.000_01, '<0.0001', '$0.00'],
    [0.5, '0.5000', '$0.005'],
    [2.345, '2.3450', '$0.0235'],
    [-50, '−50.0000', '−$0.50'],
    [1_234_567.89, '1,234,567.8900', '$12,345.68'],
  ])('of %d credits is %s in a column, and %s', (amount, column, usd) => {
    expect([alignedCredits(amount), dollars(amount)]).toEqual([column, usd]);
  });

  it('has one minus everywhere, and a plus where it came and there is room for it', () => {
    expect([credits(1_234.5), credits(1_234), credits(0.5)]).toEqual(['1,234.50', '1,234', '0.5']);
    expect([credits(-123.456), signedCredits(5), signedCredits(-5), signedCredits(0.000_001), signedCredits(-0.000_001)]).toEqual([
      '−123.46',
      '+5.0000',
      '−5.0000',
      '<0.0001',
      '>−0.0001',
    ]);
  });

  it('too little for its column is said to be so', () => {
    expect([alignedCredits(0.004, 2), alignedCredits(-0.004, 2), alignedCredits(75.6, 2)]).toEqual(['<0.01', '>−0.01', '75.60']);
  });
});
