import type { Operation } from './types';

type Sql = Pick<SqlStorage, 'exec'>;

/** A row holds 2 MB, and a line some kilobytes at most. */
const LINES_PER_ROW = 100;

/**
 * The lines that D1 has of an account under recovery. They are too many for one message between Worker and object, so
 * they are stored part by part, and read as often as needed.
 */
export class StagedLines implements Iterable<Operation> {
  constructor(private readonly sql: Sql) {}

  /** Removes what an earlier, unfinished recovery left. */
  begin(): void {
    this.end();
    this.sql.exec('CREATE TABLE recovery (page INTEGER PRIMARY KEY, lines TEXT NOT NULL)');
  }

  add(lines: readonly Operation[]): void {
    for (let from = 0; from < lines.length; from += LINES_PER_ROW)
      this.sql.exec('INSERT INTO recovery (lines) VALUES (?)', JSON.stringify(lines.slice(from, from + LINES_PER_ROW)));
  }

  *pages(): Generator<Operation[]> {
    for (let after = 0; ; ) {
      // One page a query, so that no cursor stays open while others write.
      const [row] = this.sql.exec('SELECT page, lines FROM recovery WHERE page > ? ORDER BY page LIMIT 1', after).toArray();
      if (!row) return;
      after = Number(row.page);
      yield JSON.parse(String(row.lines)) as Operation[];
    }
  }

  *[Symbol.iterator](): Generator<Operation> {
    for (const page of this.pages()) yield* page;
  }

  end(): void {
    this.sql.exec('DROP TABLE IF EXISTS recovery');
  }
}
