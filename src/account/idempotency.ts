import { fail, type GatewayError } from '../core/errors';
import type { Replay } from './types';

export const IDEMPOTENCY_KEEP_MS = 24 * 3_600_000;

type Sql = Pick<SqlStorage, 'exec'>;

/**
 * `running` while the first call is under way, `stored` once its answer can be sent again, `lost` when it was
 * charged and its answer could not be kept. A call that came to nothing leaves no record: it may be tried again.
 */
type State = 'running' | 'stored' | 'lost';

export type IdempotencyDecision = { kind: 'first' } | { kind: 'replay'; replay: Replay } | { kind: 'refused'; error: GatewayError };

/** What to do with a call that bears this idempotency key. */
export function checkIdempotency(sql: Sql, keyHash: string, bodyHash: string, nowMs: number): IdempotencyDecision {
  const [row] = sql.exec('SELECT body_hash, op_id, state, at FROM idempotency WHERE key_hash = ?', keyHash).toArray();
  if (!row || Number(row.at) <= nowMs - IDEMPOTENCY_KEEP_MS) return { kind: 'first' };
  if (row.body_hash !== bodyHash)
    return {
      kind: 'refused',
      error: fail('idempotency_mismatch', 'This Idempotency-Key was used before with another request body.').error,
    };
  const state = row.state as State;
  if (state === 'stored') return { kind: 'replay', replay: { operationId: String(row.op_id) } };
  if (state === 'lost')
    return {
      kind: 'refused',
      error: fail('idempotency_mismatch', 'This Idempotency-Key was used before and its answer could not be kept; it was charged once.')
        .error,
    };
  return {
    kind: 'refused',
    error: fail('idempotency_in_flight', 'A request with this Idempotency-Key is under way.', { retryAfterSeconds: 1 }).error,
  };
}

export function beginIdempotency(sql: Sql, keyHash: string, bodyHash: string, operationId: string, nowMs: number): void {
  sql.exec('INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?)', keyHash, bodyHash, operationId, 'running', nowMs);
}

export function endIdempotency(sql: Sql, keyHash: string, operationId: string, state: 'stored' | 'lost' | 'forgotten'): void {
  if (state === 'forgotten') sql.exec('DELETE FROM idempotency WHERE key_hash = ? AND op_id = ?', keyHash, operationId);
  else sql.exec('UPDATE idempotency SET state = ? WHERE key_hash = ? AND op_id = ?', state, keyHash, operationId);
}

/** Calls that expired: their keys are free again. One look at the table, whatever their number. */
export function forgetIdempotency(sql: Sql, operationIds: readonly string[]): void {
  if (operationIds.length === 0) return;
  const ids = JSON.stringify(operationIds);
  sql.exec("DELETE FROM idempotency WHERE state = 'running' AND op_id IN (SELECT value FROM json_each(?))", ids);
}

/** Calls that were charged as it turns out: whether their answers were kept is seen when one is asked for. */
export function endIdempotencies(sql: Sql, operationIds: readonly string[]): void {
  const ids = JSON.stringify(operationIds);
  sql.exec("UPDATE idempotency SET state = 'stored' WHERE state = 'running' AND op_id IN (SELECT value FROM json_each(?))", ids);
}

/** Records that count no more. It reads the whole table, so it is not for the way of a call. */
export function sweepIdempotency(sql: Sql, nowMs: number): void {
  sql.exec('DELETE FROM idempotency WHERE at <= ?', nowMs - IDEMPOTENCY_KEEP_MS);
}
