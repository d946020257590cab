/** One request, whole: what was held, tried, used and charged, and the sum that leads from one to the other. */
import type { Operation } from '../../account/types';
import { fail, ok, type Result } from '../../core/errors';
import { parseOperationId } from '../../core/ids';
import { type TokenPrice, toCredits } from '../../core/money';
import { isRecord } from '../../core/record';
import type { VerbContext } from '../context';
import { findLedgerLine } from '../ledger';

interface ReceiptLine {
  item: string;
  tokens: number;
  creditsPerMillion: number;
  credits: number;
}

const BUCKETS: [bucket: string, price: keyof TokenPrice, item: string][] = [
  ['inputTokens', 'inputMicroPerMtok', 'Input'],
  ['cacheReadTokens', 'cacheReadMicroPerMtok', 'Input read from cache'],
  ['cacheWrite5mTokens', 'cacheWrite5mMicroPerMtok', 'Input written to cache, 5 minutes'],
  ['cacheWrite1hTokens', 'cacheWrite1hMicroPerMtok', 'Input written to cache, 1 hour'],
  ['outputTokens', 'outputMicroPerMtok', 'Output'],
];

/** Tokens times price, bucket by bucket: their sum, rounded up to a millionth of a credit, is the charge. */
export function receiptLines(detail: Record<string, unknown>): ReceiptLine[] {
  const { usage, price } = detail;
  if (!isRecord(usage) || !isRecord(price)) return [];
  return BUCKETS.flatMap(([bucket, name, item]) => {
    const tokens = Number(usage[bucket] ?? 0);
    const micro = Number(price[name] ?? (name === 'outputMicroPerMtok' ? 0 : price.inputMicroPerMtok) ?? 0);
    return tokens > 0 ? [{ item, tokens, creditsPerMillion: toCredits(micro), credits: (tokens * toCredits(micro)) / 1e6 }] : [];
  });
}

export function receiptOf(operation: Operation) {
  const { amountMicro, heldMicro, openedAtMs, closedAtMs, closeEpoch: _epoch, closeSeq: _seq, deadlineMs: _deadline, ...rest } = operation;
  return {
    ...rest,
    creditsUsed: operation.state === 'open' ? 0 : toCredits(0 - amountMicro),
    creditsHeld: toCredits(heldMicro),
    createdAt: new Date(openedAtMs).toISOString(),
    endedAt: closedAtMs === null ? null : new Date(closedAtMs).toISOString(),
    lines: receiptLines(operation.detail),
  };
}

export type Receipt = ReturnType<typeof receiptOf>;

export async function showReceipt(context: VerbContext, id: string): Promise<Result<Receipt>> {
  const { account, accountId, db } = context;
  const ref = parseOperationId(id);
  const operation = ref && ((await account(accountId).operation(ref.month, ref.seq)) ?? (await findLedgerLine(db, accountId, id)));
  return operation?.id === id && operation.kind !== 'grant' ? ok(receiptOf(operation)) : fail('not_found', 'There is no such request.');
}
