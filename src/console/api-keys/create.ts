import { fail, ok, type Result } from '../../core/errors';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';
import { type CreateKeyInput, createKey, type KeyView, noted } from './internal';

/** A key with its secret, which is in this answer and nowhere else. */
export async function createApiKey(
  context: VerbContext,
  input: Omit<CreateKeyInput, 'userId'>,
): Promise<Result<KeyView & { key: string }>> {
  const beyond = input.scopes?.find((scope) => !context.permissions.has(scope));
  if (beyond !== undefined) return fail('permission_denied', `You cannot give a key the permission ${beyond}, which you do not have.`);
  if (input.expiresAt && Date.parse(input.expiresAt) <= context.now())
    return fail('invalid_request', 'The field `expiresAt` is not valid: it lies in the past.', { param: 'expiresAt' });
  // In an organization, hourly limits are each member's own.
  const userId = context.organization && context.actor.kind === 'user' ? context.actor.id : null;
  const created = await createKey(context, context.accountId, { ...input, userId });
  try {
    await commit(context, { action: 'api_key.create', target: created.id, detail: noted(input) });
  } catch (error) {
    // Nobody will ever see its secret.
    await context.account(context.accountId).revokeKey(created.id);
    throw error;
  }
  return ok(created);
}
