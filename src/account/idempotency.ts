import { fail, type GatewayError } from '../core/errors';
import { IDEMPOTENCY_KEEP_MS, OTHER_REQUEST } from '../core/idempotency';
import type { Operation, Replay } from './types';

type Sql = Pick<SqlStorage, 'exec'>;

/**
 * `running` while the first call is under way; `stored` once its answer can be sent again; `lost` when it was charged
 * but its answer could not be kept; `expired` when its hold ran out without a charge: it may be tried again, and may
 * still turn out to have been done; `again` while it is. A call that came to nothing leaves no record, so it may be tried
 * again, or, after one that expired, the record of that.
 */
type State = 'running' | 'stored' | 'lost' | 'expired' | 'again';

export type IdempotencyDecision = { kind: 'first' } | { kind: 'replay'; replay: Replay } | { kind: 'refused'; error: GatewayError };

/** Decides what to do with a call by its idempotency key. */
export function checkIdempotency(sql: Sql, keyHash: string, bodyHash: string, nowMs: number): IdempotencyDecision {
  const [row] = sql.exec('SELECT body_hash, op_id, state, at FROM idempotency WHERE key_hash = ?', keyHash).toArray();
  if (!row || row.state === 'expired' || Number(row.at) <= nowMs - IDEMPOTENCY_KEEP_MS) return { kind: 'first' };
  if (row.body_hash !== bodyHash)
    return {
      kind: 'refused',
      error: fail('idempotency_mismatch', OTHER_REQUEST).error,
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
  sql.exec(
    `INSERT INTO idempotency VALUES (?, ?, ?, 'running', ?) ON CONFLICT (key_hash) DO UPDATE SET body_hash = excluded.body_hash,
      op_id = excluded.op_id, state = iif(state = 'expired' AND at > ?, 'again', 'running'), at = excluded.at`,
    keyHash,
    bodyHash,
    operationId,
    nowMs,
    nowMs - IDEMPOTENCY_KEEP_MS,
  );
}

/** The call that the key is another's by now: one that is under way with it, or was charged under it. */
export function anotherOf(sql: Sql, keyHash: string, operationId: string, nowMs: number): string | undefined {
  const another = "SELECT op_id FROM idempotency WHERE key_hash = ? AND op_id <> ? AND state <> 'expired' AND at > ?";
  const [row] = sql.exec(another, keyHash, operationId, nowMs - IDEMPOTENCY_KEEP_MS).toArray();
  return row && String(row.op_id);
}

/** The call's answer can be sent again, though nobody knows yet what it costs. */
export function answerIdempotency(sql: Sql, keyHash: string, operationId: string): void {
  sql.exec("UPDATE idempotency SET state = 'stored' WHERE key_hash = ? AND op_id = ?", keyHash, operationId);
}

export function endIdempotency(sql: Sql, keyHash: string, operationId: string, state: 'stored' | 'lost' | 'forgotten'): void {
  if (state === 'forgotten') {
    const own = 'WHERE key_hash = ? AND op_id = ?';
    sql.exec(`DELETE FROM idempotency ${own} AND state = 'running'`, keyHash, operationId);
    // One before it may still end with a charge.
    sql.exec(`UPDATE idempotency SET state = 'expired' ${own}`, keyHash, operationId);
  }
  // Where it was tried again, and that came to nothing too, the answer may be to another body.
  else
    sql.exec(
      `UPDATE idempotency SET state = CASE op_id WHEN ?2 THEN ?1 ELSE 'lost' END, op_id = ?2
        WHERE key_hash = ?3 AND (op_id = ?2 OR state = 'expired')`,
      state,
      operationId,
      keyHash,
    );
}

/**
 * Remembers calls that a restore has forgotten, as if they were under way: their lines say how they ended. A key counts
 * for the last of its calls.
 */
export function rememberCalls(sql: Sql, lines: readonly Operation[], nowMs: number): void {
  const calls = lines.flatMap(({ id, state, idempotency, openedAtMs }) =>
    idempotency && state !== 'released' && openedAtMs > nowMs - IDEMPOTENCY_KEEP_MS ? [{ ...idempotency, id, openedAtMs }] : [],
  );
  if (calls.length === 0) return;
  sql.exec(
    `INSERT INTO idempotency SELECT value ->> 'keyHash', value ->> 'bodyHash', value ->> 'id', 'running', value ->> 'openedAtMs'
      FROM json_each(?) WHERE true ON CONFLICT (key_hash) DO UPDATE SET body_hash = excluded.body_hash, op_id = excluded.op_id,
      state = excluded.state, at = excluded.at WHERE excluded.at > idempotency.at`,
    JSON.stringify(calls),
  );
}

type Ended = Pick<Operation, 'id' | 'state' | 'amountMicro' | 'detail'>;

/** The calls that a line charges: the one that it is of, and one that ended after its hold had run out. */
function chargedBy({ id, state, amountMicro, detail }: Ended): unknown[] {
  if (amountMicro < 0 && detail.adjusts !== undefined) return [detail.adjusts];
  return state === 'settled' || amountMicro !== 0 ? [id] : [];
}

/**
 * Ends the records of calls that did not close themselves: those that were charged become `charged`, the others
 * `expired`. Takes two statements, whatever their number.
 */
export function endIdempotencies(sql: Sql, ended: readonly Ended[], charged: 'stored' | 'lost'): void {
  if (ended.length === 0) return;
  const end = (state: State, from: string, ids: readonly unknown[]) =>
    sql.exec(
      `UPDATE idempotency SET state = ? WHERE state IN (${from}) AND op_id IN (SELECT value FROM json_each(?))`,
      state,
      JSON.stringify(ids),
    );
  end(charged, "'running', 'again', 'expired'", ended.flatMap(chargedBy));
  end(
    'expired',
    "'running', 'again'",
    ended.map(({ id }) => id),
  );
}

/** Removes records that no longer count. Scans the whole table, so no call does it. */
export function sweepIdempotency(sql: Sql, nowMs: number): void {
  sql.exec('DELETE FROM idempotency WHERE at <= ?', nowMs - IDEMPOTENCY_KEEP_MS);
}
