// Tables of a result: medians over the repetitions, ratios taken within a repetition.
import { median, paired, perEvent, perRequest, round, spread, table } from './lib/stats.mjs';
import { NOISY, otherCores } from './measure.mjs';
import { verdicts } from './verdicts.mjs';

const ms = (pick) => (r) => pick(r.load) / 1000;
const rssPerStreamKb = (r) => (r.rss_peak_kb === null ? Number.NaN : (r.rss_peak_kb - r.rss_before_kb) / r.load.done);

/** name with unit, scenario, value of one run; added: minus the value of `direct`; alone: a ratio would mean nothing. */
const METRICS = [
  ['requests/s, 32 at once', 'json-c32', (r) => r.load.per_s],
  ['CPU a request, 32 at once, µs', 'json-c32', perRequest],
  ['CPU a request, one at a time, µs', 'json-c1', perRequest],
  ['CPU a request, 200 kB prompt, µs', 'json-200k', perRequest],
  ['CPU a stream, 200 kB prompt, µs', 'stream-200k', perRequest],
  ['latency p50, one at a time, ms', 'json-c1', ms((l) => l.latency.p50)],
  ['latency p99, one at a time, ms', 'json-c1', ms((l) => l.latency.p99)],
  ['added latency p50, ms', 'json-c1', ms((l) => l.latency.p50), 'added'],
  ['added latency p99, ms', 'json-c1', ms((l) => l.latency.p99), 'added'],
  ['latency p99, 32 at once, ms', 'json-c32', ms((l) => l.latency.p99)],
  ['first event p50, ms', 'ttfb', ms((l) => l.first.p50)],
  ['first event p99, ms', 'ttfb', ms((l) => l.first.p99)],
  ['added to first event p50, ms', 'ttfb', ms((l) => l.first.p50), 'added'],
  ['CPU a chunk, paced, µs', 'paced-500', perEvent],
  ['CPU a chunk, burst, µs', 'burst-500', perEvent],
  ['500-chunk streams/s, burst', 'burst-500', (r) => r.load.per_s],
  ['gap between events p50, ms', 'paced-500', ms((l) => l.gap.p50), 'alone'],
  ['gap between events p99, ms', 'paced-500', ms((l) => l.gap.p99), 'alone'],
  ['gap between events max, ms', 'paced-500', ms((l) => l.gap.max), 'alone'],
  ['events that came together, %', 'paced-500', (r) => r.load.gap.together * 100, 'alone'],
  ['memory an idle stream, kB', 'idle-500', rssPerStreamKb],
  ['peak memory, 500 streams, MB', 'idle-500', (r) => (r.rss_peak_kb === null ? Number.NaN : r.rss_peak_kb / 1024)],
  ['requests/s, one account', 'accounts-1', (r) => r.load.per_s],
  ['requests/s, 1000 accounts', 'accounts-1000', (r) => r.load.per_s],
];

/** Describes what makes a run worthless. */
export function problems(runs) {
  return runs.flatMap((r) => {
    const { load, mock } = r;
    const found = [];
    if (load.errors) found.push(`${load.errors} errors (${load.truncated} truncated, first bad status ${load.first_bad_status})`);
    if (load.unfinished) found.push(`${load.unfinished} unfinished`);
    if (!load.done) found.push('nothing done');
    if (mock.bad_key) found.push(`${mock.bad_key} requests reached the upstream without its key`);
    if (mock.aborted) found.push(`${mock.aborted} streams were dropped by the gateway`);
    if (mock.requests < load.done) found.push(`only ${mock.requests} of ${load.done} requests reached the upstream`);
    if (r.scenario === 'idle-500' && mock.peak_active < load.done) found.push(`only ${mock.peak_active} streams at once`);
    return found.map((what) => `${r.target}, ${r.scenario}, repetition ${r.rep}: ${what}`);
  });
}

function figures({ runs, targets }) {
  const rows = METRICS.filter(([, scenario]) => runs.some((r) => r.scenario === scenario)).map(([name, scenario, value, kind]) => {
    const cells = targets.map((target) => {
      if (kind === 'added')
        return target === 'direct' ? '–' : spread(paired(runs, [scenario, target], [scenario, 'direct'], (r, d) => value(r) - value(d)));
      return spread(runs.filter((r) => r.scenario === scenario && r.target === target).map(value));
    });
    const ratio = (base) => (kind ? '' : spread(paired(runs, [scenario, 'ours'], [scenario, base], (r, b) => value(r) / value(b))));
    return [name, ...cells, ratio('floor'), ratio('floor-do')];
  });
  return table(['', ...targets, 'ours ÷ floor', 'ours ÷ floor-do'], rows);
}

function startupTable({ cpu_us, isolate_us, bytes }) {
  const kb = (n) => (n / 1000).toFixed(1);
  const cpuMs = (list) => spread(list.map((us) => us / 1000));
  const own = cpu_us.ours.map((us, i) => us - cpu_us['floor-bound'][i]);
  const over = cpu_us.ours.map((us, i) => us - cpu_us.floor[i]);
  return table(
    ['', 'floor', 'floor, our bindings', 'ours', 'its data plane alone', 'ours over floor', 'over floor, our bindings'],
    [
      [
        'CPU to the first answer, ms',
        ...['floor', 'floor-bound', 'ours', 'ours-alone'].map((kind) => cpuMs(cpu_us[kind])),
        cpuMs(over),
        cpuMs(own),
      ],
      ['isolate start-up (wrangler check startup), ms', '', '', cpuMs(isolate_us), '', '', ''],
      ['bundle, kB', kb(bytes.floor.whole.raw), '', kb(bytes.ours.whole.raw), kb(bytes.ours.dataPlane.raw), '', ''],
      ['bundle compressed, kB', kb(bytes.floor.whole.gzip), '', kb(bytes.ours.whole.gzip), kb(bytes.ours.dataPlane.gzip), '', ''],
    ],
  );
}

function checks(runs) {
  const notes = problems(runs);
  if (!notes.length) notes.push('no errors, no cut streams, every request reached the upstream with its key');
  const noisy = runs.filter((r) => otherCores(r) >= NOISY);
  if (noisy.length > runs.length / 3) {
    notes.push(
      `others took more than ${NOISY} cores during ${noisy.length} of ${runs.length} runs: trust the CPU figures, not latency and requests/s`,
    );
  } else if (noisy.length) {
    const which = noisy.map((r) => `${r.target} ${r.scenario} ${r.rep}`).join(', ');
    notes.push(`others took more than ${NOISY} cores during ${noisy.length} of ${runs.length} runs: ${which}`);
  }
  const busiest = (list, cores) => round(Math.max(...list.map(cores)));
  const json = runs.filter((r) => r.scenario === 'json-c32' && r.cpu_us !== null);
  if (json.length)
    notes.push(
      `mock and load generator, 32 at once: at most ${busiest(json, (r) => (r.mock_cpu_us + r.load.load_cpu_s * 1e6) / (r.load.wall_s * 1e6))} cores`,
    );
  const late = runs.filter((r) => r.target === 'ours' && r.settling_s > 0);
  if (late.length) {
    notes.push(
      `ours worked on for ${round(median(late.map((r) => r.settling_s)))} s (median; at most ${busiest(late, (r) => r.settling_s)} s) after a load; this CPU is counted`,
    );
  }
  return notes.map((note) => `- ${note}`).join('\n');
}

export function report(result) {
  const parts = ['### Figures: median (min–max)', figures(result)];
  if (result.startup) parts.push('### Start-up and size', startupTable(result.startup));
  parts.push('### Checks', checks(result.runs));
  if (result.targets.includes('ours')) parts.push('### Targets: medians of ratios taken within a repetition', verdicts(result));
  return parts.join('\n\n');
}
