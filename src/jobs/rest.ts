/**
 * Charges the rest of an answer whose client hung up or could pay for no more. Some providers finish and keep such an
 * answer; a client that fetches it later has had all of it, and is charged the difference in a line of its own, once.
 */
import type { CutShort } from '../account/types';
import { type MicroCredits, priceOfUsage, tokenCostMicro, withoutLesserBills } from '../core/money';
import { isPlausible, withWork } from '../core/usage';
import { type BackgroundDeps, keepingWire, lookAt } from './background';

/** The cost beyond what was charged when the stream ended; nothing where the provider does not say. */
export async function chargeRest(deps: BackgroundDeps, cut: CutShort): Promise<MicroCredits> {
  const { accountId, holdId, price, chargedMicro, line, idempotency } = cut;
  const provider = deps.registry.providers.get(cut.provider);
  const wire = keepingWire(provider);
  const look = provider && wire && (await lookAt(deps, provider, wire, cut));
  if (look?.state !== 'done' || look.failed || !look.hasOutput) return 0;
  const counted = wire!.readUsage(look.usage, provider!.spec);
  if (!counted || !isPlausible(counted, 1)) return 0;
  const usage = withoutLesserBills(withWork(counted, look.work), price);
  const amountMicro = Math.max(0, tokenCostMicro(usage, price) - chargedMicro);
  if (amountMicro === 0) return 0;
  const detail = { ending: 'complete', provider: cut.provider, restOf: holdId, usage, price: priceOfUsage(price, usage) };
  if (cut.hasExpired) {
    // Should its Worker be alive after all, the first of the two closes stands.
    const closed = await deps.account(accountId).settle({
      holdId,
      costMicro: chargedMicro + amountMicro,
      outcome: 'actual',
      detailJson: JSON.stringify(detail),
      ...(idempotency && { idempotency, isDelivered: true }),
    });
    return closed.ok ? closed.costMicro - chargedMicro : 0;
  }
  await deps.account(accountId).charge({ eventId: `rest:${holdId}`, amountMicro, ...line, detail });
  return amountMicro;
}
