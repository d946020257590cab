/** Calls that were refused, and so are no lines of the ledger: how often, why, and which. */
import * as z from 'zod';
import { reportIdAt } from '../../account/refusals';
import { ERRORS, type ErrorKind } from '../../core/errors';
import { DAY_MS } from '../../core/time';
import type { VerbContext } from '../context';
import { usageFilterInput } from './filter';
import { keyNameSql } from './names';

/** For so many UTC days, today included, they are kept. */
export const REFUSALS_KEPT_DAYS = 31;

const { days, model, endpoint, keyId } = usageFilterInput.shape;

export const refusalFilterInput = z.object({
  days: days.unwrap().max(REFUSALS_KEPT_DAYS).default(30),
  model,
  endpoint,
  keyId,
  reason: model,
});

export type RefusalFilter = z.infer<typeof refusalFilterInput>;

interface Row {
  reason: string;
  model: string;
  endpoint: string;
  keyId: string;
  keyName: string | null;
  calls: number;
  lastAt: number;
  refusedCalls: number;
}

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

/** The table begins with the day, so that old ones are found; an account's are a look-up for each day. */
const QUERY = `
WITH RECURSIVE days(day) AS (SELECT ?2 UNION ALL SELECT day + 1 FROM days WHERE day < ?3),
asked AS (
  SELECT refusals.* FROM days CROSS JOIN refusals ON refusals.day = days.day AND refusals.account_id = ?1
  WHERE (?4 IS NULL OR model = ?4) AND (?5 IS NULL OR endpoint = ?5) AND (?6 IS NULL OR key_id = ?6) AND (?7 IS NULL OR code = ?7))
SELECT code AS reason, model, endpoint, key_id AS keyId, ${keyNameSql('?1', 'key_id')} AS keyName, SUM(calls) AS calls,
  MAX(last_at) AS lastAt, SUM(SUM(calls)) OVER () AS refusedCalls
FROM asked GROUP BY code, model, endpoint, key_id ORDER BY SUM(calls) DESC, lastAt DESC LIMIT ?8`;

/** The most frequent first. */
export async function listRefusals({ db, accountId, now }: VerbContext, filter: RefusalFilter, limit: number) {
  const today = dayOf(now());
  const { results } = await db
    .prepare(QUERY)
    .bind(
      accountId,
      today - filter.days + 1,
      today,
      ...[filter.model, filter.endpoint, filter.keyId, filter.reason].map((asked) => asked ?? null),
      limit + 1,
    )
    .all<Row>();
  return {
    refusedCalls: results[0]?.refusedCalls ?? 0,
    refusals: results.slice(0, limit).map(refusalView),
    isWhole: results.length <= limit,
  };
}

const refusalView = ({ reason, model: named, keyId: key, lastAt, refusedCalls: _, ...row }: Row) => ({
  ...row,
  reason,
  status: Object.hasOwn(ERRORS, reason) ? ERRORS[reason as ErrorKind].status : null,
  model: named === '' ? null : named,
  keyId: key === '' ? null : key,
  lastAt: new Date(lastAt).toISOString(),
});

export type Refusal = ReturnType<typeof refusalView>;

/** A dead letter that is sent again may be two weeks old. */
const REPORT_KEPT_MS = 15 * DAY_MS;

/** What one statement forgets, and how many there are a night of each: what is left is the next night's. */
const [ROWS, STEPS] = [20_000, 20];

const OLD_REPORTS = `DELETE FROM refusal_reports WHERE id IN (SELECT id FROM refusal_reports WHERE id < ? LIMIT ${ROWS})`;
const KEY = 'day, account_id, key_id, code, model, endpoint';
const OLD_REFUSALS = `DELETE FROM refusals WHERE (${KEY}) IN (SELECT ${KEY} FROM refusals WHERE day < ? LIMIT ${ROWS})`;

export async function forgetRefusals(db: D1Database, nowMs: number): Promise<void> {
  for (const statement of [
    db.prepare(OLD_REPORTS).bind(reportIdAt(nowMs - REPORT_KEPT_MS)),
    db.prepare(OLD_REFUSALS).bind(dayOf(nowMs) - REFUSALS_KEPT_DAYS + 1),
  ])
    for (let step = 0; step < STEPS; step++) if ((await statement.run()).meta.changes < ROWS) break;
}
