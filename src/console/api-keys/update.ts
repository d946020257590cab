import * as z from 'zod';
import type { KeyChange } from '../../account/types';
import { fail, ok, type Result } from '../../core/errors';
import { fromCredits } from '../../core/money';
import { auditRecord, collectAudit } from '../audit/commit';
import type { VerbContext } from '../context';
import { type KeyView, keyFields, keyView, refuseBeyond, refuseLimited } from './internal';

/** `null` removes a limit; what is left out stays. */
export const updateKeyInput = z
  .strictObject({
    ...keyFields,
    /** `active` enables a key again that was disabled at its limit. */
    status: z.enum(['active', 'disabled']),
  })
  .partial();

export type UpdateKeyInput = z.infer<typeof updateKeyInput>;

function changeOf(input: UpdateKeyInput): KeyChange {
  const { expiresAt, spendingLimit, limitPeriod, autoDisable, origins, ips, models, families, scopes, name, status } = input;
  return {
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(expiresAt !== undefined && { expiresAtMs: expiresAt === null ? null : Date.parse(expiresAt) }),
    ...(spendingLimit !== undefined && { spendingLimitMicro: spendingLimit === null ? null : fromCredits(spendingLimit) }),
    ...(limitPeriod !== undefined && { limitPeriod: limitPeriod ?? 'month' }),
    ...(autoDisable !== undefined && { autoDisable: autoDisable ?? false }),
    ...(origins !== undefined && { origins: origins ?? [] }),
    ...(ips !== undefined && { ips: ips ?? [] }),
    ...(models !== undefined && { models: models ?? [] }),
    ...(families !== undefined && { families: families ?? [] }),
    ...(scopes !== undefined && { scopes: scopes ?? [] }),
  };
}

export async function updateApiKey(context: VerbContext, id: string, input: UpdateKeyInput): Promise<Result<KeyView>> {
  const within = refuseBeyond(context, input.scopes);
  if (!within.ok) return within;
  const unlimited = await refuseLimited(context);
  if (!unlimited.ok) return unlimited;
  const audit = auditRecord(context, { action: 'api_key.update', target: id, detail: input });
  const changed = await context.account(context.accountId).changeKey(id, changeOf(input), audit);
  if (!changed) return fail('not_found', 'There is no such API key.');
  await collectAudit(context, context.accountId);
  return ok(keyView(changed));
}
