/** The columns of `ledger_totals`, `attempt_totals` and the tables of days, for who counts and for who reads. */
import { DAY_MS } from '../core/time';

/** Where the buckets of a histogram end, in ms: a column each, with how many took no longer. */
export const BOUNDS_MS = {
  duration: [1_000, 5_000, 15_000, 60_000, 300_000, 900_000],
  // A lone line waits a minute for others.
  delay: [15_000, 120_000, 600_000, 3_600_000],
  wait: [500, 1_000, 2_000, 5_000, 10_000, 30_000, 120_000],
} as const;
export type Timed = keyof typeof BOUNDS_MS;

export const bucketColumn = (timed: Timed, boundMs: number): string => `${timed}_le_${boundMs}`;
export const timedColumns = (timed: Timed): string[] => [
  ...[`${timed}_count`, `${timed}_ms`],
  ...BOUNDS_MS[timed].map((boundMs) => bucketColumn(timed, boundMs)),
];

/** What tells the rows of `ledger_totals` apart. */
export const LINE_LABELS = ['kind', 'test', 'model', 'provider', 'endpoint', 'ending', 'outcome'] as const;
export const LINE_SUMS = [
  ...['lines', 'charged_micro', 'credited_micro'],
  ...['input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens'],
] as const;

/** What tells the rows of `attempt_totals` apart. */
export const ATTEMPT_LABELS = ['provider', 'test', 'outcome', 'status'] as const;

/** What tells the rows of `ledger_days` apart, and those of `account_days`. */
export const DAY_LABELS = ['day', 'kind', 'test', 'model', 'provider', 'failed'] as const;
export const ACCOUNT_DAY_LABELS = ['day', 'account_id'] as const;

/** Days of UTC are counted since 1970. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

/** Endings of calls that their client ended before there was anything to charge. */
const GIVEN_UP = new Set(['canceled', 'client_gone']);

/** Whether a call failed, as usage counts them: see `STATUS_SQL`. */
export const isFailed = ({ kind, ending, outcome }: Record<'kind' | 'ending' | 'outcome', string | number>): boolean =>
  kind === 'usage' && outcome === 'released' && !GIVEN_UP.has(String(ending));

/** The kinds of `ledger_days`: a grant is known as what it is. */
export function kindOfDay({ kind, ending }: Record<'kind' | 'ending', string | number>): string | number {
  if (kind !== 'grant') return kind;
  return ending === 'top_up' ? 'top_up' : 'given';
}

/**
 * So many rows `ledger_totals` has, or some more, at most. Once there are, a model that has none yet is counted under
 * `OTHER_MODELS`: nobody's names make what is read with each look, and kept by who watches, grow without end.
 */
export const ROWS_AT_MOST = 5_000;
export const OTHER_MODELS = 'other';

/**
 * So many rows of a day `ledger_days` has, or some more, at most: enough for each model of a large catalogue, at some of its
 * providers, answered and failed. What comes new after them is of `OTHER_MODELS` that day.
 */
export const DAY_ROWS_AT_MOST = 1_000;
export const DAYS_KEPT = 400;
