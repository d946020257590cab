/**
 * Adds reports of refused calls to what D1 knows of them. All statements run in one transaction: a report that comes again
 * finds its id, and one that fails leaves nothing behind.
 */
import { OTHER, TOLD_APART } from '../account/refusals';
import type { LedgerMessage } from '../account/types';
import { DAY_MS } from '../core/time';
import { jsonParameters } from '../db/parameters';

/** The rows of `?1` whose reports are not counted yet. */
const FRESH = `
WITH sent AS MATERIALIZED (SELECT jsonb(value) AS row FROM json_each(?1)),
fresh AS MATERIALIZED (
  SELECT row->>0 AS account_id, row->>2 AS day, row->>3 AS key_id, row->>4 AS test, row->>5 AS code, row->>6 AS model,
    row->>7 AS endpoint, row->>8 AS calls, row->>9 AS last_at
  FROM sent WHERE NOT EXISTS (SELECT 1 FROM refusal_reports WHERE id = row->>1))`;

/** Models are named by whoever calls, and an object that comes anew tells as many apart once more. */
const COUNT = `
INSERT INTO refusals (day, account_id, key_id, code, model, endpoint, calls, last_at)
${FRESH},
known AS MATERIALIZED (
  SELECT day, account_id, (SELECT COUNT(*) FROM refusals WHERE day = some.day AND account_id = some.account_id) AS count
  FROM (SELECT DISTINCT day, account_id FROM fresh) AS some),
told AS (
  SELECT fresh.*, count < ${TOLD_APART} OR EXISTS (
    SELECT 1 FROM refusals AS other WHERE other.day = fresh.day AND other.account_id = fresh.account_id AND other.key_id = fresh.key_id
      AND other.code = fresh.code AND other.model = fresh.model AND other.endpoint = fresh.endpoint) AS apart
  FROM fresh JOIN known ON known.day = fresh.day AND known.account_id = fresh.account_id)
SELECT day, account_id, IIF(apart, key_id, '') AS key_id, code, IIF(apart, model, '${OTHER}') AS model,
  IIF(apart, endpoint, '${OTHER}') AS endpoint, SUM(calls), MAX(last_at) FROM told GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT (day, account_id, key_id, code, model, endpoint)
  DO UPDATE SET calls = refusals.calls + excluded.calls, last_at = MAX(refusals.last_at, excluded.last_at)`;

const COUNT_TOTALS = `
INSERT INTO refusal_totals (code, test, endpoint, calls)
${FRESH}
SELECT code, test, endpoint, SUM(calls) FROM (
  -- The rest of such a path is a customer's own.
  SELECT code, test, IIF(endpoint GLOB '/v1/gpu/*', '/v1/gpu', endpoint) AS endpoint, calls FROM fresh) GROUP BY 1, 2, 3
ON CONFLICT (code, test, endpoint) DO UPDATE SET calls = refusal_totals.calls + excluded.calls`;

const REMEMBER = `
INSERT INTO refusal_reports (id) SELECT DISTINCT value->>1 FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING`;

export function countRefusals(db: D1Database, messages: readonly Pick<LedgerMessage, 'accountId' | 'refusals'>[]): D1PreparedStatement[] {
  // A batch may hold a message twice.
  const reports = new Map(
    messages.flatMap(({ accountId, refusals = [] }) => refusals.map(({ id, counts }) => [id, { accountId, counts }])),
  );
  const rows = [...reports].flatMap(([id, { accountId, counts }]) =>
    counts.map(({ keyId, test, code, model, endpoint, calls, lastAtMs }) => {
      const day = Math.floor(lastAtMs / DAY_MS);
      return JSON.stringify([accountId, id, day, keyId, test ? 1 : 0, code, model, endpoint, calls, lastAtMs]);
    }),
  );
  const parts = jsonParameters(rows);
  return [COUNT, COUNT_TOTALS, REMEMBER].flatMap((sql) => parts.map((part) => db.prepare(sql).bind(part)));
}
