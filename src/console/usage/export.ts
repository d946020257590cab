/** An account's usage as CSV of any length: each page of lines is read when the reader has taken the one before. */
import { toCredits } from '../../core/money';
import type { VerbContext } from '../context';
import { type UsageFilter, whereOf } from './filter';
import { LOG_COLUMNS, type LogRow, tagsOf } from './log';
import { emailSql, keyNameSql } from './names';
import { after, cursorOf, ORDER } from './query';

/** A million lines are 200 queries; D1 allows a thousand per request. */
const PAGE_ROWS = 5_000;

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

export function exportUsage(context: VerbContext, filter: UsageFilter): { filename: string; body: ReadableStream<Uint8Array> } {
  const { db, accountId } = context;
  const nowMs = context.now();
  const where = whereOf(accountId, filter, nowMs);
  const encoder = new TextEncoder();
  let cursor: string | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`${HEADINGS.join(',')}\r\n`)),
      async pull(controller) {
        const paged = cursor === undefined ? where : after(where, cursor)!;
        const query = `SELECT ${LOG_COLUMNS}, ${NAMES} FROM ledger WHERE ${paged.sql} ${ORDER} LIMIT ?`;
        const { results } = await db
          .prepare(query)
          .bind(...paged.values, PAGE_ROWS)
          .all<Line>();
        if (results.length > 0) controller.enqueue(encoder.encode(`${results.map(lineOf).join('\r\n')}\r\n`));
        if (results.length < PAGE_ROWS) controller.close();
        else cursor = cursorOf(results.at(-1)!);
      },
    },
    { highWaterMark: 0 },
  );
  const brand = context.settings.BRAND.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return { filename: `${brand}-usage-${new Date(nowMs).toISOString().slice(0, 10)}.csv`, body };
}
