/** Rows of D1 as samples that add up by their labels. */
import type { Family, Sample } from '../../core/exposition';
import { BOUNDS_MS, bucketColumn, type Timed } from '../../db/totals';

export type MetricLabels = Readonly<Record<string, string>>;

/**
 * Without what a parser or a terminal stumbles over, whoever named a model. Names are made so before they are told apart,
 * since no two samples may have the same labels.
 */
export const legible = (text: unknown): string => String(text).replace(/(?!\n)\p{Cc}|\p{Surrogate}/gu, '\ufffd');

/** Sums by labels. */
class Sums<Value> {
  private readonly byLabels = new Map<string, { labels: MetricLabels; value: Value }>();

  constructor(private readonly add: (one: Value, other: Value) => Value) {}

  put(labels: MetricLabels, value: Value): void {
    const key = JSON.stringify(Object.values(labels));
    const known = this.byLabels.get(key);
    if (known) known.value = this.add(known.value, value);
    else this.byLabels.set(key, { labels, value });
  }

  entries(): { labels: MetricLabels; value: Value }[] {
    return [...this.byLabels.values()];
  }
}

type Counts = Iterable<readonly [labels: MetricLabels, value: number]>;

/** What never happened has no sample, lest a thousand models have one each that says nothing. */
export function counter(name: string, help: string, counts: Counts): Family {
  const sums = new Sums<number>((one, other) => one + other);
  for (const [labels, value] of counts) if (value > 0) sums.put(labels, value);
  return { name, type: 'counter', help, samples: sums.entries() };
}

/** A single figure, or several by their labels; none where it is not known. */
export function gauge(name: string, help: string, value: number | Counts | undefined): Family {
  const counts = value === undefined ? [] : typeof value === 'number' ? ([[{}, value]] as const) : [...value];
  return { name, type: 'gauge', help, samples: counts.map(([labels, counted]) => ({ labels, value: counted })) };
}

interface Spread {
  count: number;
  ms: number;
  buckets: number[];
}

const spreadOf = (row: Readonly<Record<string, unknown>>, timed: Timed): Spread => ({
  count: Number(row[`${timed}_count`]),
  ms: Number(row[`${timed}_ms`]),
  buckets: BOUNDS_MS[timed].map((boundMs) => Number(row[bucketColumn(timed, boundMs)])),
});

const together = (one: Spread, other: Spread): Spread => ({
  count: one.count + other.count,
  ms: one.ms + other.ms,
  buckets: one.buckets.map((count, at) => count + other.buckets[at]!),
});

type Spreads = Iterable<readonly [labels: MetricLabels, row: Readonly<Record<string, unknown>>]>;

function spreads(timed: Timed, rows: Spreads): { labels: MetricLabels; value: Spread }[] {
  const sums = new Sums(together);
  for (const [labels, row] of rows) {
    const spread = spreadOf(row, timed);
    if (spread.count > 0) sums.put(labels, spread);
  }
  return sums.entries();
}

const sumAndCount = (labels: MetricLabels, { ms, count }: Spread): Sample[] => [
  { part: 'sum', labels, value: ms / 1_000 },
  { part: 'count', labels, value: count },
];

export function histogram(name: string, help: string, timed: Timed, rows: Spreads): Family {
  const samples = spreads(timed, rows).flatMap(({ labels, value }): Sample[] => [
    ...BOUNDS_MS[timed].map((boundMs, at) => ({
      part: 'bucket' as const,
      labels: { ...labels, le: String(boundMs / 1_000) },
      value: value.buckets[at]!,
    })),
    { part: 'bucket', labels: { ...labels, le: '+Inf' }, value: value.count },
    ...sumAndCount(labels, value),
  ]);
  return { name, type: 'histogram', help, samples };
}

/** Sum and count alone, where there are too many of them for buckets. */
export function summary(name: string, help: string, timed: Timed, rows: Spreads): Family {
  const samples = spreads(timed, rows).flatMap(({ labels, value }) => sumAndCount(labels, value));
  return { name, type: 'summary', help, samples };
}
