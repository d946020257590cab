/**
 * The only writer of the audit log. A change and its audit row go to D1 in one batch, so there are both or neither.
 * Each row has the hash of the row before it. Two writers that follow the same row collide on the key, and the loser
 * repeats its whole batch, change included.
 */
import { type AuditRecord, type AuditRow, FIRST_HASH, hashOf } from '../core/audit';

const ATTEMPTS = 16;
const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 2_000;

/** Of many concurrent writers only one succeeds each time, so the others come back at random times. */
const waitMs = (attempt: number): number => Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);

const LAST = 'SELECT seq, hash FROM audit_log WHERE account_id = ? ORDER BY seq DESC LIMIT 1';

const INSERT = `INSERT INTO audit_log (account_id, seq, at, actor_kind, actor_id, actor_name, action, target, ip, user_agent,
  request_id, detail, previous_hash, hash, entry_id) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
  WHERE NOT EXISTS (SELECT 1 FROM audit_log WHERE account_id = ?1 AND entry_id = ?15)`;

/**
 * Makes a change and writes its audit row. False when the change touched no row because its condition no longer held;
 * then there is no audit row either. `others` run in the same batch after it in any case, so they must depend on the
 * change themselves.
 */
export async function writeAudit(
  db: D1Database,
  accountId: string,
  record: AuditRecord,
  change?: D1PreparedStatement,
  ...others: D1PreparedStatement[]
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const insert = await auditStatement(db, accountId, record, change !== undefined);
    try {
      const results = await db.batch([...(change ? [change] : []), insert, ...others]);
      return results[change ? 1 : 0]!.meta.changes > 0;
    } catch (error) {
      const collided = /UNIQUE constraint failed: audit_log\./.test(String(error));
      if (!collided || attempt >= ATTEMPTS) throw error;
      await new Promise((done) => setTimeout(done, waitMs(attempt)));
    }
  }
}

/** D1 replaces lone surrogates, and then the hash would not match what is stored. */
const asKept = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, typeof value === 'string' ? value.toWellFormed() : value])) as T;

async function auditStatement(db: D1Database, accountId: string, record: AuditRecord, conditional: boolean): Promise<D1PreparedStatement> {
  const last = await db.prepare(LAST).bind(accountId).first<{ seq: number; hash: string }>();
  const { entryId, ...said } = asKept(record);
  const row: AuditRow = { ...said, accountId, seq: (last?.seq ?? 0) + 1, previousHash: last?.hash ?? FIRST_HASH };
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
    entryId,
  ];
  // `changes()` counts the rows of the statement before, in the same transaction.
  return db.prepare(conditional ? `${INSERT} AND changes() > 0` : INSERT).bind(...values);
}
