import { describe, expect, it } from 'vitest';
import { lineFigures } from '../../../src/jobs/line-figures';

/** As many lines as come at once. */
const BATCH = 2_000n;

describe('what of a line is counted', () => {
  it('tells statuses of refusals alone', () => {
    const attempts = [399, 400, 599, 600, '400'].map((status) => ({ provider: 'one', status }));
    const { attempts: tried } = lineFigures(JSON.stringify({ head: { kind: 'usage' }, tail: { detail: { attempts } } }));
    expect(tried.map(({ labels }) => labels.status)).toEqual(['', '400', '599', '', '']);
  });

  it('has one name for all deployments, whatever their customers call them', () => {
    const labelsOf = (kind: string) => lineFigures(JSON.stringify({ head: { kind, family: 'gpu', model: 'mine', endpoint: '/x' } })).labels;
    expect([labelsOf('usage'), labelsOf('adjust')]).toMatchObject([
      { model: 'deployment', endpoint: '/v1/gpu' },
      { model: 'deployment', endpoint: '/v1/deployments' },
    ]);
  });

  it('stays, for as many lines as come at once, within what can be added up', () => {
    const most = 9e18;
    const usage = { inputTokens: most, cacheReadTokens: most, cacheWrite5mTokens: most, cacheWrite1hTokens: most, outputTokens: most };
    const detail = { usage, latencyMs: most, attempts: [{ durationMs: most }] };
    const { sums, durationMs, closedAtMs, attempts } = lineFigures(
      JSON.stringify({ amount: -most, head: { kind: 'usage' }, tail: { closedAtMs: most, detail } }),
    );
    for (const figure of [...Object.values(sums), durationMs, closedAtMs, attempts[0]!.waitMs])
      expect(BATCH * BigInt(figure!)).toBeLessThan(2n ** 63n);
  });
});
