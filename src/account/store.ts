/**
 * An account's tables, except those of its operations. Written rows are most of what a call costs to run, so an
 * operation is one row and the account's sums are another: two rows to admit, two to settle. Calls that come together
 * share the second.
 */
import type { LimitPeriod } from '../core/limit-period';
import { OperationTables, ROWS_PER_TABLE } from './operation-tables';
import type { AccountProfile } from './types';

/** 2: the `head` of an operation holds its id. */
const SCHEMA_VERSION = 2;

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

/** The account's row. All counters only grow, except the two sums. */
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
  /** The sum of the lines below `archivedSeq`, which no longer change, and of those in dropped tables. */
  archived: number;
  archivedSeq: number;
  /** Operations below this sequence were dropped to make room. */
  cutSeq: number;
  /** How many operations a table holds, fixed for the account's life. */
  rowsPerTable: number;
}

/** For a new account, and for fields that an older version did not write. */
const FIRST_SUMS: Omit<AccountRow, 'profile'> = {
  balance: 0,
  held: 0,
  epoch: 1,
  seq: 0,
  closeSeq: 0,
  acked: 0,
  lowSeq: 1,
  topUp: 0,
  archived: 0,
  archivedSeq: 0,
  cutSeq: 0,
  rowsPerTable: ROWS_PER_TABLE,
};

/** What a key spent in a month, and the highest limit for which each alert was sent: a higher limit is worth another. */
export interface KeySpend {
  month: number;
  spent: number;
  alerted80: number | null;
  alerted100: number | null;
  /** The same for the period of its limit, where that is not the month; the alerts are then about this limit. */
  own?: { period: LimitPeriod; number: number; spent: number };
}

export const newSpend = (month: number): KeySpend => ({ month, spent: 0, alerted80: null, alerted100: null });

type Sql = Pick<SqlStorage, 'exec'>;

/** With more keys than this, a key's spend gets a row of its own instead of a place in the account's row. */
const KEYS_IN_ACCOUNT_ROW = 50;

export class AccountStore {
  /** Keys whose spend has moved to a row of its own, for good. */
  private readonly ownSpendRows = new Set<string>();
  /** What steps that run together have changed in the account's row. */
  private changed: { row?: AccountRow; spend?: ReadonlyMap<string, KeySpend> } | undefined;

  constructor(private readonly sql: Sql) {}

  /** Looks without creating tables, since an object may be woken for an account that never existed. */
  exists(): boolean {
    return this.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'account'").toArray().length > 0;
  }

  create(profile: AccountProfile): void {
    for (const statement of DDL) this.sql.exec(statement);
    const sums = sumsOf({ profile, ...FIRST_SUMS });
    this.sql.exec('INSERT INTO account VALUES (1, ?, ?, ?, ?)', SCHEMA_VERSION, JSON.stringify(profile), sums, '{}');
  }

  readAccount(): AccountRow {
    const { profile, sums, schema } = this.sql.exec('SELECT profile, sums, schema FROM account WHERE id = 1').one();
    const numbers = { ...FIRST_SUMS, ...(JSON.parse(String(sums)) as Partial<AccountRow>) };
    if (Number(schema) < SCHEMA_VERSION) this.upgrade(numbers);
    return { ...numbers, profile: JSON.parse(String(profile)) as AccountProfile };
  }

  /** Brings rows of an older version up to date. */
  private upgrade({ rowsPerTable }: Pick<AccountRow, 'rowsPerTable'>): void {
    for (const statement of DDL) this.sql.exec(statement);
    new OperationTables(this.sql, rowsPerTable).writeIds();
    this.sql.exec('UPDATE account SET schema = ? WHERE id = 1', SCHEMA_VERSION);
  }

  /** Writes the account's row once for steps of one transaction, after the last of them. */
  together<T>(steps: () => T): T {
    this.changed = {};
    try {
      const result = steps();
      const { row, spend } = this.changed;
      if (row) this.writeRow(row, spend);
      return result;
    } finally {
      this.changed = undefined;
    }
  }

  /** Writes sums and counters: one row. */
  writeSums(row: AccountRow): void {
    if (this.changed) this.changed.row = row;
    else this.writeRow(row);
  }

  /** The same with the keys' spend in the same row. */
  writeSumsAndSpend(row: AccountRow, spend: ReadonlyMap<string, KeySpend>, changedKey: string): void {
    if (spend.size > KEYS_IN_ACCOUNT_ROW || this.ownSpendRows.has(changedKey)) {
      this.ownSpendRows.add(changedKey);
      this.writeSums(row);
      const text = JSON.stringify(spend.get(changedKey));
      this.sql.exec('INSERT INTO key_spend VALUES (?, ?) ON CONFLICT(key_id) DO UPDATE SET spend = excluded.spend', changedKey, text);
      return;
    }
    if (this.changed) Object.assign(this.changed, { row, spend });
    else this.writeRow(row, spend);
  }

  private writeRow(row: AccountRow, spend?: ReadonlyMap<string, KeySpend>): void {
    if (!spend) this.sql.exec('UPDATE account SET sums = ? WHERE id = 1', sumsOf(row));
    else this.sql.exec('UPDATE account SET sums = ?, key_spend = ? WHERE id = 1', sumsOf(row), JSON.stringify(Object.fromEntries(spend)));
  }

  /** The profile together with the sums. */
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

  isPaid(eventId: string): boolean {
    return this.sql.exec('SELECT 1 FROM paid WHERE event_id = ?', eventId).toArray().length > 0;
  }

  markPaid(eventId: string, operationId: string): void {
    this.sql.exec('INSERT INTO paid VALUES (?, ?)', eventId, operationId);
  }

  /** How a hold was charged after it had expired. */
  findAdjustment(operationId: string): { costMicro: number; outcome: string } | undefined {
    const [row] = this.sql.exec('SELECT cost, outcome FROM adjusted WHERE op_id = ?', operationId).toArray();
    return row && { costMicro: Number(row.cost), outcome: String(row.outcome) };
  }

  insertAdjustment(operationId: string, costMicro: number, outcome: string): void {
    this.sql.exec('INSERT INTO adjusted VALUES (?, ?, ?)', operationId, costMicro, outcome);
  }
}

const sumsOf = ({ profile: _, ...sums }: AccountRow): string => JSON.stringify(sums);
