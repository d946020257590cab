import { ok, type Result } from '../../core/errors';
import { toCredits, toUsd } from '../../core/money';
import type { VerbContext } from '../context';
import { refuseCursor } from '../cursor';
import { type UsageFilter, type Where, whereOf } from './filter';
import { LOG_COLUMNS, type LogRow, logView } from './log';

const TOP = 10;

/** A position between two lines, newest first. */
const CURSOR = /^(\d{1,15})~(\d{1,10})~(\d{1,15})$/;

export const cursorOf = ({ openedAt, epoch, closeSeq }: LogRow): string => `${openedAt}~${epoch}~${closeSeq}`;

export const ORDER = 'ORDER BY opened_at DESC, epoch DESC, close_seq DESC';

/** The lines after a cursor; none is repeated, however many are added meanwhile. */
export function after(where: Where, cursor: string): Where | undefined {
  const values = CURSOR.exec(cursor)?.slice(1).map(Number);
  return values && { sql: `${where.sql} AND (opened_at, epoch, close_seq) < (?, ?, ?)`, values: [...where.values, ...values] };
}

interface Sum {
  name: string | null;
  calls: number;
  amount: number;
}

const sums = (name: string, by: string, where: Where): string =>
  `SELECT ${by} AS name, COUNT(*) AS calls, SUM(amount) AS amount FROM ledger WHERE ${where.sql} GROUP BY 1 ORDER BY ${name}`;

/** Lines and sums for one filter at the same moment, since D1 runs a batch in one transaction. */
export async function queryUsage(context: VerbContext, filter: UsageFilter, limit: number, cursor: string | undefined) {
  const { db, accountId, catchUp } = context;
  const where = whereOf(accountId, filter, context.now());
  const paged = cursor === undefined ? where : after(where, cursor);
  if (!paged) return refuseCursor();
  await catchUp(accountId);
  const select = (columns: Where, order: string) => `SELECT ${LOG_COLUMNS} FROM ledger WHERE ${columns.sql} ${order} LIMIT ?`;
  const [lines, models, dearest, days] = await db.batch([
    db.prepare(select(paged, ORDER)).bind(...paged.values, limit + 1),
    db.prepare(sums('3, 1', 'model', where)).bind(...where.values),
    db.prepare(select(where, 'ORDER BY amount, opened_at DESC')).bind(...where.values, TOP),
    db.prepare(sums('1', "strftime('%Y-%m-%d', opened_at / 1000, 'unixepoch')", where)).bind(...where.values),
  ]);
  const rows = (lines?.results ?? []) as LogRow[];
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return ok({
    logs: page.map(logView),
    nextCursor: rows.length > limit && last ? cursorOf(last) : null,
    costByModel: ((models?.results ?? []) as Sum[]).map(({ name, calls, amount }) => ({ model: name, calls, ...spent(amount) })),
    topExpensiveRequests: ((dearest?.results ?? []) as LogRow[]).filter(({ amount }) => amount < 0).map(logView),
    dailyCost: ((days?.results ?? []) as Sum[]).map(({ name, calls, amount }) => ({ date: name, calls, ...spent(amount) })),
  });
}

const spent = (amount: number) => ({ creditsUsed: toCredits(0 - amount), usd: toUsd(0 - amount) });

export type Usage = Awaited<ReturnType<typeof queryUsage>> extends Result<infer T> ? T : never;
