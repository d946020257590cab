import { expect, it } from 'vitest';
import { METRICS_COMMAND } from '../../scripts/lib/admin-metrics.mjs';

const bucket = (le, value) => ({ name: 'hypereal_wait_seconds_bucket', labels: { provider: 'one', le }, value });

const METRICS = [
  {
    name: 'hypereal_calls_total',
    type: 'counter',
    help: 'Calls.',
    samples: Array.from({ length: 25 }, (_, at) => ({
      name: 'hypereal_calls_total',
      labels: { model: `m\u001b${at}` },
      value: 1_000 + at,
    })),
  },
  { name: 'hypereal_empty_total', type: 'counter', help: 'Nothing.', samples: [] },
  {
    name: 'hypereal_wait_seconds',
    type: 'histogram',
    help: 'Waits.',
    samples: [
      ...[bucket('1', 90), bucket('5', 96), bucket('+Inf', 100)],
      { name: 'hypereal_wait_seconds_sum', labels: { provider: 'one' }, value: 123 },
      { name: 'hypereal_wait_seconds_count', labels: { provider: 'one' }, value: 100 },
    ],
  },
  {
    name: 'hypereal_books_checked_timestamp_seconds',
    type: 'gauge',
    help: 'When.',
    samples: [{ name: 'hypereal_books_checked_timestamp_seconds', labels: {}, value: 1_790_000_000 }],
  },
];

const shown = (...operands) => METRICS_COMMAND.show({ metrics: METRICS }, { operands });

it('shows metrics as tables, the largest first, and all of one that is named', () => {
  const output = shown();
  expect(output).toMatch(/^calls_total: Calls\.\nmodel +value\nm\?24 +1,024\n/);
  expect(output).toContain('... and 5 more: npm run admin -- metrics calls_total');
  expect(output).toMatch(/provider +count +mean +95 %\none +100 +1\.23 s +within 5 s/);
  expect(output).toMatch(/books_checked_timestamp_seconds +2026-09-21 \d\d:\d\d:\d\dZ +When\./);
  expect(output).not.toContain('empty');
  expect(shown('calls').split('\n')).toHaveLength(27);
  expect(shown('empty')).toBe('Nothing yet.');
  expect(shown('calss')).toBe('No metric has "calss" in its name. Those there are: npm run admin -- metrics');
});
