/** What a key has spent today and this week. Days are UTC days, and weeks begin on Monday. */
import type { MicroCredits } from '../../core/money';
import { DAY_MS } from '../../core/time';

/** 1 January 1970 was a Thursday. */
const DAYS_FROM_MONDAY = 3;

interface Row {
  daily: number | null;
  weekly: number | null;
}

export async function spentLately(
  db: D1Database,
  { accountId, keyId, nowMs }: { accountId: string; keyId: string; nowMs: number },
): Promise<{ dailyMicro: MicroCredits; weeklyMicro: MicroCredits }> {
  const day = Math.floor(nowMs / DAY_MS);
  const monday = day - ((day + DAYS_FROM_MONDAY) % 7);
  const row = await db
    .prepare(
      `SELECT SUM(CASE WHEN opened_at >= ? THEN amount ELSE 0 END) AS daily, SUM(amount) AS weekly FROM ledger
       WHERE account_id = ? AND opened_at >= ? AND key_id = ?`,
    )
    .bind(day * DAY_MS, accountId, monday * DAY_MS, keyId)
    .first<Row>();
  return { dailyMicro: 0 - (row?.daily ?? 0), weeklyMicro: 0 - (row?.weekly ?? 0) };
}
