/** The operator's verbs for accounts. The account object is told first; D1 follows through its outbox. */
import { asc } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNT_STATUSES, type AccountProfile, type AccountView, type GrantRequest } from '../account/types';
import { fail, ok, type Result } from '../core/errors';
import { accountBytes, accountId, newAccountBytes } from '../core/ids';
import { availableMicro, fromCredits, PRICE_FACTORS, permilleOf, priceFactor, toCredits } from '../core/money';
import { TIERS } from '../core/tiers';
import { isoOrNull } from '../core/time';
import { rowsAfter } from '../db/after';
import { database } from '../db/client';
import { accounts } from '../db/schema';
import { listInD1, PRESENT_NAME, PRESENT_NAMES } from './account-row';
import { noted } from './api-keys/internal';
import { type Acting, auditRecord, collectAudit } from './audit/commit';
import { momentCursor, readMoment } from './cursor';
import type { ConsoleDeps } from './deps';

/** The operator has no session: the token authenticates them, the request says where they are. */
export type OperatorDeps = ConsoleDeps & Acting;

const tier = z.enum(TIERS.map(({ id }) => id) as [(typeof TIERS)[number]['id'], ...(typeof TIERS)[number]['id'][]]);
const credits = z.number().min(-1e9).max(1e9);

export const createAccountInput = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().nullish(),
  credits: credits.min(0).nullish(),
  tier: tier.nullish(),
});

export const grantInput = z.strictObject({
  credits,
  reason: z.string().max(500).nullish(),
  /** Makes the grant idempotent; without one, every call is another grant. */
  eventId: z.string().min(1).max(200).nullish(),
  topUp: z.boolean().nullish(),
  /** Must be set for a negative grant that takes more than the balance. */
  belowZero: z.boolean().nullish(),
});

export const tierInput = z.strictObject({ tier });

/** The price of models for this account, as a factor of their list prices. */
export const pricesInput = z.strictObject({
  factor: z.number().min(PRICE_FACTORS.least).max(PRICE_FACTORS.most).multipleOf(PRICE_FACTORS.step),
});

export const statusInput = z.strictObject({
  status: z.enum(ACCOUNT_STATUSES),
  /** For the audit log. */
  reason: z.string().max(500).nullish(),
});

const summary = ({ profile, tier: effective, balanceMicro, heldMicro, committedMicro }: AccountView) => ({
  id: profile.id,
  name: profile.name,
  email: profile.email,
  tier: effective,
  status: profile.status ?? 'active',
  priceFactor: priceFactor(profile.pricePermille),
  createdAt: new Date(profile.createdAtMs).toISOString(),
  balanceCredits: toCredits(balanceMicro),
  heldCredits: toCredits(heldMicro),
  availableCredits: toCredits(availableMicro({ balanceMicro, heldMicro, committedMicro })),
});

const NAMES = `SELECT a.id, ${PRESENT_NAME} AS name FROM (SELECT value AS id FROM json_each(?)) a ${PRESENT_NAMES}`;

async function withNames<Account extends { id: string; name: string }>(db: D1Database, all: Account[]): Promise<Account[]> {
  const ids = JSON.stringify(all.map(({ id }) => id));
  const { results } = await db.prepare(NAMES).bind(ids).all<{ id: string; name: string | null }>();
  const names = new Map(results.map(({ id, name }) => [id, name]));
  return all.map((one) => ({ ...one, name: names.get(one.id) ?? one.name }));
}

async function named({ db }: ConsoleDeps, view: AccountView): Promise<AccountView> {
  // The account can be shown without its name.
  const [profile = view.profile] = await withNames(db, [view.profile]).catch(() => []);
  return { ...view, profile };
}

/** The account with this id; a made-up id creates nothing. */
export async function findAccount(deps: ConsoleDeps, id: string): Promise<Result<AccountView>> {
  const view = accountBytes(id) ? await deps.account(id).view() : null;
  return view ? ok(await named(deps, view)) : fail('not_found', 'There is no such account.');
}

export async function createAccount(deps: OperatorDeps, input: z.infer<typeof createAccountInput>) {
  const id = accountId(newAccountBytes());
  const stub = deps.account(id);
  const { name, email = null, tier: grantedTier = 'free', credits: opening } = input;
  const profile: AccountProfile = { id, name, email, createdAtMs: deps.now(), grantedTier: grantedTier ?? 'free' };
  const detail = noted({ name, email, tier: profile.grantedTier });
  await stub.create(profile, auditRecord(deps, { action: 'account.create', target: id, detail }));
  if (opening) {
    const grant = { eventId: `opening:${id}`, amountMicro: fromCredits(opening), reason: 'opening balance', topUp: false };
    await stub.grant(grant, auditRecord(deps, { action: 'account.grant', target: grant.eventId, detail: grantDetail(grant) }));
  }
  await listInD1(deps.db, profile).run();
  await collectAudit(deps, id);
  return summary((await stub.view())!);
}

const grantDetail = ({ amountMicro, reason, topUp }: GrantRequest) => ({ credits: toCredits(amountMicro), reason, topUp });

export async function listAccounts(deps: ConsoleDeps, limit: number, cursor: string | undefined) {
  const read = readMoment(cursor);
  if (!read.ok) return read;
  const after = read.value;
  const rows = await database(deps.db)
    .select()
    .from(accounts)
    .where(after && rowsAfter([accounts.createdAt, accounts.id], [after.createdAt, after.id]))
    .orderBy(asc(accounts.createdAt), asc(accounts.id))
    .limit(limit + 1);
  const page = await withNames(deps.db, rows.slice(0, limit));
  const last = page.at(-1);
  return ok({
    accounts: page.map(({ id, name, email, tier: shown, status, pricePermille, createdAt }) => ({
      id,
      name,
      email,
      tier: shown,
      status,
      priceFactor: priceFactor(pricePermille),
      createdAt: new Date(createdAt).toISOString(),
    })),
    nextCursor: rows.length > limit && last ? momentCursor(last) : null,
  });
}

const LINES_SHOWN = 50;

export async function showAccount(deps: ConsoleDeps, view: AccountView) {
  const { holds, lines } = await deps.account(view.profile.id).operations(LINES_SHOWN);
  const { balanceCredits, heldCredits, availableCredits, ...account } = summary(view);
  return {
    account: { ...account, grantedTier: view.profile.grantedTier, topUpCredits: toCredits(view.topUpMicro), epoch: view.epoch },
    balanceCredits,
    heldCredits,
    availableCredits,
    holds: holds.map(({ id, model, endpoint, heldMicro, openedAtMs, deadlineMs }) => ({
      id,
      model,
      endpoint,
      heldCredits: toCredits(heldMicro),
      openedAt: new Date(openedAtMs).toISOString(),
      deadline: new Date(deadlineMs).toISOString(),
    })),
    ledger: lines.map(({ id, kind, amountMicro, outcome, state, model, endpoint, test, closedAtMs, detail }) => ({
      id,
      kind,
      amountCredits: toCredits(amountMicro),
      outcome,
      state,
      model,
      endpoint,
      test,
      closedAt: isoOrNull(closedAtMs),
      detail,
    })),
  };
}

export async function grantCredits(deps: OperatorDeps, view: AccountView, input: z.infer<typeof grantInput>) {
  const amountMicro = fromCredits(input.credits);
  if (![view.balanceMicro, view.topUpMicro].every((sum) => Number.isSafeInteger(sum + amountMicro)))
    return fail('invalid_request', 'The field `credits` is not valid: the balance would be too large.', { param: 'credits' });
  const eventId = input.eventId ?? `grant:${crypto.randomUUID()}`;
  const keepsAboveZero = !input.belowZero;
  const request: GrantRequest = { eventId, amountMicro, reason: input.reason ?? '', topUp: input.topUp ?? false, keepsAboveZero };
  const audit = auditRecord(deps, { action: 'account.grant', target: eventId, detail: grantDetail(request) });
  const { balanceMicro, repeated, refused } = await deps.account(view.profile.id).grant(request, audit);
  if (refused) return fail('conflict', leavesBelowZero(balanceMicro, amountMicro), { param: 'credits', code: 'below_zero' });
  await collectAudit(deps, view.profile.id);
  return ok({ balanceCredits: toCredits(balanceMicro), repeated });
}

const leavesBelowZero = (balanceMicro: number, amountMicro: number): string =>
  `The account has ${toCredits(balanceMicro)} credits, and would be left with ${toCredits(balanceMicro + amountMicro)}. Nothing was changed; where that is meant, say so with \`belowZero\` (--below-zero).`;

export async function setTier(deps: OperatorDeps, { profile }: AccountView, input: z.infer<typeof tierInput>) {
  const detail = { from: profile.grantedTier, to: input.tier };
  const view = await deps
    .account(profile.id)
    .setTier(input.tier, auditRecord(deps, { action: 'account.set_tier', target: profile.id, detail }));
  await collectAudit(deps, profile.id);
  return summary(await named(deps, view));
}

/** Applies from the next call on. */
export async function setPrices(deps: OperatorDeps, { profile }: AccountView, { factor }: z.infer<typeof pricesInput>) {
  const detail = { from: priceFactor(profile.pricePermille), to: factor };
  const audit = auditRecord(deps, { action: 'account.set_prices', target: profile.id, detail });
  const view = await deps.account(profile.id).setPrices(permilleOf(factor), audit);
  await collectAudit(deps, profile.id);
  return summary(await named(deps, view));
}

/** Applies from the next call on. */
export async function setStatus(deps: OperatorDeps, { profile }: AccountView, { status, reason }: z.infer<typeof statusInput>) {
  const action = status === 'suspended' ? 'account.suspend' : 'account.resume';
  const audit = auditRecord(deps, { action, target: profile.id, detail: noted({ reason: reason ?? '' }) });
  const view = await deps.account(profile.id).setStatus(status, audit);
  await collectAudit(deps, profile.id);
  return summary(await named(deps, view));
}
