/** What is counted by day is asked for as far back as usage is, and forgotten after that. */
import { ACCOUNT_DAY_LABELS, DAY_LABELS, DAYS_KEPT, dayOf } from '../db/totals';

/** As one query may delete. A night's steps are more than a day has of rows; what is left is the next night's. */
const AT_ONCE = 20_000;
const STEPS = 10;

const forgetting = (table: string, labels: readonly string[]): string =>
  `DELETE FROM ${table} WHERE (${labels.join(', ')}) IN (
    SELECT ${labels.join(', ')} FROM ${table} WHERE day <= ?1 ORDER BY ${labels.join(', ')} LIMIT ${AT_ONCE})`;

const FORGETTING = [forgetting('ledger_days', DAY_LABELS), forgetting('account_days', ACCOUNT_DAY_LABELS)];

export async function forgetDays(db: D1Database, nowMs: number): Promise<void> {
  const lastDay = dayOf(nowMs) - DAYS_KEPT;
  for (const query of FORGETTING)
    for (let step = 0; step < STEPS; step++) {
      const { meta } = await db.prepare(query).bind(lastDay).run();
      if (meta.changes < AT_ONCE) break;
    }
}
