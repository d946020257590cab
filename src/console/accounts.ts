/** The operator's verbs for accounts. The account object is told first; D1 follows through its outbox. */
import { and, asc, eq, gt, or } from 'drizzle-orm';
import { z } from 'zod';
import type { AccountView } from '../account/types';
import { fail, ok, type Result } from '../core/errors';
import { accountBytes, accountId, newAccountBytes } from '../core/ids';
import { fromCredits, toCredits } from '../core/money';
import { TIERS } from '../core/tiers';
import { database } from '../db/client';
import { accounts } from '../db/schema';
import type { ConsoleDeps } from './deps';

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
  /** Makes the grant idempotent; without one, each call is a grant of its own. */
  eventId: z.string().min(1).max(200).nullish(),
  topUp: z.boolean().nullish(),
});

export const tierInput = z.strictObject({ tier });

const summary = ({ profile, tier: effective, balanceMicro, heldMicro }: AccountView) => ({
  id: profile.id,
  name: profile.name,
  email: profile.email,
  tier: effective,
  createdAt: new Date(profile.createdAtMs).toISOString(),
  balanceCredits: toCredits(balanceMicro),
  heldCredits: toCredits(heldMicro),
  availableCredits: toCredits(balanceMicro - heldMicro),
});

/** The account's stub, if the id is one; nothing is created for a made-up id. */
export async function findAccount(deps: ConsoleDeps, id: string): Promise<Result<AccountView>> {
  const view = accountBytes(id) ? await deps.account(id).view() : null;
  return view ? ok(view) : fail('not_found', 'There is no such account.');
}

export async function createAccount(deps: ConsoleDeps, input: z.infer<typeof createAccountInput>) {
  const id = accountId(newAccountBytes());
  const stub = deps.account(id);
  const view = await stub.create({
    id,
    name: input.name,
    email: input.email ?? null,
    createdAtMs: deps.now(),
    grantedTier: input.tier ?? 'free',
  });
  if (!input.credits) return summary(view);
  await stub.grant({ eventId: `opening:${id}`, amountMicro: fromCredits(input.credits), reason: 'opening balance', topUp: false });
  return summary((await stub.view())!);
}

export async function listAccounts(deps: ConsoleDeps, limit: number, cursor: string | undefined) {
  const [, afterMs, afterId] = /^(\d{1,15})~(\w+)$/.exec(cursor ?? '') ?? [];
  if (cursor && afterId === undefined)
    return fail('invalid_request', '`cursor` must be the `nextCursor` of the page before.', { param: 'cursor' });
  const after = Number(afterMs);
  const rows = await database(deps.db)
    .select()
    .from(accounts)
    .where(afterId ? or(gt(accounts.createdAt, after), and(eq(accounts.createdAt, after), gt(accounts.id, afterId))) : undefined)
    .orderBy(asc(accounts.createdAt), asc(accounts.id))
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return ok({
    accounts: page.map(({ id, name, email, tier: shown, createdAt }) => ({
      id,
      name,
      email,
      tier: shown,
      createdAt: new Date(createdAt).toISOString(),
    })),
    nextCursor: rows.length > limit && last ? `${last.createdAt}~${last.id}` : null,
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
      closedAt: closedAtMs === null ? null : new Date(closedAtMs).toISOString(),
      detail,
    })),
  };
}

export async function grantCredits(deps: ConsoleDeps, view: AccountView, input: z.infer<typeof grantInput>) {
  const amountMicro = fromCredits(input.credits);
  if (![view.balanceMicro, view.topUpMicro].every((sum) => Number.isSafeInteger(sum + amountMicro)))
    return fail('invalid_request', 'The field `credits` is not valid: the balance would be too large.', { param: 'credits' });
  const { balanceMicro, repeated } = await deps.account(view.profile.id).grant({
    eventId: input.eventId ?? `grant:${crypto.randomUUID()}`,
    amountMicro,
    reason: input.reason ?? '',
    topUp: input.topUp ?? false,
  });
  return ok({ balanceCredits: toCredits(balanceMicro), repeated });
}

export async function setTier(deps: ConsoleDeps, id: string, input: z.infer<typeof tierInput>) {
  return summary(await deps.account(id).setTier(input.tier));
}
