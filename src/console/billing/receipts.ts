import { ok } from '../../core/errors';
import type { VerbContext } from '../context';
import { momentCursor, readMoment } from '../cursor';

interface Row {
  id: string;
  amountCents: number;
  currency: string;
  refundedCents: number;
  disputedCents: number;
  receiptUrl: string | null;
  createdAt: number;
}

const LIST = `SELECT p.id, amount_cents AS amountCents, currency, receipt_url AS receiptUrl, p.created_at AS createdAt,
    COALESCE(-SUM(c.cents) FILTER (WHERE c.kind = 'refund'), 0) AS refundedCents,
    COALESCE(-SUM(c.cents) FILTER (WHERE c.kind = 'dispute'), 0) AS disputedCents
  FROM (SELECT * FROM payments WHERE account_id = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?) p
    LEFT JOIN payment_changes c ON c.payment_intent = p.payment_intent
  GROUP BY p.id ORDER BY p.created_at DESC, p.id DESC`;

function statusOf({ amountCents, refundedCents, disputedCents }: Row): 'paid' | 'partly_refunded' | 'refunded' | 'disputed' {
  if (disputedCents > 0) return 'disputed';
  if (refundedCents <= 0) return 'paid';
  return refundedCents < amountCents ? 'partly_refunded' : 'refunded';
}

/** Payments, newest first, with what came back of each. */
export async function listReceipts(context: VerbContext, limit: number, cursor: string | undefined) {
  const before = readMoment(cursor);
  if (!before.ok) return before;
  const { createdAt, id } = before.value ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
  const { results } = await context.db
    .prepare(LIST)
    .bind(context.accountId, createdAt, id, limit + 1)
    .all<Row>();
  const page = results.slice(0, limit);
  const last = page.at(-1);
  return ok({
    receipts: page.map((row) => {
      const { disputedCents: _, ...shown } = row;
      return { ...shown, status: statusOf(row), createdAt: new Date(row.createdAt).toISOString() };
    }),
    nextCursor: results.length > limit && last ? momentCursor(last) : null,
  });
}
