/** What each day, or each hour of a single day, cost by model, for charts. */
import { toCredits } from '../../core/money';
import { DAY_MS, HOUR_MS } from '../../core/time';
import type { VerbContext } from '../context';
import { sinceMs, type UsageFilter, whereOf } from './filter';

interface Row {
  at: string;
  model: string | null;
  amount: number;
}

export interface CostAt {
  /** A day, such as `2026-11-30`, or an hour, such as `2026-11-30 05:00`. */
  at: string;
  model: string | null;
  creditsUsed: number;
}

/** Everything at which something may have cost: the days, or the hours of today. */
export function timesOf(days: number, nowMs: number): string[] {
  const [count, stepMs, length] = days === 1 ? [24, HOUR_MS, 16] : [days, DAY_MS, 10];
  const timeAt = (index: number): string => new Date(sinceMs(days, nowMs) + index * stepMs).toISOString().replace('T', ' ');
  return Array.from({ length: count }, (_, index) => timeAt(index).slice(0, length));
}

/** At most one row for each time and model with a charge. */
export async function costOverTime({ db, accountId, now }: VerbContext, filter: UsageFilter): Promise<CostAt[]> {
  const where = whereOf(accountId, filter, now());
  const format = filter.days === 1 ? '%Y-%m-%d %H:00' : '%Y-%m-%d';
  const { results } = await db
    .prepare(
      `SELECT strftime('${format}', opened_at / 1000, 'unixepoch') AS at, model, SUM(amount) AS amount FROM ledger
       WHERE ${where.sql} GROUP BY 1, 2 HAVING SUM(amount) < 0 ORDER BY 1, 3`,
    )
    .bind(...where.values)
    .all<Row>();
  return results.map(({ at, model, amount }) => ({ at, model, creditsUsed: toCredits(0 - amount) }));
}
