/**
 * Keeps what all lines come to. A line is counted when it is written and never again: the statements of here look at those
 * that D1 is about to take, and run in the same transaction right before those that insert them, so that a message that
 * comes twice, late or beside another finds its lines there, and one that fails leaves nothing behind.
 */
import { aboveFence } from '../db/fence';
import { ATTEMPT_LABELS, BOUNDS_MS, LINE_LABELS, LINE_SUMS, OTHER_MODELS, ROWS_AT_MOST, type Timed, timedColumns } from '../db/totals';
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

/** Adds up the fresh rows and adds the sums to a table's. */
function counting(table: string, labels: readonly string[], sums: Readonly<Record<string, string>>, shown = labels): string {
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
  FROM counted JOIN places ON places.key = counted.place)
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

/** Statements to run before the lines, each of which has a number of its own, are inserted. */
export function countLines(db: D1Database, lines: readonly string[]): D1PreparedStatement[] {
  if (lines.length === 0) return [];
  const [places, attemptPlaces] = [new Places(), new Places()];
  const rows: Row[] = [];
  const attemptRows: Row[] = [];
  for (const text of lines) {
    const { key, labels, sums, durationMs, closedAtMs, attempts } = lineFigures(text);
    const place = places.of(LINE_LABELS.map((label) => labels[label]));
    rows.push([...key, place, ...SUMMED.map((name) => sums[name]), durationMs, closedAtMs]);
    for (const { labels: tried, waitMs } of attempts)
      attemptRows.push([...key, attemptPlaces.of(ATTEMPT_LABELS.map((label) => tried[label])), waitMs]);
  }
  return [
    db.prepare(COUNT_LINES).bind(JSON.stringify(rows), places.json),
    db.prepare(COUNT_ATTEMPTS).bind(JSON.stringify(attemptRows), attemptPlaces.json),
  ];
}
