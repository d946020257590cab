import type { VerbContext } from '../context';

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
  FROM payments p LEFT JOIN payment_changes c ON c.payment_intent = p.payment_intent
  WHERE account_id = ? GROUP BY p.id ORDER BY p.created_at DESC LIMIT 500`;

function statusOf({ amountCents, refundedCents, disputedCents }: Row): 'paid' | 'partly_refunded' | 'refunded' | 'disputed' {
  if (disputedCents > 0) return 'disputed';
  if (refundedCents <= 0) return 'paid';
  return refundedCents < amountCents ? 'partly_refunded' : 'refunded';
}

/** Payments, newest first, with what was refunded of each. */
export async function listReceipts(context: VerbContext) {
  const { results } = await context.db.prepare(LIST).bind(context.accountId).all<Row>();
  return {
    receipts: results.map((row) => {
      const { disputedCents: _, ...shown } = row;
      return { ...shown, status: statusOf(row), createdAt: new Date(row.createdAt).toISOString() };
    }),
  };
}
