/** What signing in leaves behind and nobody looks at again: it would be kept without end, addresses of people among it. */

import { DAY_MS } from '../../core/time';

/** A night, of each: what is left is the next night's. */
const MOST = 50_000;

/** Who asks how often is counted by the minute. */
const OVER: readonly { table: string; since: string; keptMs: number }[] = [
  { table: 'sessions', since: 'expires_at', keptMs: 0 },
  { table: 'verifications', since: 'expires_at', keptMs: 0 },
  { table: 'sign_in_rates', since: 'last_request', keptMs: DAY_MS },
];

export async function forgetOver(db: D1Database, nowMs: number): Promise<void> {
  for (const { table, since, keptMs } of OVER)
    await db
      .prepare(`DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${since} <= ? LIMIT ${MOST})`)
      .bind(nowMs - keptMs)
      .run();
}
