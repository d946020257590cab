/** Answers that an upstream keeps: which one, and under which id, is on the receipt of the call that made it. */
import { fail, type GatewayError } from '../core/errors';
import { parseOperationId } from '../core/ids';
import type { GatewayDeps } from './deps';

export interface StoredAnswer {
  provider: string;
  upstreamId: string;
}

/** What a receipt keeps of a stored answer. */
export const storedAs = (storedId: string | undefined): { storedId?: string } => (storedId === undefined ? {} : { storedId });

/** The owner of the answer that a request of this account left; undefined when it left none. */
export async function findStoredAnswer(
  { account }: Pick<GatewayDeps, 'account'>,
  accountId: string,
  requestId: string,
): Promise<StoredAnswer | undefined> {
  const ref = parseOperationId(requestId);
  const operation = ref && (await account(accountId).operation(ref.month, ref.seq));
  if (operation?.id !== requestId) return undefined;
  const { provider, storedId } = operation.detail;
  return typeof provider === 'string' && typeof storedId === 'string' ? { provider, upstreamId: storedId } : undefined;
}

export const storedAnswerMissing = (): { ok: false; error: GatewayError } =>
  fail('invalid_request', 'The previous response is not known here, or was not stored.', {
    param: 'previous_response_id',
    code: 'previous_response_not_found',
  });
