import type { VerbContext } from '../context';

interface Row {
  id: string;
  amountCents: number;
  currency: string;
  status: string;
  receiptUrl: string | null;
  createdAt: number;
}

export async function listReceipts(context: VerbContext) {
  const { results } = await context.db
    .prepare(
      `SELECT id, amount_cents AS amountCents, currency, status, receipt_url AS receiptUrl, created_at AS createdAt FROM payments
       WHERE account_id = ? ORDER BY created_at DESC LIMIT 500`,
    )
    .bind(context.accountId)
    .all<Row>();
  return { receipts: results.map((row) => ({ ...row, createdAt: new Date(row.createdAt).toISOString() })) };
}
