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
    .prepare("INSERT INTO payments VALUES (?, ?, ?, ?, 'usd', ?, ?) ON CONFLICT DO NOTHING")
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

const refund = (deps: Deps, { id, amount, payment_intent: intent }: Stripe.Refund, failed: boolean) =>
  change(deps, idOf(intent), {
    eventId: failed ? `stripe:${id}:failed` : `stripe:${id}`,
    kind: 'refund',
    cents: failed ? amount : -amount,
  });

const dispute = (deps: Deps, { id, amount, payment_intent: intent }: Stripe.Dispute, won: boolean) =>
  change(deps, idOf(intent), { eventId: won ? `stripe:${id}:reinstated` : `stripe:${id}`, kind: 'dispute', cents: won ? amount : -amount });

/** Kept first: the payment, coming at the same moment, sees it or is seen. One of another business stays without effect. */
async function change(deps: Deps, intent: string | null, made: Change): Promise<Result<{ received: true }>> {
  if (intent === null) return done;
  const insert = deps.db
    .prepare('INSERT INTO payment_changes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .bind(made.eventId, intent, made.kind, made.cents, deps.now());
  const find = deps.db.prepare('SELECT id, account_id AS accountId FROM payments WHERE payment_intent = ?').bind(intent);
  const [, found] = await deps.db.batch<{ id: string; accountId: string }>([insert, find]);
  const payment = found?.results[0];
  if (payment) await applyChange(deps, payment.accountId, payment.id, made);
  return done;
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
