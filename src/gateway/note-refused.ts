import type { ApiKey } from '../core/api-key';
import type { GatewayError } from '../core/errors';
import type { GatewayDeps } from './deps';

/** A call that is about to be refused. Of a stranger it has no key. */
export interface AskedCall {
  keys: readonly ApiKey[];
  endpoint: string;
  model?: string | undefined;
}

/** Counts a call that is refused without its account, as one of the first of its keys. */
export function noteRefused(
  { account, now, waitUntil }: Pick<GatewayDeps, 'account' | 'now' | 'waitUntil'>,
  { keys: [key], endpoint, model = '' }: AskedCall,
  { kind: code }: GatewayError,
): void {
  if (!key) return;
  const { accountId, keyId, mode } = key;
  const noted = account(accountId).noteRefused({ keyId, test: mode === 'test', code, model, endpoint, calls: 1, lastAtMs: now() });
  // Who counts must not keep anybody from being told.
  waitUntil(noted.catch(() => undefined));
}
