import { type MicroCredits, type TokenPrice, tokenCostMicro } from '../core/money';
import type { Usage } from '../core/usage';
import type { Call } from '../dialects/types';

/** The cost of a call by its usage and price, but no less than the call's own minimum. */
export const callCostMicro = ({ leastMicro }: Pick<Call, 'leastMicro'>, usage: Usage, price: TokenPrice): MicroCredits =>
  Math.max(tokenCostMicro(usage, price), leastMicro?.(usage) ?? 0);
