/**
 * Operations. Written rows are most of what a call costs to run, so hold, ledger line and outbox record share one row
 * without an index. Each table holds one UTC month of a range of sequences: an id tells which table its operation is
 * in, and each table is small enough to be summed, or dropped whole, in one step.
 */

import { operationId } from '../core/ids';
import type { MicroCredits } from '../core/money';
import type { LineInD1, Operation } from './types';

/**
 * What is summed or searched has a column. The rest is JSON, since each bound value costs as much as a short text:
 * `head` is fixed when an operation opens, `tail` when it closes.
 */
const TABLE_DDL = (table: string): string => `CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY, state TEXT NOT NULL, held INTEGER NOT NULL, checkpoint INTEGER NOT NULL,
    amount INTEGER NOT NULL, opened_at INTEGER NOT NULL, deadline INTEGER NOT NULL, close_seq INTEGER,
    head TEXT NOT NULL, tail TEXT)`;

/** An operation's row, with what only the account needs. */
export interface OperationRow extends Operation {
  nonce: string;
  /** The epoch in which it was opened, as its id says. */
  epoch: number;
  month: number;
  checkpointMicro: number;
  /** What it may cost beyond its hold. */
  exposureMicro?: number;
  /** It ended without having been sent to any provider. */
  unsent?: boolean;
}

/** For new accounts. Small enough that no step takes long, large enough that a full object has only some hundred tables. */
export const ROWS_PER_TABLE = 32_768;

interface Table {
  name: string;
  month: number;
  /** The table's sequences are those of this part, which has `rowsPerTable` of them. */
  part: number;
  /** For a month that an older version kept in one table: all its sequences up to this one are there. */
  wholeUpToSeq?: number;
}

/** Where a closed operation is stored. */
export interface Closed {
  closeSeq: number;
  month: number;
  seq: number;
}

/** What a rolling window counts of an operation. */
export type Recent = Pick<OperationRow, 'seq' | 'kind' | 'state' | 'userId' | 'family' | 'test' | 'amountMicro' | 'openedAtMs' | 'unsent'>;

/** Which of an account's closes D1 has in any case. */
export interface Confirmed {
  epoch: number;
  acked: number;
}

type Sql = Pick<SqlStorage, 'exec'>;
type Row = Record<string, SqlStorageValue>;

const PAGE_ROWS = 100;

const NEWEST_FIRST = 'seq <= ? ORDER BY seq DESC';

const RECENT_COLUMNS = `seq, state, amount, opened_at, head ->> 'kind' AS kind, head ->> 'userId' AS user_id, head ->> 'family' AS family,
  head ->> 'test' AS test, tail ->> 'unsent' AS unsent`;

const IS_OPERATION_TABLE = "type = 'table' AND name LIKE 'op\\_%' ESCAPE '\\'";

const wholeMonth = (month: number): string => `op_${month}`;

export class OperationTables {
  private readonly tables = new Map<string, Table>();
  private readonly statements = new Map<string, Statements>();

  constructor(
    private readonly sql: Sql,
    private readonly rowsPerTable: number,
  ) {
    for (const { name } of sql.exec(`SELECT name FROM sqlite_master WHERE ${IS_OPERATION_TABLE}`).toArray()) this.add(String(name));
  }

  private add(name: string): void {
    const [month, part] = name.slice('op_'.length).split('_').map(Number);
    if (part !== undefined) {
      this.tables.set(name, { name, month: month!, part });
      return;
    }
    const wholeUpToSeq = this.lastOf(name)?.seq ?? 0;
    this.tables.set(name, { name, month: month!, part: this.partOf(wholeUpToSeq), wholeUpToSeq });
  }

  private partOf(seq: number): number {
    return Math.floor(seq / this.rowsPerTable);
  }

  /** The first sequence after the part that this one is in. */
  endOfPart(seq: number): number {
    return (this.partOf(seq) + 1) * this.rowsPerTable;
  }

  private nameOf(month: number, seq: number): string {
    const whole = this.tables.get(wholeMonth(month));
    return whole && seq <= whole.wholeUpToSeq! ? whole.name : `op_${month}_${this.partOf(seq)}`;
  }

  /** Oldest first, without the tables that end before the sequence. */
  private inOrder(fromSeq = 0): Table[] {
    const firstPart = this.partOf(fromSeq);
    return [...this.tables.values()].filter(({ part }) => part >= firstPart).sort((a, b) => a.month - b.month || a.part - b.part);
  }

  insert(row: OperationRow): void {
    const name = this.nameOf(row.month, row.seq);
    let statements = this.statements.get(name);
    if (!statements) {
      if (!this.tables.has(name)) {
        this.sql.exec(TABLE_DDL(name));
        this.add(name);
      }
      statements = statementsOf(name);
      this.statements.set(name, statements);
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

  close(row: OperationRow, detailJson = JSON.stringify(row.detail)): void {
    const name = this.nameOf(row.month, row.seq);
    const { close } = this.statements.get(name) ?? statementsOf(name);
    this.sql.exec(close, row.state, row.amountMicro, row.closeSeq, tailWith(row, detailJson), row.seq);
  }

  renew(row: OperationRow, noted: boolean): void {
    this.sql.exec(
      `UPDATE ${this.nameOf(row.month, row.seq)} SET held = ?, checkpoint = ?, deadline = ?, tail = coalesce(?, tail) WHERE seq = ?`,
      row.heldMicro,
      row.checkpointMicro,
      row.deadlineMs,
      noted ? tailOf(row) : null,
      row.seq,
    );
  }

  find(month: number, seq: number): OperationRow | undefined {
    const name = this.nameOf(month, seq);
    if (!this.tables.has(name)) return undefined;
    const [row] = this.sql.exec(`SELECT * FROM ${name} WHERE seq = ?`, seq).toArray();
    return row && toOperation(row, month);
  }

  /** Closed operations as D1 gets them. SQLite concatenates their JSON, since parsing it would cost more than all else. */
  lines(accountId: string, month: number, seqs: readonly number[]): { closeSeq: number; line: string }[] {
    const seqsByTable = new Map<string, number[]>();
    for (const seq of seqs) {
      const name = this.nameOf(month, seq);
      const known = seqsByTable.get(name);
      if (known) known.push(seq);
      else if (this.tables.has(name)) seqsByTable.set(name, [seq]);
    }
    return [...seqsByTable].flatMap(([name, seqsOfTable]) =>
      this.sql
        .exec(linesOf(name), JSON.stringify(accountId), JSON.stringify(seqsOfTable))
        .toArray()
        .map(({ closeSeq, line }) => ({ closeSeq: Number(closeSeq), line: String(line) })),
    );
  }

  /** What was closed in an epoch under these numbers, in their order; all of it opened at `fromSeq` or later. */
  closedBetween(epoch: number, fromCloseSeq: number, toCloseSeq: number, fromSeq = 0): Closed[] {
    const which = "seq >= ? AND close_seq BETWEEN ? AND ? AND tail ->> 'closeEpoch' = ?";
    const found: Closed[] = [];
    for (const { name, month } of this.inOrder(fromSeq)) {
      const rows = this.sql.exec(`SELECT close_seq, seq FROM ${name} WHERE ${which}`, fromSeq, fromCloseSeq, toCloseSeq, epoch);
      for (const { close_seq, seq } of rows.toArray()) found.push({ closeSeq: Number(close_seq), month, seq: Number(seq) });
      // Each number is given once, so that later tables need not be read.
      if (found.length > toCloseSeq - fromCloseSeq) break;
    }
    return found.sort((a, b) => a.closeSeq - b.closeSeq);
  }

  /** Operations from a sequence on, oldest first. */
  *from(fromSeq: number): Generator<OperationRow> {
    for (const table of this.inOrder(fromSeq))
      for (const row of this.pages(table, '*', 'seq >= ? ORDER BY seq', fromSeq, 1)) yield toOperation(row, table.month);
  }

  /** Those that are open among them. One may have been so for a day, and thousands have come and gone since: only it is read. */
  openFrom(fromSeq: number): OperationRow[] {
    return this.inOrder(fromSeq).flatMap(({ name, month }) =>
      this.sql
        .exec(`SELECT * FROM ${name} WHERE seq >= ? AND state = 'open' ORDER BY seq`, fromSeq)
        .toArray()
        .map((row) => toOperation(row, month)),
    );
  }

  /** Operations newest first: for what is shown. */
  *backwards(): Generator<OperationRow> {
    for (const table of this.inOrder().reverse())
      for (const row of this.pages(table, '*', NEWEST_FIRST, Number.MAX_SAFE_INTEGER, -1)) yield toOperation(row, table.month);
  }

  /** The same for what a rolling window counts, which may be a hundred thousand: their receipts are not read. */
  *recent(): Generator<Recent> {
    for (const table of this.inOrder().reverse())
      for (const row of this.pages(table, RECENT_COLUMNS, NEWEST_FIRST, Number.MAX_SAFE_INTEGER, -1)) yield toRecent(row);
  }

  /** Whole pages at a time: a cursor that its reader left half read would keep every table from being dropped. */
  private *pages({ name }: Table, columns: string, range: string, fromSeq: number, step: 1 | -1): Generator<Row> {
    for (let from = fromSeq; ; ) {
      const page = this.sql.exec(`SELECT ${columns} FROM ${name} WHERE ${range} LIMIT ?`, from, PAGE_ROWS).toArray();
      yield* page;
      if (page.length < PAGE_ROWS) return;
      from = Number(page.at(-1)!.seq) + step;
    }
  }

  /** The sum of the lines from a sequence on. */
  sumFrom(fromSeq: number): MicroCredits {
    let sum = 0;
    for (const { name } of this.inOrder(fromSeq)) {
      const lines = `SELECT COALESCE(SUM(amount), 0) AS sum FROM ${name} WHERE seq >= ? AND state <> 'open'`;
      sum += Number(this.sql.exec(lines, fromSeq).one().sum);
    }
    return sum;
  }

  /**
   * The sum of the lines between two sequences, all of them closed. Undefined where D1 may still send one of them to a
   * recovery, which would take it for new if it were gone from here.
   */
  sumOfKnown({ epoch, acked }: Confirmed, fromSeq: number, toSeq: number, tables = this.inOrder(fromSeq)): MicroCredits | undefined {
    let sum = 0;
    for (const { name } of tables) {
      const isLater = "CASE WHEN close_seq > ? THEN tail ->> 'closeEpoch' = ? END";
      const lines = `SELECT COALESCE(SUM(amount), 0) AS sum, COALESCE(MAX(${isLater}), 0) AS later FROM ${name} WHERE seq >= ? AND seq < ?`;
      const known = this.sql.exec(lines, acked, epoch, fromSeq, toSeq).one();
      if (known.later !== 0) return undefined;
      sum += Number(known.sum);
    }
    return sum;
  }

  /** The oldest table and the last sequence in it. */
  oldest(): { table: Table; lastSeq: number } | undefined {
    const [table] = this.inOrder();
    return table && { table, lastSeq: this.lastOf(table.name)?.seq ?? 0 };
  }

  /** The tables of the lowest part: where the part ends, and when its last operation began. */
  lowest(): { tables: Table[]; endSeq: number; lastOpenedAtMs: number } | undefined {
    const all = this.inOrder();
    if (all.length === 0) return undefined;
    const lowest = Math.min(...all.map(({ part }) => part));
    const tables = all.filter(({ part }) => part === lowest);
    const openedAtMs = tables.map(({ name }) => this.lastOf(name)?.openedAtMs ?? 0);
    return { tables, endSeq: this.endOfPart(lowest * this.rowsPerTable), lastOpenedAtMs: Math.max(...openedAtMs) };
  }

  private lastOf(name: string): { seq: number; openedAtMs: number } | undefined {
    const [row] = this.sql.exec(`SELECT seq, opened_at FROM ${name} ORDER BY seq DESC LIMIT 1`).toArray();
    return row && { seq: Number(row.seq), openedAtMs: Number(row.opened_at) };
  }

  /** For rows that an older version wrote without ids. */
  writeIds(): void {
    for (const operation of this.from(0)) {
      const { month, seq } = operation;
      this.sql.exec(
        `UPDATE ${this.nameOf(month, seq)} SET head = ? WHERE seq = ?`,
        headOf({ ...operation, id: operationId(operation) }),
        seq,
      );
    }
  }

  /** Dropping a table bills no rows; deleting rows bills each. */
  drop({ name }: Pick<Table, 'name'>): void {
    this.sql.exec(`DROP TABLE ${name}`);
    this.tables.delete(name);
    this.statements.delete(name);
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

const linesOf = (table: string): string => `SELECT close_seq AS closeSeq,
    '{"accountId":' || ?1 || ',"closeSeq":' || close_seq || ',"seq":' || seq || ',"state":"' || state || '","held":' || held ||
    ',"amount":' || amount || ',"openedAtMs":' || opened_at || ',"head":' || head || ',"tail":' || tail || '}' AS line
  FROM ${table} WHERE seq IN (SELECT value FROM json_each(?2)) AND close_seq IS NOT NULL`;

const headOf = ({
  id,
  nonce,
  epoch,
  kind,
  keyId,
  userId,
  family,
  test,
  model,
  endpoint,
  exposureMicro,
  idempotency,
}: OperationRow): string =>
  JSON.stringify({ id, nonce, epoch, kind, keyId, userId, family, test, model, endpoint, exposureMicro, idempotency });

type Head = Pick<OperationRow, 'nonce' | 'epoch' | 'exposureMicro'> & LineInD1['head'];

const tailOf = (row: OperationRow): string => tailWith(row, JSON.stringify(row.detail));

const tailWith = ({ closedAtMs, closeEpoch, outcome, unsent }: OperationRow, detailJson: string): string =>
  `{"closedAtMs":${closedAtMs},"closeEpoch":${closeEpoch},"outcome":${JSON.stringify(outcome)},${unsent ? '"unsent":true,' : ''}"detail":${detailJson}}`;

type Tail = Pick<OperationRow, 'closedAtMs' | 'closeEpoch' | 'outcome' | 'detail' | 'unsent'>;

const OPEN_TAIL: Tail = { closedAtMs: null, closeEpoch: null, outcome: null, detail: {} };

const toRecent = (row: Row): Recent => ({
  seq: Number(row.seq),
  kind: row.kind as Recent['kind'],
  state: row.state as Recent['state'],
  userId: row.user_id as Recent['userId'],
  family: row.family as Recent['family'],
  test: row.test === 1,
  amountMicro: Number(row.amount),
  openedAtMs: Number(row.opened_at),
  ...(row.unsent === 1 && { unsent: true }),
});

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
    // An alternative may have been served because the model that was asked for failed.
    model: (tail.detail.servedModel as string | undefined) ?? head.model,
  };
}
