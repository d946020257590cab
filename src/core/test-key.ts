import type { ApiKey } from './api-key';
import { fail, type GatewayError } from './errors';

/** Test keys are handed around more freely than live ones, so they may change only what test keys have made. */
export function refuseTestKey({ mode }: Pick<ApiKey, 'mode'>, target?: { test: boolean }): GatewayError | undefined {
  if (mode === 'live' || target?.test) return undefined;
  const what = target ? 'only what a test key has made' : 'nothing of the account';
  return fail('permission_denied', `A test key may change ${what}: use a live one.`, { code: 'test_key' }).error;
}
