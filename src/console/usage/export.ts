/** An account's usage as CSV of any length: each page of lines is read when the reader has taken the one before. */
import { toCredits } from '../../core/money';
import { jsonParameters } from '../../db/parameters';
import { unpackLines } from '../archive/file';
import { leftUpTo, partsSince } from '../archive/read';
import type { VerbContext } from '../context';
import { sinceMs, type UsageFilter, type Where, whereOf } from './filter';
import { LOG_COLUMNS, type LogRow, tagsOf } from './log';
import { emailSql, keyNameSql } from './names';
import { after, cursorOf, ORDER } from './query';

/** A million lines are 200 queries; D1 allows a thousand per request. */
const PAGE_ROWS = 5_000;

/** Lines of the archive stand in for the table, so that they are filtered as it is. */
const AS_LEDGER = `WITH ledger AS MATERIALIZED (SELECT value->>'accountId' AS account_id, value->>'epoch' AS epoch, value->>'closeSeq' AS close_seq,
  value->>'id' AS id, value->>'kind' AS kind, value->>'state' AS state, value->>'keyId' AS key_id, value->>'userId' AS user_id,
  value->>'test' AS test, value->>'model' AS model, value->>'endpoint' AS endpoint, value->>'amount' AS amount,
  value->>'openedAt' AS opened_at, value->>'closedAt' AS closed_at, value->>'detail' AS detail FROM json_each(?))`;

/** Of the 2 MB that D1 takes; a line of many attempts is some kilobytes. */
const ARCHIVED_BYTES = 1_900_000;

const HEADINGS = [
  'request_id',
  'time',
  'model',
  'endpoint',
  'provider',
  'key_id',
  'user_id',
  'status',
  'latency_ms',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'test',
  'credits',
  'key_name',
  'user_email',
  'end_user',
  'tags',
];

const encoder = new TextEncoder();

interface Line extends LogRow {
  keyName: string | null;
  userEmail: string | null;
}

const NAMES = `${keyNameSql('ledger.account_id', 'ledger.key_id')} AS keyName, ${emailSql('ledger.user_id')} AS userEmail`;

/** Characters that begin a formula, including full-width ones; some spreadsheets begin a new cell after a semicolon or tab. */
const FORMULA = /(^|[;\t\r\n])([=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;

/** RFC 4180. What a spreadsheet would take for a formula is turned into text. */
export function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = value.replace(FORMULA, "$1'$2");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const lineOf = (row: Line): string =>
  [
    row.id,
    new Date(row.openedAt).toISOString(),
    row.model,
    row.endpoint,
    row.provider,
    row.keyId,
    row.userId,
    row.status,
    row.latencyMs,
    row.inputTokens,
    row.cacheReadTokens,
    row.cacheWriteTokens,
    row.outputTokens,
    row.test === 1 ? 'true' : 'false',
    toCredits(0 - row.amount),
    row.keyName,
    row.userEmail,
    row.endUser,
    tagsOf(row.tags).join(','),
  ]
    .map(cell)
    .join(',');

const textOf = (rows: readonly Line[]): string => rows.map((row) => `${lineOf(row)}\r\n`).join('');

type Place = readonly number[];

const isAfter = (one: Place, other: Place): boolean => {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at >= 0 && one[at]! > other[at]!;
};

/** A page of lines, newest first: the place of its last one, where others follow, and how far lines had left D1 when it was read. */
interface Page {
  last: Place | undefined;
  left: Place;
}

/** Whether one of these pages has a line that has left D1 by now. */
export function wasThere(pages: readonly Page[], { openedAt, epoch, closeSeq }: Pick<LogRow, 'openedAt' | 'epoch' | 'closeSeq'>): boolean {
  const page = pages.find(({ last }) => !last || !isAfter(last, [openedAt, epoch, closeSeq]));
  return page !== undefined && isAfter([epoch, closeSeq], page.left);
}

/** The lines that D1 has, newest first, then those that have left it. Some may do so meanwhile. */
async function* pagesOf(context: VerbContext, where: Where, fromMs: number): AsyncGenerator<string> {
  const { db, files, accountId } = context;
  const pages: Page[] = [];
  for (let paged: Where | undefined = where; paged; ) {
    const query = `SELECT ${LOG_COLUMNS}, ${NAMES} FROM ledger WHERE ${paged.sql} ${ORDER} LIMIT ?`;
    const [listed, fence] = await db.batch([db.prepare(query).bind(...paged.values, PAGE_ROWS), leftUpTo(db, accountId)]);
    const rows = listed!.results as Line[];
    const last = rows.length < PAGE_ROWS ? undefined : rows.at(-1)!;
    const { epoch = 0, closeSeq = 0 } = (fence!.results[0] ?? {}) as Partial<LogRow>;
    pages.push({ last: last && [last.openedAt, last.epoch, last.closeSeq], left: [epoch, closeSeq] });
    if (rows.length > 0) yield textOf(rows);
    paged = last && after(where, cursorOf(last));
  }
  const archived = `${AS_LEDGER} SELECT ${LOG_COLUMNS}, ${NAMES} FROM ledger WHERE ${where.sql} ${ORDER}`;
  for (const file of await partsSince(context, accountId, fromMs)) {
    const lines = (await unpackLines(files, file)).filter((line) => !wasThere(pages, line)).reverse();
    const rowsJson = lines.map((line) => JSON.stringify(line));
    for (const parameter of jsonParameters(rowsJson, ARCHIVED_BYTES, (row) => encoder.encode(row).length)) {
      const { results } = await db
        .prepare(archived)
        .bind(parameter, ...where.values)
        .all<Line>();
      if (results.length > 0) yield textOf(results);
    }
  }
}

export function exportUsage(context: VerbContext, filter: UsageFilter): { filename: string; body: ReadableStream<Uint8Array> } {
  const nowMs = context.now();
  const pages = pagesOf(context, whereOf(context.accountId, filter, nowMs), sinceMs(filter.days, nowMs));
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`${HEADINGS.join(',')}\r\n`)),
      async pull(controller) {
        const { value, done } = await pages.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
    },
    { highWaterMark: 0 },
  );
  const brand = context.settings.BRAND.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return { filename: `${brand}-usage-${new Date(nowMs).toISOString().slice(0, 10)}.csv`, body };
}
