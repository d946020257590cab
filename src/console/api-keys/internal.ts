/** What the verbs for API keys share. The secret leaves in the answer to `create` and is kept nowhere. */
import { z } from 'zod';
import { parseRange } from '../../account/key-scope';
import type { KeyRecord, KeySummary } from '../../account/types';
import { mintKey } from '../../core/api-key';
import { fail, ok, type Result } from '../../core/errors';
import { FAMILIES } from '../../core/family';
import { accountBytes, keyId, newKeyBytes } from '../../core/ids';
import { fromCredits, toCredits } from '../../core/money';
import type { ConsoleDeps } from '../deps';
import { KEY_SCOPES } from '../permissions';

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value.toLowerCase().replace(/\/$/, ''), {
  message: 'must be an origin such as https://app.example.com',
});
const range = z.string().refine((value) => parseRange(value) !== undefined, { message: 'must be an IP address or a CIDR range' });

const fields = {
  name: z.string().trim().min(1).max(200),
  /** Credits a UTC calendar month. */
  spendingLimit: z.number().min(0).max(1e9).nullish(),
  autoDisable: z.boolean().nullish(),
  origins: z.array(origin).max(50).nullish(),
  ips: z.array(range).max(50).nullish(),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
  models: z.array(z.string().min(1)).max(200).nullish(),
  families: z.array(z.enum(FAMILIES)).nullish(),
  /** What it may do in the account plane beside calling models. */
  scopes: z.array(z.enum(KEY_SCOPES)).nullish(),
};

export const keyFields = fields;

export const createKeyInput = z.strictObject({
  ...fields,
  mode: z.enum(['live', 'test']).nullish(),
  /** Whose hourly limits its calls count against; the account's own by default. */
  userId: z.string().min(1).max(100).nullish(),
});

export type CreateKeyInput = z.infer<typeof createKeyInput>;

export function keyView(key: KeySummary) {
  const { spendingLimitMicro, spentThisMonthMicro, createdAtMs, expiresAtMs, previousUntilMs, scopes, ...rest } = key;
  return {
    ...rest,
    scopes: scopes ?? [],
    spendingLimit: spendingLimitMicro === null ? null : toCredits(spendingLimitMicro),
    spentThisMonth: toCredits(spentThisMonthMicro),
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    graceUntil: previousUntilMs === undefined ? null : new Date(previousUntilMs).toISOString(),
  };
}

export type KeyView = ReturnType<typeof keyView>;

export async function createKey(deps: ConsoleDeps, accountId: string, input: CreateKeyInput) {
  const stub = deps.account(accountId);
  const taken = new Set((await stub.listKeys()).map(({ id }) => id));
  let keyBytes = newKeyBytes();
  while (taken.has(keyId(keyBytes))) keyBytes = newKeyBytes();
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
    autoDisable: input.autoDisable ?? false,
    origins: input.origins ?? [],
    ips: input.ips ?? [],
    models: input.models ?? [],
    families: input.families ?? [],
    ...(input.scopes && { scopes: input.scopes }),
  };
  return { ...keyView(await stub.putKey(record)), key: minted.token };
}

export async function listKeys(deps: ConsoleDeps, accountId: string) {
  return { keys: (await deps.account(accountId).listKeys()).map(keyView) };
}

/** From the next request on, the key is refused. */
export async function revokeKey(deps: ConsoleDeps, accountId: string, id: string): Promise<Result<KeyView>> {
  const revoked = await deps.account(accountId).revokeKey(id);
  return revoked ? ok(keyView(revoked)) : fail('not_found', 'There is no such API key.');
}

/** The options of a key as they are noted in the audit log: all but what says nothing. */
export const noted = (input: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null));
