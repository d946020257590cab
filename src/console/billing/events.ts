/**
 * Applies Stripe's events, each once and in any order: the account object accepts a grant's event id once and writes
 * the audit record in the same step. A refund that arrives before its payment waits in D1. An event that was cut short
 * is finished when Stripe sends it again.
 */
import type Stripe from 'stripe';
import { ok, type Result } from '../../core/errors';
import { fromCredits } from '../../core/money';
import { type AuditEntry, auditRecord, collectAudit } from '../audit/commit';
import type { RequestOrigin } from '../context';
import type { AccountPlaneDeps } from '../deps';
import { stripeOf } from './stripe';

interface Deps extends AccountPlaneDeps {
  from: RequestOrigin;
}

/** A part of a payment that was taken back, or returned after all. */
interface Change {
  eventId: string;
  kind: 'refund' | 'dispute';
  /** A cent is a credit. */
  cents: number;
}

const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

const done = ok({ received: true } as const);

export async function handleEvent(deps: Deps, event: Stripe.Event): Promise<Result<{ received: true }>> {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return credit(deps, event.data.object);
    case 'refund.created':
      return refund(deps, event.data.object, false);
    case 'refund.failed':
      return refund(deps, event.data.object, true);
    case 'refund.updated':
      return event.data.object.status === 'canceled' ? refund(deps, event.data.object, true) : done;
    case 'charge.dispute.funds_withdrawn':
      return dispute(deps, event.data.object, false);
    case 'charge.dispute.funds_reinstated':
      return dispute(deps, event.data.object, true);
    default:
      return done;
  }
}

const INSERT_PAYMENT = `INSERT INTO payments (id, account_id, payment_intent, amount_cents, currency, created_at)
  VALUES (?, ?, ?, ?, 'usd', ?) ON CONFLICT DO NOTHING`;
const INSERT_CHANGE = `INSERT INTO payment_changes (event_id, payment_intent, kind, cents, created_at)
  VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

const DELETED = 'SELECT 1 FROM organizations WHERE account_id = ? AND deleted_at IS NOT NULL';

/** A session may be complete while its payment is still on the way, so credits are granted only once it is paid. */
async function credit(deps: Deps, session: Stripe.Checkout.Session): Promise<Result<{ received: true }>> {
  const accountId = session.metadata?.account_id;
  const cents = session.amount_subtotal;
  if (!accountId || session.payment_status !== 'paid' || !cents) return done;
  if (!(await deps.account(accountId).view())) return done;
  // Prices are in USD, but Stripe can be set to show, and to have paid, what they are in a visitor's own currency.
  if (session.currency !== 'usd') {
    console.error('payment in another currency', JSON.stringify({ session: session.id, accountId, cents, currency: session.currency }));
    return done;
  }
  const entry = { action: 'billing.top_up', target: session.id, detail: { credits: cents } };
  // The payment began before the organization was deleted; nobody is left who could see or spend the credits.
  if (await deps.db.prepare(DELETED).bind(accountId).first())
    console.error('payment for a deleted organization', JSON.stringify({ session: session.id, accountId, cents }));
  await grant(deps, accountId, { eventId: `stripe:${session.id}`, cents, reason: 'Top-up' }, entry);
  const intent = idOf(session.payment_intent);
  await deps.db.prepare(INSERT_PAYMENT).bind(session.id, accountId, intent, cents, deps.now()).run();
  const query = 'SELECT event_id AS eventId, kind, cents FROM payment_changes WHERE payment_intent = ?';
  const { results } = await deps.db.prepare(query).bind(intent).all<Change>();
  for (const change of results) await applyChange(deps, accountId, session.id, change);
  if (intent !== null) await noteReceipt(deps, session.id, intent);
  return done;
}

const NOTE_RECEIPT = 'UPDATE payments SET receipt_url = ? WHERE id = ? AND receipt_url IS NULL';

/**
 * Stripe's own receipt, where it can be had; the payment counts without. It comes last: while Stripe is slow to say, the
 * request that tells of the payment may be over, and what is refunded meanwhile must find it.
 */
async function noteReceipt(deps: Deps, sessionId: string, intent: string): Promise<void> {
  const stripe = stripeOf(deps);
  if (!stripe) return;
  try {
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent, { expand: ['latest_charge'] });
    if (charge && typeof charge === 'object') await deps.db.prepare(NOTE_RECEIPT).bind(charge.receipt_url, sessionId).run();
  } catch (error) {
    console.error('receipt not noted', JSON.stringify({ session: sessionId, error: String(error) }));
  }
}

/** What refunds and disputes have in common. */
type TakenBack = Pick<Stripe.Refund | Stripe.Dispute, 'id' | 'amount' | 'currency' | 'payment_intent'>;

const refund = (deps: Deps, told: TakenBack, failed: boolean) => takenBack(deps, 'refund', told, failed ? 'failed' : undefined);

const dispute = (deps: Deps, told: TakenBack, won: boolean) => takenBack(deps, 'dispute', told, won ? 'reinstated' : undefined);

/** @param undone Set where a part came back to us; it was taken before, whether or not that event ever arrived. */
async function takenBack(
  deps: Deps,
  kind: Change['kind'],
  told: TakenBack,
  undone: string | undefined,
): Promise<Result<{ received: true }>> {
  const { id, amount, currency, payment_intent } = told;
  const intent = idOf(payment_intent);
  if (intent === null) return done;
  if (currency !== 'usd') return foreign(deps, intent, told);
  await change(deps, intent, { eventId: `stripe:${id}`, kind, cents: -amount });
  if (undone !== undefined) await change(deps, intent, { eventId: `stripe:${id}:${undone}`, kind, cents: amount });
  return done;
}

const FIND = 'SELECT id, account_id AS accountId FROM payments WHERE payment_intent = ?';

/** In another currency, so its value in credits is unknown here. The operator must settle it by what Stripe took. */
async function foreign({ db }: Deps, intent: string, { id, amount, currency }: TakenBack): Promise<Result<{ received: true }>> {
  const payment = await db.prepare(FIND).bind(intent).first<{ id: string; accountId: string }>();
  if (payment)
    console.error(
      'payment taken back in another currency',
      JSON.stringify({ id, amount, currency, session: payment.id, accountId: payment.accountId }),
    );
  return done;
}

/**
 * Stored before it is applied: if the payment arrives at the same moment, one of the two sees the other. A refund of a
 * foreign payment never takes effect.
 */
async function change(deps: Deps, intent: string, made: Change): Promise<void> {
  const insert = deps.db.prepare(INSERT_CHANGE).bind(made.eventId, intent, made.kind, made.cents, deps.now());
  const [, found] = await deps.db.batch<{ id: string; accountId: string }>([insert, deps.db.prepare(FIND).bind(intent)]);
  const payment = found?.results[0];
  if (payment) await applyChange(deps, payment.accountId, payment.id, made);
}

const WORDS = {
  refund: { taken: ['billing.refund', 'Refund'], given: ['billing.refund_failed', 'Refund that failed'] },
  dispute: { taken: ['billing.dispute', 'Dispute'], given: ['billing.dispute_won', 'Dispute won'] },
} as const;

/** Counts against the tier as the payment counted for it. */
function applyChange(deps: Deps, accountId: string, paymentId: string, { eventId, kind, cents }: Change): Promise<void> {
  const [action, reason] = WORDS[kind][cents < 0 ? 'taken' : 'given'];
  return grant(deps, accountId, { eventId, cents, reason }, { action, target: paymentId, detail: { credits: cents, eventId } });
}

async function grant(
  deps: Deps,
  accountId: string,
  { eventId, cents, reason }: { eventId: string; cents: number; reason: string },
  entry: AuditEntry,
): Promise<void> {
  const audit = auditRecord({ ...deps, actor: { kind: 'system', id: 'stripe', name: 'Stripe' } }, entry);
  await deps.account(accountId).grant({ eventId, amountMicro: fromCredits(cents), reason, topUp: true }, audit);
  await collectAudit(deps, accountId);
}
