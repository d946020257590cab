import type { AccountView, KeySummary } from '../account/types';
import type { ApiKey } from '../core/api-key';
import { fail, type Result } from '../core/errors';
import { availableMicro, type MicroCredits, toCredits, toUsd } from '../core/money';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import { clientIp, requestKeys } from '../http/request-key';

/** What the key may still spend: what is left of its limit and of the wallet. Undefined where its calls are free. */
function remainingMicro({ mode, spendingLimitMicro, spentThisMonthMicro }: KeySummary, wallet: AccountView): MicroCredits | undefined {
  if (mode === 'test') return undefined;
  const ofLimit = spendingLimitMicro === null ? Number.POSITIVE_INFINITY : spendingLimitMicro - spentThisMonthMicro;
  return Math.max(0, Math.min(ofLimit, availableMicro(wallet)));
}

function ownKeyView(key: KeySummary, wallet: AccountView) {
  const { spendingLimitMicro: limitMicro, spentThisMonthMicro: spentMicro } = key;
  const remaining = remainingMicro(key, wallet);
  return {
    id: key.id,
    object: 'key',
    name: key.name,
    mode: key.mode,
    tier: wallet.tier,
    models: key.models,
    families: key.families,
    expiresAt: key.expiresAtMs === null ? null : new Date(key.expiresAtMs).toISOString(),
    spendingLimit: limitMicro === null ? null : toCredits(limitMicro),
    spentThisMonth: toCredits(spentMicro),
    remaining: remaining === undefined ? null : toCredits(remaining),
    // As clients of OpenRouter read it: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
    data: {
      label: key.name,
      usage: toUsd(spentMicro),
      usage_monthly: toUsd(spentMicro),
      limit: limitMicro === null ? null : toUsd(limitMicro),
      limit_remaining: limitMicro === null ? null : toUsd(Math.max(0, limitMicro - spentMicro)),
      limit_reset: limitMicro === null ? null : 'monthly',
      is_free_tier: wallet.tier === 'free',
    },
  };
}

/** The key that asks: its limits, and what is left of them. */
export async function getOwnKey(c: AppContext): Promise<Response> {
  const read = await requestKeys(c.get('gateway').keys, c.req.raw);
  if (!read.ok) return renderError(c, read.error);
  try {
    const found = await find(c, read.value);
    return found.ok ? c.json(found.value) : renderError(c, found.error);
  } catch (error) {
    console.error('key not read', String(error));
    return renderError(c, fail('unavailable', 'The account could not be reached; try again.', { retryAfterSeconds: 2 }).error);
  }
}

async function find(c: AppContext, keys: readonly ApiKey[]): Promise<Result<ReturnType<typeof ownKeyView>>> {
  const { account, settings } = c.get('gateway');
  const from = { origin: c.req.raw.headers.get('origin'), ip: clientIp(c.req.raw, settings) };
  let refusal = fail('invalid_key', 'This API key does not exist.').error;
  for (const { accountId, keyId, secretHash } of keys) {
    const found = await account(accountId).ownKey({ keyId, secretHash, ...from });
    if (found.ok) return { ok: true, value: ownKeyView(found.value.key, found.value.wallet) };
    refusal = found.error;
  }
  return { ok: false, error: refusal };
}
