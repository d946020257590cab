/** The audit log, and the wallet. */
import * as z from 'zod';
import { auditFilterInput } from '../console/audit/query';
import { checkoutInput } from '../console/billing/checkout';
import { redeemInput } from '../console/vouchers/redeem';
import { type Answer, example, json, type Parameter, type Route } from './describe';
import { FAILURES } from './errors';
import { CURSOR, limit, ORGANIZATION_QUERY } from './parts';
import { credits, queryOf, records, time } from './schemas';

const entry = z.object({
  seq: z.int(),
  at: time,
  actorKind: z.string(),
  actorId: z.string(),
  actorName: z.string(),
  action: z.string(),
  target: z.string().nullable(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string(),
  detail: records,
  previousHash: z.string(),
  hash: z.string().meta({ description: 'A hash of the entry and of the previous entry’s hash.' }),
});
export const auditEntries = z.object({ entries: z.array(entry), nextCursor: z.string().nullable() });
export const auditVerified = z.object({ intact: z.boolean(), entries: z.int(), brokenAt: z.int().nullable(), lastHash: z.string() });

export const AUDIT_FILTERS = queryOf(auditFilterInput, {
  action: 'Such as `api_key.create`.',
  actor: 'The id or the address of who did it.',
  target: 'What it was done to.',
  from: 'From then on.',
  to: 'Until then.',
});

const auditRoute = (path: string, id: string, summary: string, parameters: readonly Parameter[], answer: Answer): Route => ({
  method: 'get',
  path,
  id,
  tag: 'Audit',
  summary,
  access: 'account',
  permission: 'audit.read',
  parameters,
  answers: { 200: answer },
  errors: FAILURES.account,
});

const auditRoutesAt = (base: string, suffix: string, more: readonly Parameter[]): Route[] => [
  auditRoute(
    base,
    `listAudit${suffix}`,
    'Entries, newest first',
    [...AUDIT_FILTERS, limit(1_000, 100), CURSOR, ...more],
    json('A page.', auditEntries),
  ),
  auditRoute(`${base}/export`, `exportAudit${suffix}`, 'All entries, one JSON object a line', [...AUDIT_FILTERS, ...more], {
    description: 'Newest first.',
    others: { 'application/x-ndjson': { type: 'string' } },
  }),
  auditRoute(
    `${base}/verify`,
    `verifyAudit${suffix}`,
    'Is every entry what was written, and none missing?',
    more,
    json('What was found.', auditVerified),
  ),
];

const hold = z.object({
  id: z.string(),
  model: z.string().nullable(),
  endpoint: z.string().nullable(),
  heldCredits: credits,
  openedAt: time,
});

const billing = z.object({
  accountId: z.string(),
  balanceCredits: credits,
  heldCredits: credits,
  availableCredits: credits,
  topUpCredits: credits,
  tier: z.string(),
  priceFactor: z.number().meta({ description: 'The price of models for this wallet, as a factor of their list prices.' }),
  tiers: z.array(z.object({ id: z.string(), label: z.string(), fromCredits: credits, missingCredits: credits, unlocks: z.string() })),
  holds: z.array(hold).meta({ description: 'What is held for calls under way.' }),
  canTopUp: z.boolean(),
});

const ledger = z.object({
  lines: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      state: z.string(),
      model: z.string().nullable(),
      endpoint: z.string().nullable(),
      reason: z.string().nullable(),
      amountCredits: credits,
      closedAt: time,
    }),
  ),
  broughtForward: z
    .object({ amountCredits: credits, until: time })
    .nullable()
    .meta({ description: 'On the last page: what the lines come to that are so old that they are in the archive alone.' }),
  nextCursor: z.string().nullable(),
});

const receipts = z.object({
  receipts: z.array(
    z.object({
      id: z.string(),
      amountCents: z.int(),
      currency: z.string(),
      refundedCents: z.int(),
      status: z.enum(['paid', 'partly_refunded', 'refunded', 'disputed']),
      receiptUrl: z.string().nullable(),
      createdAt: time,
    }),
  ),
  nextCursor: z.string().nullable(),
});

const billingRoute = (
  method: Route['method'],
  path: string,
  id: string,
  permission: string,
  more: Pick<Route, 'summary' | 'answers'>,
): Route => ({
  method,
  path,
  id,
  tag: 'Billing',
  access: 'account',
  permission,
  parameters: [ORGANIZATION_QUERY],
  errors: FAILURES.account,
  ...more,
});

const billingRoutes: Route[] = [
  billingRoute('get', '/api/billing', 'getBilling', 'billing.read', {
    summary: 'The wallet: balance, holds and tier',
    answers: { 200: json('The wallet.', billing) },
  }),
  {
    ...billingRoute('get', '/api/billing/ledger', 'listLedger', 'billing.read', {
      summary: 'Every change of the balance, newest first',
      answers: { 200: json('A page; all lines, and what is brought forward, add up to the balance.', ledger) },
    }),
    parameters: [limit(1_000, 100), CURSOR, ORGANIZATION_QUERY],
  },
  {
    ...billingRoute('get', '/api/billing/receipts', 'listReceipts', 'billing.read', {
      summary: 'Payments, newest first',
      answers: { 200: json('A page of them.', receipts) },
    }),
    parameters: [limit(500, 500), CURSOR, ORGANIZATION_QUERY],
  },
  {
    ...billingRoute('post', '/api/billing/checkout', 'beginCheckout', 'billing.write', {
      summary: 'Top up: begins a payment and returns its page',
      answers: { 201: json('The page to pay on.', z.object({ id: z.string(), url: z.string() })) },
    }),
    body: { schema: checkoutInput, examples: example('20 USD', { amountUsd: 20 }) },
  },
  {
    ...billingRoute('post', '/api/billing/redeem', 'redeemVoucher', 'billing.write', {
      summary: 'Redeem a voucher’s code for credits, once per wallet',
      answers: { 200: json('What came, and what there is now.', z.object({ credits, balanceCredits: credits })) },
    }),
    errors: [...FAILURES.account, 'rate_limited'],
    description: 'After ten wrong codes within an hour no further code is accepted for a while.',
    body: { schema: redeemInput, examples: example('A code as it was given', { code: '7K2QX-9M4TD-0HZ5B-R8WCF' }) },
  },
  {
    method: 'post',
    path: '/api/billing/webhook',
    id: 'receivePaymentEvent',
    tag: 'Billing',
    summary: 'For the payment provider’s events, authenticated by their signature',
    access: 'public',
    permission: 'public',
    parameters: [{ name: 'stripe-signature', in: 'header', description: 'The event’s signature.', schema: { type: 'string' } }],
    answers: { 200: json('The webhook was accepted.', z.object({ received: z.literal(true) })) },
    errors: ['not_set_up', 'invalid_request', 'body_too_large', 'unsupported_encoding', 'conflict', 'unavailable', 'internal'],
    reference: 'https://docs.stripe.com/webhooks',
  },
];

export const auditAndBillingRoutes: Route[] = [
  ...auditRoutesAt('/api/audit', '', [ORGANIZATION_QUERY]),
  ...auditRoutesAt('/api/orgs/{organization}/audit', 'OfOrganization', []),
  ...billingRoutes,
];
