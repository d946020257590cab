import * as z from 'zod';
import { mintKey } from '../../core/api-key';
import { fail, ok, type Result } from '../../core/errors';
import { accountBytes, keyBytes } from '../../core/ids';
import { auditRecord, collectAudit } from '../audit/commit';
import type { VerbContext } from '../context';
import { type KeyView, keyView, personBehind, refuseBeyond, refuseLimited } from './internal';

const LONGEST_GRACE_SECONDS = 30 * 86_400;
const DEFAULT_GRACE_SECONDS = 86_400;

export const rotateKeyInput = z.strictObject({
  /** How long the old secret stays valid: a day by default, 0 ends it at once. */
  graceSeconds: z.number().int().min(0).max(LONGEST_GRACE_SECONDS).nullish(),
  /** While an earlier secret is still valid, another rotation would end it, so that must be asked for. */
  endGrace: z.boolean().nullish(),
});

const inGrace = (untilMs: number) =>
  fail(
    'conflict',
    `The secret before the last rotation is good until ${new Date(untilMs).toISOString()}, and another rotation would end it at once: wait, or say so with \`endGrace\`. With \`graceSeconds\` 0 all secrets of before end.`,
    { param: 'endGrace', details: { graceUntil: new Date(untilMs).toISOString() } },
  );

/** Gives a key a new secret; name, limits and spend stay. */
export async function rotateApiKey(
  context: VerbContext,
  id: string,
  input: z.infer<typeof rotateKeyInput>,
): Promise<Result<KeyView & { key: string }>> {
  const missing = fail('not_found', 'There is no such API key.');
  const stub = context.account(context.accountId);
  const known = await stub.findKey(id);
  if (!known || known.status === 'revoked') return missing;
  const within = refuseBeyond(context, known.scopes);
  if (!within.ok) return within;
  // A key may rotate itself: its own limits stay.
  const unlimited = id === context.actor.id ? ok(null) : await refuseLimited(context);
  if (!unlimited.ok) return unlimited;
  const graceSeconds = input.graceSeconds ?? DEFAULT_GRACE_SECONDS;
  const minted = await mintKey(context.macSecret, known.mode, accountBytes(context.accountId)!, keyBytes(id)!);
  const audit = auditRecord(context, { action: 'api_key.rotate', target: id, detail: { graceSeconds } });
  const endsGrace = input.endGrace ?? false;
  const rotation = { secretHash: minted.secretHash, graceMs: graceSeconds * 1_000, secretBy: await personBehind(context), endsGrace };
  const rotated = await stub.rotateKey(id, rotation, audit);
  if (!rotated.ok) return rotated.graceUntilMs === null ? missing : inGrace(rotated.graceUntilMs);
  await collectAudit(context, context.accountId);
  return ok({ ...keyView(rotated.key), key: minted.token });
}
