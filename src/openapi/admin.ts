/** The operator's API. */
import * as z from 'zod';
import { ACCOUNT_STATUSES } from '../account/types';
import { createAccountInput, grantInput, pricesInput, statusInput, tierInput } from '../console/accounts';
import { createKeyInput } from '../console/api-keys/internal';
import { catalogueInput } from '../console/catalogue/manage';
import { spanInput } from '../console/operator/span';
import { restoreInput } from '../console/restore';
import { createVouchersInput } from '../console/vouchers/manage';
import { reconcileInput, resealInput, sweepInput } from '../routes/admin';
import { apiKey, apiKeys, apiKeyWithSecret } from './account';
import { AUDIT_FILTERS, auditEntries, auditVerified } from './billing';
import { type Answer, example, json, type RequestBody, type Route } from './describe';
import { FAILURES } from './errors';
import { CURSOR, limit } from './parts';
import { credits, queryOf, records, time } from './schemas';

const accountShape = {
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  tier: z.string(),
  status: z.enum(ACCOUNT_STATUSES),
  priceFactor: z.number().meta({ description: 'The price of models for this account, as a factor of their list prices.' }),
  createdAt: time,
};
const balance = { balanceCredits: credits, heldCredits: credits, availableCredits: credits };
const account = z.object({ ...accountShape, ...balance });
const accounts = z.object({ accounts: z.array(z.object(accountShape)), nextCursor: z.string().nullable() });

const recovered = { epoch: z.int(), replayed: z.int() };

const shown = z.object({
  account: z.object({ ...accountShape, grantedTier: z.string(), topUpCredits: credits, epoch: z.int() }),
  ...balance,
  holds: z.array(
    z.object({
      id: z.string(),
      model: z.string().nullable(),
      endpoint: z.string().nullable(),
      heldCredits: credits,
      openedAt: time,
      deadline: time,
    }),
  ),
  ledger: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      amountCredits: credits,
      outcome: z.string().nullable(),
      state: z.string(),
      model: z.string().nullable(),
      endpoint: z.string().nullable(),
      test: z.boolean(),
      closedAt: time.nullable(),
      detail: records,
    }),
  ),
});

const route = (
  method: Route['method'],
  path: string,
  id: string,
  summary: string,
  answers: Record<string, Answer>,
  body?: RequestBody,
): Route => ({
  method,
  path: `/api/admin${path}`,
  id,
  tag: 'Operator',
  summary,
  access: 'operator',
  ...(body && { body }),
  answers,
  errors: FAILURES.operator,
});

const voucher = {
  id: z.string(),
  codeStart: z.string().meta({ description: 'The first of the code’s four groups.' }),
  credits,
  maxAccounts: z.int().meta({ description: 'How many wallets may redeem it, each once.' }),
  redeemed: z.int(),
  topUp: z.boolean().meta({ description: 'Whether it counts towards the tier.' }),
  note: z.string(),
  status: z.enum(['open', 'used', 'expired', 'revoked']),
  createdAt: time,
  expiresAt: time.nullable(),
};
const redemption = z.object({ accountId: z.string(), redeemedBy: z.string(), redeemedAt: time, grantedAt: time.nullable() });
const newVoucher = z.object({ id: z.string(), code: z.string(), credits, maxAccounts: z.int(), expiresAt: time.nullable() });

const voucherRoutes: Route[] = [
  route(
    'post',
    '/vouchers',
    'adminCreateVouchers',
    'Make vouchers: credits for whoever has the code',
    { 201: json('Their codes, which are shown this once.', z.object({ vouchers: z.array(newVoucher) })) },
    { schema: createVouchersInput, examples: example('Twenty that were paid for', { credits: 500, count: 20, topUp: true, note: 'Shop' }) },
  ),
  {
    ...route('get', '/vouchers', 'adminListVouchers', 'Vouchers, newest first', {
      200: json('A page.', z.object({ vouchers: z.array(z.object(voucher)), nextCursor: z.string().nullable() })),
    }),
    parameters: [limit(500, 50), CURSOR],
  },
  route('get', '/vouchers/{id}', 'adminGetVoucher', 'One voucher, with the last 500 that redeemed it', {
    200: json('The voucher.', z.object({ ...voucher, redemptions: z.array(redemption) })),
  }),
  route('delete', '/vouchers/{id}', 'adminRevokeVoucher', 'Revoke a voucher; what was redeemed stays', {
    200: json('The voucher.', z.object({ id: z.string(), status: voucher.status })),
  }),
];

const accountRoutes: Route[] = [
  route(
    'post',
    '/accounts',
    'adminCreateAccount',
    'Open an account',
    { 201: json('The account.', account) },
    {
      schema: createAccountInput,
      examples: example('With credits', { name: 'Ada', credits: 1_000 }),
    },
  ),
  {
    ...route('get', '/accounts', 'adminListAccounts', 'Accounts, oldest first', { 200: json('A page.', accounts) }),
    parameters: [limit(500, 50), CURSOR],
  },
  route('get', '/accounts/{id}', 'adminGetAccount', 'One account, with its last lines', { 200: json('The account.', shown) }),
  route(
    'post',
    '/accounts/{id}/grants',
    'adminGrant',
    'Give credits, or take them',
    { 200: json('The balance.', z.object({ balanceCredits: credits, repeated: z.boolean() })) },
    { schema: grantInput, examples: example('A present', { credits: 100, reason: 'Welcome' }) },
  ),
  route(
    'put',
    '/accounts/{id}/tier',
    'adminSetTier',
    'Set the tier',
    { 200: json('The account.', account) },
    {
      schema: tierInput,
      examples: example('Starter', { tier: 'starter' }),
    },
  ),
  route(
    'put',
    '/accounts/{id}/prices',
    'adminSetPrices',
    'Set what models cost an account, as a share of their prices',
    { 200: json('The account.', account) },
    {
      schema: pricesInput,
      examples: example('A fifth off', { factor: 0.8 }),
    },
  ),
  route(
    'put',
    '/accounts/{id}/status',
    'adminSetStatus',
    'Suspend an account, or resume it',
    { 200: json('The account.', account) },
    {
      schema: statusInput,
      examples: example('Suspended', { status: 'suspended', reason: 'A card that was charged back' }),
    },
  ),
  route(
    'post',
    '/accounts/{id}/keys',
    'adminCreateKey',
    'Make an API key',
    { 201: json('The key, with its secret.', apiKeyWithSecret) },
    {
      schema: createKeyInput,
      examples: example('A test key', { name: 'Tests', mode: 'test' }),
    },
  ),
  route('get', '/accounts/{id}/keys', 'adminListKeys', 'API keys', { 200: json('All of them.', apiKeys) }),
  route('delete', '/accounts/{id}/keys/{keyId}', 'adminRevokeKey', 'Revoke an API key', { 200: json('The key.', apiKey) }),
  route(
    'post',
    '/accounts/{id}/restore',
    'adminRestore',
    'Put an account object back to an earlier moment, and bring it up to date from D1',
    { 200: json('What was done.', z.object({ undoBookmark: z.string(), ...recovered })) },
    { schema: restoreInput, examples: example('A moment', { at: '2026-11-27T08:00:00Z' }) },
  ),
  route('post', '/accounts/{id}/recover', 'adminRecover', 'Write the books of D1 into an account object that lost its own', {
    200: json('What was done.', z.object(recovered)),
  }),
];

const auditRoutes = (path: string, suffix: string, whose: string): Route[] => [
  {
    ...route('get', path, `adminListAudit${suffix}`, `The audit log of ${whose}, newest first`, { 200: json('A page.', auditEntries) }),
    parameters: [...AUDIT_FILTERS, CURSOR],
  },
  route('get', `${path}/verify`, `adminVerifyAudit${suffix}`, `Whether the audit log of ${whose} is whole`, {
    200: json('What was found.', auditVerified),
  }),
];

const catalogueErrors = z.array(z.looseObject({}));
const catalogueInForce = z.object({
  version: z.string().nullable(),
  variableVersion: z.string().nullable(),
  file: z
    .object({ key: z.string(), uploadedAt: z.unknown(), valid: z.boolean(), errors: catalogueErrors, models: z.array(z.string()) })
    .nullable(),
});
const catalogueText = {
  schema: catalogueInput,
  examples: example('No changes', { text: '{"models": []}' }),
};

const catalogueRoutes: Route[] = [
  route('get', '/catalogue', 'adminShowCatalogue', 'The changes to the catalogue that are in force', {
    200: json('What is in force.', catalogueInForce),
  }),
  route(
    'post',
    '/catalogue/check',
    'adminCheckCatalogue',
    'Check changes to the catalogue without storing them',
    { 200: json('What is wrong with them.', z.object({ valid: z.boolean(), errors: catalogueErrors, models: z.array(z.string()) })) },
    catalogueText,
  ),
  route(
    'put',
    '/catalogue',
    'adminPutCatalogue',
    'Store changes to the catalogue',
    { 200: json('What is in force now.', catalogueInForce) },
    catalogueText,
  ),
];

const metricFamily = z.object({
  name: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  help: z.string(),
  samples: z.array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() })),
});

const metricsRoute: Route = {
  ...route('get', '/metrics', 'adminMetrics', 'What an operator watches, for Prometheus and its like', {
    200: {
      ...json(
        'In the format that `Accept` names: as Prometheus 0.0.4 unless another is asked for.',
        z.object({ metrics: z.array(metricFamily) }),
      ),
      others: { 'text/plain': { type: 'string' }, 'application/openmetrics-text': { type: 'string' } },
    },
  }),
  errors: [...FAILURES.operator, 'unavailable'],
};

const charged = { calls: z.int(), failedCalls: z.int(), chargedCredits: credits };
const share = {
  ...charged,
  inputTokens: z.int(),
  outputTokens: z.int(),
  meanMs: z.int().nullable().meta({ description: 'How long a call took, on average.' }),
};
const shares = z.array(z.object({ name: z.string(), ...share }));
const day = z.iso.date();

const overview = z.object({
  days: z.int().nullable().meta({ description: 'Null since the gateway began; `byDay` and `customers` are not known of all time.' }),
  from: day.nullable().meta({ description: 'The first day, in UTC.' }),
  ...share,
  testCalls: z.int().meta({ description: 'More calls, by test keys.' }),
  toppedUpCredits: credits,
  givenCredits: credits,
  models: shares,
  providers: shares,
  byDay: z
    .array(z.object({ day, model: z.string(), ...charged }))
    .meta({ description: 'Of the six models that earned most, and of all others as `other`.' }),
  customers: z
    .object({
      from: day.meta({ description: 'Later than the first day where there are too many to be added up.' }),
      count: z.int(),
      largest: z.array(z.object({ accountId: z.string(), name: z.string().nullable(), ...charged })),
    })
    .nullable(),
});

const overviewRoute: Route = {
  ...route('get', '/overview', 'adminOverview', 'What was charged, called and failed in the last days, of which models and customers', {
    200: json('Calls of test keys are in none but `testCalls`.', overview),
  }),
  parameters: queryOf(spanInput, { days: 'UTC days, today included; `all`: since the gateway began.' }),
  errors: [...FAILURES.operator, 'unavailable'],
};

export const adminRoutes: Route[] = [
  overviewRoute,
  metricsRoute,
  ...accountRoutes,
  ...voucherRoutes,
  ...auditRoutes('/audit', '', 'the gateway itself'),
  ...auditRoutes('/accounts/{id}/audit', 'OfAccount', 'an account'),
  ...catalogueRoutes,
  route(
    'post',
    '/sweep',
    'adminSweep',
    'Look after jobs and webhooks that have lost their message, idle workers, and files whose time is over',
    { 200: json('How many there were.', z.object({ jobs: z.int(), deliveries: z.int(), deployments: z.int(), files: z.int() })) },
    { schema: sweepInput, required: false, examples: example('As if it were a minute later', { aheadSeconds: 60 }) },
  ),
  route(
    'post',
    '/reseal',
    'adminReseal',
    'Encrypt anew, with the present AUTH_SECRET, what AUTH_SECRET_PREVIOUS encrypted, a part at a time',
    {
      200: json(
        'What was done, and what neither of them opens.',
        z.object({
          resealed: z.int(),
          unreadable: z.array(
            z.object({
              what: z.enum(['second_factor', 'client_secret']),
              of: z.string().meta({ description: 'The person’s address, or the domain of the identity provider.' }),
            }),
          ),
          nextCursor: z.string().nullable(),
        }),
      ),
    },
    { schema: resealInput, required: false, examples: example('From the beginning', {}) },
  ),
  route('delete', '/people/{email}/second-factor', 'adminRemoveSecondFactor', 'Take the second factor off somebody', {
    200: json('It is off.', z.object({ email: z.string(), twoFactorEnabled: z.literal(false) })),
  }),
  route(
    'post',
    '/reconcile',
    'adminReconcile',
    'Check the books of one account, or of all, a thousand at a time',
    {
      200: json(
        'What is wrong.',
        z.object({
          checked: z.int(),
          problems: z.array(z.object({ accountId: z.string(), problem: z.string() })),
          nextCursor: z.string().nullable(),
        }),
      ),
    },
    { schema: reconcileInput, required: false, examples: example('Of all', {}) },
  ),
];
