import { describe, expect, it } from 'vitest';
import { alignedCredits, credits, dollars, signedCredits } from '../../../src/pages/parts';
import { chartOf, niceTop } from '../../../src/pages/usage-chart';

const DATES = ['2026-11-01', '2026-11-02', '2026-11-03'];

describe('the chart of days', () => {
  it('has every day, the dearest models first, and loses nothing of what was spent', () => {
    const models = Array.from({ length: 12 }, (_, index) => `model-${index}`);
    const rows = models.flatMap((model, index) => [
      { date: DATES[0]!, model, creditsUsed: index + 1 },
      { date: DATES[2]!, model, creditsUsed: 1 },
    ]);
    const { series, days } = chartOf(rows, DATES);
    expect(series).toEqual(['model-11', 'model-10', 'model-9', 'model-8', 'model-7', 'model-6', 'Other models']);
    expect(days.map(({ date, total }) => [date, total])).toEqual([
      [DATES[0], 78],
      [DATES[1], 0],
      [DATES[2], 12],
    ]);
    expect(days[0]!.amounts).toEqual([12, 11, 10, 9, 8, 7, 21]);
  });

  it('names each model where there are colours for all, and one that has no name', () => {
    const rows = [
      { date: DATES[0]!, model: null, creditsUsed: 2 },
      { date: DATES[0]!, model: 'one', creditsUsed: 1 },
      { date: '2020-01-01', model: 'one', creditsUsed: 5 },
    ];
    const { series, days } = chartOf(rows, DATES);
    expect(series).toEqual(['one', 'other']);
    expect(days[0]).toEqual({ date: DATES[0], amounts: [1, 2], total: 3 });
  });

  it.each([
    [0, 1],
    [0.003, 0.005],
    [1, 1],
    [1.01, 2],
    [2.3, 2.5],
    [74, 100],
    [238.6, 250],
    [1_000, 1_000],
  ])('up to %d it ends at %d', (most, top) => {
    expect(niceTop(most)).toBeCloseTo(top, 9);
  });
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
