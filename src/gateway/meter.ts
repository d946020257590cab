import { type MicroCredits, type TokenPrice, toCredits, tokenCostMicro } from '../core/money';
import { isRecord } from '../core/record';
import { isPlausible, NO_USAGE, type Usage, type UsageSource } from '../core/usage';
import { tokensOfChars } from '../dialects/estimate-tokens';
import type { Call, Receipt } from '../dialects/types';
import type { PlannedTarget } from './plan';

/** What a call comes to. */
export interface Charge {
  usage: Usage;
  source: UsageSource;
  costMicro: MicroCredits;
  /** For the client's eyes: the upstream's own usage where it sent one. */
  receipt: Receipt;
}

/** The same usage, owed by nobody. */
export const freeOfCharge = (charge: Charge): Charge => ({ ...charge, costMicro: 0, receipt: { ...charge.receipt, creditsUsed: 0 } });

/** Usage by the text that went by: for a stream under way, or one whose upstream reported none. */
export const observedUsage = (call: Call, outputChars: number): Usage => ({
  ...NO_USAGE,
  inputTokens: call.estimatedInputTokens,
  outputTokens: tokensOfChars(outputChars),
});

/**
 * Prices what the upstream reported; what it did not report is estimated and marked so. Reported zeros are figures
 * like any other. Of usage that was given ahead of the answer the output is estimated.
 */
export function charge(
  { wire, provider }: Pick<PlannedTarget, 'wire' | 'provider'>,
  price: TokenPrice,
  call: Call,
  requestId: string,
  reported: unknown,
  outputChars: number,
  isAhead = false,
): Charge {
  const counted = wire.readUsage(reported, provider.spec);
  const read = counted && isPlausible(counted, call.choices) ? counted : undefined;
  const isActual = read !== undefined && !isAhead;
  const usage = isActual ? read : completed(read, observedUsage(call, outputChars));
  const costMicro = Math.max(tokenCostMicro(usage, price), call.leastMicro?.(usage) ?? 0);
  const receipt: Receipt = {
    requestId,
    usage,
    reported: isActual && isRecord(reported) ? reported : undefined,
    creditsUsed: toCredits(costMicro),
  };
  return { usage, source: isActual ? 'actual' : 'estimated', costMicro, receipt };
}

/** Usage that was given ahead, with as much output as was seen; some upstreams have nothing but zeros in it. */
function completed(ahead: Usage | undefined, observed: Usage): Usage {
  if (!ahead) return observed;
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = ahead;
  const tellsInput = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens > 0;
  return { ...(tellsInput ? ahead : observed), outputTokens: Math.max(ahead.outputTokens, observed.outputTokens) };
}

/** Nothing was produced: nothing is owed, though the provider counted the prompt. */
export const isEmpty = ({ usage }: Charge, hasOutput: boolean): boolean => !hasOutput && usage.outputTokens === 0;
