/**
 * Redeems a voucher's code: once an account and once a person, since a person may make any number of wallets. D1
 * decides, and the account object accepts the grant once by the voucher's id. What was cut short between the two is
 * finished by redeeming again, and by a cron.
 */
import * as z from 'zod';
import type { AuditRecord } from '../../core/audit';
import { fail, ok, type Result } from '../../core/errors';
import { toCredits } from '../../core/money';
import { auditRecord, collectAudit } from '../audit/commit';
import type { VerbContext } from '../context';
import type { ConsoleDeps } from '../deps';
import { voucherDigest } from './code';
import { countTry, forgetTry } from './tries';

export const redeemInput = z.strictObject({ code: z.string().trim().min(1).max(100) });

const REDEEM = `INSERT INTO voucher_redemptions (voucher_id, account_id, redeemed_by, redeemed_at) SELECT id, ?2, ?3, ?4 FROM vouchers
  WHERE code_hash = ?1 AND EXISTS (SELECT 1 FROM voucher_tries WHERE voucher_tries.id = ?5)
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?4)
    AND (SELECT COUNT(*) FROM voucher_redemptions WHERE voucher_id = vouchers.id) < max_accounts
    AND NOT EXISTS (SELECT 1 FROM voucher_redemptions o WHERE o.voucher_id = vouchers.id AND o.redeemed_by = ?3)
  ON CONFLICT DO NOTHING`;

interface Voucher {
  id: string;
  creditsMicro: number;
  topUp: number;
}

interface Found extends Voucher {
  expiresAt: number | null;
  revokedAt: number | null;
  redeemedAt: number | null;
  grantedAt: number | null;
  /** Redemptions by the same person for another wallet. */
  elsewhere: number;
}

const FIND = `SELECT v.id, credits_micro AS creditsMicro, top_up AS topUp, expires_at AS expiresAt, revoked_at AS revokedAt,
    redeemed_at AS redeemedAt, granted_at AS grantedAt,
    EXISTS (SELECT 1 FROM voucher_redemptions o WHERE o.voucher_id = v.id AND o.redeemed_by = ?3 AND o.account_id <> ?2) AS elsewhere
  FROM vouchers v LEFT JOIN voucher_redemptions r ON r.voucher_id = v.id AND r.account_id = ?2 WHERE code_hash = ?1`;

/** Gives the credits granted and the new balance. */
export async function redeem(
  context: VerbContext,
  { code }: z.infer<typeof redeemInput>,
): Promise<Result<{ credits: number; balanceCredits: number }>> {
  const { db, accountId, actor } = context;
  const digest = await voucherDigest(code);
  const nowMs = context.now();
  const tried = { id: crypto.randomUUID(), accountId, ip: context.from.ip };
  const [, counted, , found] = await db.batch<Found>([
    ...countTry(db, tried, nowMs),
    db.prepare(REDEEM).bind(digest, accountId, actor.name, nowMs, tried.id),
    db.prepare(FIND).bind(digest, accountId, actor.name),
  ]);
  if (counted?.meta.changes === 0) return TOO_MANY_TRIES;
  const voucher = found?.results[0];
  if (voucher) await forgetTry(db, tried);
  if (!voucher) return refused('There is no voucher with this code; is it typed as it was given?', 'unknown_voucher');
  if (voucher.grantedAt !== null) return refused('This wallet has redeemed this voucher before.', 'voucher_redeemed');
  if (voucher.redeemedAt === null && voucher.elsewhere === 1)
    return refused('You have redeemed this voucher before, for another wallet.', 'voucher_redeemed');
  if (voucher.redeemedAt === null) return refused(whyClosed(voucher, nowMs), 'voucher_closed');
  const detail = { credits: toCredits(voucher.creditsMicro) };
  const audit = auditRecord(context, { action: 'billing.redeem', target: voucher.id, detail });
  const balanceMicro = await grantVoucher(context, accountId, voucher, audit);
  await collectAudit(context, accountId);
  return ok({ credits: detail.credits, balanceCredits: toCredits(balanceMicro) });
}

const TOO_MANY_TRIES = fail('rate_limited', 'Too many codes that are no voucher’s were tried; try again in an hour.', {
  code: 'too_many_codes',
});

const refused = (message: string, code: string) => fail('invalid_request', message, { param: 'code', code });

function whyClosed({ expiresAt, revokedAt }: Found, nowMs: number): string {
  if (revokedAt !== null) return 'This voucher is not good any more.';
  return expiresAt !== null && expiresAt <= nowMs ? 'This voucher has expired.' : 'This voucher has been redeemed already.';
}

const GRANTED = 'UPDATE voucher_redemptions SET granted_at = ? WHERE voucher_id = ? AND account_id = ? AND granted_at IS NULL';

/** Gives the balance after it. The account accepts the event once, whoever sends it. */
async function grantVoucher(
  { db, account, now }: Pick<ConsoleDeps, 'db' | 'account' | 'now'>,
  accountId: string,
  { id, creditsMicro, topUp }: Voucher,
  audit?: AuditRecord,
): Promise<number> {
  const grant = { eventId: `voucher:${id}`, amountMicro: creditsMicro, reason: 'Voucher', topUp: topUp === 1 };
  const { balanceMicro } = await account(accountId).grant(grant, audit);
  await db.prepare(GRANTED).bind(now(), id, accountId).run();
  return balanceMicro;
}

/** By then the request that redeemed it is over. */
const CUT_SHORT_MS = 60_000;
const MOST_A_RUN = 100;

const CUT_SHORT = `SELECT v.id, credits_micro AS creditsMicro, top_up AS topUp, account_id AS accountId, redeemed_by AS redeemedBy
  FROM voucher_redemptions r JOIN vouchers v ON v.id = r.voucher_id
  WHERE granted_at IS NULL AND redeemed_at < ? ORDER BY redeemed_at LIMIT ?`;

/** Grants redemptions that were cut short. A failing one does not hold up the others. */
export async function grantRedeemed(deps: ConsoleDeps): Promise<number> {
  const { results } = await deps.db
    .prepare(CUT_SHORT)
    .bind(deps.now() - CUT_SHORT_MS, MOST_A_RUN)
    .all<Voucher & { accountId: string; redeemedBy: string }>();
  let granted = 0;
  for (const { accountId, redeemedBy, ...voucher } of results) {
    const acting = {
      now: deps.now,
      actor: { kind: 'system', id: 'voucher', name: redeemedBy },
      from: { ip: null, userAgent: null, requestId: '' },
    } as const;
    const entry = { action: 'billing.redeem', target: voucher.id, detail: { credits: toCredits(voucher.creditsMicro) } };
    try {
      await grantVoucher(deps, accountId, voucher, auditRecord(acting, entry));
      granted++;
    } catch (error) {
      console.error('voucher not granted', JSON.stringify({ voucher: voucher.id, accountId, error: String(error) }));
    }
  }
  return granted;
}
