/** An account's usage summed by one dimension: end user, tag, key, member, model and so on. */
import * as z from 'zod';
import { toCredits, toUsd } from '../../core/money';
import type { VerbContext } from '../context';
import { type UsageFilter, whereOf } from './filter';
import { emailSql, keyNameSql } from './names';

const SIDES = {
  model: 'model',
  endpoint: 'endpoint',
  keyId: 'key_id',
  member: 'user_id',
  provider: "detail->>'provider'",
  endUser: "detail->>'endUser'",
  tag: 'tags.value',
} as const;

export type Side = keyof typeof SIDES;

export const breakdownInput = z.object({ by: z.enum(Object.keys(SIDES) as [Side, ...Side[]]) });

const NAMES: Partial<Record<Side, string>> = { keyId: keyNameSql('?', 'value'), member: emailSql('value') };

interface Row {
  value: string | null;
  name: string | null;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  amount: number;
}

export interface Share {
  /** `null` for calls that have none. */
  value: string | null;
  name: string | null;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  creditsUsed: number;
  usd: number;
}

const TOKENS = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'];
const sumOf = (names: readonly string[]): string => `SUM(${names.map((name) => `COALESCE(detail->>'$.usage.${name}', 0)`).join(' + ')})`;

/** Dearest first. A call with two tags counts in both sums. */
export async function breakDown(
  { db, accountId, now }: VerbContext,
  filter: UsageFilter,
  by: Side,
  limit: number,
): Promise<{ by: Side; shares: Share[]; isWhole: boolean }> {
  const where = whereOf(accountId, filter, now());
  // A subquery, since columns of `json_each` have the same names as those of a line.
  const lines = `(SELECT model, endpoint, key_id, user_id, amount, detail FROM ledger WHERE ${where.sql})`;
  const from = by === 'tag' ? `${lines} AS lines LEFT JOIN json_each(lines.detail, '$.tags') AS tags` : lines;
  const sums = `SELECT ${SIDES[by]} AS value, COUNT(*) AS calls, ${sumOf(TOKENS)} AS inputTokens, ${sumOf(['outputTokens'])} AS outputTokens,
    SUM(amount) AS amount FROM ${from} GROUP BY 1 ORDER BY amount, calls DESC, value LIMIT ?`;
  const { results } = await db
    .prepare(`SELECT *, ${NAMES[by] ?? 'NULL'} AS name FROM (${sums}) ORDER BY amount, calls DESC, value`)
    .bind(...(by === 'keyId' ? [accountId] : []), ...where.values, limit + 1)
    .all<Row>();
  const shares = results
    .slice(0, limit)
    .map(({ amount, ...row }) => ({ ...row, creditsUsed: toCredits(0 - amount), usd: toUsd(0 - amount) }));
  return { by, shares, isWhole: results.length <= limit };
}
