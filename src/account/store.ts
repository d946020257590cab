/**
 * An account's tables. Rows written are most of what a call costs to run, so an operation is hold, ledger line
 * and outbox record in one row without an index, and the account's sums are one row: two rows to admit, two to
 * settle. Operations lie in a table a UTC month, dropped whole once old.
 */
import { operationId } from '../core/ids';
import type { AccountProfile, Operation } from './types';

const SCHEMA_VERSION = 1;

const DDL = [
  `CREATE TABLE IF NOT EXISTS account (
    id INTEGER PRIMARY KEY CHECK (id = 1), schema INTEGER NOT NULL, profile TEXT NOT NULL,
    balance INTEGER NOT NULL, held INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    close_seq INTEGER NOT NULL, acked INTEGER NOT NULL, low_seq INTEGER NOT NULL, top_up INTEGER NOT NULL,
    archived INTEGER NOT NULL, key_spend TEXT NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS api_key (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS key_spend (key_id TEXT PRIMARY KEY, spend TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, version INTEGER NOT NULL, payload TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS paid (event_id TEXT PRIMARY KEY, op_id TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS adjusted (op_id TEXT PRIMARY KEY, cost INTEGER NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS idempotency (
    key_hash TEXT PRIMARY KEY, body_hash TEXT NOT NULL, op_id TEXT NOT NULL, state TEXT NOT NULL,
    at INTEGER NOT NULL) WITHOUT ROWID`,
];

const MONTH_DDL = (table: string): string => `CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY, nonce TEXT NOT NULL, epoch INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
    key_id TEXT, user_id TEXT, family TEXT, test INTEGER NOT NULL, model TEXT, endpoint TEXT, held INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL, amount INTEGER NOT NULL, opened_at INTEGER NOT NULL, deadline INTEGER NOT NULL,
    closed_at INTEGER, close_epoch INTEGER, close_seq INTEGER, outcome TEXT, detail TEXT NOT NULL)`;

/** The account's row. Counters only ever grow, but for the two sums. */
export interface AccountRow {
  profile: AccountProfile;
  balance: number;
  held: number;
  epoch: number;
  seq: number;
  closeSeq: number;
  /** Every close up to this number is in D1. */
  acked: number;
  /** No operation below this sequence is open or missing from D1. */
  lowSeq: number;
  topUp: number;
  /** The sum of the lines of months that were dropped. */
  archived: number;
}

/** What a key spent in a month, and which alerts went out for it. */
export interface KeySpend {
  month: number;
  spent: number;
  alerted80: boolean;
  alerted100: boolean;
}

/** An operation's row, with what only the account needs. */
export interface OperationRow extends Operation {
  nonce: string;
  /** The epoch it was opened in, which its id names. */
  epoch: number;
  month: number;
  checkpointMicro: number;
}

type Sql = Pick<SqlStorage, 'exec'>;
type Row = Record<string, SqlStorageValue>;

/** Above this many keys, a key's spend gets a row of its own rather than a place in the account's row. */
const KEYS_IN_ACCOUNT_ROW = 50;

const tableOf = (month: number): string => `op_${month}`;

export class AccountStore {
  private readonly months = new Set<number>();
  private readonly inserts = new Map<number, string>();

  constructor(private readonly sql: Sql) {}

  /** Does this account exist? Looks without creating anything: an object may be woken for an account that never was. */
  exists(): boolean {
    return this.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'account'").toArray().length > 0;
  }

  create(profile: AccountProfile): AccountRow {
    for (const statement of DDL) this.sql.exec(statement);
    const row: AccountRow = { profile, balance: 0, held: 0, epoch: 1, seq: 0, closeSeq: 0, acked: 0, lowSeq: 1, topUp: 0, archived: 0 };
    this.sql.exec('INSERT INTO account VALUES (1, ?, ?, 0, 0, 1, 0, 0, 0, 1, 0, 0, ?)', SCHEMA_VERSION, JSON.stringify(profile), '{}');
    return row;
  }

  readAccount(): AccountRow {
    for (const { name } of this.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'op\\_%' ESCAPE '\\'"))
      this.months.add(Number(String(name).slice(3)));
    const row = this.sql.exec('SELECT * FROM account WHERE id = 1').one();
    return {
      profile: JSON.parse(String(row.profile)) as AccountProfile,
      balance: Number(row.balance),
      held: Number(row.held),
      epoch: Number(row.epoch),
      seq: Number(row.seq),
      closeSeq: Number(row.close_seq),
      acked: Number(row.acked),
      lowSeq: Number(row.low_seq),
      topUp: Number(row.top_up),
      archived: Number(row.archived),
    };
  }

  /** The sums and counters; one row. The profile and the grants' total are written by `writeProfile`. */
  writeSums(row: AccountRow): void {
    this.sql.exec(
      'UPDATE account SET balance = ?, held = ?, seq = ?, close_seq = ?, acked = ?, low_seq = ? WHERE id = 1',
      row.balance,
      row.held,
      row.seq,
      row.closeSeq,
      row.acked,
      row.lowSeq,
    );
  }

  /** The same, and the keys' spend in the same row. */
  writeSumsAndSpend(row: AccountRow, spend: ReadonlyMap<string, KeySpend>, changedKey: string): void {
    if (spend.size > KEYS_IN_ACCOUNT_ROW) {
      this.writeSums(row);
      const text = JSON.stringify(spend.get(changedKey));
      this.sql.exec('INSERT INTO key_spend VALUES (?, ?) ON CONFLICT(key_id) DO UPDATE SET spend = excluded.spend', changedKey, text);
      return;
    }
    this.sql.exec(
      'UPDATE account SET balance = ?, held = ?, seq = ?, close_seq = ?, acked = ?, low_seq = ?, key_spend = ? WHERE id = 1',
      row.balance,
      row.held,
      row.seq,
      row.closeSeq,
      row.acked,
      row.lowSeq,
      JSON.stringify(Object.fromEntries(spend)),
    );
  }

  writeProfile(row: AccountRow): void {
    this.sql.exec(
      'UPDATE account SET profile = ?, top_up = ?, epoch = ?, archived = ? WHERE id = 1',
      JSON.stringify(row.profile),
      row.topUp,
      row.epoch,
      row.archived,
    );
  }

  readKeySpend(): Map<string, KeySpend> {
    const inRow = this.sql.exec('SELECT key_spend FROM account WHERE id = 1').one().key_spend;
    const spend = new Map(Object.entries(JSON.parse(String(inRow)) as Record<string, KeySpend>));
    for (const row of this.sql.exec('SELECT key_id, spend FROM key_spend'))
      spend.set(String(row.key_id), JSON.parse(String(row.spend)) as KeySpend);
    return spend;
  }

  insertOperation(row: OperationRow): void {
    let insert = this.inserts.get(row.month);
    if (insert === undefined) {
      if (!this.months.has(row.month)) this.sql.exec(MONTH_DDL(tableOf(row.month)));
      this.months.add(row.month);
      insert = `INSERT INTO ${tableOf(row.month)} VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`;
      this.inserts.set(row.month, insert);
    }
    this.sql.exec(
      insert,
      row.seq,
      row.nonce,
      row.epoch,
      row.kind,
      row.state,
      row.keyId,
      row.userId,
      row.family,
      row.test ? 1 : 0,
      row.model,
      row.endpoint,
      row.heldMicro,
      row.checkpointMicro,
      row.amountMicro,
      row.openedAtMs,
      row.deadlineMs,
      row.closedAtMs,
      row.closeEpoch,
      row.closeSeq,
      row.outcome,
      JSON.stringify(row.detail),
    );
  }

  closeOperation(row: OperationRow): void {
    this.sql.exec(
      `UPDATE ${tableOf(row.month)} SET state = ?, amount = ?, closed_at = ?, close_epoch = ?, close_seq = ?, outcome = ?, detail = ?, held = ? WHERE seq = ?`,
      row.state,
      row.amountMicro,
      row.closedAtMs,
      row.closeEpoch,
      row.closeSeq,
      row.outcome,
      JSON.stringify(row.detail),
      row.heldMicro,
      row.seq,
    );
  }

  renewOperation(row: OperationRow): void {
    this.sql.exec(
      `UPDATE ${tableOf(row.month)} SET held = ?, checkpoint = ?, deadline = ? WHERE seq = ?`,
      row.heldMicro,
      row.checkpointMicro,
      row.deadlineMs,
      row.seq,
    );
  }

  /** Gives a closed operation its place in a new epoch. */
  renumber(row: OperationRow, epoch: number, closeSeq: number): void {
    this.sql.exec(`UPDATE ${tableOf(row.month)} SET close_epoch = ?, close_seq = ? WHERE seq = ?`, epoch, closeSeq, row.seq);
  }

  findOperation(month: number, seq: number): OperationRow | undefined {
    if (!this.months.has(month)) return undefined;
    const [row] = this.sql.exec(`SELECT * FROM ${tableOf(month)} WHERE seq = ?`, seq).toArray();
    return row && toOperation(row, month);
  }

  /** Operations with a sequence from `fromSeq`, oldest first. */
  *operationsFrom(fromSeq: number): Generator<OperationRow> {
    for (const month of [...this.months].sort((a, b) => a - b))
      for (const row of this.sql.exec(`SELECT * FROM ${tableOf(month)} WHERE seq >= ? ORDER BY seq`, fromSeq))
        yield toOperation(row, month);
  }

  /** Operations newest first: for what is shown, and for what a rolling window counts. */
  *operationsBackwards(): Generator<OperationRow> {
    for (const month of [...this.months].sort((a, b) => b - a))
      for (const row of this.sql.exec(`SELECT * FROM ${tableOf(month)} ORDER BY seq DESC`)) yield toOperation(row, month);
  }

  isPaid(eventId: string): boolean {
    return this.sql.exec('SELECT 1 FROM paid WHERE event_id = ?', eventId).toArray().length > 0;
  }

  markPaid(eventId: string, operationId: string): void {
    this.sql.exec('INSERT INTO paid VALUES (?, ?)', eventId, operationId);
  }

  /** How a hold was closed after it had expired. */
  findAdjustment(operationId: string): { costMicro: number; outcome: string } | undefined {
    const [row] = this.sql.exec('SELECT cost, outcome FROM adjusted WHERE op_id = ?', operationId).toArray();
    return row && { costMicro: Number(row.cost), outcome: String(row.outcome) };
  }

  insertAdjustment(operationId: string, costMicro: number, outcome: string): void {
    this.sql.exec('INSERT INTO adjusted VALUES (?, ?, ?)', operationId, costMicro, outcome);
  }

  sumOfLines(): number {
    let sum = 0;
    for (const month of this.months)
      sum += Number(this.sql.exec(`SELECT COALESCE(SUM(amount), 0) AS sum FROM ${tableOf(month)} WHERE state <> 'open'`).one().sum);
    return sum;
  }

  /** Months older than `before` whose rows all lie below `lowSeq`, with the sum of their lines. */
  retirableMonths(before: number, lowSeq: number): { month: number; sum: number }[] {
    const retirable: { month: number; sum: number }[] = [];
    for (const month of this.months) {
      if (month >= before) continue;
      const { sum, last } = this.sql.exec(`SELECT COALESCE(SUM(amount), 0) AS sum, MAX(seq) AS last FROM ${tableOf(month)}`).one();
      if (Number(last) < lowSeq) retirable.push({ month, sum: Number(sum) });
    }
    return retirable;
  }

  /** Dropping a table bills no rows; deleting its rows bills each. */
  dropMonth(month: number): void {
    this.sql.exec(`DROP TABLE ${tableOf(month)}`);
    this.months.delete(month);
    this.inserts.delete(month);
  }
}

function toOperation(row: Row, month: number): OperationRow {
  const text = (value: SqlStorageValue | undefined): string | null => (value === null || value === undefined ? null : String(value));
  const number = (value: SqlStorageValue | undefined): number | null => (value === null || value === undefined ? null : Number(value));
  const ref = { nonce: String(row.nonce), epoch: Number(row.epoch), month, seq: Number(row.seq) };
  return {
    ...ref,
    id: operationId(ref),
    kind: text(row.kind) as OperationRow['kind'],
    state: text(row.state) as OperationRow['state'],
    keyId: text(row.key_id),
    userId: text(row.user_id),
    family: text(row.family) as OperationRow['family'],
    test: row.test === 1,
    model: text(row.model),
    endpoint: text(row.endpoint),
    heldMicro: Number(row.held),
    checkpointMicro: Number(row.checkpoint),
    amountMicro: Number(row.amount),
    openedAtMs: Number(row.opened_at),
    deadlineMs: Number(row.deadline),
    closedAtMs: number(row.closed_at),
    closeEpoch: number(row.close_epoch),
    closeSeq: number(row.close_seq),
    outcome: text(row.outcome),
    detail: JSON.parse(String(row.detail)) as OperationRow['detail'],
  };
}
