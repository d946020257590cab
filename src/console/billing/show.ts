import { availableMicro, priceFactor, toCredits } from '../../core/money';
import { TIERS } from '../../core/tiers';
import type { VerbContext } from '../context';
import { takesPayments } from './set-up';

const HOLDS_SHOWN = 100;

const UNLOCKS: Record<(typeof TIERS)[number]['id'], string> = {
  free: 'Language models at standard prices',
  starter: 'Images, video and audio',
  growth: 'Flagship language models',
  scale: 'Everything, with the highest limits that are given on request',
};

/** The balance, what is held for calls under way, and how far it is to the next tier. */
export async function showBilling(context: VerbContext) {
  const stub = context.account(context.accountId);
  const [view, { holds }] = await Promise.all([stub.view(), stub.operations(HOLDS_SHOWN)]);
  const topUpMicro = Math.max(0, view?.topUpMicro ?? 0);
  return {
    accountId: context.accountId,
    balanceCredits: toCredits(view?.balanceMicro ?? 0),
    heldCredits: toCredits(view?.heldMicro ?? 0),
    availableCredits: toCredits(view ? availableMicro(view) : 0),
    topUpCredits: toCredits(topUpMicro),
    tier: view?.tier ?? 'free',
    priceFactor: priceFactor(view?.profile.pricePermille),
    tiers: TIERS.map(({ id, label, fromMicro }) => ({
      id,
      label,
      fromCredits: toCredits(fromMicro),
      missingCredits: toCredits(Math.max(0, fromMicro - topUpMicro)),
      unlocks: UNLOCKS[id],
    })),
    holds: holds.map(({ id, model, endpoint, heldMicro, openedAtMs }) => ({
      id,
      model,
      endpoint,
      heldCredits: toCredits(heldMicro),
      openedAt: new Date(openedAtMs).toISOString(),
    })),
    canTopUp: takesPayments(context.settings),
  };
}
