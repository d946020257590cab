/**
 * What D1 tells of the gateway as a whole. All of it in one trip, and each query reads no more rows from a gateway of a
 * hundred million calls than from a small one: whole tables only where those have a bound, else so many rows of an index.
 */
import type { BooksSums } from '../../account/types';
import { fail, ok, type Result } from '../../core/errors';
import { parseJson } from '../../core/record';
import { DAY_MS, HOUR_MS } from '../../core/time';
import { within } from '../../core/within';
import type { ATTEMPT_LABELS, LINE_LABELS, LINE_SUMS } from '../../db/totals';

/** Who collects metrics waits for ten seconds. */
const PATIENCE_MS = 8_000;

/** What is waiting is counted up to here. */
export const COUNTED_AT_MOST = 1_000;

/** Columns by their names; those of histograms are in `db/totals.ts`. */
type Counted<Label extends string, Sum extends string> = Record<Label, string | number> & Record<Sum, number> & Record<string, unknown>;
export type LineTotals = Counted<(typeof LINE_LABELS)[number], (typeof LINE_SUMS)[number] | 'written_at'>;
export type AttemptTotals = Counted<(typeof ATTEMPT_LABELS)[number], 'attempts'>;

export type RefusalTotals = Counted<'code' | 'test' | 'endpoint', 'calls'>;

interface Waiting {
  count: number;
  sinceMs: number | null;
}

export interface Watched {
  lines: LineTotals[];
  attempts: AttemptTotals[];
  refusals: RefusalTotals[];
  jobs: (Waiting & { state: string })[];
  overdueJobs: number;
  webhooks: Waiting & { failing: number };
  deadWebhooks: number;
  alerts: number;
  vouchers: Waiting;
  accountsOpened: number;
  books: { endedAtMs: number; sums: BooksSums | undefined } | undefined;
  sizeBytes: number;
  rowsRead: number;
}

const some = (rows: string): string => `SELECT COUNT(*) AS count FROM (SELECT 1 ${rows} LIMIT ${COUNTED_AT_MOST})`;

/** `?1` is a moment, where there is one: what is due, or since when. */
const QUERIES = {
  lines: 'SELECT * FROM ledger_totals',
  attempts: 'SELECT * FROM attempt_totals',
  refusals: 'SELECT * FROM refusal_totals',
  jobs: `SELECT state, COUNT(*) AS count, MIN(created_at) AS sinceMs
    FROM (SELECT state, created_at FROM jobs WHERE settled_at IS NULL ORDER BY next_at LIMIT ${COUNTED_AT_MOST}) GROUP BY state`,
  overdueJobs: some('FROM jobs WHERE settled_at IS NULL AND next_at < ?1'),
  webhooks: `SELECT COUNT(*) AS count, COALESCE(SUM(tries > 0), 0) AS failing, MIN(next_at) AS sinceMs
    FROM (SELECT tries, next_at FROM webhook_deliveries WHERE state = 'pending' ORDER BY next_at LIMIT ${COUNTED_AT_MOST})`,
  deadWebhooks: some(`FROM webhook_deliveries WHERE state = 'dead' AND ended_at > ?1`),
  alerts: some('FROM alerts WHERE mailed_at IS NULL'),
  vouchers: `SELECT COUNT(*) AS count, MIN(redeemed_at) AS sinceMs
    FROM (SELECT redeemed_at FROM voucher_redemptions WHERE granted_at IS NULL ORDER BY redeemed_at LIMIT ${COUNTED_AT_MOST})`,
  accountsOpened: some('FROM accounts WHERE created_at > ?1'),
  books: 'SELECT ended_at AS endedAtMs, sums FROM reconciliation_runs ORDER BY ended_at DESC LIMIT 1',
} as const;

/** The sweeper looks every minute. */
const LATE_MS = 5 * 60_000;

export async function readWatched(db: D1Database, nowMs: number): Promise<Result<Watched>> {
  const moments: Partial<Record<keyof typeof QUERIES, number>> = {
    overdueJobs: nowMs - LATE_MS,
    deadWebhooks: nowMs - HOUR_MS,
    accountsOpened: nowMs - DAY_MS,
  };
  const names = Object.keys(QUERIES) as (keyof typeof QUERIES)[];
  const statements = names.map((name) => {
    const statement = db.prepare(QUERIES[name]);
    return moments[name] === undefined ? statement : statement.bind(moments[name]);
  });
  const results = await readInTime<Record<string, unknown>>(db, statements);
  return results.ok ? ok(watchedOf(new Map(names.map((name, at) => [name, results.value[at]!])))) : results;
}

/** In one trip. */
export async function readInTime<Row>(db: D1Database, statements: D1PreparedStatement[]): Promise<Result<D1Result<Row>[]>> {
  try {
    const results = await within(db.batch<Row>(statements), PATIENCE_MS);
    if (results) return ok(results);
    console.error('metrics not read', 'D1 did not answer in time');
  } catch (error) {
    console.error('metrics not read', String(error));
  }
  return fail('unavailable', 'The database does not answer, or lacks the newest migration.');
}

function watchedOf(results: ReadonlyMap<keyof typeof QUERIES, D1Result<Record<string, unknown>>>): Watched {
  const rows = <Row>(name: keyof typeof QUERIES): Row[] => results.get(name)!.results as Row[];
  const countOf = (name: keyof typeof QUERIES): number => rows<{ count: number }>(name)[0]!.count;
  const metas = [...results.values()].map(({ meta }) => meta);
  const [run] = rows<{ endedAtMs: number; sums: string | null }>('books');
  return {
    lines: rows('lines'),
    attempts: rows('attempts'),
    refusals: rows('refusals'),
    jobs: rows('jobs'),
    overdueJobs: countOf('overdueJobs'),
    webhooks: rows<Watched['webhooks']>('webhooks')[0]!,
    deadWebhooks: countOf('deadWebhooks'),
    alerts: countOf('alerts'),
    vouchers: rows<Waiting>('vouchers')[0]!,
    accountsOpened: countOf('accountsOpened'),
    books: run && { endedAtMs: run.endedAtMs, sums: (run.sums === null ? undefined : parseJson(run.sums)) as BooksSums | undefined },
    sizeBytes: metas.at(-1)?.size_after ?? 0,
    rowsRead: metas.reduce((sum, { rows_read: read }) => sum + (read ?? 0), 0),
  };
}
