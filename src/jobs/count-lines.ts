/**
 * Keeps what all lines come to. A line is counted when it is written and never again: the statements of here look at those
 * that D1 is about to take, and run in the same transaction right before the one that inserts them, so that a message that
 * comes twice, late or beside another finds its lines there, and one that fails leaves nothing behind.
 */
import { ATTEMPT_LABELS, BOUNDS_MS, LINE_LABELS, LINE_SUMS, OTHER_MODELS, ROWS_AT_MOST, type Timed, timedColumns } from '../db/totals';

/** Of the lines, each of which has a number of its own, those that the insertion will not ignore. */
const FRESH = `
WITH sent AS MATERIALIZED (SELECT jsonb(value) AS line FROM json_each(?1)),
fresh AS (
  SELECT line FROM sent LEFT JOIN ledger_fences AS fence ON fence.account_id = line->>'accountId'
  WHERE line->>'$.tail.closeEpoch' > COALESCE(fence.epoch, 0) AND NOT EXISTS (
    SELECT 1 FROM ledger WHERE account_id = line->>'accountId' AND epoch = line->>'$.tail.closeEpoch' AND close_seq = line->>'closeSeq'))`;

/**
 * Counters never fall, and no line may be kept from D1 by what it says: sums of so many lines as come at once stay below
 * 2^63, beyond which SQLite fails. What is not there stays so.
 */
const figure = (expression: string): string => `MIN(4000000000000000, MAX(0, CAST(${expression} AS INTEGER)))`;
const fromZero = (expression: string): string => `COALESCE(${figure(expression)}, 0)`;
const tokens = (name: string): string => fromZero(`line->>'$.tail.detail.usage.${name}'`);

/** Deployments are named by customers, who may have any number of them one after the other. */
const unlessRented = (name: string, rented: string): string =>
  `CASE WHEN line->>'$.head.family' = 'gpu' THEN ${rented} ELSE COALESCE(${name}, '') END`;

/** Refused by the provider as the caller's own mistake, or never heard of again: neither is told by the ending alone. */
const ENDING = `CASE
  WHEN line->>'$.tail.detail.expired' THEN 'lost'
  WHEN line->>'$.tail.detail.errorKind' = 'upstream_rejected' THEN 'rejected'
  WHEN line->>'$.head.kind' = 'grant' THEN IIF(line->>'$.tail.detail.topUp', 'top_up', 'given')
  ELSE COALESCE(line->>'$.tail.detail.ending', '') END`;

const LABELS_OF_LINE: Record<(typeof LINE_LABELS)[number], string> = {
  kind: `line->>'$.head.kind'`,
  test: fromZero(`line->>'$.head.test'`),
  model: unlessRented(`line->>'$.tail.detail.servedModel', line->>'$.head.model'`, `'deployment'`),
  // Where none answered it is the one that was tried last.
  provider: `COALESCE(line->>'$.tail.detail.provider', line->>'$.tail.detail.attempts[#-1].provider', '')`,
  endpoint: unlessRented(`line->>'$.head.endpoint'`, `IIF(line->>'$.head.kind' = 'adjust', '/v1/deployments', '/v1/gpu')`),
  ending: ENDING,
  outcome: `COALESCE(line->>'$.tail.outcome', '')`,
};

const SUMS_OF_LINE: Record<(typeof LINE_SUMS)[number], string> = {
  lines: '1',
  charged_micro: fromZero(`0 - (line->>'amount')`),
  credited_micro: fromZero(`line->>'amount'`),
  input_tokens: tokens('inputTokens'),
  cache_read_tokens: tokens('cacheReadTokens'),
  cache_write_tokens: `${tokens('cacheWrite5mTokens')} + ${tokens('cacheWrite1hTokens')}`,
  output_tokens: tokens('outputTokens'),
};

/** Only a call has a duration: what is charged later repeats the one of its call. */
const DURATION = `CASE WHEN line->>'$.head.kind' = 'usage' THEN ${figure(`line->>'$.tail.detail.latencyMs'`)} END`;
const NOW = `CAST(1000 * unixepoch('subsec') AS INTEGER)`;
const DELAY = figure(`${NOW} - (line->>'$.tail.closedAtMs')`);

const sumOf = (column: string): string => `SUM(${column})`;
const bucketsOf = (timed: Timed): string[] => [
  ...[`COUNT(${timed})`, `COALESCE(SUM(${timed}), 0)`],
  ...BOUNDS_MS[timed].map((boundMs) => `COUNT(CASE WHEN ${timed} <= ${boundMs} THEN 1 END)`),
];

const named = (expressions: Readonly<Record<string, string>>): string =>
  Object.entries(expressions)
    .map(([name, expression]) => `${expression} AS ${name}`)
    .join(', ');

const added = (table: string, columns: readonly string[]): string =>
  columns.map((column) => `${column} = ${table}.${column} + excluded.${column}`).join(', ');

const ADDED_TO_LINES = [...LINE_SUMS, ...timedColumns('duration'), ...timedColumns('delay')];

const KNOWN = LINE_LABELS.map((label) => `known.${label} = counted.${label}`).join(' AND ');
const MODEL = `CASE WHEN (SELECT COALESCE(MAX(id), 0) FROM ledger_totals) < ${ROWS_AT_MOST}
  OR EXISTS (SELECT 1 FROM ledger_totals AS known WHERE ${KNOWN}) THEN model ELSE '${OTHER_MODELS}' END`;

const COUNT_LINES = `
INSERT INTO ledger_totals (${[...LINE_LABELS, ...ADDED_TO_LINES].join(', ')}, written_at)
${FRESH},
read AS MATERIALIZED (SELECT ${named({ ...LABELS_OF_LINE, ...SUMS_OF_LINE, duration: DURATION, delay: DELAY })} FROM fresh),
counted AS MATERIALIZED (
  SELECT ${LINE_LABELS.join(', ')}, ${named(Object.fromEntries(LINE_SUMS.map((name) => [name, sumOf(name)])))},
    ${named(Object.fromEntries([...pairs('duration'), ...pairs('delay')]))}
  FROM read GROUP BY ${LINE_LABELS.join(', ')})
SELECT ${LINE_LABELS.map((label) => (label === 'model' ? MODEL : label)).join(', ')}, ${ADDED_TO_LINES.join(', ')}, ${NOW}
FROM counted WHERE true
ON CONFLICT (${LINE_LABELS.join(', ')}) DO UPDATE SET ${added('ledger_totals', ADDED_TO_LINES)}, written_at = excluded.written_at`;

const ADDED_TO_ATTEMPTS = ['attempts', ...timedColumns('wait')];

/** A job's attempts have no end of their own, and are not timed. */
const LABELS_OF_ATTEMPT: Record<(typeof ATTEMPT_LABELS)[number], string> = {
  provider: `COALESCE(attempt.value->>'provider', '')`,
  test: LABELS_OF_LINE.test,
  outcome: `COALESCE(attempt.value->>'outcome', '')`,
  status: `IIF(attempt.value->>'status' BETWEEN 400 AND 599, CAST(attempt.value->>'status' AS TEXT), '')`,
};

const COUNT_ATTEMPTS = `
INSERT INTO attempt_totals (${[...ATTEMPT_LABELS, ...ADDED_TO_ATTEMPTS].join(', ')})
${FRESH},
read AS MATERIALIZED (
  SELECT ${named({ ...LABELS_OF_ATTEMPT, wait: figure(`attempt.value->>'durationMs'`) })}
  FROM fresh, json_each(line, '$.tail.detail.attempts') AS attempt
  WHERE line->>'$.head.kind' = 'usage' AND attempt.type = 'object')
SELECT ${ATTEMPT_LABELS.join(', ')}, COUNT(*), ${bucketsOf('wait').join(', ')} FROM read WHERE true GROUP BY ${ATTEMPT_LABELS.join(', ')}
ON CONFLICT (${ATTEMPT_LABELS.join(', ')}) DO UPDATE SET ${added('attempt_totals', ADDED_TO_ATTEMPTS)}`;

function pairs(timed: Timed): [name: string, expression: string][] {
  const expressions = bucketsOf(timed);
  return timedColumns(timed).map((name, at) => [name, expressions[at]!]);
}

/** In the order in which they must run: before the lines of the same parameter are inserted. */
export const COUNTING: readonly string[] = [COUNT_LINES, COUNT_ATTEMPTS];
