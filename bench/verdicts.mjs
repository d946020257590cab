// The project's performance targets, and whether this run meets them.
import { median, paired, perEvent, perRequest, round, spread, table } from './lib/stats.mjs';

const DATA_PLANE_LIMIT_BYTES = 400_000;
/** The ratio by which two runs of the same Worker may differ on a shared machine. */
const SAME_WITHIN = 1.1;

/** One row: the figure, its limit, and whether it is met; nothing if the run has no such figure. */
function row(target, numbers, { unit, beside, limit, atLeast }) {
  if (!numbers.length) return [target, 'not measured', `${atLeast ? '≥' : '≤'} ${limit}${unit}`, '–'];
  const figure = median(numbers);
  const holds = atLeast ? figure >= limit : figure <= limit;
  return [
    target,
    `${spread(numbers)}${unit}${beside ? `: ${beside}` : ''}`,
    `${atLeast ? '≥' : '≤'} ${limit}${unit}`,
    holds ? 'yes' : 'NO',
  ];
}

export function verdicts({ runs, startup }) {
  const of = (scenario, target, value) => runs.filter((r) => r.scenario === scenario && r.target === target).map(value);
  const ratio = (target, scenario, base, value, limit) =>
    row(
      target,
      paired(runs, [scenario, 'ours'], [scenario, base], (r, b) => value(r) / value(b)),
      {
        unit: ' ×',
        beside: `${round(median(of(scenario, 'ours', value)))} against ${round(median(of(scenario, base, value)))} µs`,
        limit,
      },
    );
  const firstMs = (r) => r.load.first.p50 / 1000;
  const first = (name, scenario) =>
    row(
      name,
      paired(runs, [scenario, 'ours'], [scenario, 'floor'], (r, b) => firstMs(r) - firstMs(b)),
      {
        unit: ' ms',
        beside: `${round(median(of(scenario, 'ours', firstMs)))} against ${round(median(of(scenario, 'floor', firstMs)))} ms`,
        limit: 1.5,
      },
    );
  const perSecond = (r) => r.load.per_s;
  const crowd = (target) =>
    paired(runs, ['accounts-1000', target], ['accounts-1', target], (many, one) => many.load.per_s / one.load.per_s);
  const jsonCpuUs = of('json-c32', 'ours', perRequest);
  const oneAccount = of('accounts-1', 'ours', perSecond);

  const rows = [
    ratio('CPU a JSON call, 32 at once, to floor-do', 'json-c32', 'floor-do', perRequest, 1.4),
    ratio('the same with a 200 kB prompt', 'json-200k', 'floor-do', perRequest, 1.3),
    ratio('CPU a chunk, paced 500-chunk streams, to floor', 'paced-500', 'floor', perEvent, 1.8),
    ratio('the same by Messages', 'paced-messages', 'floor', perEvent, 1.8),
    ratio('the same by Responses', 'paced-responses', 'floor', perEvent, 1.8),
    first('added time to first event, p50, over floor', 'ttfb'),
    first('the same by Messages', 'ttfb-messages'),
    first('the same by Responses', 'ttfb-responses'),
    row('requests/s of one account', oneAccount.length ? oneAccount : of('json-c32', 'ours', perSecond), {
      unit: '/s',
      beside: jsonCpuUs.length ? `its CPU time allows ${round(1e6 / median(jsonCpuUs))}/s on a core of its own` : '',
      limit: 1000,
      atLeast: true,
    }),
    row('requests/s of a thousand accounts to those of one', crowd('ours'), {
      unit: ' ×',
      beside: `${round(median(of('accounts-1000', 'ours', perSecond)))} against ${round(median(oneAccount))}/s; floor-do ${spread(crowd('floor-do'))} ×`,
      limit: 1,
      atLeast: true,
    }),
  ];
  if (runs.some(({ target }) => target === 'ours-alone')) {
    rows.push(
      ratio('CPU a JSON call, to the data plane alone', 'json-c32', 'ours-alone', perRequest, SAME_WITHIN),
      ratio('CPU a chunk, to the data plane alone', 'paced-500', 'ours-alone', perEvent, SAME_WITHIN),
    );
  }
  if (startup) {
    const { ours, 'ours-alone': alone } = startup.cpu_us;
    rows.push(
      row(
        'CPU to the first answer, to the data plane alone',
        ours.map((us, i) => us / alone[i]),
        { unit: ' ×', limit: SAME_WITHIN },
      ),
    );
    const gzipped = startup.bytes.ours.dataPlane.gzip;
    const holds = gzipped < DATA_PLANE_LIMIT_BYTES ? 'yes' : 'NO';
    rows.push(['data plane alone, compressed', `${(gzipped / 1000).toFixed(1)} kB`, `< ${DATA_PLANE_LIMIT_BYTES / 1000} kB`, holds]);
  }
  return table(['target', 'figure', 'limit', 'ok?'], rows);
}
