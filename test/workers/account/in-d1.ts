/** What D1 knows of an account. */
import { env } from 'cloudflare:test';
import { eq } from 'drizzle-orm';
import type { Operation } from '../../../src/account/types';
import { archivedAfter } from '../../../src/console/archive/read';
import { toOperation } from '../../../src/console/ledger';
import { database } from '../../../src/db/client';
import { ledger } from '../../../src/db/schema';
import type { Known } from './model';

const select = async <T>(query: string, accountId: string): Promise<T[]> => (await env.DB.prepare(query).bind(accountId).all<T>()).results;

/** That it has, and that have left it. Ordered by epoch and close sequence. */
export async function linesInD1(accountId: string): Promise<Operation[]> {
  const lines: Operation[] = [];
  for await (const left of archivedAfter({ db: env.DB, files: env.FILES }, accountId, { epoch: 0, closeSeq: 0 }))
    lines.push(...left.map(toOperation));
  const rows = await database(env.DB).select().from(ledger).where(eq(ledger.accountId, accountId)).orderBy(ledger.epoch, ledger.closeSeq);
  return [...lines, ...rows.map(toOperation)];
}

export const archivedOf = async (accountId: string): Promise<number> =>
  (await select<{ lines: number }>('SELECT COALESCE(SUM(lines), 0) AS lines FROM ledger_parts WHERE account_id = ?', accountId))[0]!.lines;

export const keysInD1 = async (accountId: string): Promise<{ id: string; status: string }[]> =>
  (await select<{ record: string }>('SELECT record FROM api_keys WHERE account_id = ? ORDER BY id', accountId)).map(({ record }) =>
    JSON.parse(record),
  );

export const tierInD1 = async (accountId: string): Promise<string | undefined> =>
  (await select<{ tier: string }>('SELECT tier FROM accounts WHERE id = ?', accountId))[0]?.tier;

export const alertsInD1 = async (accountId: string): Promise<{ id: string; payload: Record<string, unknown> }[]> =>
  (await select<{ id: string; payload: string }>('SELECT id, payload FROM alerts WHERE account_id = ? ORDER BY id', accountId)).map(
    ({ id, payload }) => ({ id, payload: JSON.parse(payload) }),
  );

/** What D1 can repair a restored account with. */
export async function knownToD1(accountId: string): Promise<Known> {
  const lines = await linesInD1(accountId);
  const details = (field: 'eventId' | 'adjusts') =>
    new Set(lines.map(({ detail }) => detail[field]).filter((id) => typeof id === 'string'));
  const keys = await keysInD1(accountId);
  const withStatus = (wanted: string) => new Set(keys.filter(({ status }) => status === wanted).map(({ id }) => id));
  return {
    epoch: lines.at(-1)?.closeEpoch ?? 0,
    holds: new Set(lines.filter(({ kind }) => kind === 'usage').map(({ id }) => id)),
    events: details('eventId'),
    adjusted: details('adjusts'),
    alerts: new Set((await alertsInD1(accountId)).map(({ id }) => id)),
    revokedKeys: withStatus('revoked'),
    disabledKeys: withStatus('disabled'),
  };
}
