/** The values that usage can be filtered by: the models called, and the people who called them. */
import type { VerbContext } from '../context';
import { type UsageFilter, whereOf } from './filter';

interface Caller {
  id: string;
  name: string;
  email: string;
}

/** Within the filter but for its model, so that another model can be chosen. People count even if they have left. */
export async function usageChoices(
  { db, accountId, now }: VerbContext,
  filter: UsageFilter,
): Promise<{ models: string[]; callers: Caller[] }> {
  const called = whereOf(accountId, { ...filter, model: undefined }, now());
  const sometime = whereOf(accountId, { days: filter.days }, now());
  const [models, callers] = await db.batch([
    db
      .prepare(`SELECT model FROM ledger WHERE ${called.sql} AND model IS NOT NULL GROUP BY 1 ORDER BY SUM(amount), 1`)
      .bind(...called.values),
    db
      .prepare(
        `SELECT id, COALESCE(NULLIF(name, ''), email) AS name, email FROM users
         WHERE id IN (SELECT user_id FROM ledger WHERE ${sometime.sql}) ORDER BY email`,
      )
      .bind(...sometime.values),
  ]);
  return {
    models: ((models?.results ?? []) as { model: string }[]).map(({ model }) => model),
    callers: (callers?.results ?? []) as Caller[],
  };
}
