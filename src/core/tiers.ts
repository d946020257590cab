import type { Family } from './family';
import { fromCredits, type MicroCredits } from './money';

/** What cumulative top-ups unlock, lowest first. The operator may grant a tier by hand; the higher of the two counts. */
export const TIERS = [
  { id: 'free', label: 'Free', fromMicro: 0 },
  { id: 'starter', label: 'Starter', fromMicro: fromCredits(1_999) },
  { id: 'growth', label: 'Growth', fromMicro: fromCredits(9_999) },
  { id: 'scale', label: 'Scale', fromMicro: fromCredits(49_999) },
] as const;

export type TierId = (typeof TIERS)[number]['id'];

/** Families whose models need the lowest paid tier. */
const STARTER_FAMILIES: readonly Family[] = ['image', 'video', 'audio'];

export const minimumTierOf = ({ minimumTier, family }: { minimumTier?: TierId; family: Family }): TierId =>
  minimumTier ?? (STARTER_FAMILIES.includes(family) ? 'starter' : 'free');

const rank = (id: TierId): number => TIERS.findIndex((tier) => tier.id === id);

export const higherTier = (a: TierId, b: TierId): TierId => (rank(a) > rank(b) ? a : b);

export function effectiveTier(topUpMicro: MicroCredits, granted: TierId): TierId {
  const earned = TIERS.findLast((tier) => topUpMicro >= tier.fromMicro)!.id;
  return higherTier(earned, granted);
}

export const tierUnlocks = (tier: TierId, needed: TierId): boolean => rank(tier) >= rank(needed);
