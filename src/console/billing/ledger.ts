import { ok } from '../../core/errors';
import { toCredits } from '../../core/money';
import { type BroughtForward, broughtForward } from '../archive/read';
import type { VerbContext } from '../context';
import { refuseCursor } from '../cursor';

interface Row {
  id: string;
  kind: string;
  state: string;
  model: string | null;
  endpoint: string | null;
  amount: number;
  closedAt: number;
  reason: string | null;
  epoch: number;
  closeSeq: number;
}

const COLUMNS = `id, kind, state, model, endpoint, amount, closed_at AS closedAt, detail->>'reason' AS reason, epoch, close_seq AS closeSeq`;

const LINES = `SELECT ${COLUMNS} FROM ledger WHERE account_id = ? AND amount <> 0 AND (epoch, close_seq) < (?, ?)
  ORDER BY epoch DESC, close_seq DESC LIMIT ?`;

/** Every line that changed the balance, newest first; together they are the balance, with what the last page brings forward. */
export async function listLedger(context: VerbContext, limit: number, cursor: string | undefined) {
  const [, epoch, closeSeq] = /^(\d{1,10})~(\d{1,15})$/.exec(cursor ?? '') ?? [];
  if (cursor && epoch === undefined) return refuseCursor();
  // So that someone who comes back from paying sees the payment.
  if (epoch === undefined) await context.catchUp(context.accountId);
  const before = epoch === undefined ? [Number.MAX_SAFE_INTEGER, 0] : [Number(epoch), Number(closeSeq)];
  const { db, accountId } = context;
  const [listed, forward] = await db.batch([db.prepare(LINES).bind(accountId, ...before, limit + 1), broughtForward(db, accountId)]);
  const results = listed!.results as Row[];
  const page = results.slice(0, limit);
  const last = page.at(-1);
  const isLast = results.length <= limit;
  const [earlier] = isLast ? (forward!.results as BroughtForward[]) : [];
  return ok({
    lines: page.map(({ amount, closedAt, epoch: _e, closeSeq: _s, ...line }) => ({
      ...line,
      amountCredits: toCredits(amount),
      closedAt: new Date(closedAt).toISOString(),
    })),
    broughtForward: earlier ? { amountCredits: toCredits(earlier.amountMicro), until: new Date(earlier.untilMs).toISOString() } : null,
    nextCursor: !isLast && last ? `${last.epoch}~${last.closeSeq}` : null,
  });
}
