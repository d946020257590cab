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

const COLUMNS = `account_id, seq, at, actor_kind, actor_id, actor_name, action, target, ip, user_agent, request_id, detail, previous_hash,
  hash, entry_id`;

const INSERT = `INSERT INTO audit_log (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
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
  return untilAlone(async () => {
    const insert = await auditStatement(db, accountId, record, change !== undefined);
    const results = await db.batch([...(change ? [change] : []), insert, ...others]);
    return results[change ? 1 : 0]!.meta.changes > 0;
  });
}

async function untilAlone<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      const collided = /UNIQUE constraint failed: audit_log\./.test(String(error));
      if (!collided || attempt >= ATTEMPTS) throw error;
      await new Promise((done) => setTimeout(done, waitMs(attempt)));
    }
  }
}

/** D1 takes a hundred values a statement. */
const RECORDS_A_STATEMENT = 6;
const RECORDS_AT_ONCE = 16 * RECORDS_A_STATEMENT;

const KNOWN = 'SELECT entry_id AS entryId FROM audit_log WHERE account_id = ? AND entry_id IN (SELECT value FROM json_each(?))';

/**
 * Writes many records that are of no change of D1, those that are not there yet: with a few statements for a hundred, of
 * which D1 allows an invocation a thousand.
 */
export async function writeAuditRecords(db: D1Database, accountId: string, records: readonly AuditRecord[]): Promise<void> {
  for (let from = 0; from < records.length; from += RECORDS_AT_ONCE) {
    const part = records.slice(from, from + RECORDS_AT_ONCE);
    await untilAlone(() => writePart(db, accountId, part));
  }
}

async function writePart(db: D1Database, accountId: string, records: readonly AuditRecord[]): Promise<void> {
  const [last, known] = await db.batch<{ seq: number; hash: string; entryId: string }>([
    db.prepare(LAST).bind(accountId),
    db.prepare(KNOWN).bind(accountId, JSON.stringify(records.map(({ entryId }) => entryId))),
  ]);
  const there = new Set(known!.results.map(({ entryId }) => entryId));
  let [previous] = last!.results as Place[];
  const rows: Value[][] = [];
  for (const record of records) {
    if (there.has(record.entryId)) continue;
    there.add(record.entryId);
    const row = await rowAfter(previous, accountId, record);
    rows.push(row.values);
    previous = row;
  }
  const statements: D1PreparedStatement[] = [];
  for (let from = 0; from < rows.length; from += RECORDS_A_STATEMENT) {
    const some = rows.slice(from, from + RECORDS_A_STATEMENT);
    const places = some.map((values) => `(${values.map(() => '?').join(', ')})`).join(', ');
    statements.push(db.prepare(`INSERT INTO audit_log (${COLUMNS}) VALUES ${places}`).bind(...some.flat()));
  }
  if (statements.length > 0) await db.batch(statements);
}

/** The database keeps half a character as another one, and the hash would be of what is not there. */
const asKept = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, typeof value === 'string' ? value.toWellFormed() : value])) as T;

type Value = string | number | null;

/** What the next row follows. */
interface Place {
  seq: number;
  hash: string;
}

/** The row of a record, in the order of `COLUMNS`. */
async function rowAfter(last: Place | null | undefined, accountId: string, record: AuditRecord): Promise<Place & { values: Value[] }> {
  const { entryId, ...said } = asKept(record);
  const row: AuditRow = { ...said, accountId, seq: (last?.seq ?? 0) + 1, previousHash: last?.hash ?? FIRST_HASH };
  const hash = await hashOf(row);
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
    hash,
    entryId,
  ];
  return { seq: row.seq, hash, values };
}

async function auditStatement(db: D1Database, accountId: string, record: AuditRecord, conditional: boolean): Promise<D1PreparedStatement> {
  const { values } = await rowAfter(await db.prepare(LAST).bind(accountId).first<Place>(), accountId, record);
  // `changes()` counts the rows of the statement before, in the same transaction.
  return db.prepare(conditional ? `${INSERT} AND changes() > 0` : INSERT).bind(...values);
}
