/**
 * Keeps what all lines come to. A line is counted when it is written and never again: the statements of here look at those
 * that D1 is about to take, and run in the same transaction right before those that insert them, so that a message that
 * comes twice, late or beside another finds its lines there, and one that fails leaves nothing behind.
 */
import { aboveFence } from '../db/fence';
import {
  ACCOUNT_DAY_LABELS,
  ATTEMPT_LABELS,
  BOUNDS_MS,
  DAY_LABELS,
  DAY_ROWS_AT_MOST,
  dayOf,
  isFailed,
  kindOfDay,
  LINE_LABELS,
  LINE_SUMS,
  OTHER_MODELS,
  ROWS_AT_MOST,
  type Timed,
  timedColumns,
} from '../db/totals';
import { type LineFigures, lineFigures, MOST } from './line-figures';

type Row = readonly unknown[];

/**
 * Of the rows of `?1`, which begin with a line's key, those of lines that the insertion will not ignore. A row goes on with the
 * place of its labels in `?2`.
 */
const FRESH = `
WITH sent AS MATERIALIZED (SELECT jsonb(value) AS line FROM json_each(?1)),
fresh AS (
  SELECT line FROM sent LEFT JOIN ledger_fences AS fence ON fence.account_id = line->>0
  WHERE ${aboveFence('line->>1', 'line->>2')} AND NOT EXISTS (
    SELECT 1 FROM ledger WHERE account_id = line->>0 AND epoch = line->>1 AND close_seq = line->>2))`;
const LABELS_AT = 3;

const NOW = `CAST(1000 * unixepoch('subsec') AS INTEGER)`;

const bucketsOf = (timed: Timed, ms: string): string[] => [
  ...[`COUNT(${ms})`, `COALESCE(SUM(${ms}), 0)`],
  ...BOUNDS_MS[timed].map((boundMs) => `COUNT(CASE WHEN ${ms} <= ${boundMs} THEN 1 END)`),
];

/** Adds up the fresh rows and adds the sums to a table's. `shown` are what the labels become, which may look at `beside`. */
function counting(table: string, labels: readonly string[], sums: Readonly<Record<string, string>>, shown = labels, beside = ''): string {
  const columns = Object.keys(sums);
  const added = columns.map((column) => `${column} = ${column === 'written_at' ? '' : `${table}.${column} + `}excluded.${column}`);
  return `
INSERT INTO ${table} (${[...labels, ...columns].join(', ')})
${FRESH},
counted AS MATERIALIZED (
  SELECT line->>${LABELS_AT} AS place, ${columns.map((column) => `${sums[column]} AS ${column}`).join(', ')} FROM fresh GROUP BY 1),
places AS MATERIALIZED (SELECT key, value FROM json_each(?2)),
labelled AS MATERIALIZED (
  SELECT ${labels.map((label, at) => `places.value->>${at} AS ${label}`).join(', ')}, counted.*
  FROM counted JOIN places ON places.key = counted.place)${beside}
SELECT ${[...shown, ...columns].join(', ')} FROM labelled WHERE true
ON CONFLICT (${labels.join(', ')}) DO UPDATE SET ${added.join(', ')}`;
}

const columnsOf = (timed: Timed, ms: string): [column: string, sum: string][] => {
  const sums = bucketsOf(timed, ms);
  return timedColumns(timed).map((column, at) => [column, sums[at]!]);
};

/** In the order of a line's row, behind the place of its labels. */
const SUMMED = LINE_SUMS.filter((name): name is keyof LineFigures['sums'] => name !== 'lines');
const DURATION_AT = LABELS_AT + 1 + SUMMED.length;
const DELAY = `MIN(${MOST}, MAX(0, ${NOW} - (line->>${DURATION_AT + 1})))`;

const KNOWN = LINE_LABELS.map((label) => `known.${label} = labelled.${label}`).join(' AND ');
const MODEL = `CASE WHEN (SELECT COALESCE(MAX(id), 0) FROM ledger_totals) < ${ROWS_AT_MOST}
  OR EXISTS (SELECT 1 FROM ledger_totals AS known WHERE ${KNOWN}) THEN model ELSE '${OTHER_MODELS}' END`;

const COUNT_LINES = counting(
  'ledger_totals',
  LINE_LABELS,
  {
    lines: 'COUNT(*)',
    ...Object.fromEntries(SUMMED.map((name, at) => [name, `SUM(line->>${LABELS_AT + 1 + at})`])),
    ...Object.fromEntries([...columnsOf('duration', `(line->>${DURATION_AT})`), ...columnsOf('delay', DELAY)]),
    written_at: NOW,
  },
  LINE_LABELS.map((label) => (label === 'model' ? MODEL : label)),
);

/** A job's attempts have no end of their own, and are not timed. */
const COUNT_ATTEMPTS = counting('attempt_totals', ATTEMPT_LABELS, {
  attempts: 'COUNT(*)',
  ...Object.fromEntries(columnsOf('wait', `(line->>${LABELS_AT + 1})`)),
});

const DAY_SUMS = ['charged_micro', 'credited_micro', 'input_tokens', 'output_tokens'] as const;
const TIMED_AT = LABELS_AT + 1 + DAY_SUMS.length;

/** How many rows each day of the batch has: read once, since a batch may bring a name of its own with each line. */
const SIZES = `,
sizes AS MATERIALIZED (
  SELECT day, COUNT(*) AS size FROM ledger_days WHERE day IN (SELECT day FROM labelled) GROUP BY day)`;
/** A model that all time does not know has just been counted under another there. */
const DAY_MODEL = `CASE WHEN EXISTS (SELECT 1 FROM ledger_days AS known WHERE ${DAY_LABELS.map((label) => `known.${label} = labelled.${label}`).join(' AND ')})
  OR COALESCE((SELECT size FROM sizes WHERE sizes.day = labelled.day), 0) < ${DAY_ROWS_AT_MOST}
    AND (model = '' OR EXISTS (
      SELECT 1 FROM ledger_totals AS known WHERE known.kind = labelled.kind AND known.test = labelled.test AND known.model = labelled.model))
  THEN model ELSE '${OTHER_MODELS}' END`;

const COUNT_DAYS = counting(
  'ledger_days',
  DAY_LABELS,
  {
    lines: 'COUNT(*)',
    ...Object.fromEntries(DAY_SUMS.map((name, at) => [name, `SUM(line->>${LABELS_AT + 1 + at})`])),
    duration_count: `COUNT(line->>${TIMED_AT})`,
    duration_ms: `COALESCE(SUM(line->>${TIMED_AT}), 0)`,
  },
  DAY_LABELS.map((label) => (label === 'model' ? DAY_MODEL : label)),
  SIZES,
);

const COUNT_ACCOUNT_DAYS = counting(
  'account_days',
  ACCOUNT_DAY_LABELS,
  Object.fromEntries(['calls', 'failed', 'charged_micro', 'credited_micro'].map((name, at) => [name, `SUM(line->>${LABELS_AT + 1 + at})`])),
);

/** Gives each combination of labels a place. */
class Places {
  private readonly places = new Map<string, number>();

  of(labels: Row): number {
    const name = JSON.stringify(labels);
    const place = this.places.get(name) ?? this.places.size;
    this.places.set(name, place);
    return place;
  }

  get json(): string {
    return `[${[...this.places.keys()].join()}]`;
  }
}

/** What the lines of a day come to, and whose they are. Grants are no customer's doing, and calls of test keys cost nothing. */
class Days {
  private readonly places = new Places();
  private readonly accountPlaces = new Places();
  private readonly rows: Row[] = [];
  private readonly accountRows: Row[] = [];

  add({ key, labels, sums, durationMs, closedAtMs }: LineFigures): void {
    const { kind, test, model, provider } = labels;
    const [day, failed] = [dayOf(closedAtMs ?? 0), isFailed(labels) ? 1 : 0];
    const place = this.places.of([day, kindOfDay(labels), test, model, provider, failed]);
    this.rows.push([...key, place, ...DAY_SUMS.map((name) => sums[name]), durationMs]);
    if (test === 1 || kind === 'grant') return;
    const accountPlace = this.accountPlaces.of([day, key[0]]);
    this.accountRows.push([...key, accountPlace, kind === 'usage' ? 1 : 0, failed, sums.charged_micro, sums.credited_micro]);
  }

  /** To run after those that count the lines of all time. */
  statements(db: D1Database): D1PreparedStatement[] {
    return [
      db.prepare(COUNT_DAYS).bind(JSON.stringify(this.rows), this.places.json),
      db.prepare(COUNT_ACCOUNT_DAYS).bind(JSON.stringify(this.accountRows), this.accountPlaces.json),
    ];
  }
}

/** Statements to run before the lines, each of which has a number of its own, are inserted. */
export function countLines(db: D1Database, lines: readonly string[]): D1PreparedStatement[] {
  if (lines.length === 0) return [];
  const [places, attemptPlaces] = [new Places(), new Places()];
  const rows: Row[] = [];
  const attemptRows: Row[] = [];
  const days = new Days();
  for (const text of lines) {
    const figures = lineFigures(text);
    const { key, labels, sums, durationMs, closedAtMs, attempts } = figures;
    days.add(figures);
    const place = places.of(LINE_LABELS.map((label) => labels[label]));
    rows.push([...key, place, ...SUMMED.map((name) => sums[name]), durationMs, closedAtMs]);
    for (const { labels: tried, waitMs } of attempts)
      attemptRows.push([...key, attemptPlaces.of(ATTEMPT_LABELS.map((label) => tried[label])), waitMs]);
  }
  return [
    db.prepare(COUNT_LINES).bind(JSON.stringify(rows), places.json),
    db.prepare(COUNT_ATTEMPTS).bind(JSON.stringify(attemptRows), attemptPlaces.json),
    ...days.statements(db),
  ];
}
