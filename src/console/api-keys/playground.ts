import type { KeySummary } from '../../account/types';
import { mintKey } from '../../core/api-key';
import { ok, type Result } from '../../core/errors';
import { accountBytes, keyBytes } from '../../core/ids';
import { HOUR_MS } from '../../core/time';
import { auditRecord, collectAudit } from '../audit/commit';
import type { VerbContext } from '../context';
import type { ConsoleDeps } from '../deps';
import { organizationsOf } from '../me/show';
import { personalAccountOf } from '../sign-in/personal-account';
import { createApiKey } from './create';
import { personBehind, refuseBeyond, refuseLimited } from './internal';

/** A secret that expires any moment is useless to a page that was just opened. */
const USEFUL_MS = 300_000;

export interface PlaygroundKey {
  id: string;
  key: string;
  expiresAt: string;
}

/** Is it this person's key? In a personal wallet, every playground key is. */
const isOf = (key: KeySummary, person: string | undefined, isShared: boolean): boolean =>
  key.purpose === 'playground' && key.status !== 'revoked' && (!isShared || (key.secretBy ?? key.userId) === person);

/** A key that ended early, as when a session ends, ends its secrets too. */
function isGood({ id, expiresAt }: PlaygroundKey, known: KeySummary, nowMs: number): boolean {
  const untilMs = Date.parse(expiresAt);
  return id === known.id && untilMs > nowMs + USEFUL_MS && untilMs <= (known.expiresAtMs ?? 0);
}

/**
 * A secret for the playground's calls of the next hour. A person has one playground key in each wallet, which is
 * reused.
 *
 * @param kept The secret in the person's browser; while it is valid, nothing is made or recorded.
 */
export async function playgroundKey(context: VerbContext, kept?: PlaygroundKey): Promise<Result<PlaygroundKey>> {
  const expiresAtMs = context.now() + HOUR_MS;
  const expiresAt = new Date(expiresAtMs).toISOString();
  const stub = context.account(context.accountId);
  const person = await personBehind(context);
  const known = (await stub.listKeys()).find((key) => isOf(key, person, context.organization !== null));
  if (known) {
    const allowed = refuseBeyond(context, known.scopes);
    if (!allowed.ok) return allowed;
    const unlimited = await refuseLimited(context);
    if (!unlimited.ok) return unlimited;
    if (kept && isGood(kept, known, context.now())) return ok(kept);
    const { token, secretHash } = await mintKey(context.macSecret, 'live', accountBytes(context.accountId)!, keyBytes(known.id)!);
    const audit = auditRecord(context, { action: 'api_key.rotate', target: known.id, detail: { expiresAt, purpose: 'playground' } });
    // Pages that are open elsewhere go on with the old secret, unless it had already expired.
    const graceMs = (known.expiresAtMs ?? 0) > context.now() ? HOUR_MS : 0;
    const rotation = { secretHash, graceMs, endsGrace: true, expiresAtMs, secretBy: person };
    const rotated = await stub.rotateKey(known.id, rotation, audit);
    await collectAudit(context, context.accountId);
    if (rotated.ok) return ok({ id: known.id, key: token, expiresAt });
  }
  const made = await createApiKey(context, { name: 'Playground', expiresAt, purpose: 'playground' });
  return made.ok ? ok({ id: made.value.id, key: made.value.key, expiresAt }) : made;
}

/** Ending a session ends its secrets too; pages of other sessions then ask for new ones. */
export async function endPlaygroundKeys({ db, account, now }: ConsoleDeps, person: string): Promise<void> {
  const [own, organizations] = await Promise.all([personalAccountOf(db, person), organizationsOf(db, person)]);
  const end = async (accountId: string): Promise<void> => {
    const stub = account(accountId);
    const keys = (await stub.listKeys()).filter((key) => isOf(key, person, accountId !== own) && (key.expiresAtMs ?? 0) > now());
    // Not recorded: it is nobody's act, and the keys would expire within the hour.
    await Promise.all(keys.map(({ id }) => stub.changeKey(id, { expiresAtMs: now() })));
  };
  await Promise.all([...(own === undefined ? [] : [own]), ...organizations.map(({ accountId }) => accountId)].map(end));
}
