/** Storage room of an account: who may store files at all, and the reservation of room before an upload begins. */
import { fail, type GatewayError } from '../core/errors';
import { toCredits } from '../core/money';
import { HOUR_MS } from '../core/time';
import type { JobDeps } from './deps';

/** Longer than an upload takes: from then on it counts for nothing, and is the sweeper's. */
const KEPT_MS = HOUR_MS;

const ROOM = `?6 - (SELECT COALESCE(SUM(size_bytes), 0) FROM stored_objects WHERE account_id = ?2)
  - (SELECT COALESCE(SUM(bytes), 0) FROM storage_reservations WHERE account_id = ?2 AND at > ?5)`;

/** One statement, so that no two uploads see the same free room. */
const RESERVE = `INSERT INTO storage_reservations (id, account_id, bytes, at)
  SELECT ?1, ?2, IIF(?3 > 0, ?3, MIN(?7, room)), ?4 FROM (SELECT ${ROOM} AS room) WHERE room >= MAX(?3, 1)
  RETURNING bytes`;

export interface Wanted {
  id: string;
  accountId: string;
  /** 0 where the size is unknown: then all free room is reserved, up to the limit of one file. */
  declaredBytes: number;
}

/** Reserves room for an upload until it is released; undefined where there is none. */
export async function reserveRoom(
  { db, now, settings }: Pick<JobDeps, 'db' | 'now' | 'settings'>,
  { id, accountId, declaredBytes }: Wanted,
): Promise<number | undefined> {
  const [nowMs, sinceMs] = [now(), now() - KEPT_MS];
  const { STORAGE_ACCOUNT_BYTES, STORAGE_LIMIT_BYTES } = settings;
  const reserved = await db
    .prepare(RESERVE)
    .bind(id, accountId, declaredBytes, nowMs, sinceMs, STORAGE_ACCOUNT_BYTES, STORAGE_LIMIT_BYTES)
    .first<{ bytes: number }>();
  return reserved?.bytes;
}

export const giveRoomBack = async ({ db }: Pick<JobDeps, 'db'>, id: string): Promise<void> =>
  void (await db.prepare('DELETE FROM storage_reservations WHERE id = ?').bind(id).run());

/**
 * Anybody with a mailbox may have an account, and files are public to whoever has their URL. So only an account that
 * has credits, has paid, or was granted a tier may store some.
 */
export async function refuseUnfunded({ account }: Pick<JobDeps, 'account'>, accountId: string): Promise<GatewayError | undefined> {
  const { balanceMicro = 0, topUpMicro = 0, tier = 'free' } = (await account(accountId).view()) ?? {};
  if (balanceMicro > 0 || topUpMicro > 0 || tier !== 'free') return undefined;
  return fail('insufficient_credits', 'Files are kept for accounts that have credits. Top up to go on (100 credits = 1 USD).', {
    details: { available: toCredits(balanceMicro) },
  }).error;
}
