import { type MicroCredits, type TokenPrice, toCredits, withoutLesserBills } from '../core/money';
import { isRecord } from '../core/record';
import { isOperatorsFigure, isPlausible, NO_USAGE, type Usage, type UsageSource, type Work, withWork } from '../core/usage';
import { tokensOfChars } from '../dialects/estimate-tokens';
import type { Call, Receipt } from '../dialects/types';
import { callCostMicro } from './call-cost';
import type { PlannedTarget } from './plan';

/** What a call is charged. */
export interface Charge {
  usage: Usage;
  source: UsageSource;
  costMicro: MicroCredits;
  /** For the client: the upstream's own usage where it sent some. */
  receipt: Receipt;
}

/** The same usage without the charge. */
export const freeOfCharge = (charge: Charge): Charge => ({ ...charge, costMicro: 0, receipt: { ...charge.receipt, creditsUsed: 0 } });

/** What was seen of an answer on its way. */
export interface Shown {
  outputChars: number;
  /** Estimated tokens of thoughts that were not shown. */
  hiddenTokens?: number;
  /** Tools and the like that ran beside the tokens. */
  work?: Work;
}

/** Speech takes about twenty tokens a second for some four tokens of words. */
const SOUND_TOKENS_PER_WORD_TOKEN = 5;

/** Usage by the text that went by: for a stream under way, or an upstream that reported none. */
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

/** Deliberately low: models think at two or three times this rate. */
const HIDDEN_TOKENS_A_SECOND = 30;
/** Before this, thinking cannot be told from reading a long prompt. */
const READING_MS = 5_000;

/**
 * Estimates thoughts that nobody saw by the time until the first content. Thoughts that are shown count as content, so
 * for them that time is short.
 */
export const hiddenTokens = (untilContentMs: number, mostTokens: number): number =>
  Math.max(0, Math.min(Math.floor(((untilContentMs - READING_MS) * HIDDEN_TOKENS_A_SECOND) / 1_000), mostTokens));

/**
 * Prices the usage that the upstream reported, zeros included. What was not reported is estimated, and marked so.
 *
 * @param isAhead The usage was sent before the answer was complete, so its output is estimated.
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

/** Usage that was sent ahead, with as much output as was seen. Some upstreams send nothing but zeros ahead. */
function completed(ahead: Usage | undefined, observed: Usage): Usage {
  if (!ahead) return observed;
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = ahead;
  const tellsInput = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens > 0;
  const outputTokens = Math.max(ahead.outputTokens, observed.outputTokens);
  const reasoningTokens = Math.max(ahead.reasoningTokens, observed.reasoningTokens);
  const outputAudioTokens = Math.max(ahead.outputAudioTokens, observed.outputAudioTokens);
  return { ...(tellsInput ? ahead : observed), outputTokens, reasoningTokens, outputAudioTokens };
}

/** An answer without any output is free, although the provider counted the prompt, unless no output was asked for. */
export const isEmpty = ({ maxOutputTokens }: Call, { usage }: Charge, hasOutput: boolean): boolean =>
  maxOutputTokens !== 0 && !hasOutput && usage.outputTokens === 0;
