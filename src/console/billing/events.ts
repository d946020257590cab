/**
 * What Stripe tells, each thing once: the account object takes a grant's event id once, and the payment's row and its
 * audit row follow in one batch. The object is told first, so an event that was cut short is finished when it comes again.
 */
import type Stripe from 'stripe';
import { fail, ok, type Result } from '../../core/errors';
import { fromCredits } from '../../core/money';
import { commit } from '../audit/commit';
import type { RequestOrigin } from '../context';
import type { AccountPlaneDeps } from '../deps';
import { stripeOf } from './stripe';

interface Deps extends AccountPlaneDeps {
  from: RequestOrigin;
}

interface Payment {
  id: string;
  accountId: string;
}

interface Change {
  eventId: string;
  /** Of a cent, which is a credit. */
  cents: number;
  action: string;
  status: string;
  reason: string;
}

const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

export async function handleEvent(deps: Deps, event: Stripe.Event): Promise<Result<{ received: true }>> {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return credit(deps, event.data.object);
    case 'refund.created':
      return refund(deps, event.data.object, false);
    case 'refund.failed':
      return refund(deps, event.data.object, true);
    case 'charge.dispute.funds_withdrawn':
      return dispute(deps, event.data.object, false);
    case 'charge.dispute.funds_reinstated':
      return dispute(deps, event.data.object, true);
    default:
      return ok({ received: true });
  }
}

const done = ok({ received: true } as const);

/** Credits come when the money has: a session may be complete and its payment still on the way. */
async function credit(deps: Deps, session: Stripe.Checkout.Session): Promise<Result<{ received: true }>> {
  const accountId = session.metadata?.account_id;
  const cents = session.amount_subtotal;
  if (!accountId || session.payment_status !== 'paid' || session.currency !== 'usd' || !cents) return done;
  if (!(await deps.account(accountId).view())) return done;
  await deps.account(accountId).grant({ eventId: `stripe:${session.id}`, amountMicro: fromCredits(cents), reason: 'Top-up', topUp: true });
  const intent = idOf(session.payment_intent);
  const insert = deps.db
    .prepare("INSERT INTO payments VALUES (?, ?, ?, ?, 'usd', 'paid', ?, ?) ON CONFLICT DO NOTHING")
    .bind(session.id, accountId, intent, cents, await receiptUrl(deps, intent), deps.now());
  await note(deps, accountId, { action: 'billing.top_up', target: session.id, detail: { credits: cents } }, insert);
  return done;
}

/** Stripe's own receipt, where it can be had; the payment counts without. */
async function receiptUrl(deps: Deps, intent: string | null): Promise<string | null> {
  const stripe = intent === null ? undefined : stripeOf(deps);
  if (!stripe) return null;
  try {
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent!, { expand: ['latest_charge'] });
    return charge && typeof charge === 'object' ? charge.receipt_url : null;
  } catch {
    return null;
  }
}

const refund = (deps: Deps, { id, amount, payment_intent: intent }: Stripe.Refund, failed: boolean) =>
  change(deps, idOf(intent), {
    eventId: failed ? `stripe:${id}:failed` : `stripe:${id}`,
    cents: failed ? amount : -amount,
    action: failed ? 'billing.refund_failed' : 'billing.refund',
    status: failed ? 'paid' : 'refunded',
    reason: failed ? 'Refund that failed' : 'Refund',
  });

const dispute = (deps: Deps, { id, amount, payment_intent: intent }: Stripe.Dispute, won: boolean) =>
  change(deps, idOf(intent), {
    eventId: won ? `stripe:${id}:reinstated` : `stripe:${id}`,
    cents: won ? amount : -amount,
    action: won ? 'billing.dispute_won' : 'billing.dispute',
    status: won ? 'paid' : 'disputed',
    reason: won ? 'Dispute won' : 'Dispute',
  });

/** What changes the balance after the payment; it counts against the tier as the payment counted for it. */
async function change(deps: Deps, intent: string | null, made: Change): Promise<Result<{ received: true }>> {
  const payment = await deps.db
    .prepare('SELECT id, account_id AS accountId FROM payments WHERE payment_intent = ?')
    .bind(intent)
    .first<Payment>();
  // Stripe sends it again: by then the payment may be there.
  if (!payment) return fail('conflict', 'There is no such payment here.');
  const { accountId, id } = payment;
  const { eventId, cents, action, status, reason } = made;
  const { repeated } = await deps.account(accountId).grant({ eventId, amountMicro: fromCredits(cents), reason, topUp: true });
  const noted = await deps.db
    .prepare("SELECT 1 FROM audit_log WHERE account_id = ? AND action = ? AND detail->>'eventId' = ?")
    .bind(accountId, action, eventId)
    .first();
  if (repeated && noted) return done;
  const update = deps.db.prepare('UPDATE payments SET status = ? WHERE id = ?').bind(status, id);
  await note(deps, accountId, { action, target: id, detail: { credits: cents, eventId } }, update);
  return done;
}

const note = (deps: Deps, accountId: string, entry: Parameters<typeof commit>[1], statement: D1PreparedStatement): Promise<boolean> =>
  commit({ ...deps, accountId, actor: { kind: 'system', id: 'stripe', name: 'Stripe' } }, entry, statement);
