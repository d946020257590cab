import { ok, type Result } from '../../core/errors';
import { toCredits, toUsd } from '../../core/money';
import { isoOrNull } from '../../core/time';
import { type BroughtForward, broughtForward } from '../archive/read';
import type { VerbContext } from '../context';
import { refuseCursor } from '../cursor';
import { type FailureRow, failureView, frequentFailures } from './failures';
import { sinceMs, type UsageFilter, type Where, whereOf } from './filter';
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
  date: string;
  model: string | null;
  calls: number;
  amount: number;
}

/** Of both sides at once, which are summed up from it: lines may be many, and days and models are few. */
const sums = (where: Where): string =>
  `SELECT strftime('%Y-%m-%d', opened_at / 1000, 'unixepoch') AS date, model, COUNT(*) AS calls, SUM(amount) AS amount FROM ledger
   WHERE ${where.sql} GROUP BY 1, 2`;

/** Found by what the index holds of a line: of those alone the rest is looked up. */
const dearest = (where: Where): string =>
  `SELECT ${LOG_COLUMNS} FROM ledger WHERE account_id = ? AND (epoch, close_seq) IN (
     SELECT epoch, close_seq FROM ledger WHERE ${where.sql} ORDER BY amount, opened_at DESC LIMIT ${TOP})
   ORDER BY amount, opened_at DESC`;

function totalsOf<Key>(rows: readonly Sum[], keyOf: (row: Sum) => Key): { key: Key; calls: number; amount: number }[] {
  const totals = new Map<Key, { key: Key; calls: number; amount: number }>();
  for (const row of rows) {
    const key = keyOf(row);
    const { calls, amount } = totals.get(key) ?? { calls: 0, amount: 0 };
    totals.set(key, { key, calls: calls + row.calls, amount: amount + row.amount });
  }
  return [...totals.values()];
}

/** A line without a model before all others. */
const inOrder = (one: string | null, other: string | null): number => (one === other ? 0 : (one ?? '') < (other ?? '') ? -1 : 1);

/** Lines and sums for one filter at the same moment, since D1 runs a batch in one transaction. */
export async function queryUsage(context: VerbContext, filter: UsageFilter, limit: number, cursor: string | undefined) {
  const { db, accountId, catchUp } = context;
  const where = whereOf(accountId, filter, context.now());
  const paged = cursor === undefined ? where : after(where, cursor);
  if (!paged) return refuseCursor();
  await catchUp(accountId);
  const [lines, dear, summed, failed, forward] = await db.batch([
    db.prepare(`SELECT ${LOG_COLUMNS} FROM ledger WHERE ${paged.sql} ${ORDER} LIMIT ?`).bind(...paged.values, limit + 1),
    db.prepare(dearest(where)).bind(accountId, ...where.values),
    db.prepare(sums(where)).bind(...where.values),
    db.prepare(frequentFailures(where)).bind(...where.values),
    broughtForward(db, accountId),
  ]);
  const rows = (lines?.results ?? []) as LogRow[];
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const failures = (failed?.results ?? []) as FailureRow[];
  const [earlier] = (forward?.results ?? []) as BroughtForward[];
  const all = (summed?.results ?? []) as Sum[];
  const models = totalsOf(all, ({ model }) => model).sort((one, other) => one.amount - other.amount || inOrder(one.key, other.key));
  const days = totalsOf(all, ({ date }) => date).sort((one, other) => inOrder(one.key, other.key));
  return ok({
    logs: page.map(logView),
    nextCursor: rows.length > limit && last ? cursorOf(last) : null,
    costByModel: models.map(({ key: model, calls, amount }) => ({ model, calls, ...spent(amount) })),
    topExpensiveRequests: ((dear?.results ?? []) as LogRow[]).filter(({ amount }) => amount < 0).map(logView),
    failedCalls: failures[0]?.failedCalls ?? 0,
    failures: failures.map(failureView),
    archivedUntil: earlier && earlier.untilMs >= sinceMs(filter.days, context.now()) ? isoOrNull(earlier.untilMs) : null,
    dailyCost: days.map(({ key: date, calls, amount }) => ({ date, calls, ...spent(amount) })),
  });
}

const spent = (amount: number) => ({ creditsUsed: toCredits(0 - amount), usd: toUsd(0 - amount) });

export type Usage = Awaited<ReturnType<typeof queryUsage>> extends Result<infer T> ? T : never;
