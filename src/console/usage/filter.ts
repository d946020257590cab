/** Which of an account's usage is asked for, and the SQL for it. */
import * as z from 'zod';
import { fromCredits } from '../../core/money';
import { DAY_MS } from '../../core/time';

export const STATUSES = ['succeeded', 'failed', 'cancelled', 'partial', 'expired'] as const;

const number = z.coerce.number();
const text = z.string().trim().min(1).max(200);

/** For lines, whose tags are a list. */
const TAGGED = "EXISTS (SELECT 1 FROM json_each(ledger.detail, '$.tags') AS tags WHERE tags.value = ?)";

export const usageFilterInput = z.object({
  days: number.int().min(1).max(400).default(30),
  model: text.optional(),
  endpoint: text.optional(),
  /** Not `key`, which some clients use for the key itself. */
  keyId: text.optional(),
  member: text.optional(),
  status: z.enum(STATUSES).optional(),
  minLatencyMs: number.min(0).optional(),
  maxLatencyMs: number.min(0).optional(),
  minCredits: number.min(0).max(1e9).optional(),
  maxCredits: number.min(0).max(1e9).optional(),
  endUser: text.optional(),
  tag: text.optional(),
  /** A part of a request's id. */
  q: text.optional(),
});

export type UsageFilter = z.infer<typeof usageFilterInput>;

/**
 * How a call ended, by its line: one that settled without an ending came through completely. Jobs have endings of their
 * own, and charges for a rented worker's time count as complete.
 */
export const STATUS_SQL = `CASE WHEN detail->>'ending' IN ('canceled', 'client_gone') THEN 'cancelled'
  WHEN state = 'released' THEN 'failed' WHEN state = 'expired' THEN 'expired'
  WHEN detail->>'ending' IS NULL OR detail->>'ending' IN ('complete', 'succeeded', 'idle') THEN 'succeeded' ELSE 'partial' END`;

export const LATENCY_SQL = "COALESCE(CAST(detail->>'latencyMs' AS INTEGER), closed_at - opened_at)";

export interface Where {
  sql: string;
  values: (string | number)[];
}

/** `days` are UTC days, including today. */
export const sinceMs = (days: number, nowMs: number): number => Math.floor(nowMs / DAY_MS) * DAY_MS - (days - 1) * DAY_MS;

export function whereOf(accountId: string, filter: UsageFilter, nowMs: number): Where {
  const parts: [string, string | number | undefined][] = [
    ['account_id = ?', accountId],
    ['opened_at >= ?', sinceMs(filter.days, nowMs)],
    ['model = ?', filter.model],
    ['endpoint = ?', filter.endpoint],
    ['key_id = ?', filter.keyId],
    ['user_id = ?', filter.member],
    [`${STATUS_SQL} = ?`, filter.status],
    [`${LATENCY_SQL} >= ?`, filter.minLatencyMs],
    [`${LATENCY_SQL} <= ?`, filter.maxLatencyMs],
    ['-amount >= ?', filter.minCredits === undefined ? undefined : fromCredits(filter.minCredits)],
    ['-amount <= ?', filter.maxCredits === undefined ? undefined : fromCredits(filter.maxCredits)],
    ["detail->>'endUser' = ?", filter.endUser],
    [TAGGED, filter.tag],
    // LIKE patterns may have only 50 bytes in D1, and an id is longer.
    ['instr(lower(id), lower(?)) > 0', filter.q],
  ];
  const given = parts.filter((part): part is [string, string | number] => part[1] !== undefined);
  return {
    sql: ["kind IN ('usage', 'adjust')", ...given.map(([sql]) => sql)].join(' AND '),
    values: given.map(([, value]) => value),
  };
}
