import { beginCheckout, checkoutInput } from '../../console/billing/checkout';
import { listLedger } from '../../console/billing/ledger';
import { listReceipts } from '../../console/billing/receipts';
import { showBilling } from '../../console/billing/show';
import { redeem, redeemInput } from '../../console/vouchers/redeem';
import { fail } from '../../core/errors';
import { accountPlaneDeps } from '../../http/account-deps';
import { readBody } from '../../http/body';
import type { AppContext } from '../../http/context';
import { renderError } from '../../http/render-error';
import { requestOrigin } from '../../http/request-origin';
import { type AccountRoute, answer, limitIn, withInput } from './route';

const EVENT_LIMIT_BYTES = 1_048_576;

/** Stripe is authenticated by its signature. */
async function webhook(c: AppContext): Promise<Response> {
  const deps = accountPlaneDeps(c);
  const secret = deps.settings.STRIPE_WEBHOOK_SECRET;
  if (secret === undefined) return renderError(c, fail('not_set_up', 'Payments are not set up here.').error);
  const body = await readBody(c.req.raw, EVENT_LIMIT_BYTES);
  if (!body.ok) return renderError(c, body.error);
  const { readEvent } = await import('../../console/billing/stripe');
  const event = await readEvent(body.value, c.req.header('stripe-signature') ?? '', secret);
  if (!event) return renderError(c, fail('invalid_request', 'The signature of this event is not valid.').error);
  const { handleEvent } = await import('../../console/billing/events');
  return answer(c, await handleEvent({ ...deps, from: requestOrigin(c) }, event));
}

export const billingRoutes: AccountRoute[] = [
  { method: 'GET', path: '/api/billing', permission: 'billing.read', handle: async (c, context) => c.json(await showBilling(context)) },
  {
    method: 'GET',
    path: '/api/billing/ledger',
    permission: 'billing.read',
    handle: async (c, context) => {
      const limit = limitIn(c, 100, 1_000);
      return limit.ok ? answer(c, await listLedger(context, limit.value, c.req.query('cursor') || undefined)) : renderError(c, limit.error);
    },
  },
  {
    method: 'GET',
    path: '/api/billing/receipts',
    permission: 'billing.read',
    handle: async (c, context) => {
      const limit = limitIn(c, 500, 500);
      return limit.ok
        ? answer(c, await listReceipts(context, limit.value, c.req.query('cursor') || undefined))
        : renderError(c, limit.error);
    },
  },
  { method: 'POST', path: '/api/billing/checkout', permission: 'billing.write', handle: withInput(checkoutInput, beginCheckout, 201) },
  { method: 'POST', path: '/api/billing/redeem', permission: 'billing.write', handle: withInput(redeemInput, redeem) },
  { method: 'POST', path: '/api/billing/webhook', permission: 'public', handle: webhook },
];
