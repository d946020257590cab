import type { KeyRecord } from '../../account/types';
import { fail, type Result } from '../../core/errors';
import type { VerbContext } from '../context';
import { type CreateKeyInput, createKey, type KeyView, personBehind, refuseBeyond, refuseLimited } from './internal';

/** Makes a key; its secret is in this answer and nowhere else. */
export async function createApiKey(
  context: VerbContext,
  input: Omit<CreateKeyInput, 'userId'> & Pick<KeyRecord, 'purpose'>,
): Promise<Result<KeyView & { key: string }>> {
  const within = refuseBeyond(context, input.scopes);
  if (!within.ok) return within;
  const unlimited = await refuseLimited(context);
  if (!unlimited.ok) return unlimited;
  if (input.mode === 'test' && input.scopes?.some((scope) => scope.endsWith('.write')))
    return fail('invalid_request', 'The field `scopes` is not valid: a test key may read here, and change nothing.', { param: 'scopes' });
  if (input.expiresAt && Date.parse(input.expiresAt) <= context.now())
    return fail('invalid_request', 'The field `expiresAt` is not valid: it lies in the past.', { param: 'expiresAt' });
  // In an organization each member has hourly limits of their own.
  const userId = context.organization ? await personBehind(context) : null;
  return createKey(context, context.accountId, { ...input, userId });
}
