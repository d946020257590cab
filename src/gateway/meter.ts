import { type MicroCredits, type TokenPrice, toCredits, withoutLesserBills } from '../core/money';
import { isRecord } from '../core/record';
import { isOperatorsFigure, isPlausible, NO_USAGE, type Usage, type UsageSource, type Work, withWork } from '../core/usage';
import { tokensOfChars } from '../dialects/estimate-tokens';
import type { Call, Receipt } from '../dialects/types';
import { callCostMicro } from './call-cost';
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

/** What a stream has shown of its answer. */
export interface Shown {
  outputChars: number;
  /** What its model is taken to have thought out of sight. */
  hiddenTokens?: number;
  /** What ran beside it. */
  work?: Work;
}

/** Of sound, for each token that its words are: some twenty a second, of four tokens of words. */
const SOUND_TOKENS_PER_WORD_TOKEN = 5;

/** Usage by the text that went by: for a stream under way, or one whose upstream reported none. */
export function observedUsage(call: Call, { outputChars, hiddenTokens = 0, work }: Shown): Usage {
  const said = tokensOfChars(outputChars);
  const outputAudioTokens = call.speaks ? said * SOUND_TOKENS_PER_WORD_TOKEN : 0;
  const tokens = {
    ...NO_USAGE,
    inputTokens: call.estimatedInputTokens,
    outputTokens: said + hiddenTokens + outputAudioTokens,
    reasoningTokens: hiddenTokens,
    outputAudioTokens,
  };
  return withWork(tokens, work);
}

/** Models think at two or three times this rate. */
const HIDDEN_TOKENS_A_SECOND = 30;
/** A model that thinks before it writes is not told from one that only reads a long prompt before this. */
const READING_MS = 5_000;

/** The tokens of thoughts that nobody saw, by the time until the first content; that of thoughts that are shown comes early. */
export const hiddenTokens = (untilContentMs: number, mostTokens: number): number =>
  Math.max(0, Math.min(Math.floor(((untilContentMs - READING_MS) * HIDDEN_TOKENS_A_SECOND) / 1_000), mostTokens));

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
  shown: Shown,
  isAhead = false,
): Charge {
  const counted = wire.readUsage(reported, provider.spec);
  const read = counted && isPlausible(counted, call.choices) ? counted : undefined;
  const isActual = read !== undefined && !isAhead;
  const whole = withWork(isActual ? read : completed(read, observedUsage(call, shown)), shown.work);
  const usage = withoutLesserBills(whole, price);
  const costMicro = callCostMicro(call, usage, price);
  const receipt: Receipt = {
    requestId,
    usage,
    reported: isActual && isRecord(reported) ? clientsOwn(reported) : undefined,
    creditsUsed: toCredits(costMicro),
  };
  return { usage, source: isActual ? 'actual' : 'estimated', costMicro, receipt };
}

const clientsOwn = (reported: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(reported).filter(([name]) => !isOperatorsFigure(name)));

/** Usage that was given ahead, with as much output as was seen; some upstreams have nothing but zeros in it. */
function completed(ahead: Usage | undefined, observed: Usage): Usage {
  if (!ahead) return observed;
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = ahead;
  const tellsInput = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens > 0;
  const outputTokens = Math.max(ahead.outputTokens, observed.outputTokens);
  const reasoningTokens = Math.max(ahead.reasoningTokens, observed.reasoningTokens);
  const outputAudioTokens = Math.max(ahead.outputAudioTokens, observed.outputAudioTokens);
  return { ...(tellsInput ? ahead : observed), outputTokens, reasoningTokens, outputAudioTokens };
}

/** Nothing was produced: nothing is owed, though the provider counted the prompt; unless nothing was asked for. */
export const isEmpty = ({ maxOutputTokens }: Call, { usage }: Charge, hasOutput: boolean): boolean =>
  maxOutputTokens !== 0 && !hasOutput && usage.outputTokens === 0;
