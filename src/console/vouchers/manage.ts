/** The operator's verbs for vouchers. Codes are shown once, when they are made. */
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { randomDigits } from '../../core/ids';
import { fromCredits, toCredits } from '../../core/money';
import { isoOrNull } from '../../core/time';
import type { OperatorDeps } from '../accounts';
import { commit, OPERATOR_LOG } from '../audit/commit';
import { momentCursor, readMoment } from '../cursor';
import { codeStart, newVoucherCode, voucherDigest } from './code';

/** For one call, since a batch of D1 is one transaction. */
const MOST_AT_ONCE = 500;

export const createVouchersInput = z.strictObject({
  credits: z.number().min(0.01).max(1e6),
  /** How many vouchers to make, each with its own code. */
  count: z.int().min(1).max(MOST_AT_ONCE).nullish(),
  /** Codes chosen by the operator, one voucher each, instead of `count`. */
  codes: z
    .array(
      z
        .string()
        .regex(
          /^[0-9A-Za-z](?:[ -]?[0-9A-Za-z]){7,63}$/,
          'must be 8 to 64 letters from A to Z and digits, with single dashes or spaces in between',
        ),
    )
    .min(1)
    .max(MOST_AT_ONCE)
    .nullish(),
  /** How many accounts may redeem each, once each. */
  maxAccounts: z.int().min(1).max(1e6).nullish(),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
  /** Shown to the operator only. */
  note: z.string().max(200).nullish(),
  /** Counts towards the tier, for vouchers that were paid for. */
  topUp: z.boolean().nullish(),
});

interface Row {
  id: string;
  codeStart: string;
  creditsMicro: number;
  maxAccounts: number;
  topUp: number;
  note: string;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  redeemed: number;
}

const COLUMNS = `id, code_start AS codeStart, credits_micro AS creditsMicro, max_accounts AS maxAccounts, top_up AS topUp, note,
  created_at AS createdAt, expires_at AS expiresAt, revoked_at AS revokedAt,
  (SELECT COUNT(*) FROM voucher_redemptions WHERE voucher_id = vouchers.id) AS redeemed`;

function statusOf({ revokedAt, expiresAt, redeemed, maxAccounts }: Row, nowMs: number): 'open' | 'used' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked';
  if (redeemed >= maxAccounts) return 'used';
  return expiresAt !== null && expiresAt <= nowMs ? 'expired' : 'open';
}

const shown = (row: Row, nowMs: number) => ({
  id: row.id,
  codeStart: row.codeStart,
  credits: toCredits(row.creditsMicro),
  maxAccounts: row.maxAccounts,
  redeemed: row.redeemed,
  topUp: row.topUp === 1,
  note: row.note,
  status: statusOf(row, nowMs),
  createdAt: new Date(row.createdAt).toISOString(),
  expiresAt: isoOrNull(row.expiresAt),
});

const INSERT = `INSERT INTO vouchers (id, code_hash, code_start, credits_micro, max_accounts, top_up, note, created_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export async function createVouchers(deps: OperatorDeps, input: z.infer<typeof createVouchersInput>) {
  const nowMs = deps.now();
  const expiresAt = input.expiresAt == null ? null : Date.parse(input.expiresAt);
  if (expiresAt !== null && expiresAt <= nowMs)
    return fail('invalid_request', 'The field `expiresAt` is not valid: it lies in the past.', { param: 'expiresAt' });
  const { credits, note } = input;
  if (input.codes && input.count != null)
    return fail('invalid_request', 'The field `count` is not valid: `codes` say how many there are.', { param: 'count' });
  const creditsMicro = fromCredits(credits);
  const [maxAccounts, topUp] = [input.maxAccounts ?? 1, input.topUp === true ? 1 : 0];
  const codes = input.codes ?? Array.from({ length: input.count ?? 1 }, newVoucherCode);
  const made = await Promise.all(codes.map(async (code) => ({ id: `vou_${randomDigits(16)}`, code, hash: await voucherDigest(code) })));
  const insert = deps.db.prepare(INSERT);
  const [first, ...others] = made.map(({ id, code, hash }) =>
    insert.bind(id, hash, codeStart(code), creditsMicro, maxAccounts, topUp, note ?? '', nowMs, expiresAt),
  );
  const detail = { credits, count: made.length, maxAccounts, ...(note && { note }) };
  const entry = { action: 'voucher.create', target: made[0]!.id, detail };
  try {
    await commit({ ...deps, accountId: OPERATOR_LOG }, entry, first, ...others);
  } catch (error) {
    if (!/UNIQUE constraint failed: vouchers\.code_hash/.test(String(error))) throw error;
    return fail('conflict', 'One of these codes is a voucher’s already; none was made.', { param: 'codes' });
  }
  return ok({ vouchers: made.map(({ id, code }) => ({ id, code, credits, maxAccounts, expiresAt: isoOrNull(expiresAt) })) });
}

/** Newest first. */
export async function listVouchers({ db, now }: Pick<OperatorDeps, 'db' | 'now'>, limit: number, cursor: string | undefined) {
  const before = readMoment(cursor);
  if (!before.ok) return before;
  const { createdAt, id } = before.value ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM vouchers WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`)
    .bind(createdAt, id, limit + 1)
    .all<Row>();
  const page = results.slice(0, limit);
  const last = page.at(-1);
  return ok({
    vouchers: page.map((row) => shown(row, now())),
    nextCursor: results.length > limit && last ? momentCursor(last) : null,
  });
}

const REDEMPTIONS_SHOWN = 500;

/** A voucher, with its latest redemptions. */
export async function showVoucher({ db, now }: Pick<OperatorDeps, 'db' | 'now'>, id: string) {
  const redemptions = `SELECT account_id AS accountId, redeemed_by AS redeemedBy, redeemed_at AS redeemedAt, granted_at AS grantedAt
    FROM voucher_redemptions WHERE voucher_id = ? ORDER BY redeemed_at DESC LIMIT ?`;
  const [found, redeemed] = await db.batch<Row & { accountId: string; redeemedBy: string; redeemedAt: number; grantedAt: number | null }>([
    db.prepare(`SELECT ${COLUMNS} FROM vouchers WHERE id = ?`).bind(id),
    db.prepare(redemptions).bind(id, REDEMPTIONS_SHOWN),
  ]);
  const row = found?.results[0];
  if (!row) return fail('not_found', 'There is no such voucher.');
  return ok({
    ...shown(row, now()),
    redemptions: redeemed!.results.map(({ accountId, redeemedBy, redeemedAt, grantedAt }) => ({
      accountId,
      redeemedBy,
      redeemedAt: new Date(redeemedAt).toISOString(),
      grantedAt: isoOrNull(grantedAt),
    })),
  });
}

/** It can no longer be redeemed; credits already redeemed stay. */
export async function revokeVoucher(deps: OperatorDeps, id: string): Promise<Result<{ id: string; status: string }>> {
  const change = deps.db.prepare('UPDATE vouchers SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL').bind(deps.now(), id);
  await commit({ ...deps, accountId: OPERATOR_LOG }, { action: 'voucher.revoke', target: id }, change);
  const voucher = await showVoucher(deps, id);
  return voucher.ok ? ok({ id, status: voucher.value.status }) : voucher;
}
