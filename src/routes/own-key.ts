import type { AccountView, KeySummary } from '../account/types';
import { spentLately } from '../console/usage/lately';
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, ok, type Result, unknownKey } from '../core/errors';
import { availableMicro, type MicroCredits, priceFactor, toCredits, toUsd } from '../core/money';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import { requestKeys, sourceOf } from '../http/request-key';

/** What the key may still spend: the lesser of its limit's rest and the wallet. Undefined where its calls are free. */
function remainingMicro(
  { mode, spendingLimitMicro, spentThisMonthMicro, spentOfLimitMicro = spentThisMonthMicro }: KeySummary,
  wallet: AccountView,
): MicroCredits | undefined {
  if (mode === 'test') return undefined;
  const ofLimit = spendingLimitMicro === null ? Number.POSITIVE_INFINITY : spendingLimitMicro - spentOfLimitMicro;
  return Math.max(0, Math.min(ofLimit, availableMicro(wallet)));
}

function ownKeyView(key: KeySummary, wallet: AccountView, { dailyMicro, weeklyMicro }: Awaited<ReturnType<typeof spentLately>>) {
  const { spendingLimitMicro: limitMicro, spentThisMonthMicro: spentMicro, spentOfLimitMicro = spentMicro, limitPeriod = 'month' } = key;
  const remaining = remainingMicro(key, wallet);
  const expiresAt = key.expiresAtMs === null ? null : new Date(key.expiresAtMs).toISOString();
  return {
    id: key.id,
    object: 'key',
    name: key.name,
    mode: key.mode,
    tier: wallet.tier,
    priceFactor: priceFactor(wallet.profile.pricePermille),
    models: key.models,
    families: key.families,
    expiresAt,
    spendingLimit: limitMicro === null ? null : toCredits(limitMicro),
    limitPeriod,
    spentOfLimit: toCredits(spentOfLimitMicro),
    spentThisMonth: toCredits(spentMicro),
    remaining: remaining === undefined ? null : toCredits(remaining),
    // In the form of OpenRouter's API: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
    data: {
      label: key.name,
      usage: toUsd(spentMicro),
      usage_daily: toUsd(dailyMicro),
      usage_weekly: toUsd(weeklyMicro),
      usage_monthly: toUsd(spentMicro),
      limit: limitMicro === null ? null : toUsd(limitMicro),
      limit_remaining: limitMicro === null ? null : toUsd(Math.max(0, limitMicro - spentOfLimitMicro)),
      limit_reset: limitMicro === null ? null : RESETS[limitPeriod],
      is_free_tier: wallet.tier === 'free',
      expires_at: expiresAt,
      ...NOT_HERE,
    },
  };
}

/** OpenRouter's names of periods. */
const RESETS = { day: 'daily', week: 'weekly', month: 'monthly', total: null } as const;

/** Fields that only OpenRouter has; its generated clients reject an answer without them. */
const NOT_HERE = {
  allowed_data_regions: [] as string[],
  byok_usage: 0,
  byok_usage_daily: 0,
  byok_usage_weekly: 0,
  byok_usage_monthly: 0,
  include_byok_in_limit: false,
  is_management_key: false,
  is_provisioning_key: false,
  creator_user_id: null,
  organization_id: null,
  workspace_id: null,
  free_model_daily_requests: { limit: 0, used: 0, remaining: 0 },
  rate_limit: { requests: -1, interval: '1h', note: 'Limits are told by the headers of answers.' },
};

export interface Found {
  accountId: string;
  key: KeySummary;
  wallet: AccountView;
}

/** The caller's own key: its limits, and what is left of them. */
export const getOwnKey = (c: AppContext): Promise<Response> =>
  answered(c, async ({ accountId, key, wallet }) =>
    ownKeyView(key, wallet, await spentLately(c.env.DB, { accountId, keyId: key.id, nowMs: Date.now() })),
  );

/**
 * In USD. Clients subtract one figure from the other to get what may be spent. No sum of everything ever bought and
 * spent is kept, so both figures are of this month: https://openrouter.ai/docs/api/api-reference/credits/get-credits
 */
export const getCredits = (c: AppContext): Promise<Response> =>
  answered(c, ({ key: { spentThisMonthMicro: spentMicro }, wallet }) => ({
    data: { total_credits: toUsd(availableMicro(wallet) + spentMicro), total_usage: toUsd(spentMicro) },
  }));

/** What new-api and one-api report for keys without a limit. */
const UNLIMITED_USD = 100_000_000;

/**
 * A billing endpoint that OpenAI once had, and that new-api and one-api kept (https://docs.newapi.pro). Apps show this
 * figure less the usage below.
 */
export const getSubscription = (c: AppContext): Promise<Response> =>
  answered(c, ({ key, wallet }) => {
    const leftMicro = remainingMicro(key, wallet);
    const limitUsd = leftMicro === undefined ? UNLIMITED_USD : toUsd(leftMicro + key.spentThisMonthMicro);
    return {
      object: 'billing_subscription',
      has_payment_method: true,
      soft_limit_usd: limitUsd,
      hard_limit_usd: limitUsd,
      system_hard_limit_usd: limitUsd,
      access_until: key.expiresAtMs === null ? 0 : Math.floor(key.expiresAtMs / 1000),
    };
  });

/** In hundredths of a USD, which are credits; always of this month, whatever dates are asked for. */
export const getBilledUsage = (c: AppContext): Promise<Response> =>
  answered(c, ({ key }) => ({ object: 'list', total_usage: toCredits(key.spentThisMonthMicro) }));

async function answered(c: AppContext, view: (found: Found) => object | Promise<object>): Promise<Response> {
  const read = await requestKeys(c.get('gateway').keys, c.req.raw);
  if (!read.ok) return renderError(c, read.error);
  try {
    const found = await find(c, read.value);
    return found.ok ? c.json(await view(found.value)) : renderError(c, found.error);
  } catch (error) {
    console.error('key not read', String(error));
    return renderError(c, accountUnreachable().error);
  }
}

/** The caller's key, where a valid one was sent. Undefined also when the account cannot be reached. */
export async function askingKey(c: AppContext): Promise<Found | undefined> {
  const read = await requestKeys(c.get('gateway').keys, c.req.raw);
  const found = read.ok ? await find(c, read.value).catch(() => undefined) : undefined;
  return found?.ok ? found.value : undefined;
}

async function find(c: AppContext, keys: readonly ApiKey[]): Promise<Result<Found>> {
  const { account, settings } = c.get('gateway');
  const from = sourceOf(c.req.raw, settings);
  let refusal = unknownKey().error;
  for (const { accountId, keyId, secretHash } of keys) {
    const found = await account(accountId).ownKey({ keyId, secretHash, ...from });
    if (found.ok) return ok({ accountId, ...found.value });
    refusal = found.error;
  }
  return { ok: false, error: refusal };
}
