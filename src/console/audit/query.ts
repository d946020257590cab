/** Reads the audit log: filtered, in pages, and verified. */
import * as z from 'zod';
import { type AuditRow, FIRST_HASH, hashOf } from '../../core/audit';
import { ok } from '../../core/errors';
import { refuseCursor } from '../cursor';
import type { AuditContext } from './commit';

const text = z.string().trim().min(1).max(200);

export const auditFilterInput = z.object({
  action: text.optional(),
  actor: text.optional(),
  target: text.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});

export type AuditFilter = z.infer<typeof auditFilterInput>;

interface Row extends AuditRow {
  hash: string;
}

/** The log's account. */
export type LogOf = Pick<AuditContext, 'db' | 'accountId'>;

const COLUMNS = `account_id AS accountId, seq, at, actor_kind AS actorKind, actor_id AS actorId, actor_name AS actorName, action, target, ip,
  user_agent AS userAgent, request_id AS requestId, detail, previous_hash AS previousHash, hash`;

const auditView = ({ accountId: _, at, detail, ...row }: Row) => ({
  ...row,
  at: new Date(at).toISOString(),
  detail: JSON.parse(detail) as Record<string, unknown>,
});

export type AuditView = ReturnType<typeof auditView>;

function where(accountId: string, filter: AuditFilter, beforeSeq: number) {
  const parts: [string, string | number | undefined][] = [
    ['account_id = ?', accountId],
    ['seq < ?', beforeSeq],
    ['action = ?', filter.action],
    ['(actor_id = ?1 OR actor_name = ?1)', filter.actor],
    ['target = ?', filter.target],
    ['at >= ?', filter.from && Date.parse(filter.from)],
    ['at < ?', filter.to && Date.parse(filter.to)],
  ];
  const given = parts.filter((part): part is [string, string | number] => part[1] !== undefined);
  // Numbered, because one value is used twice.
  const sql = given.map(([condition], index) => condition.replaceAll('?1', '?').replaceAll('?', `?${index + 1}`)).join(' AND ');
  return { sql, values: given.map(([, value]) => value) };
}

async function page(context: LogOf, filter: AuditFilter, beforeSeq: number, limit: number): Promise<Row[]> {
  const { sql, values } = where(context.accountId, filter, beforeSeq);
  const query = `SELECT ${COLUMNS} FROM audit_log WHERE ${sql} ORDER BY seq DESC LIMIT ${limit}`;
  return (
    await context.db
      .prepare(query)
      .bind(...values)
      .all<Row>()
  ).results;
}

export async function queryAudit(context: LogOf, filter: AuditFilter, limit: number, cursor: string | undefined) {
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  if (!Number.isSafeInteger(before)) return refuseCursor();
  const rows = await page(context, filter, before, limit + 1);
  const shown = rows.slice(0, limit);
  return ok({ entries: shown.map(auditView), nextCursor: rows.length > limit ? String(shown.at(-1)!.seq) : null });
}

/** A million entries are 200 queries, of which D1 allows a request a thousand. */
const EXPORT_PAGE = 5_000;

/** Newest first, one JSON object a line, with only one page in memory at a time. */
export function exportAudit(context: LogOf, filter: AuditFilter): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let before = Number.MAX_SAFE_INTEGER;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const rows = await page(context, filter, before, EXPORT_PAGE);
        if (rows.length > 0) controller.enqueue(encoder.encode(rows.map((row) => `${JSON.stringify(auditView(row))}\n`).join('')));
        if (rows.length < EXPORT_PAGE) controller.close();
        else before = rows.at(-1)!.seq;
      },
    },
    { highWaterMark: 0 },
  );
}

/** Verifies that every row is as it was written and none is missing between the first and the last. */
export async function verifyAudit(
  context: LogOf,
): Promise<{ intact: boolean; entries: number; brokenAt: number | null; lastHash: string }> {
  const query = `SELECT ${COLUMNS} FROM audit_log WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT ${EXPORT_PAGE}`;
  let [seq, hash] = [0, FIRST_HASH];
  for (;;) {
    const { results } = await context.db.prepare(query).bind(context.accountId, seq).all<Row>();
    for (const row of results) {
      if (row.seq !== seq + 1 || row.previousHash !== hash || row.hash !== (await hashOf(row)))
        return { intact: false, entries: seq, brokenAt: seq + 1, lastHash: hash };
      seq = row.seq;
      hash = row.hash;
    }
    if (results.length < EXPORT_PAGE) return { intact: true, entries: seq, brokenAt: null, lastHash: hash };
  }
}
