// The operator's look at what monitoring collects.
import { table, time } from './print.mjs';

const PREFIX = 'hypereal_';
/** Of a metric with one value for each model; with a name all are shown. */
const SHOWN_AT_MOST = 20;
/** How many of a hundred are told of, where they are counted by how long they took. */
const MOST = 0.95;

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });
const seconds = (value) => (Number.isFinite(value) ? `${number.format(Number(value.toPrecision(3)))} s` : '-');

const shortName = (name) => name.replace(PREFIX, '');
const figure = (name, value) => (name.endsWith('_timestamp_seconds') ? time(1_000 * value) : number.format(value));

/** Within how many seconds most of them ended: the first bucket that holds as many. */
function most({ buckets, count }) {
  const bucket = buckets.find(({ value }) => value >= MOST * count);
  if (bucket === undefined) return '-';
  return bucket.le === '+Inf' ? `over ${seconds(Number(buckets.at(-2)?.le))}` : `within ${seconds(Number(bucket.le))}`;
}

/** A histogram's or a summary's samples, one row for all of the same labels. */
function spreads({ name, samples }) {
  const byLabels = new Map();
  for (const { name: sampleName, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const spread = byLabels.get(key) ?? { labels: others, buckets: [], value: 0 };
    byLabels.set(key, spread);
    if (sampleName === `${name}_bucket`) spread.buckets.push({ le, value });
    else if (sampleName === `${name}_sum`) spread.sum = value;
    else spread.value = value;
  }
  return [...byLabels.values()].map((spread) => ({ ...spread, count: spread.value }));
}

const SPREAD_COLUMNS = [
  ['count', ({ count }) => number.format(count), 'right'],
  ['mean', ({ sum, count }) => seconds(sum / count), 'right'],
];

function columnsOf({ name, type }, rows) {
  const labels = Object.keys(rows[0].labels).map((label) => [label, (row) => row.labels[label]]);
  if (type === 'summary') return [...labels, ...SPREAD_COLUMNS];
  if (type === 'histogram') return [...labels, ...SPREAD_COLUMNS, ['95 %', most, 'right']];
  return [...labels, ['value', ({ value }) => figure(name, value), 'right']];
}

function shownFamily(family, isWhole) {
  const isSpread = family.type === 'histogram' || family.type === 'summary';
  const rows = (isSpread ? spreads(family) : [...family.samples]).sort((one, other) => other.value - one.value);
  const shown = isWhole ? rows : rows.slice(0, SHOWN_AT_MOST);
  const left = rows.length - shown.length;
  const more = left > 0 ? [`... and ${left} more: npm run admin -- metrics ${shortName(family.name)}`] : [];
  return [`${shortName(family.name)}: ${family.help}`, table(columnsOf(family, rows), shown), ...more].join('\n');
}

const isLone = ({ type, samples }) =>
  (type === 'counter' || type === 'gauge') && samples.length === 1 && Object.keys(samples[0].labels).length === 0;

const LONE_COLUMNS = [
  ['Metric', ({ name }) => shortName(name)],
  ['Value', ({ name, samples }) => figure(name, samples[0].value), 'right'],
  ['Meaning', ({ help }) => help],
];

function show({ metrics }, { operands: [part] }) {
  const told = metrics.filter(({ name, samples }) => samples.length > 0 && (part === undefined || name.includes(part)));
  const lone = told.filter(isLone);
  const parts = told.filter((family) => !isLone(family)).map((family) => shownFamily(family, part !== undefined));
  if (lone.length > 0) parts.push(table(LONE_COLUMNS, lone));
  if (parts.length > 0) return parts.join('\n\n');
  const isNamed = part === undefined || metrics.some(({ name }) => name.includes(part));
  return isNamed ? 'Nothing yet.' : `No metric has "${part}" in its name. Those there are: npm run admin -- metrics`;
}

export const METRICS_COMMAND = {
  name: 'metrics',
  optionalOperands: ['PART'],
  notes: 'what monitoring collects at GET /api/admin/metrics; of a PART of a name all, else the largest of each',
  run: (api) => api.metrics(),
  show,
};
