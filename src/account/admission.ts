import { fail, type GatewayError } from '../core/errors';
import { A_PERIOD, type LimitPeriod } from '../core/limit-period';
import { type MicroCredits, toCredits } from '../core/money';
import { TIERS, type TierId, tierUnlocks } from '../core/tiers';
import type { AdmitRequest, KeyRecord } from './types';

/** What the account has, and what its calls under way may still take. */
export interface Funds {
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  /** What answers in one piece may cost beyond their holds: see `sharedRiskMicro`. */
  riskMicro: MicroCredits;
}

/**
 * How much a new call and those under way may together cost beyond their holds, leaving out the largest of them.
 * Answers in one piece cannot be stopped halfway, so many at once must not spend what is not there; leaving out the
 * largest lets a lone one always begin. Zero for calls that extend their hold before they outgrow it.
 */
export function sharedRiskMicro(exposureMicro: MicroCredits, underWay: Iterable<{ exposureMicro?: MicroCredits }>): MicroCredits {
  if (exposureMicro === 0) return 0;
  let [sumMicro, mostMicro] = [exposureMicro, exposureMicro];
  for (const { exposureMicro: otherMicro = 0 } of underWay) {
    sumMicro += otherMicro;
    mostMicro = Math.max(mostMicro, otherMicro);
  }
  return sumMicro - mostMicro;
}

/** As a whole number where it is one, else with up to six decimals. */
const credits = (micro: MicroCredits): string => String(toCredits(micro));

export function refuseTier(request: AdmitRequest, tier: TierId): GatewayError | undefined {
  if (tierUnlocks(tier, request.minimumTier)) return undefined;
  const needed = TIERS.find(({ id }) => id === request.minimumTier)!;
  return fail(
    'tier_required',
    `${request.model} needs the ${needed.label} tier: top-ups of ${credits(needed.fromMicro)} credits in total (100 credits = 1 USD).`,
    { param: 'model', details: { required_tier: needed.id, tier } },
  ).error;
}

/** Holds rarely let a limit be spent to the last credit, so once 80 % is spent, the first refused call counts as reaching it. */
const REACHED_SHARE = 0.8;

/** Qwen Code retries a 429 for many minutes unless its message has the first two words (packages/core/src/utils/quotaErrorDetection.ts). */
const UNTIL: Readonly<Record<LimitPeriod, string>> = {
  day: 'Quota exceeded; it will reset with the next day (UTC).',
  week: 'Quota exceeded; it will reset with the next week (on Monday, UTC).',
  month: 'Quota exceeded; it will reset with the next month (UTC).',
  total: 'Quota exceeded; it will not reset until the limit is raised.',
};

/** `reached` means that the limit is used up; otherwise calls under way take up the rest, or this call would exceed it. */
export function refuseSpending(key: KeyRecord, spentMicro: MicroCredits, heldMicro: MicroCredits, estimateMicro: MicroCredits) {
  const { spendingLimitMicro: limit, limitPeriod = 'month' } = key;
  if (limit === null || spentMicro + heldMicro + estimateMicro <= limit) return undefined;
  const details = { limit: toCredits(limit), spent: toCredits(spentMicro), required: toCredits(estimateMicro) };
  if (spentMicro + estimateMicro > limit) {
    const reached = spentMicro >= limit * REACHED_SHARE;
    const left = `leaves ${credits(limit - spentMicro)}; this call may cost ${credits(estimateMicro)}`;
    const message = `This API key's spending limit of ${credits(limit)} credits ${A_PERIOD[limitPeriod]} ${reached ? 'is reached' : left}. ${UNTIL[limitPeriod]}`;
    return { reached, error: fail('spending_limit', message, { code: 'insufficient_quota', details }).error };
  }
  return {
    reached: false,
    error: fail('spending_in_flight', "This API key's spending limit is taken up by calls under way; try again when they have ended.", {
      details,
      retryAfterSeconds: 5,
    }).error,
  };
}

export function refuseBalance(
  { balanceMicro, heldMicro, riskMicro }: Funds,
  estimateMicro: MicroCredits,
  minimumMicro: MicroCredits,
): GatewayError | undefined {
  const required = Math.max(estimateMicro, minimumMicro);
  const short = (kind: 'insufficient_credits' | 'credits_in_flight', message: string, availableMicro: MicroCredits) =>
    fail(kind, message, {
      details: {
        required: toCredits(required),
        available: toCredits(availableMicro),
        limit_source: kind === 'credits_in_flight' ? 'in_flight' : 'credits',
      },
      ...(kind === 'credits_in_flight' && { retryAfterSeconds: 5 }),
    }).error;
  if (balanceMicro < required)
    return short(
      'insufficient_credits',
      `This call needs ${credits(required)} credits; the account has ${credits(balanceMicro)}. Top up to go on (100 credits = 1 USD).`,
      balanceMicro - heldMicro,
    );
  if (balanceMicro - heldMicro < estimateMicro)
    return short(
      'credits_in_flight',
      `This call needs ${credits(required)} credits; ${credits(heldMicro)} of the account's are held by calls under way.`,
      balanceMicro - heldMicro,
    );
  if (balanceMicro - heldMicro - riskMicro < estimateMicro)
    return short(
      'credits_in_flight',
      `This call needs ${credits(required)} credits; it and other answers in one piece may take ${credits(riskMicro)} beside the ${credits(heldMicro)} that are held. Try again when those have ended; set \`max_tokens\` (or \`max_completion_tokens\`) so that they can come to less, stream them, or add credits.`,
      Math.max(0, balanceMicro - heldMicro - riskMicro),
    );
  return undefined;
}
