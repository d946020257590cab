/** Stripe's client, made when a payment is first asked for. */
import Stripe from 'stripe';
import type { AccountPlaneDeps } from '../deps';
import { takesPayments } from './set-up';

export function stripeOf({ settings }: Pick<AccountPlaneDeps, 'settings'>): Stripe | undefined {
  if (!takesPayments(settings)) return undefined;
  const url = new URL(settings.STRIPE_URL);
  return new Stripe(settings.STRIPE_SECRET_KEY, {
    httpClient: Stripe.createFetchHttpClient(),
    protocol: url.protocol === 'http:' ? 'http' : 'https',
    host: url.hostname,
    port: url.port || (url.protocol === 'http:' ? '80' : '443'),
    maxNetworkRetries: 2,
    timeout: 20_000,
    telemetry: false,
  });
}

/** The event if its signature is valid and recent, else undefined. */
export async function readEvent(body: string, signature: string, secret: string): Promise<Stripe.Event | undefined> {
  const stripe = new Stripe('unused');
  try {
    return await stripe.webhooks.constructEventAsync(body, signature, secret, undefined, Stripe.createSubtleCryptoProvider());
  } catch {
    return undefined;
  }
}
