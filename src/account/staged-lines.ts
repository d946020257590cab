import type { Operation } from './types';

type Sql = Pick<SqlStorage, 'exec'>;

/** In a row of the list: a row holds 2 MB, and a line some kilobytes at most. */
const LINES_PER_ROW = 100;

/**
 * The lines that D1 has of a restored account, as they come in: more of them than one message between Worker and
 * object could hold. They are kept on disk until all are there, and gone through as often as it takes.
 */
export class StagedLines implements Iterable<Operation> {
  constructor(private readonly sql: Sql) {}

  /** An earlier recovery may have come to nothing in the middle. */
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
      // No cursor stays open while others write.
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
