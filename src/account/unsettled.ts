import type { BackgroundMessage, Operation } from './types';

/** By which an answer in the background is looked after, made of its receipt; undefined of any other call. */
export function unsettledOf(
  accountId: string,
  { id, test, openedAtMs, detail }: Pick<Operation, 'id' | 'test' | 'openedAtMs' | 'detail'>,
): BackgroundMessage | undefined {
  // Still set on a receipt whose hold expired, since that can be made up for.
  if (detail.ending !== 'background') return undefined;
  const { background, ...known } = detail;
  const { provider, storedId, price } = known as Pick<BackgroundMessage, 'provider' | 'storedId' | 'price'>;
  const kept = { estimatedInputTokens: 0, ...(background as Pick<BackgroundMessage, 'heardMicro' | 'idempotency'> | undefined) };
  return { accountId, holdId: id, provider, storedId, price, free: test, startedAtMs: openedAtMs, detail: known, ...kept };
}
