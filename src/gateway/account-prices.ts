/** Turns a planned call into one at its account's own prices, which only admission knows. */
import { microAt, priceAt } from '../core/money';
import type { Call } from '../dialects/types';
import type { Plan } from './plan';

interface Priced {
  call: Call;
  plan: Plan;
}

/** Every amount that is held or charged comes from the plan, or from the plan of another model that is asked in turn. */
export function atAccountPrices({ call, plan }: Priced, pricePermille: number): Priced {
  const priced = <P extends Plan>(one: P): P => ({
    ...one,
    pricePermille,
    price: priceAt(one.price, pricePermille),
    estimateMicro: microAt(one.estimateMicro, pricePermille),
    worstMicro: microAt(one.worstMicro, pricePermille),
  });
  const targets = plan.targets.map((target) => (target.plan ? { ...target, plan: priced(target.plan) } : target));
  const { leastMicro } = call;
  return {
    call: leastMicro ? { ...call, leastMicro: (usage) => microAt(leastMicro(usage), pricePermille) } : call,
    plan: { ...priced(plan), targets },
  };
}
