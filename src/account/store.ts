/**
 * An account's tables. Rows written are most of what a call costs to run, so an operation is hold, ledger line
 * and outbox record in one row without an index, and the account's sums are one row: two rows to admit, two to
 * settle. Operations lie in a table a UTC month, dropped whole once old.
 */
import type { AccountProfile, Operation } from './types';

const SCHEMA_VERSION = 1;

const DDL = [
  `CREATE TABLE IF NOT EXISTS account (
    id INTEGER PRIMARY KEY CHECK (id = 1), schema INTEGER NOT NULL, profile TEXT NOT NULL, sums TEXT NOT NULL,
    key_spend TEXT NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS api_key (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS key_spend (key_id TEXT PRIMARY KEY, spend TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, version INTEGER NOT NULL, payload TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS paid (event_id TEXT PRIMARY KEY, op_id TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS adjusted (op_id TEXT PRIMARY KEY, cost INTEGER NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS idempotency (
    key_hash TEXT PRIMARY KEY, body_hash TEXT NOT NULL, op_id TEXT NOT NULL, state TEXT NOT NULL,
    at INTEGER NOT NULL) WITHOUT ROWID`,
];

/**
 * What is summed or searched has a column; the rest is JSON, since each value bound to a statement costs as much as
 * a whole short text: `head` is fixed when an operation opens, `tail` when it closes.
 */
const MONTH_DDL = (table: string): string => `CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY, state TEXT NOT NULL, held INTEGER NOT NULL, checkpoint INTEGER NOT NULL,
    amount INTEGER NOT NULL, opened_at INTEGER NOT NULL, deadline INTEGER NOT NULL, close_seq INTEGER,
    head TEXT NOT NULL, tail TEXT)`;

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

/** What a key spent in a month, and the highest limit for which each alert has gone out: a higher one is told of again. */
export interface KeySpend {
  month: number;
  spent: number;
  alerted80: number | null;
  alerted100: number | null;
}

export const newSpend = (month: number): KeySpend => ({ month, spent: 0, alerted80: null, alerted100: null });

/** An operation's row, with what only the account needs. */
export interface OperationRow extends Operation {
  nonce: string;
  /** The epoch it was opened in, which its id names. */
  epoch: number;
  month: number;
  checkpointMicro: number;
  /** What it can come to beyond its hold. */
  exposureMicro?: number;
}

type Sql = Pick<SqlStorage, 'exec'>;
type Row = Record<string, SqlStorageValue>;

/** Above this many keys, a key's spend gets a row of its own rather than a place in the account's row. */
const KEYS_IN_ACCOUNT_ROW = 50;

const PAGE_ROWS = 100;

const tableOf = (month: number): string => `op_${month}`;

export class AccountStore {
  private readonly months = new Set<number>();
  private readonly statements = new Map<number, Statements>();
  /** Keys whose spend has a row of its own. Once it has one, it is kept there. */
  private readonly ownSpendRows = new Set<string>();

  constructor(private readonly sql: Sql) {}

  /** Does this account exist? Looks without creating anything: an object may be woken for an account that never was. */
  exists(): boolean {
    return this.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'account'").toArray().length > 0;
  }

  create(profile: AccountProfile): AccountRow {
    for (const statement of DDL) this.sql.exec(statement);
    const row: AccountRow = { profile, balance: 0, held: 0, epoch: 1, seq: 0, closeSeq: 0, acked: 0, lowSeq: 1, topUp: 0, archived: 0 };
    this.sql.exec('INSERT INTO account VALUES (1, ?, ?, ?, ?)', SCHEMA_VERSION, JSON.stringify(profile), sumsOf(row), '{}');
    return row;
  }

  readAccount(): AccountRow {
    for (const { name } of this.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'op\\_%' ESCAPE '\\'"))
      this.months.add(Number(String(name).slice(3)));
    const { profile, sums } = this.sql.exec('SELECT profile, sums FROM account WHERE id = 1').one();
    const numbers = JSON.parse(String(sums)) as Omit<AccountRow, 'profile'>;
    return { ...numbers, profile: JSON.parse(String(profile)) as AccountProfile };
  }

  /** The sums and counters: one row. */
  writeSums(row: AccountRow): void {
    this.sql.exec('UPDATE account SET sums = ? WHERE id = 1', sumsOf(row));
  }

  /** The same, and the keys' spend in the same row. */
  writeSumsAndSpend(row: AccountRow, spend: ReadonlyMap<string, KeySpend>, changedKey: string): void {
    if (spend.size > KEYS_IN_ACCOUNT_ROW || this.ownSpendRows.has(changedKey)) {
      this.ownSpendRows.add(changedKey);
      this.writeSums(row);
      const text = JSON.stringify(spend.get(changedKey));
      this.sql.exec('INSERT INTO key_spend VALUES (?, ?) ON CONFLICT(key_id) DO UPDATE SET spend = excluded.spend', changedKey, text);
      return;
    }
    this.sql.exec('UPDATE account SET sums = ?, key_spend = ? WHERE id = 1', sumsOf(row), JSON.stringify(Object.fromEntries(spend)));
  }

  /** The profile, and the sums with it. */
  writeProfile(row: AccountRow): void {
    this.sql.exec('UPDATE account SET profile = ?, sums = ? WHERE id = 1', JSON.stringify(row.profile), sumsOf(row));
  }

  readKeySpend(): Map<string, KeySpend> {
    const inRow = this.sql.exec('SELECT key_spend FROM account WHERE id = 1').one().key_spend;
    const spend = new Map(Object.entries(JSON.parse(String(inRow)) as Record<string, KeySpend>));
    for (const row of this.sql.exec('SELECT key_id, spend FROM key_spend')) {
      this.ownSpendRows.add(String(row.key_id));
      spend.set(String(row.key_id), JSON.parse(String(row.spend)) as KeySpend);
    }
    return spend;
  }

  insertOperation(row: OperationRow): void {
    let statements = this.statements.get(row.month);
    if (!statements) {
      if (!this.months.has(row.month)) this.sql.exec(MONTH_DDL(tableOf(row.month)));
      this.months.add(row.month);
      statements = statementsOf(tableOf(row.month));
      this.statements.set(row.month, statements);
    }
    if (row.state === 'open') {
      this.sql.exec(statements.open, row.seq, row.heldMicro, row.openedAtMs, row.deadlineMs, headOf(row));
      return;
    }
    const { seq, state, heldMicro, checkpointMicro, amountMicro, openedAtMs, deadlineMs, closeSeq } = row;
    const tail = tailOf(row);
    this.sql.exec(
      statements.insert,
      seq,
      state,
      heldMicro,
      checkpointMicro,
      amountMicro,
      openedAtMs,
      deadlineMs,
      closeSeq,
      headOf(row),
      tail,
    );
  }

  closeOperation(row: OperationRow, detailJson = JSON.stringify(row.detail)): void {
    const { close } = this.statements.get(row.month) ?? statementsOf(tableOf(row.month));
    this.sql.exec(close, row.state, row.amountMicro, row.closeSeq, tailWith(row, detailJson), row.seq);
  }

  renewOperation(row: OperationRow, noted: boolean): void {
    this.sql.exec(
      `UPDATE ${tableOf(row.month)} SET held = ?, checkpoint = ?, deadline = ?, tail = coalesce(?, tail) WHERE seq = ?`,
      row.heldMicro,
      row.checkpointMicro,
      row.deadlineMs,
      noted ? tailOf(row) : null,
      row.seq,
    );
  }

  findOperation(month: number, seq: number): OperationRow | undefined {
    if (!this.months.has(month)) return undefined;
    const [row] = this.sql.exec(`SELECT * FROM ${tableOf(month)} WHERE seq = ?`, seq).toArray();
    return row && toOperation(row, month);
  }

  /** Closed operations as they go to D1, put together by SQLite from the rows as they are: parsing them would cost more than all else. */
  lines(accountId: string, month: number, seqs: readonly number[]): { closeSeq: number; line: string }[] {
    if (!this.months.has(month)) return [];
    const rows = this.sql.exec(linesOf(tableOf(month)), JSON.stringify(accountId), JSON.stringify(seqs)).toArray();
    return rows.map(({ closeSeq, line }) => ({ closeSeq: Number(closeSeq), line: String(line) }));
  }

  /** Operations with a sequence from `fromSeq`, oldest first. */
  *operationsFrom(fromSeq: number): Generator<OperationRow> {
    for (const month of [...this.months].sort((a, b) => a - b)) yield* this.pages(month, 'seq >= ? ORDER BY seq', fromSeq, 1);
  }

  /** Operations newest first: for what is shown, and for what a rolling window counts. */
  *operationsBackwards(): Generator<OperationRow> {
    for (const month of [...this.months].sort((a, b) => b - a))
      yield* this.pages(month, 'seq <= ? ORDER BY seq DESC', Number.MAX_SAFE_INTEGER, -1);
  }

  /** Whole pages at a time: a cursor that its reader left half read would keep every table from being dropped. */
  private *pages(month: number, range: string, fromSeq: number, step: 1 | -1): Generator<OperationRow> {
    for (let from = fromSeq; ; ) {
      const page = this.sql.exec(`SELECT * FROM ${tableOf(month)} WHERE ${range} LIMIT ?`, from, PAGE_ROWS).toArray();
      for (const row of page) yield toOperation(row, month);
      if (page.length < PAGE_ROWS) return;
      from = Number(page.at(-1)!.seq) + step;
    }
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
      const { last } = this.sql.exec(`SELECT MAX(seq) AS last FROM ${tableOf(month)}`).one();
      if (Number(last) >= lowSeq) continue;
      const { sum } = this.sql.exec(`SELECT COALESCE(SUM(amount), 0) AS sum FROM ${tableOf(month)}`).one();
      retirable.push({ month, sum: Number(sum) });
    }
    return retirable;
  }

  /** Dropping a table bills no rows; deleting its rows bills each. */
  dropMonth(month: number): void {
    this.sql.exec(`DROP TABLE ${tableOf(month)}`);
    this.months.delete(month);
    this.statements.delete(month);
  }
}

interface Statements {
  open: string;
  insert: string;
  close: string;
}

const statementsOf = (table: string): Statements => ({
  open: `INSERT INTO ${table} VALUES (?, 'open', ?, 0, 0, ?, ?, NULL, ?, NULL)`,
  insert: `INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  close: `UPDATE ${table} SET state = ?, amount = ?, close_seq = ?, tail = ? WHERE seq = ?`,
});

const sumsOf = ({ profile: _, ...sums }: AccountRow): string => JSON.stringify(sums);

const linesOf = (table: string): string => `SELECT close_seq AS closeSeq,
    '{"accountId":' || ?1 || ',"closeSeq":' || close_seq || ',"seq":' || seq || ',"state":"' || state || '","held":' || held ||
    ',"amount":' || amount || ',"openedAtMs":' || opened_at || ',"head":' || head || ',"tail":' || tail || '}' AS line
  FROM ${table} WHERE seq IN (SELECT value FROM json_each(?2)) AND close_seq IS NOT NULL`;

const headOf = ({ id, nonce, epoch, kind, keyId, userId, family, test, model, endpoint, exposureMicro }: OperationRow): string =>
  JSON.stringify({ id, nonce, epoch, kind, keyId, userId, family, test, model, endpoint, exposureMicro });

type HeadField = 'id' | 'nonce' | 'epoch' | 'kind' | 'keyId' | 'userId' | 'family' | 'test' | 'model' | 'endpoint' | 'exposureMicro';
type Head = Pick<OperationRow, HeadField>;

const tailOf = (row: OperationRow): string => tailWith(row, JSON.stringify(row.detail));

const tailWith = ({ closedAtMs, closeEpoch, outcome }: OperationRow, detailJson: string): string =>
  `{"closedAtMs":${closedAtMs},"closeEpoch":${closeEpoch},"outcome":${JSON.stringify(outcome)},"detail":${detailJson}}`;

type Tail = Pick<OperationRow, 'closedAtMs' | 'closeEpoch' | 'outcome' | 'detail'>;

const OPEN_TAIL: Tail = { closedAtMs: null, closeEpoch: null, outcome: null, detail: {} };

function toOperation(row: Row, month: number): OperationRow {
  const head = JSON.parse(String(row.head)) as Head;
  const tail = row.tail === null ? OPEN_TAIL : (JSON.parse(String(row.tail)) as Tail);
  const seq = Number(row.seq);
  return {
    month,
    seq,
    state: String(row.state) as OperationRow['state'],
    heldMicro: Number(row.held),
    checkpointMicro: Number(row.checkpoint),
    amountMicro: Number(row.amount),
    openedAtMs: Number(row.opened_at),
    deadlineMs: Number(row.deadline),
    closeSeq: row.close_seq === null ? null : Number(row.close_seq),
    ...head,
    ...tail,
  };
}
