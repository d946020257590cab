/** What became of a customer's webhooks, and sending one again. */
import { and, desc, eq, ne, sql } from 'drizzle-orm';
import { fail, ok, type Result } from '../../core/errors';
import { isoOrNull } from '../../core/time';
import { rowsBefore } from '../../db/after';
import { database } from '../../db/client';
import { webhookDeliveries, webhookGone } from '../../db/jobs';
import type { JobDeps } from '../deps';
import type { DeliveryTry } from './deliver';
import { messageIdOf, sendDelivery } from './queue';

type Row = typeof webhookDeliveries.$inferSelect;

export const deliveryView = ({ id, jobId, url, state, tries, log, createdAt, nextAt, endedAt }: Row) => ({
  id,
  object: 'webhook_delivery',
  webhookId: messageIdOf(id),
  jobId,
  url,
  state,
  tries,
  attempts: (log as DeliveryTry[]).map(({ atMs, ...rest }) => ({ at: new Date(atMs).toISOString(), ...rest })),
  createdAt: new Date(createdAt).toISOString(),
  nextAt: isoOrNull(nextAt),
  endedAt: isoOrNull(endedAt),
});

export async function listDeliveries(
  db: D1Database,
  accountId: string,
  {
    jobId,
    state,
    before,
    limit,
  }: { jobId?: string | undefined; state?: string | undefined; before?: Pick<Row, 'createdAt' | 'id'> | undefined; limit: number },
): Promise<Row[]> {
  return database(db)
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        // Those of one job are found by it: the plus keeps them from being looked for among all of the account's.
        jobId === undefined
          ? eq(webhookDeliveries.accountId, accountId)
          : and(eq(webhookDeliveries.jobId, jobId), sql`+${webhookDeliveries.accountId} = ${accountId}`),
        state === undefined ? undefined : eq(webhookDeliveries.state, state),
        before && rowsBefore([webhookDeliveries.createdAt, webhookDeliveries.id], [before.createdAt, before.id]),
      ),
    )
    .orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id))
    .limit(limit);
}

export async function findDelivery(db: D1Database, accountId: string, id: string): Promise<Row | undefined> {
  const mine = and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.accountId, accountId));
  return (await database(db).select().from(webhookDeliveries).where(mine))[0];
}

/** Sends it under the same `webhook-id` and with all its tries again, also to a receiver that had answered 410. */
export async function redeliver(deps: JobDeps, accountId: string, id: string): Promise<Result<Row>> {
  const [row] = await database(deps.db)
    .update(webhookDeliveries)
    .set({ state: 'pending', tries: 0, claimedUntil: null, nextAt: deps.now(), endedAt: null })
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.accountId, accountId), ne(webhookDeliveries.state, 'pending')))
    .returning();
  if (!row) {
    const there = await findDelivery(deps.db, accountId, id);
    return there ? fail('conflict', 'This webhook is still being delivered.') : fail('not_found', 'There is no such webhook delivery.');
  }
  await database(deps.db)
    .delete(webhookGone)
    .where(and(eq(webhookGone.accountId, accountId), eq(webhookGone.url, row.url)));
  await sendDelivery(deps, { deliveryId: id, turn: 0 }, 0);
  return ok(row);
}
