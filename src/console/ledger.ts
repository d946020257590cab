import { and, eq, gte, lt } from 'drizzle-orm';
import type { Operation } from '../account/types';
import { type OperationRef, parseOperationId } from '../core/ids';
import { parseJson } from '../core/record';
import { database } from '../db/client';
import { ledger } from '../db/schema';

type Row = typeof ledger.$inferSelect;

/** A line of D1 as the operation that the account object had. */
export function toOperation(row: Row): Operation {
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
    detail: (parseJson(row.detail) ?? {}) as Operation['detail'],
  };
}

/** Clocks of an account and of who numbers its months are the same; what was taken back of a restore need not be. */
const SLACK_MS = 86_400_000;

/** Probes of a round, and when what is left is read as a whole. */
const PROBES = 15;
const NARROW_MS = 1_000;

const FIRST_FROM = 'SELECT id, opened_at FROM ledger WHERE account_id = ? AND opened_at >= ? AND opened_at < ? ORDER BY opened_at LIMIT 1';

interface Span {
  fromMs: number;
  toMs: number;
}

/** The order in which an account's operations were opened. */
const isAfter = (one: OperationRef, other: OperationRef): boolean =>
  one.epoch > other.epoch || (one.epoch === other.epoch && (one.month > other.month || (one.month === other.month && one.seq > other.seq)));

/**
 * When the operation was opened, if there is a line of it: within one span or the other. Lines are in the order of their
 * ids, so that an id which is none costs some hundred rows rather than a month of them.
 */
async function narrow(db: D1Database, accountId: string, ref: OperationRef, span: Span): Promise<Span[]> {
  let { fromMs, toMs } = span;
  /** That of the first line after it, as lines of one millisecond are in no order. */
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

/** The line of an operation that its account object has dropped with its month: its id says which, and the index is by time. */
export async function findLedgerLine(db: D1Database, accountId: string, id: string): Promise<Operation | undefined> {
  const ref = parseOperationId(id);
  if (!ref) return undefined;
  const [year, month] = [Math.floor(ref.month / 100), ref.month % 100];
  if (month < 1 || month > 12) return undefined;
  const months = { fromMs: Date.UTC(year, month - 1, 1) - SLACK_MS, toMs: Date.UTC(year, month, 1) + SLACK_MS };
  for (const { fromMs, toMs } of await narrow(db, accountId, ref, months)) {
    const [row] = await database(db)
      .select()
      .from(ledger)
      .where(and(eq(ledger.accountId, accountId), gte(ledger.openedAt, fromMs), lt(ledger.openedAt, toMs), eq(ledger.id, id)))
      .limit(1);
    if (row) return toOperation(row);
  }
  return undefined;
}
