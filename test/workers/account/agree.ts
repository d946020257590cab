/** Compares the object, the model and D1 some 100,000 times, for which assertions would be too slow. */
import type { Operation } from '../../../src/account/types';
import type { GatewayError } from '../../../src/core/errors';
import type { ModelOperation, Refusal } from './model';

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function agree(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  const [is, should] = [canonical(actual), canonical(expected)];
  if (is !== should) throw new Error(`${what}\n  is         ${is}\n  should be  ${should}`);
}

export function agreeEach(what: string, actual: readonly unknown[], expected: readonly unknown[]): void {
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) agree(`${what}, number ${i}`, actual[i], expected[i]);
}

/** A refusal without its message. */
export const refusalAsModel = ({ kind, details, headers, retryAfterSeconds }: GatewayError): Refusal => ({
  kind,
  ...(details && { details }),
  ...(headers && { headers }),
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});

/** What a line has in the object, in D1 and in the model alike; only holds have the same id in all three. */
export const comparable = (line: Operation | ModelOperation) => ({
  id: line.kind === 'usage' ? line.id : null,
  kind: line.kind,
  state: line.state,
  keyId: line.keyId,
  userId: line.userId,
  family: line.family,
  test: line.test,
  model: line.model,
  endpoint: line.endpoint,
  heldMicro: line.heldMicro,
  amountMicro: line.amountMicro,
  openedAtMs: line.openedAtMs,
  closedAtMs: line.closedAtMs,
  outcome: line.outcome,
  detail: line.detail,
});
