import type { Operation } from './types';

type Sql = Pick<SqlStorage, 'exec'>;

/** A row holds 2 MB, and a line some kilobytes at most. */
const LINES_PER_ROW = 100;

/** Where stands whose lines they are. */
const OWNER_PAGE = 0;

/**
 * The lines that D1 has of a restored account, as they come in: more of them than one message between Worker and
 * object could hold. They are kept on disk until all are there, and gone through as often as it takes.
 *
 * A recovery is known by the epoch that it has ended, which is another for each. Of two at once the later one goes on: with
 * some of the lines of both the books would lack the others for good.
 */
export class StagedLines implements Iterable<Operation> {
  constructor(private readonly sql: Sql) {}

  /** An earlier recovery may have come to nothing in the middle. False where a later one has begun. */
  begin(endedEpoch: number): boolean {
    const known = this.owner();
    if (known !== undefined && known > endedEpoch) return false;
    this.end();
    this.sql.exec('CREATE TABLE recovery (page INTEGER PRIMARY KEY, lines TEXT NOT NULL)');
    this.sql.exec('INSERT INTO recovery VALUES (?, ?)', OWNER_PAGE, String(endedEpoch));
    return true;
  }

  isOf(endedEpoch: number): boolean {
    return this.owner() === endedEpoch;
  }

  private owner(): number | undefined {
    const [table] = this.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'recovery'").toArray();
    const [row] = table ? this.sql.exec('SELECT lines FROM recovery WHERE page = ?', OWNER_PAGE).toArray() : [];
    return row && Number(row.lines);
  }

  add(lines: readonly Operation[]): void {
    for (let from = 0; from < lines.length; from += LINES_PER_ROW)
      this.sql.exec('INSERT INTO recovery (lines) VALUES (?)', JSON.stringify(lines.slice(from, from + LINES_PER_ROW)));
  }

  *pages(): Generator<Operation[]> {
    for (let after = OWNER_PAGE; ; ) {
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
