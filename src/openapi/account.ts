/** A person, their API keys, and what was used. */
import * as z from 'zod';
import { rotateKeyInput } from '../console/api-keys/rotate';
import { updateKeyInput } from '../console/api-keys/update';
import { KEY_SCOPES, ROLES } from '../console/permissions';
import { breakdownInput } from '../console/usage/breakdown';
import { STATUSES, usageFilterInput } from '../console/usage/filter';
import { refusalFilterInput } from '../console/usage/refusals';
import { FAMILIES } from '../core/family';
import { LIMIT_PERIODS } from '../core/limit-period';
import { createApiKeyInput } from '../routes/account/keys';
import { example, json, type Route } from './describe';
import { FAILURES } from './errors';
import { CURSOR, limit, ORGANIZATION_QUERY } from './parts';
import { credits, named, queryOf, records, time } from './schemas';

const membership = z.object({ id: z.string(), slug: z.string(), name: z.string(), role: z.enum(ROLES), accountId: z.string() });
export const memberships = z.array(membership);

const me = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  twoFactorEnabled: z.boolean(),
  accountId: z.string(),
  tier: z.string(),
  balanceCredits: credits,
  organizations: memberships,
});

const keyShape = {
  id: z.string(),
  name: z.string(),
  mode: z.enum(['live', 'test']),
  userId: z.string(),
  status: z.string(),
  autoDisable: z.boolean(),
  origins: z.array(z.string()),
  ips: z.array(z.string()),
  models: z.array(z.string()),
  families: z.array(z.enum(FAMILIES)),
  scopes: z.array(z.enum(KEY_SCOPES)),
  spendingLimit: credits.nullable(),
  limitPeriod: z.enum(LIMIT_PERIODS).meta({ description: 'After how long the limit starts anew, in UTC.' }),
  spentOfLimit: credits.meta({ description: 'Spent since the limit’s current period began.' }),
  spentThisMonth: credits,
  createdAt: time,
  expiresAt: time.nullable(),
  graceUntil: time.nullable(),
  purpose: z.enum(['playground']).nullable().meta({ description: 'Set on keys that the gateway made for its own pages.' }),
};

export const apiKey = named('ApiKey', z.object(keyShape).meta({ description: 'An API key, without its secret.' }));
export const apiKeyWithSecret = named(
  'NewApiKey',
  z
    .object({ ...keyShape, key: z.string().meta({ description: 'The secret, which is shown in this answer only.' }) })
    .meta({ description: 'An API key with its secret.' }),
);
export const apiKeys = named('ApiKeyList', z.object({ keys: z.array(apiKey) }));

const apiKeyParams = named('ApiKeyParams', createApiKeyInput);
const apiKeyFields = named('ApiKeyFields', updateKeyInput);
const apiKeyRotateParams = named('ApiKeyRotateParams', rotateKeyInput);

const logShape = {
  id: z.string(),
  kind: z.string(),
  model: z.string().nullable(),
  endpoint: z.string().nullable(),
  keyId: z.string().nullable(),
  userId: z.string().nullable(),
  status: z.enum(STATUSES),
  latencyMs: z.number().nullable(),
  provider: z.string().nullable(),
  endUser: z.string().nullable(),
  tags: z.array(z.string()),
  inputTokens: z.int(),
  cacheReadTokens: z.int(),
  cacheWriteTokens: z.int(),
  outputTokens: z.int(),
  createdAt: time,
  test: z.boolean(),
  creditsUsed: credits,
};
const log = named('UsageLog', z.object(logShape).meta({ description: 'A call.' }));
const spent = { calls: z.int(), creditsUsed: credits, usd: z.number() };

const usage = named(
  'UsageReport',
  z
    .object({
      logs: z.array(log),
      nextCursor: z.string().nullable().meta({ description: 'What `cursor` of the next page is; null on the last one.' }),
      costByModel: z.array(z.object({ model: z.string().nullable(), ...spent })),
      topExpensiveRequests: z.array(log),
      dailyCost: z.array(z.object({ date: z.iso.date(), ...spent })),
      failedCalls: z.int().meta({ description: 'All that failed. Such calls are free.' }),
      failures: z
        .array(
          z.object({
            model: z.string().nullable(),
            reason: z.string().meta({ description: 'The kind of the error.' }),
            calls: z.int(),
            message: z.string().nullable().meta({ description: 'What was said the last time.' }),
            requestId: z.string().meta({ description: 'The call that failed last.' }),
            lastAt: time,
          }),
        )
        .meta({ description: 'What failed most often, by model and reason.' }),
      archivedUntil: time.nullable().meta({
        description:
          'Calls that ended until then have left the database and are in no figure here; the CSV has them, and each has its receipt.',
      }),
    })
    .meta({ description: 'A page of calls, newest first, and the sums of all that fit.' }),
);

const breakdown = named(
  'UsageBreakdown',
  z
    .object({
      by: breakdownInput.shape.by,
      shares: z.array(
        z.object({
          value: z.string().nullable().meta({ description: '`null` for calls that have none.' }),
          name: z.string().nullable().meta({ description: 'A key’s name, or a member’s e-mail address.' }),
          inputTokens: z.int(),
          outputTokens: z.int(),
          ...spent,
        }),
      ),
      isWhole: z.boolean().meta({ description: 'Whether these are all of them.' }),
    })
    .meta({ description: 'Sums of calls, dearest first.' }),
);

const refusals = named(
  'UsageRefusals',
  z
    .object({
      refusedCalls: z.int().meta({ description: 'All that fit.' }),
      refusals: z.array(
        z.object({
          reason: z.string().meta({ description: 'The kind of the error.' }),
          status: z.int().nullable().meta({ description: 'The status that such an error usually has.' }),
          model: z.string().nullable().meta({ description: 'As it was asked for; `null` where that could not be read.' }),
          endpoint: z.string(),
          keyId: z.string().nullable(),
          keyName: z.string().nullable(),
          calls: z.int(),
          lastAt: time,
        }),
      ),
      isWhole: z.boolean().meta({ description: 'Whether these are all of them.' }),
    })
    .meta({ description: 'Sums of calls that were refused before anything was tried, the most frequent first. They cost nothing.' }),
);

const receipt = z.looseObject({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  model: z.string().nullable(),
  endpoint: z.string().nullable(),
  outcome: z.string().nullable(),
  test: z.boolean(),
  creditsUsed: credits,
  creditsHeld: credits,
  createdAt: time,
  endedAt: time.nullable(),
  detail: records,
  lines: z
    .array(
      z.object({
        item: z.string(),
        tokens: z.int().optional(),
        creditsPerMillion: credits.optional(),
        count: z.int().optional().meta({ description: 'For what is priced by the piece, such as a web search.' }),
        creditsEach: credits.optional(),
        credits,
      }),
    )
    .meta({ description: 'For a call priced by the token, their sum, rounded up to a millionth of a credit, is the charge.' }),
});

const FILTERS = queryOf(usageFilterInput, {
  days: 'UTC days, today included.',
  model: 'Of this model alone.',
  endpoint: 'Of this endpoint alone.',
  keyId: 'Of this API key alone.',
  member: 'Of this member alone.',
  status: 'With this end alone.',
  minLatencyMs: 'That took so long at least.',
  maxLatencyMs: 'That took so long at most.',
  minCredits: 'That cost so much at least.',
  maxCredits: 'That cost so much at most.',
  endUser: 'Of this end user alone: `user`, `safety_identifier`, `metadata.user_id`, or the header `x-end-user`.',
  tag: 'With this tag alone: one of the header `x-tags`, or of `metadata.tags`.',
  q: 'Part of a request’s id.',
});

const keyRoutes: Route[] = [
  {
    method: 'get',
    path: '/api/api-keys',
    id: 'listApiKeys',
    tag: 'Account',
    summary: 'API keys, newest first',
    access: 'account',
    permission: 'keys.read',
    parameters: [ORGANIZATION_QUERY],
    answers: { 200: json('All of them, revoked ones too.', apiKeys) },
    errors: FAILURES.account,
  },
  {
    method: 'post',
    path: '/api/api-keys',
    id: 'createApiKey',
    tag: 'Account',
    summary: 'Make an API key',
    description: 'A key that has limits of its own cannot make or change keys, whatever its scopes.',
    access: 'account',
    permission: 'keys.write',
    parameters: [ORGANIZATION_QUERY],
    body: {
      schema: apiKeyParams,
      examples: example('A key with a budget', { name: 'Website', spendingLimit: 500, autoDisable: true }),
    },
    answers: { 201: json('The key, with its secret.', apiKeyWithSecret) },
    errors: FAILURES.account,
  },
  {
    method: 'patch',
    path: '/api/api-keys/{id}',
    id: 'updateApiKey',
    tag: 'Account',
    summary: 'Change an API key',
    description: '`null` removes a limit; fields that are left out stay as they are.',
    access: 'account',
    permission: 'keys.write',
    parameters: [ORGANIZATION_QUERY],
    body: { schema: apiKeyFields, examples: example('Another budget', { spendingLimit: 1_000 }) },
    answers: { 200: json('The key.', apiKey) },
    errors: FAILURES.account,
  },
  {
    method: 'post',
    path: '/api/api-keys/{id}/rotate',
    id: 'rotateApiKey',
    tag: 'Account',
    summary: 'Give an API key a new secret',
    description:
      'The old secret stays good for `graceSeconds`, a day unless said otherwise. There is room for one such: while it is good, another rotation is refused with 409, unless `endGrace` or `graceSeconds` 0 says that it may end.',
    access: 'account',
    permission: 'keys.write',
    parameters: [ORGANIZATION_QUERY],
    body: { schema: apiKeyRotateParams, required: false, examples: example('The old one stays good for an hour', { graceSeconds: 3_600 }) },
    answers: { 200: json('The key, with its new secret.', apiKeyWithSecret) },
    errors: FAILURES.account,
  },
  {
    method: 'delete',
    path: '/api/api-keys/{id}',
    id: 'revokeApiKey',
    tag: 'Account',
    summary: 'Revoke an API key',
    access: 'account',
    permission: 'keys.write',
    parameters: [ORGANIZATION_QUERY],
    answers: { 200: json('The key, which is refused from now on.', apiKey) },
    errors: FAILURES.account,
  },
];

const usageRoutes: Route[] = [
  {
    method: 'get',
    path: '/api/api-usage',
    id: 'getUsage',
    tag: 'Account',
    summary: 'Calls, and what they cost by model and day',
    access: 'account',
    permission: 'usage.read',
    parameters: [...FILTERS, limit(1_000, 100), CURSOR, ORGANIZATION_QUERY],
    answers: { 200: json('A page of calls, and the sums of all.', usage) },
    errors: FAILURES.account,
  },
  {
    method: 'get',
    path: '/api/api-usage/export',
    id: 'exportUsage',
    tag: 'Account',
    summary: 'Download calls as CSV',
    access: 'account',
    permission: 'usage.read',
    parameters: [...FILTERS, ORGANIZATION_QUERY],
    answers: { 200: { description: 'All calls in the period.', others: { 'text/csv': { type: 'string' } } } },
    errors: FAILURES.account,
  },
  {
    method: 'get',
    path: '/api/api-usage/breakdown',
    id: 'breakDownUsage',
    tag: 'Account',
    summary: 'Cost of calls by end user, tag, key, member, model, endpoint or provider',
    description: 'Dearest first. A call with two tags counts in both sums.',
    access: 'account',
    permission: 'usage.read',
    parameters: [...queryOf(breakdownInput, { by: 'By what.' }), ...FILTERS, limit(1_000, 100), ORGANIZATION_QUERY],
    answers: { 200: json('The sums.', breakdown) },
    errors: FAILURES.account,
  },
  {
    method: 'get',
    path: '/api/api-usage/refusals',
    id: 'listRefusals',
    tag: 'Account',
    summary: 'Calls that were refused, by reason, model, endpoint and key',
    description:
      'No credits, a limit that is reached, a model that does not exist, and the like. Such calls have no receipt: they are counted on the way, some seconds late, and kept for a month. A few may be missing, none counts twice. What is too much to tell apart has `other` for a model.',
    access: 'account',
    permission: 'usage.read',
    parameters: [
      ...queryOf(refusalFilterInput, {
        days: 'UTC days, today included.',
        model: 'Of this model alone, as it was asked for.',
        endpoint: 'Of this endpoint alone.',
        keyId: 'Of this API key alone.',
        reason: 'For this reason alone.',
      }),
      limit(1_000, 100),
      ORGANIZATION_QUERY,
    ],
    answers: { 200: json('The sums.', refusals) },
    errors: FAILURES.account,
  },
  {
    method: 'get',
    path: '/api/api-usage/requests/{id}',
    id: 'getReceipt',
    tag: 'Account',
    summary: 'The receipt of a call',
    access: 'account',
    permission: 'usage.read',
    parameters: [ORGANIZATION_QUERY],
    answers: { 200: json('The receipt.', receipt) },
    errors: FAILURES.account,
  },
];

export const accountRoutes: Route[] = [
  {
    method: 'get',
    path: '/api/me',
    id: 'getMe',
    tag: 'Account',
    summary: 'Who is signed in',
    access: 'person',
    permission: 'self',
    answers: { 200: json('The person.', me) },
    errors: FAILURES.account,
  },
  ...keyRoutes,
  ...usageRoutes,
];
