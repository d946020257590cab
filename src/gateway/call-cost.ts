import { type MicroCredits, type TokenPrice, tokenCostMicro } from '../core/money';
import type { Usage } from '../core/usage';
import type { Call } from '../dialects/types';

/** What a call that has used so much costs by its price, and at least. */
export const callCostMicro = ({ leastMicro }: Pick<Call, 'leastMicro'>, usage: Usage, price: TokenPrice): MicroCredits =>
  Math.max(tokenCostMicro(usage, price), leastMicro?.(usage) ?? 0);
