import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';

export const checkoutInput = z.strictObject({
  /** From 2 USD, in whole cents: a cent buys a credit. */
  amountUsd: z.number().min(2).max(10_000).multipleOf(0.01),
});

/** Gives the URL of the payment page. The credits come by webhook, once the money is there. */
export async function beginCheckout(
  context: VerbContext,
  { amountUsd }: z.infer<typeof checkoutInput>,
): Promise<Result<{ id: string; url: string }>> {
  // Imported only here: the package is large, and few visitors pay.
  const stripe = (await import('./stripe')).stripeOf(context);
  if (!stripe) return fail('not_set_up', 'Payments are not set up here: ask the operator for credits.');
  const { accountId, origin, settings, actor } = context;
  const cents = Math.round(amountUsd * 100);
  const metadata = { account_id: accountId };
  const scope = context.organization ? `?org=${context.organization.id}&` : '?';
  try {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [
        { quantity: 1, price_data: { currency: 'usd', unit_amount: cents, product_data: { name: `${cents} ${settings.BRAND} credits` } } },
      ],
      metadata,
      payment_intent_data: { metadata },
      client_reference_id: accountId,
      ...(actor.kind === 'user' && { customer_email: actor.name }),
      success_url: `${origin}/settings/billing${scope}paid=1`,
      cancel_url: `${origin}/settings/billing${scope}paid=0`,
    });
    if (!session.url) return fail('unavailable', 'The payment provider returned no payment page; try again.');
    await commit(context, { action: 'billing.begin_checkout', target: session.id, detail: { amountUsd } });
    return ok({ id: session.id, url: session.url });
  } catch (error) {
    console.error('checkout failed', String(error));
    return fail('unavailable', 'The payment provider could not be reached; try again.');
  }
}
