/**
 * The only writer of the audit log. A change and its audit row go to D1 in one batch: both are there or neither.
 * Each row carries the hash of the row before it; two writers that follow the same row collide on the key, and the
 * one that lost tries again, change and all.
 */
import { sha256Hex } from '../../core/hex';
import type { VerbContext } from '../context';

export interface AuditEntry {
  /** `api_key.create` and the like. */
  action: string;
  /** What it was done to. */
  target?: string | undefined;
  detail?: Record<string, unknown>;
}

export interface AuditRow {
  accountId: string;
  seq: number;
  at: number;
  actorKind: string;
  actorId: string;
  actorName: string;
  action: string;
  target: string | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string;
  detail: string;
  previousHash: string;
}

export type AuditContext = Pick<VerbContext, 'db' | 'now' | 'actor' | 'from' | 'accountId'>;

export const FIRST_HASH = '0'.repeat(64);
const ATTEMPTS = 8;

export function hashOf(row: AuditRow): Promise<string> {
  const { previousHash, accountId, seq, at, actorKind, actorId, actorName, action, target, ip, userAgent, requestId, detail } = row;
  const fields = [previousHash, accountId, seq, at, actorKind, actorId, actorName, action, target, ip, userAgent, requestId, detail];
  return sha256Hex(JSON.stringify(fields));
}

const LAST = 'SELECT seq, hash FROM audit_log WHERE account_id = ? ORDER BY seq DESC LIMIT 1';

const INSERT = `INSERT INTO audit_log (account_id, seq, at, actor_kind, actor_id, actor_name, action, target, ip, user_agent,
  request_id, detail, previous_hash, hash) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?`;

/**
 * Makes a change and writes its audit row. False when the change touched no row, because what it was conditional on
 * no longer held: then there is no audit row either. `others` run in the same batch, after it, whatever came of it;
 * they must be conditional on the change themselves.
 */
export async function commit(
  context: AuditContext,
  entry: AuditEntry,
  change?: D1PreparedStatement,
  ...others: D1PreparedStatement[]
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const insert = await auditStatement(context, entry, change !== undefined);
    try {
      const results = await context.db.batch([...(change ? [change] : []), insert, ...others]);
      return results[change ? 1 : 0]!.meta.changes > 0;
    } catch (error) {
      const collided = /UNIQUE constraint failed: audit_log\./.test(String(error));
      if (!collided || attempt >= ATTEMPTS) throw error;
    }
  }
}

async function auditStatement(context: AuditContext, entry: AuditEntry, conditional: boolean): Promise<D1PreparedStatement> {
  const { db, actor, from, accountId } = context;
  const last = await db.prepare(LAST).bind(accountId).first<{ seq: number; hash: string }>();
  const row: AuditRow = {
    accountId,
    seq: (last?.seq ?? 0) + 1,
    at: context.now(),
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    action: entry.action,
    target: entry.target ?? null,
    ip: from.ip,
    userAgent: from.userAgent?.slice(0, 300) ?? null,
    requestId: from.requestId,
    detail: JSON.stringify(entry.detail ?? {}),
    previousHash: last?.hash ?? FIRST_HASH,
  };
  const values = [
    row.accountId,
    row.seq,
    row.at,
    row.actorKind,
    row.actorId,
    row.actorName,
    row.action,
    row.target,
    row.ip,
    row.userAgent,
    row.requestId,
    row.detail,
    row.previousHash,
    await hashOf(row),
  ];
  // `changes()` counts the rows of the statement before, in the same transaction.
  return db.prepare(conditional ? `${INSERT} WHERE changes() > 0` : INSERT).bind(...values);
}
