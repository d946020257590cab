/** What failed, how often, and what was said the last time. */
import { STATUS_SQL, type Where } from './filter';

const SHOWN = 10;

export interface FailureRow {
  model: string | null;
  reason: string;
  calls: number;
  requestId: string;
  message: string | null;
  lastAt: number;
  /** Of all, those included that are not shown. */
  failedCalls: number;
}

/** The most frequent first. What is taken of a line beside the latest time is of that line: https://sqlite.org/lang_select.html#bareagg */
export const frequentFailures = (where: Where): string =>
  `SELECT model, COALESCE(detail->>'errorKind', detail->>'ending', 'failed') AS reason, COUNT(*) AS calls, id AS requestId,
     detail->>'error' AS message, MAX(opened_at) AS lastAt, SUM(COUNT(*)) OVER () AS failedCalls
   FROM ledger INDEXED BY ledger_failures WHERE ${where.sql} AND state = 'released' AND ${STATUS_SQL} = 'failed'
   GROUP BY 1, 2 ORDER BY calls DESC, lastAt DESC LIMIT ${SHOWN}`;

export const failureView = ({ lastAt, failedCalls: _, ...row }: FailureRow) => ({ ...row, lastAt: new Date(lastAt).toISOString() });

export type Failure = ReturnType<typeof failureView>;
