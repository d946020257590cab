import * as z from 'zod';
import { LIMIT_PERIODS } from '../core/limit-period';
import { json, type Route } from './describe';
import { FAILURES } from './errors';
import { credits, family, named, time } from './schemas';

const usd = z.number().meta({ description: 'In USD.' });

const subscription = z.object({
  object: z.literal('billing_subscription'),
  has_payment_method: z.literal(true),
  soft_limit_usd: usd,
  hard_limit_usd: usd,
  system_hard_limit_usd: usd,
  access_until: z.int().meta({ description: 'When the key expires, in seconds since 1970; 0 if never.' }),
});

/** Fields that only OpenRouter has; its clients reject an answer without them. */
const onlyThere = {
  allowed_data_regions: z.array(z.string()),
  byok_usage: usd,
  byok_usage_daily: usd,
  byok_usage_weekly: usd,
  byok_usage_monthly: usd,
  include_byok_in_limit: z.literal(false),
  is_management_key: z.literal(false),
  is_provisioning_key: z.literal(false),
  creator_user_id: z.null(),
  organization_id: z.null(),
  workspace_id: z.null(),
  free_model_daily_requests: z.object({ limit: z.int(), used: z.int(), remaining: z.int() }),
  rate_limit: z.object({ requests: z.int(), interval: z.string(), note: z.string() }),
};

const ownKey = named(
  'OwnKey',
  z
    .object({
      id: z.string(),
      object: z.literal('key'),
      name: z.string(),
      mode: z.enum(['live', 'test']),
      tier: z.string(),
      priceFactor: z.number().meta({ description: 'The price of models for its wallet, as a factor of their list prices.' }),
      models: z.array(z.string()).meta({ description: 'The only models that it may call; all if empty.' }),
      families: z.array(family).meta({ description: 'The only model families that it may call; all if empty.' }),
      expiresAt: time.nullable(),
      spendingLimit: credits.nullable().meta({ description: 'In credits per period.' }),
      limitPeriod: z.enum(LIMIT_PERIODS).meta({ description: 'After how long the limit starts anew, in UTC.' }),
      spentOfLimit: credits.meta({ description: 'Spent since the limit’s current period began.' }),
      spentThisMonth: credits,
      remaining: credits
        .nullable()
        .meta({ description: 'What it may still spend: the lesser of its limit’s rest and the wallet. null if its calls are free.' }),
      data: z
        .object({
          label: z.string(),
          usage: usd,
          usage_daily: usd,
          usage_weekly: usd.meta({ description: 'In USD, since Monday.' }),
          usage_monthly: usd,
          limit: usd.nullable(),
          limit_remaining: usd.nullable(),
          limit_reset: z.enum(['daily', 'weekly', 'monthly']).nullable(),
          is_free_tier: z.boolean(),
          expires_at: time.nullable(),
          ...onlyThere,
        })
        .meta({ description: 'The same in OpenRouter’s form: in USD, with this month’s usage as the total.' }),
    })
    .meta({ description: 'The API key that asks.' }),
);

export const ownKeyRoutes: Route[] = [
  {
    method: 'get',
    path: '/v1/key',
    id: 'getOwnKey',
    tag: 'Models',
    summary: 'The key that asks: its limits, and what is left',
    access: 'key',
    answers: { 200: json('The key.', ownKey) },
    errors: FAILURES.key,
  },
  {
    method: 'get',
    path: '/v1/credits',
    id: 'getCredits',
    tag: 'Models',
    summary: 'What the account may spend, in OpenRouter’s form',
    description: 'The difference of the two is what is left. `total_usage` is what this key has spent in this UTC month.',
    access: 'key',
    answers: { 200: json('In USD.', z.object({ data: z.object({ total_credits: usd, total_usage: usd }) })) },
    errors: FAILURES.key,
  },
  {
    method: 'get',
    path: '/v1/auth/key',
    id: 'getOwnKeyByItsOldPath',
    tag: 'Models',
    summary: 'The same as `/v1/key`, at OpenRouter’s earlier path',
    access: 'key',
    answers: { 200: json('The key.', ownKey) },
    errors: FAILURES.key,
  },
  {
    method: 'get',
    path: '/v1/dashboard/billing/subscription',
    id: 'getSubscription',
    tag: 'Models',
    summary: 'What the key may spend, in new-api’s form',
    description: 'What is left is `hard_limit_usd` less what `/v1/dashboard/billing/usage` says.',
    access: 'key',
    answers: { 200: json('In USD.', subscription) },
    errors: FAILURES.key,
  },
  {
    method: 'get',
    path: '/v1/dashboard/billing/usage',
    id: 'getBilledUsage',
    tag: 'Models',
    summary: 'What the key has spent this UTC month, in new-api’s form',
    access: 'key',
    answers: { 200: json('In hundredths of a USD.', z.object({ object: z.literal('list'), total_usage: z.number() })) },
    errors: FAILURES.key,
  },
];
