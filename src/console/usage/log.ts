/** A line of usage for lists and exports. */
import { toCredits } from '../../core/money';
import { LATENCY_SQL, STATUS_SQL } from './filter';

/** SQL extracts the tokens, since whole receipts would make up most of a page's size. */
export const LOG_COLUMNS = `id, kind, opened_at AS openedAt, model, endpoint, key_id AS keyId, user_id AS userId, test, amount,
  ${STATUS_SQL} AS status, ${LATENCY_SQL} AS latencyMs, detail->>'provider' AS provider,
  detail->>'endUser' AS endUser, detail->'$.tags' AS tags,
  COALESCE(detail->>'$.usage.inputTokens', 0) AS inputTokens, COALESCE(detail->>'$.usage.cacheReadTokens', 0) AS cacheReadTokens,
  COALESCE(detail->>'$.usage.cacheWrite5mTokens', 0) + COALESCE(detail->>'$.usage.cacheWrite1hTokens', 0) AS cacheWriteTokens,
  COALESCE(detail->>'$.usage.outputTokens', 0) AS outputTokens, epoch, close_seq AS closeSeq`;

export interface LogRow {
  id: string;
  kind: string;
  openedAt: number;
  model: string | null;
  endpoint: string | null;
  keyId: string | null;
  userId: string | null;
  test: number;
  amount: number;
  status: string;
  latencyMs: number;
  provider: string | null;
  endUser: string | null;
  /** A JSON list. */
  tags: string | null;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  epoch: number;
  closeSeq: number;
}

export const tagsOf = (tags: string | null): string[] => (tags === null ? [] : (JSON.parse(tags) as string[]));

export const logView = ({ openedAt, amount, test, tags, epoch: _epoch, closeSeq: _closeSeq, ...row }: LogRow) => ({
  ...row,
  tags: tagsOf(tags),
  createdAt: new Date(openedAt).toISOString(),
  test: test === 1,
  creditsUsed: toCredits(0 - amount),
});

export type LogView = ReturnType<typeof logView>;
