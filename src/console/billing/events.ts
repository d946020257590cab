/**
 * What Stripe tells, each thing once and in any order: the account object takes a grant's event id once, and writes what
 * the audit log says of it in the same step. A refund that comes before its payment waits for it in D1. An event that was
 * cut short is finished when Stripe sends it again.
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

/** A part of a payment that was taken back, or given back after all. */
interface Change {
  eventId: string;
  kind: 'refund' | 'dispute';
  /** Of a cent, which is a credit. */
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

const INSERT_PAYMENT = `INSERT INTO payments (id, account_id, payment_intent, amount_cents, currency, receipt_url, created_at)
  VALUES (?, ?, ?, ?, 'usd', ?, ?) ON CONFLICT DO NOTHING`;
const INSERT_CHANGE = `INSERT INTO payment_changes (event_id, payment_intent, kind, cents, created_at)
  VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

const DELETED = 'SELECT 1 FROM organizations WHERE account_id = ? AND deleted_at IS NOT NULL';

/** Credits come when the money has: a session may be complete and its payment still on the way. */
async function credit(deps: Deps, session: Stripe.Checkout.Session): Promise<Result<{ received: true }>> {
  const accountId = session.metadata?.account_id;
  const cents = session.amount_subtotal;
  if (!accountId || session.payment_status !== 'paid' || session.currency !== 'usd' || !cents) return done;
  if (!(await deps.account(accountId).view())) return done;
  const entry = { action: 'billing.top_up', target: session.id, detail: { credits: cents } };
  // Begun before the organization was deleted: it is credited, and nobody is left who could spend or even see it.
  if (await deps.db.prepare(DELETED).bind(accountId).first())
    console.error('payment for a deleted organization', JSON.stringify({ session: session.id, accountId, cents }));
  await grant(deps, accountId, { eventId: `stripe:${session.id}`, cents, reason: 'Top-up' }, entry);
  const intent = idOf(session.payment_intent);
  const values = [session.id, accountId, intent, cents, await receiptUrl(deps, intent), deps.now()];
  await deps.db
    .prepare(INSERT_PAYMENT)
    .bind(...values)
    .run();
  const query = 'SELECT event_id AS eventId, kind, cents FROM payment_changes WHERE payment_intent = ?';
  const { results } = await deps.db.prepare(query).bind(intent).all<Change>();
  for (const change of results) await applyChange(deps, accountId, session.id, change);
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

/** What Stripe tells of either. */
type TakenBack = Pick<Stripe.Refund | Stripe.Dispute, 'id' | 'amount' | 'currency' | 'payment_intent'>;

const refund = (deps: Deps, told: TakenBack, failed: boolean) => takenBack(deps, 'refund', told, failed ? 'failed' : undefined);

const dispute = (deps: Deps, told: TakenBack, won: boolean) => takenBack(deps, 'dispute', told, won ? 'reinstated' : undefined);

/** @param undone How a part came to be given back: it was taken before, whether or not that was ever told. */
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

/** Nobody here knows what it comes to in credits: the operator does, from what Stripe took. */
async function foreign({ db }: Deps, intent: string, { id, amount, currency }: TakenBack): Promise<Result<{ received: true }>> {
  const payment = await db.prepare(FIND).bind(intent).first<{ id: string; accountId: string }>();
  if (payment)
    console.error(
      'payment taken back in another currency',
      JSON.stringify({ id, amount, currency, session: payment.id, accountId: payment.accountId }),
    );
  return done;
}

/** Kept first: the payment, coming at the same moment, sees it or is seen. One of another business stays without effect. */
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

/** It counts against the tier as the payment counted for it. */
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
