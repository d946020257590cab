import type { KeySummary } from '../../account/types';
import { mintKey } from '../../core/api-key';
import { ok, type Result } from '../../core/errors';
import { accountBytes, keyBytes } from '../../core/ids';
import { auditRecord, collectAudit } from '../audit/commit';
import type { VerbContext } from '../context';
import { createApiKey } from './create';
import { personBehind, refuseBeyond, refuseLimited } from './internal';

const HOUR_MS = 3_600_000;

/** A person's own: a wallet of theirs alone has no other's. */
const isOf = (key: KeySummary, person: string | undefined, { organization }: VerbContext): boolean =>
  key.purpose === 'playground' && key.status !== 'revoked' && (!organization || (key.secretBy ?? key.userId) === person);

/** A secret for the playground's calls of the next hour: of the one key that a person has for them in a wallet, made once. */
export async function playgroundKey(context: VerbContext): Promise<Result<{ key: string; expiresAt: string }>> {
  const expiresAtMs = context.now() + HOUR_MS;
  const expiresAt = new Date(expiresAtMs).toISOString();
  const stub = context.account(context.accountId);
  const person = await personBehind(context);
  const known = (await stub.listKeys()).find((key) => isOf(key, person, context));
  if (known) {
    const allowed = refuseBeyond(context, known.scopes);
    if (!allowed.ok) return allowed;
    const unlimited = await refuseLimited(context);
    if (!unlimited.ok) return unlimited;
    const { token, secretHash } = await mintKey(context.macSecret, 'live', accountBytes(context.accountId)!, keyBytes(known.id)!);
    const audit = auditRecord(context, { action: 'api_key.rotate', target: known.id, detail: { expiresAt, purpose: 'playground' } });
    // Pages that are open elsewhere have the secret before; they go on with it.
    const rotation = { secretHash, graceMs: HOUR_MS, endsGrace: true, expiresAtMs, secretBy: person };
    const rotated = await stub.rotateKey(known.id, rotation, audit);
    await collectAudit(context, context.accountId);
    if (rotated.ok) return ok({ key: token, expiresAt });
  }
  const made = await createApiKey(context, { name: 'Playground', expiresAt, purpose: 'playground' });
  return made.ok ? ok({ key: made.value.key, expiresAt }) : made;
}
