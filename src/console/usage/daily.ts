/** Each day's cost by model, for charts. */
import { toCredits } from '../../core/money';
import type { VerbContext } from '../context';
import { type UsageFilter, whereOf } from './filter';

interface Row {
  date: string;
  model: string | null;
  amount: number;
}

export interface DayOfModel {
  date: string;
  model: string | null;
  creditsUsed: number;
}

/** At most one row for each day and model with a charge. */
export async function dailyByModel({ db, accountId, now }: VerbContext, filter: UsageFilter): Promise<DayOfModel[]> {
  const where = whereOf(accountId, filter, now());
  const { results } = await db
    .prepare(
      `SELECT strftime('%Y-%m-%d', opened_at / 1000, 'unixepoch') AS date, model, SUM(amount) AS amount FROM ledger
       WHERE ${where.sql} GROUP BY 1, 2 HAVING SUM(amount) < 0 ORDER BY 1, 3`,
    )
    .bind(...where.values)
    .all<Row>();
  return results.map(({ date, model, amount }) => ({ date, model, creditsUsed: toCredits(0 - amount) }));
}
