/** The values that usage can be filtered by: the models called, and the people who called them. */
import type { VerbContext } from '../context';
import { type UsageFilter, whereOf } from './filter';

interface Caller {
  id: string;
  name: string;
  email: string;
}

/** Of the same filter without a model, so that one can be exchanged for another. */
export async function modelChoices({ db, accountId, now }: VerbContext, filter: UsageFilter): Promise<string[]> {
  const called = whereOf(accountId, { ...filter, model: undefined }, now());
  const { results } = await db
    .prepare(`SELECT model FROM ledger WHERE ${called.sql} AND model IS NOT NULL GROUP BY 1 ORDER BY SUM(amount), 1`)
    .bind(...called.values)
    .all<{ model: string }>();
  return results.map(({ model }) => model);
}

/** Whoever called, be they a member no more. Lines are found by their keys, which the index has: a key is one person's. */
export async function callerChoices({ db, accountId, now }: VerbContext, { days }: UsageFilter): Promise<Caller[]> {
  const sometime = whereOf(accountId, { days }, now());
  const { results } = await db
    .prepare(
      `SELECT id, COALESCE(NULLIF(name, ''), email) AS name, email FROM users WHERE id IN (
         SELECT record->>'userId' FROM api_keys WHERE account_id = ? AND id IN (SELECT key_id FROM ledger WHERE ${sometime.sql}))
       ORDER BY email`,
    )
    .bind(accountId, ...sometime.values)
    .all<Caller>();
  return results;
}
