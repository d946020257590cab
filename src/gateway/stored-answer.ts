/** Answers that an upstream keeps: which one, and under which id, is on the receipt of the call that made it. */
import type { BackgroundMessage, CutShort, Operation, OperationDetail } from '../account/types';
import { unsettledOf } from '../account/unsettled';
import { fail, ok, type Result } from '../core/errors';
import { parseOperationId } from '../core/ids';
import type { MicroCredits, TokenPrice } from '../core/money';
import { isRecord } from '../core/record';
import type { Usage } from '../core/usage';
import type { Call } from '../dialects/types';
import type { GatewayDeps } from './deps';

export interface StoredAnswer {
  provider: string;
  upstreamId: string;
  /** Which of the provider's credentials it belongs to. */
  keyIndex: number | undefined;
  /** The answer that it went on from. */
  previous: { upstreamId: string; requestId: string } | undefined;
  /** Its provider, which keeps nothing, has canceled it. */
  canceled: boolean;
  /** To be charged for when it is over. */
  unsettled: BackgroundMessage | undefined;
  /** Its stream was left or ended before its own end, and what had come by then was charged. */
  cutShort: CutShort | undefined;
  /** What was charged for it; undefined while that is open. */
  costMicro: MicroCredits | undefined;
  /** All that it was asked and has said, as far as that is known; see `withHistory`. */
  tokens: number | undefined;
}

/** A call that may go on from a stored answer. */
interface Continuing {
  plan: { continued: Pick<StoredAnswer, 'upstreamId'> | undefined };
  call: Pick<Call, 'continues'>;
}

/** What a receipt keeps of a stored answer. */
export function storedAs({ plan: { continued }, call }: Continuing, keyIndex: number, storedId: string | undefined) {
  if (storedId === undefined) return {};
  return {
    storedId,
    storedKey: keyIndex,
    ...(continued && call.continues && { storedAfter: { upstreamId: continued.upstreamId, requestId: call.continues.requestId } }),
  };
}

/** The owner of the answer that a request of this account left; undefined when it left none. */
export async function findStoredAnswer(
  { account }: Pick<GatewayDeps, 'account'>,
  accountId: string,
  requestId: string,
): Promise<Result<StoredAnswer | undefined>> {
  const ref = parseOperationId(requestId);
  if (!ref) return ok(undefined);
  try {
    const operation = await account(accountId).operation(ref.month, ref.seq);
    return ok(operation?.id === requestId ? storedAnswerOf(accountId, operation) : undefined);
  } catch (error) {
    // The answer may well be there: an infrastructure fault must never look like a refusal.
    console.error('stored answer not looked up', String(error));
    return fail('unavailable', 'The account could not be reached; try again.', { retryAfterSeconds: 2 });
  }
}

/** As much as any model reads: each has its own bound beside. */
const MOST_HISTORY_TOKENS = 1_000_000;
const HISTORY: readonly (keyof Usage)[] = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens', 'outputTokens'];

const tokensOf = (usage: Partial<Record<keyof Usage, unknown>>): number =>
  HISTORY.reduce((sum, name) => sum + (typeof usage[name] === 'number' ? usage[name] : 0), 0);

/** The call with what it goes on from, which its provider reads, and bills, again. What nobody counted may be all that a model reads. */
export function withHistory(call: Call, stored: Pick<StoredAnswer, 'tokens'>): Call {
  const { alternatives, estimatedInputTokens, worstInputTokens } = call;
  const { tokens } = stored;
  return {
    ...call,
    ...(alternatives && { alternatives: alternatives.map((other) => withHistory(other, stored)) }),
    estimatedInputTokens: estimatedInputTokens + (tokens ?? 0),
    worstInputTokens: worstInputTokens + (tokens ?? MOST_HISTORY_TOKENS),
  };
}

function storedAnswerOf(accountId: string, operation: Operation): StoredAnswer | undefined {
  const { provider, storedId, storedKey, storedAfter } = operation.detail;
  if (typeof provider !== 'string' || typeof storedId !== 'string') return undefined;
  const unsettled = unsettledOf(accountId, operation);
  return {
    provider,
    upstreamId: storedId,
    keyIndex: typeof storedKey === 'number' ? storedKey : undefined,
    previous: isRecord(storedAfter) ? { upstreamId: String(storedAfter.upstreamId), requestId: String(storedAfter.requestId) } : undefined,
    canceled: operation.detail.canceled === true,
    unsettled,
    cutShort: cutShortOf(accountId, operation),
    costMicro: unsettled || operation.state === 'open' ? undefined : 0 - operation.amountMicro,
    tokens: isRecord(operation.detail.usage) ? tokensOf(operation.detail.usage) : undefined,
  };
}

/** What the receipt of an answer in the background keeps until it is charged: by it anybody can look after the answer. */
export const noteOf = ({ estimatedInputTokens, heardMicro, idempotency, detail }: BackgroundMessage): OperationDetail => ({
  ...detail,
  background: { estimatedInputTokens, heardMicro, idempotency },
});

/** What the receipt keeps of an answer that is cut short: its own price leaves out what had not been used by then. */
export const restOf = (price: TokenPrice): OperationDetail => ({ rest: { price } });

function cutShortOf(accountId: string, { id, test, state, amountMicro, detail, ...operation }: Operation): CutShort | undefined {
  const { rest, provider, storedId } = detail as { rest?: { price: TokenPrice }; provider: string; storedId: string };
  const { keyId, family, model, endpoint } = operation;
  if (!rest || test || state !== 'settled' || family === null || model === null || endpoint === null) return undefined;
  const line = { keyId, family, model, endpoint };
  return { accountId, holdId: id, provider, storedId, price: rest.price, detail: {}, chargedMicro: 0 - amountMicro, line };
}
