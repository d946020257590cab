/** Shared by the verbs for API keys. A secret leaves only in the answer to `create` or `rotate` and is stored nowhere. */
import * as z from 'zod';
import { isRange } from '../../account/key-scope';
import type { KeyRecord, KeySummary } from '../../account/types';
import { mintKey } from '../../core/api-key';
import { fail, ok, type Result } from '../../core/errors';
import { FAMILIES } from '../../core/family';
import { accountBytes, keyId, newKeyBytes } from '../../core/ids';
import { LIMIT_PERIODS } from '../../core/limit-period';
import { fromCredits, toCredits } from '../../core/money';
import { isoOrNull } from '../../core/time';
import { type Acting, auditRecord, collectAudit } from '../audit/commit';
import type { VerbContext } from '../context';
import type { ConsoleDeps } from '../deps';
import { KEY_SCOPES, type Permission } from '../permissions';

const origin = z
  .string()
  .max(300)
  .refine((value) => URL.canParse(value) && new URL(value).origin === value.toLowerCase().replace(/\/$/, ''), {
    message: 'must be an origin such as https://app.example.com',
  });
const range = z.string().max(50).refine(isRange, { message: 'must be an IP address or a CIDR range' });

const fields = {
  name: z.string().trim().min(1).max(200),
  /** In credits, for each period. */
  spendingLimit: z.number().min(0).max(1e9).nullish(),
  /** The UTC calendar month unless given. */
  limitPeriod: z.enum(LIMIT_PERIODS).nullish(),
  autoDisable: z.boolean().nullish(),
  origins: z.array(origin).max(50).nullish(),
  ips: z.array(range).max(50).nullish(),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
  models: z.array(z.string().min(1).max(200)).max(200).nullish(),
  families: z.array(z.enum(FAMILIES)).max(FAMILIES.length).nullish(),
  /** What it may do in the account plane, beside calling models. */
  scopes: z.array(z.enum(KEY_SCOPES)).max(KEY_SCOPES.length).nullish(),
};

const LIMITED =
  'This API key has limits of its own (credits, expiry, origins, addresses, models or families), so it may not make or change keys: sign in, or use a key without limits.';

export const keyFields = fields;

export const createKeyInput = z.strictObject({
  ...fields,
  mode: z.enum(['live', 'test']).nullish(),
  /** The user whose hourly limits its calls count against; the account's own by default. */
  userId: z.string().min(1).max(100).nullish(),
});

export type CreateKeyInput = z.infer<typeof createKeyInput>;

export function keyView(key: KeySummary) {
  const {
    spendingLimitMicro,
    spentThisMonthMicro,
    spentOfLimitMicro = spentThisMonthMicro,
    limitPeriod = 'month',
    createdAtMs,
    expiresAtMs,
    previousUntilMs,
    scopes,
    ...others
  } = key;
  const { secretBy: _, previousBy: __, purpose = null, ...rest } = others;
  return {
    ...rest,
    purpose,
    scopes: scopes ?? [],
    spendingLimit: spendingLimitMicro === null ? null : toCredits(spendingLimitMicro),
    limitPeriod,
    spentOfLimit: toCredits(spentOfLimitMicro),
    spentThisMonth: toCredits(spentThisMonthMicro),
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: isoOrNull(expiresAtMs),
    graceUntil: previousUntilMs === undefined ? null : new Date(previousUntilMs).toISOString(),
  };
}

export type KeyView = ReturnType<typeof keyView>;

export type KeyDeps = ConsoleDeps & Acting;

const TOO_MANY = fail('conflict', 'This account has as many API keys as it may have, which is 1,000: revoke some first.', {
  code: 'too_many_keys',
});

/** Makes a key; the account object writes the audit record in the same step. */
export async function createKey(
  deps: KeyDeps,
  accountId: string,
  input: CreateKeyInput & Pick<KeyRecord, 'purpose'>,
): Promise<Result<KeyView & { key: string }>> {
  const stub = deps.account(accountId);
  let keyBytes = newKeyBytes();
  while (await stub.findKey(keyId(keyBytes))) keyBytes = newKeyBytes();
  const mode = input.mode ?? 'live';
  const minted = await mintKey(deps.macSecret, mode, accountBytes(accountId)!, keyBytes);
  const record: KeyRecord = {
    id: minted.keyId,
    name: input.name,
    mode,
    secretHash: minted.secretHash,
    userId: input.userId ?? accountId,
    status: 'active',
    createdAtMs: deps.now(),
    expiresAtMs: input.expiresAt ? Date.parse(input.expiresAt) : null,
    spendingLimitMicro: typeof input.spendingLimit === 'number' ? fromCredits(input.spendingLimit) : null,
    ...(input.limitPeriod && input.limitPeriod !== 'month' && { limitPeriod: input.limitPeriod }),
    autoDisable: input.autoDisable ?? false,
    origins: input.origins ?? [],
    ips: input.ips ?? [],
    models: input.models ?? [],
    families: input.families ?? [],
    ...(input.scopes && { scopes: input.scopes }),
    ...(input.purpose && { purpose: input.purpose }),
  };
  const { userId: _user, ...options } = input;
  const made = await stub.addKey(record, auditRecord(deps, { action: 'api_key.create', target: record.id, detail: noted(options) }));
  if (!made) return TOO_MANY;
  await collectAudit(deps, accountId);
  return ok({ ...keyView(made), key: minted.token });
}

export async function listKeys(deps: ConsoleDeps, accountId: string) {
  return { keys: (await deps.account(accountId).listKeys()).map(keyView) };
}

/** The key is refused from the next request on. */
export async function revokeKey(deps: KeyDeps, accountId: string, id: string): Promise<Result<KeyView>> {
  const revoked = await deps.account(accountId).revokeKey(id, auditRecord(deps, { action: 'api_key.revoke', target: id }));
  await collectAudit(deps, accountId);
  return revoked ? ok(keyView(revoked)) : fail('not_found', 'There is no such API key.');
}

const keyOf = ({ account, accountId, actor }: VerbContext): Promise<KeySummary | null> => account(accountId).findKey(actor.id);

/** The person behind a change. A key acts for whoever made it, so that nothing it made survives their leaving. */
export async function personBehind(context: VerbContext): Promise<string | undefined> {
  if (context.actor.kind !== 'api_key') return context.actor.id;
  const key = await keyOf(context);
  return key?.secretBy ?? key?.userId;
}

/** A caller may not make a key with more rights than their own: with its secret they would have them. */
export function refuseBeyond({ permissions }: VerbContext, scopes: readonly string[] | null | undefined): Result<null> {
  const beyond = scopes?.find((scope) => !permissions.has(scope as Permission));
  return beyond === undefined
    ? ok(null)
    : fail(
        'permission_denied',
        `The permission ${beyond} is none that you have, so you cannot give it to a key or have the secret of one.`,
      );
}

/** A key with limits may not make or change keys, or it could free itself of them. */
export async function refuseLimited(context: VerbContext): Promise<Result<null>> {
  const key = context.actor.kind === 'api_key' ? await keyOf(context) : undefined;
  if (!key) return ok(null);
  const { spendingLimitMicro, expiresAtMs, origins, ips, models, families } = key;
  const isLimited =
    spendingLimitMicro !== null || expiresAtMs !== null || [origins, ips, models, families].some(({ length }) => length > 0);
  return isLimited ? fail('permission_denied', LIMITED) : ok(null);
}

/** A key's options for the audit log, without empty ones. */
export const noted = (input: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null));
