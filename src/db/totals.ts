/** The columns of `ledger_totals` and `attempt_totals`, for who counts and for who reads. */

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

/**
 * So many rows `ledger_totals` has, or some more, at most. Once there are, a model that has none yet is counted under
 * `OTHER_MODELS`: nobody's names make what is read with each look, and kept by who watches, grow without end.
 */
export const ROWS_AT_MOST = 5_000;
export const OTHER_MODELS = 'other';
