/**
 * What the gateway did in a span of days, or since it began: see docs/decisions/0023-days.md. All of it in one trip, of a
 * number of rows that is bounded: of each day those that `ledger_days` may have, twice, and of accounts `ACCOUNT_DAYS_READ`.
 */
import * as z from 'zod';
import { ok, type Result } from '../../core/errors';
import { type MicroCredits, toCredits } from '../../core/money';
import { DAY_MS } from '../../core/time';
import { DAYS_KEPT, dayOf, isFailed, kindOfDay, OTHER_MODELS } from '../../db/totals';
import { PRESENT_NAME, PRESENT_NAMES } from '../account-row';
import { readInTime } from '../metrics/read';
import { type Counted, type Sums, sumsOf } from './overview';

/** Days of UTC, today included; `all` is since the gateway began. */
export const spanInput = z.object({
  days: z.union([z.literal('all'), z.coerce.number().int().min(1).max(DAYS_KEPT)]).default(30),
});
export type Days = z.infer<typeof spanInput>['days'];

/** So many models have a series of their own; as many as the chart has colours for. */
const DEAREST = 6;
const LARGEST = 15;
const ACCOUNT_DAYS_READ = 200_000;

const SUMMED = 'lines, charged_micro, credited_micro, input_tokens, output_tokens, duration_count, duration_ms';
const OF_ALL_TIME = `SELECT kind, test, model, provider, ending, outcome, ${SUMMED} FROM ledger_totals`;
const OF_DAYS = `SELECT kind, test, model, provider, failed, ${SUMMED.replaceAll(/\w+/g, 'SUM($&) AS $&')}
  FROM ledger_days WHERE day >= ?1 GROUP BY 1, 2, 3, 4, 5`;

const BY_DAY = `WITH spent AS MATERIALIZED (
    SELECT day, model, SUM(IIF(kind = 'usage', lines, 0)) AS calls, SUM(IIF(failed = 1, lines, 0)) AS failedCalls,
      SUM(charged_micro - credited_micro) AS chargedMicro
    FROM ledger_days WHERE day >= ?1 AND test = 0 AND kind NOT IN ('top_up', 'given') GROUP BY 1, 2),
  dearest AS MATERIALIZED (
    SELECT model FROM spent WHERE model <> '${OTHER_MODELS}' GROUP BY 1 ORDER BY SUM(chargedMicro) DESC, model LIMIT ${DEAREST})
  SELECT day, IIF(model IN dearest, model, '${OTHER_MODELS}') AS model, SUM(calls) AS calls, SUM(failedCalls) AS failedCalls,
    SUM(chargedMicro) AS chargedMicro FROM spent GROUP BY 1, 2 ORDER BY 1, 2`;

const CUSTOMERS = `WITH lately AS (
    SELECT * FROM account_days WHERE day >= ?1 ORDER BY day DESC LIMIT ?2),
  largest AS MATERIALIZED (
    SELECT account_id AS accountId, SUM(calls) AS calls, SUM(failed) AS failedCalls, SUM(charged_micro - credited_micro) AS chargedMicro,
      COUNT(*) OVER () AS customers, MIN(MIN(day)) OVER () AS firstDay, SUM(COUNT(*)) OVER () AS added
    FROM lately GROUP BY 1 ORDER BY chargedMicro DESC, calls DESC, accountId LIMIT ${LARGEST})
  SELECT largest.*, COALESCE(${PRESENT_NAME}, a.name) AS name
  FROM largest LEFT JOIN accounts a ON a.id = accountId ${PRESENT_NAMES} ORDER BY chargedMicro DESC, calls DESC, accountId`;

interface Charged {
  calls: number;
  failedCalls: number;
  chargedCredits: number;
}

export interface Overview extends Sums {
  /** Null since the gateway began; then days and customers are not known, either. */
  days: number | null;
  /** The first day. */
  from: string | null;
  /** Each day's, of the dearest models and of all others together. */
  byDay: ({ day: string; model: string } & Charged)[];
  customers: {
    /** Later than the first day where there are too many to be added up. */
    from: string;
    count: number;
    largest: ({ accountId: string; name: string | null } & Charged)[];
  } | null;
}

type AllTimeRow = Omit<Counted, 'failed'> & { ending: string; outcome: string };
type InMicro<T> = Omit<T, 'chargedCredits'> & { chargedMicro: MicroCredits };
type DayRow = InMicro<Charged> & { day: number; model: string };
type CustomerRow = InMicro<Charged> & { accountId: string; name: string | null; customers: number; firstDay: number; added: number };

export const dayName = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
export const firstDayOf = (days: number, nowMs: number): number => dayOf(nowMs) - days + 1;

const inCredits = <T extends { chargedMicro: MicroCredits }>({ chargedMicro, ...rest }: T) => ({
  ...rest,
  chargedCredits: toCredits(chargedMicro),
});

const counted = (row: AllTimeRow): Counted => ({ ...row, kind: String(kindOfDay(row)), failed: isFailed(row) ? 1 : 0 });

function customersOf(rows: readonly CustomerRow[], firstDay: number, most: number): NonNullable<Overview['customers']> {
  const [first] = rows;
  const isWhole = first === undefined || first.added < most;
  return {
    from: dayName(isWhole ? firstDay : first.firstDay),
    count: first?.customers ?? 0,
    largest: rows.map(({ customers: _, firstDay: _first, added: _added, ...row }) => inCredits(row)),
  };
}

/** `most` are rows of accounts that are added up. */
export async function readOverview(db: D1Database, days: Days, nowMs: number, most = ACCOUNT_DAYS_READ): Promise<Result<Overview>> {
  if (days === 'all') {
    const read = await readInTime<AllTimeRow>(db, [db.prepare(OF_ALL_TIME)]);
    return read.ok ? ok({ days: null, from: null, ...sumsOf(read.value[0]!.results.map(counted)), byDay: [], customers: null }) : read;
  }
  const firstDay = firstDayOf(days, nowMs);
  const read = await readInTime<unknown>(db, [
    ...[OF_DAYS, BY_DAY].map((query) => db.prepare(query).bind(firstDay)),
    db.prepare(CUSTOMERS).bind(firstDay, most),
  ]);
  if (!read.ok) return read;
  const [sums, byDay, customers] = read.value.map(({ results }) => results) as [Counted[], DayRow[], CustomerRow[]];
  return ok({
    ...{ days, from: dayName(firstDay), ...sumsOf(sums) },
    byDay: byDay.map(({ day, ...row }) => ({ day: dayName(day), ...inCredits(row) })),
    customers: customersOf(customers, firstDay, most),
  });
}
