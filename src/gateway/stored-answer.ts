/** Answers that a provider keeps. The receipt of the call that made one says which provider, and the answer's id there. */
import type { BackgroundMessage, CutShort, Operation, OperationDetail } from '../account/types';
import { unsettledOf } from '../account/unsettled';
import { accountUnreachable, ok, type Result } from '../core/errors';
import { parseOperationId } from '../core/ids';
import type { MicroCredits, TokenPrice } from '../core/money';
import { isRecord } from '../core/record';
import type { Usage } from '../core/usage';
import type { Call } from '../dialects/types';
import type { GatewayDeps } from './deps';

export interface StoredAnswer {
  /** Made with a test key. */
  test: boolean;
  provider: string;
  upstreamId: string;
  /** The credential that it belongs to, by its place among the provider's. */
  keyIndex: number | undefined;
  /** The answer that it went on from. */
  previous: { upstreamId: string; requestId: string } | undefined;
  /** The conversation that it is part of. */
  conversationId: string | undefined;
  /** Canceled at a provider that then keeps nothing of it. */
  canceled: boolean;
  /** Set while it still has to be charged. */
  unsettled: BackgroundMessage | undefined;
  /** Set when its stream ended early and only what had come by then was charged. */
  cutShort: CutShort | undefined;
  /** What was charged; undefined while that is open. */
  costMicro: MicroCredits | undefined;
  /** The tokens of all that it was asked and said, as far as known; see `withHistory`. */
  tokens: number | undefined;
}

/** What of a call concerns the stored answer that it goes on from. */
interface Continuing {
  plan: { continued: Pick<StoredAnswer, 'upstreamId'> | undefined };
  call: Pick<Call, 'continues'>;
}

/** The fields of a receipt by which the stored answer is found again. */
export function storedAs({ plan: { continued }, call }: Continuing, keyIndex: number, storedId: string | undefined) {
  if (storedId === undefined) return {};
  return {
    storedId,
    storedKey: keyIndex,
    ...(continued && call.continues && { storedAfter: { upstreamId: continued.upstreamId, requestId: call.continues.requestId } }),
  };
}

/** The stored answer that a request of this account left; undefined when it left none. */
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
    console.error('stored answer not looked up', String(error));
    return accountUnreachable();
  }
}

/** As much as any model reads; each model's own bound applies as well. */
const MOST_HISTORY_TOKENS = 1_000_000;
const HISTORY: readonly (keyof Usage)[] = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens', 'outputTokens'];

const tokensOf = (usage: Partial<Record<keyof Usage, unknown>>): number =>
  HISTORY.reduce((sum, name) => sum + (typeof usage[name] === 'number' ? usage[name] : 0), 0);

/**
 * Adds the history that the call goes on from, which its provider reads, and bills, again. A history of unknown size
 * may be all that a model reads.
 */
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
  const { provider, storedId, storedKey, storedAfter, conversation } = operation.detail;
  if (typeof provider !== 'string' || typeof storedId !== 'string') return undefined;
  const unsettled = unsettledOf(accountId, operation);
  return {
    test: operation.test,
    provider,
    upstreamId: storedId,
    keyIndex: typeof storedKey === 'number' ? storedKey : undefined,
    previous: isRecord(storedAfter) ? { upstreamId: String(storedAfter.upstreamId), requestId: String(storedAfter.requestId) } : undefined,
    conversationId: typeof conversation === 'string' ? conversation : undefined,
    canceled: operation.detail.canceled === true,
    unsettled,
    cutShort: cutShortOf(accountId, operation),
    costMicro: unsettled || operation.state === 'open' ? undefined : 0 - operation.amountMicro,
    tokens: isRecord(operation.detail.usage) ? tokensOf(operation.detail.usage) : undefined,
  };
}

/** Puts on an open receipt all that is needed to look after its background answer and charge it. */
export const noteOf = ({ estimatedInputTokens, heardMicro, idempotency, detail }: BackgroundMessage): OperationDetail => ({
  ...detail,
  background: { estimatedInputTokens, heardMicro, idempotency },
});

/** Puts the whole price on the receipt of an answer that was cut short, since `price` there has only what was used by then. */
export const restOf = (price: TokenPrice): OperationDetail => ({ rest: { price } });

function cutShortOf(accountId: string, { id, test, state, amountMicro, detail, ...operation }: Operation): CutShort | undefined {
  const { rest, provider, storedId } = detail as { rest?: { price: TokenPrice }; provider: string; storedId: string };
  const { keyId, family, model, endpoint, idempotency } = operation;
  const hasExpired = state === 'expired';
  if (!rest || test || (state !== 'settled' && !hasExpired) || family === null || model === null || endpoint === null) return undefined;
  const line = { keyId, family, model, endpoint };
  const cut = { accountId, holdId: id, provider, storedId, price: rest.price, detail: {}, chargedMicro: 0 - amountMicro, line };
  // Its answer has gone to whoever fetches it, and is not kept for its key.
  return hasExpired ? { ...cut, hasExpired, ...(idempotency && { idempotency: { keyHash: idempotency.keyHash, stored: false } }) } : cut;
}
