import { and, eq, gte, lt } from 'drizzle-orm';
import type { Operation } from '../account/types';
import { type OperationRef, parseOperationId } from '../core/ids';
import { parseJson } from '../core/record';
import { DAY_MS } from '../core/time';
import { database } from '../db/client';
import { ledger } from '../db/schema';
import type { Line } from './archive/file';
import { findArchived } from './archive/read';
import type { ConsoleDeps } from './deps';

/** A line of D1 as the operation that the account object had. */
export function toOperation(row: Line): Operation {
  const { idempotency, ...detail } = (parseJson(row.detail) ?? {}) as Operation['detail'] & Pick<Operation, 'idempotency'>;
  return {
    id: row.id,
    seq: row.seq,
    kind: row.kind as Operation['kind'],
    state: row.state as Operation['state'],
    keyId: row.keyId,
    userId: row.userId,
    family: row.family as Operation['family'],
    test: row.test === 1,
    model: row.model,
    endpoint: row.endpoint,
    heldMicro: row.held,
    amountMicro: row.amount,
    openedAtMs: row.openedAt,
    deadlineMs: row.openedAt,
    closedAtMs: row.closedAt,
    closeEpoch: row.epoch,
    closeSeq: row.closeSeq,
    outcome: row.outcome,
    detail,
    ...(idempotency && { idempotency }),
  };
}

/** An account's month and time come from the same clock, except in what a restore brought back. */
const SLACK_MS = DAY_MS;

/** How many lines each round probes; a small remainder is read as a whole. */
const PROBES = 15;
const NARROW_MS = 1_000;

const FIRST_FROM = 'SELECT id, opened_at FROM ledger WHERE account_id = ? AND opened_at >= ? AND opened_at < ? ORDER BY opened_at LIMIT 1';

interface Span {
  fromMs: number;
  toMs: number;
}

/** Compares by the order in which an account's operations were opened. */
const isAfter = (one: OperationRef, other: OperationRef): boolean =>
  one.epoch > other.epoch || (one.epoch === other.epoch && (one.month > other.month || (one.month === other.month && one.seq > other.seq)));

/**
 * Narrows down when the operation was opened: in one of the returned spans, if it exists. Lines are ordered by id, so
 * even a made-up id costs some hundred rows instead of a whole month.
 */
async function narrow(db: D1Database, accountId: string, ref: OperationRef, span: Span): Promise<Span[]> {
  let { fromMs, toMs } = span;
  /** The span of the first line after it, since lines of the same millisecond have no order. */
  let together: Span[] = [];
  const probe = db.prepare(FIRST_FROM);
  while (toMs - fromMs > NARROW_MS) {
    const stepMs = Math.ceil((toMs - fromMs) / (PROBES + 1));
    const times = Array.from({ length: PROBES }, (_, index) => fromMs + (index + 1) * stepMs).filter((timeMs) => timeMs < toMs);
    const probed = await db.batch<{ id: string; opened_at: number }>(times.map((timeMs) => probe.bind(accountId, timeMs, toMs)));
    for (const [index, { results }] of probed.entries()) {
      const [line] = results;
      const there = line && parseOperationId(line.id);
      if (there && !isAfter(there, ref)) {
        fromMs = line.opened_at;
        continue;
      }
      toMs = times[index]!;
      if (line) together = [{ fromMs: line.opened_at, toMs: line.opened_at + 1 }];
      break;
    }
  }
  return [{ fromMs, toMs }, ...together];
}

const isMonth = (month: number): boolean => month % 100 >= 1 && month % 100 <= 12;

/** Finds a line that its account object has dropped. */
export async function findLedgerLine(
  deps: Pick<ConsoleDeps, 'db' | 'files'>,
  accountId: string,
  id: string,
): Promise<Operation | undefined> {
  const ref = parseOperationId(id);
  if (!ref || !isMonth(ref.month)) return undefined;
  const line = (await findInD1(deps.db, accountId, id, ref)) ?? (await findArchived(deps, accountId, { id, seq: ref.seq }));
  return line && toOperation(line);
}

/** A line, or a call under way, wherever it is kept. */
export async function findOperation(
  deps: Pick<ConsoleDeps, 'db' | 'files' | 'account'>,
  accountId: string,
  id: string,
): Promise<Operation | undefined> {
  const ref = parseOperationId(id);
  if (!ref) return undefined;
  const there = await deps.account(accountId).operation(ref.month, ref.seq);
  // An account that was restored may have given its sequence to another.
  return there?.id === id ? there : findLedgerLine(deps, accountId, id);
}

/** The id tells its month, but the index is by time. */
async function findInD1(db: D1Database, accountId: string, id: string, ref: OperationRef): Promise<Line | undefined> {
  const [year, month] = [Math.floor(ref.month / 100), ref.month % 100];
  const months = { fromMs: Date.UTC(year, month - 1, 1) - SLACK_MS, toMs: Date.UTC(year, month, 1) + SLACK_MS };
  for (const { fromMs, toMs } of await narrow(db, accountId, ref, months)) {
    const [row] = await database(db)
      .select()
      .from(ledger)
      .where(and(eq(ledger.accountId, accountId), gte(ledger.openedAt, fromMs), lt(ledger.openedAt, toMs), eq(ledger.id, id)))
      .limit(1);
    if (row) return row;
  }
  return undefined;
}
