import { and, eq, gte, lt } from 'drizzle-orm';
import type { Operation } from '../account/types';
import { parseOperationId } from '../core/ids';
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

/** The line of an operation that its account object has dropped with its month: its id says which, and the index is by time. */
export async function findLedgerLine(db: D1Database, accountId: string, id: string): Promise<Operation | undefined> {
  const ref = parseOperationId(id);
  if (!ref) return undefined;
  const [year, month] = [Math.floor(ref.month / 100), ref.month % 100];
  if (month < 1 || month > 12) return undefined;
  const [fromMs, toMs] = [Date.UTC(year, month - 1, 1) - SLACK_MS, Date.UTC(year, month, 1) + SLACK_MS];
  const [row] = await database(db)
    .select()
    .from(ledger)
    .where(and(eq(ledger.accountId, accountId), gte(ledger.openedAt, fromMs), lt(ledger.openedAt, toMs), eq(ledger.id, id)))
    .limit(1);
  return row && toOperation(row);
}
