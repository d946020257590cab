/**
 * D1 without the trip to it. Locally, as on the platform, D1 is SQLite in an object of its own, and a query costs a hundred
 * times what SQLite does with it. Here it is in the object in which the test itself runs, for tests of tens of thousands of
 * queries. Same engine, same migrations, one transaction per batch.
 */
import { type D1Migration, env, runInDurableObject } from 'cloudflare:test';

/** What a database was asked: statements run, and rows that they read. */
export interface Asked {
  rowsRead: number;
  queries: string[];
  /** SQLite's plan for a query. */
  planOf(query: string): string;
}

/** Runs the work with a new, migrated database of its own. */
export function withDatabase<T>(name: string, work: (db: D1Database, asked: Asked) => Promise<T>): Promise<T> {
  return runInDurableObject(env.LIVE_STREAM.getByName(name), (_object, { storage }) => {
    migrate(storage.sql, env.TEST_MIGRATIONS);
    const asked: Asked = { rowsRead: 0, queries: [], planOf: (query) => planOf(storage.sql, query) };
    return work(databaseIn(storage, asked), asked);
  });
}

function migrate(sql: SqlStorage, migrations: readonly D1Migration[]): void {
  for (const { queries } of migrations) for (const query of queries) sql.exec(query);
}

class Statement {
  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly query: string,
    private readonly asked: Asked,
    private readonly values: readonly unknown[] = [],
  ) {}

  bind(...values: unknown[]): Statement {
    const unknown = values.indexOf(undefined);
    if (unknown >= 0) throw new Error(`D1_TYPE_ERROR: Type 'undefined' not supported for value ${unknown}`);
    return new Statement(this.storage, this.query, this.asked, values);
  }

  private execute() {
    const { sql } = this.storage;
    const values = this.values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const before = total(sql);
    const cursor = sql.exec(this.query, ...values);
    const { columnNames: columns } = cursor;
    const rows = [...cursor.raw()];
    this.asked.rowsRead += cursor.rowsRead;
    this.asked.queries.push(this.query);
    return { columns, rows, changes: total(sql) - before };
  }

  now(): { success: true; results: Record<string, unknown>[]; meta: { changes: number } } {
    const { columns, rows, changes } = this.execute();
    const results = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
    return { success: true, results, meta: { changes } };
  }

  async all() {
    return this.now();
  }

  async run() {
    return this.now();
  }

  async raw() {
    return this.execute().rows;
  }

  async first(column?: string) {
    const row = this.now().results[0] ?? null;
    return row && column !== undefined ? row[column] : row;
  }
}

const planOf = (sql: SqlStorage, query: string): string => {
  const numbers = [...query.matchAll(/\?(\d*)/g)].map(([, number]) => Number(number));
  const values = new Array(Math.max(0, ...numbers) || numbers.length).fill(null);
  return sql
    .exec(`EXPLAIN QUERY PLAN ${query}`, ...values)
    .toArray()
    .map(({ detail }) => detail)
    .join('\n');
};

const total = (sql: SqlStorage): number => Number(sql.exec('SELECT total_changes() AS total').one().total);

function databaseIn(storage: DurableObjectStorage, asked: Asked): D1Database {
  const database = {
    prepare: (query: string) => new Statement(storage, query, asked),
    batch: async (statements: Statement[]) => storage.transactionSync(() => statements.map((statement) => statement.now())),
  };
  return database as unknown as D1Database;
}
