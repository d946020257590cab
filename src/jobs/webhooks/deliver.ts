/**
 * Tells a customer's server how a job ended, until it confirms. A try is claimed before it is made, and the next one is
 * queued after it, so a message that comes twice or late does nothing.
 */
import { and, eq, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { RefusedUrl, requirePublic, WHO_ASKS } from '../../core/public-fetch';
import { database } from '../../db/client';
import { webhookDeliveries, webhookGone } from '../../db/jobs';
import type { JobDeps } from '../deps';
import { settleJob } from '../finish';
import type { WebhookMessage } from '../messages';
import { withOutput } from '../output';
import { SWEEP_AFTER_MS } from '../pace';
import { readJob } from '../store';
import type { Job } from '../types';
import { isOver, webhookPayload } from '../view';
import { messageIdOf, sendDelivery } from './queue';
import { readSecrets, signingSecrets } from './secrets';
import { signedHeaders } from './sign';

/** The pauses between tries: about three days in all. */
export const RETRY_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const JITTER = 0.1;
/** https://developers.cloudflare.com/queues/configuration/batching-retries/#delay-messages */
const LONGEST_DELAY_SECONDS = 86_400;
const TIMEOUT_MS = 10_000;
const CLAIM_MS = 60_000;
const GONE = 410;
/** For a run's output; a larger one is told by its URL, since receivers limit what they take. */
const MAX_OUTPUT_BYTES = 512 * 1024;
const SWEPT_AT_ONCE = 500;

type Row = typeof webhookDeliveries.$inferSelect;

export interface DeliveryTry {
  atMs: number;
  status: number | null;
  durationMs: number;
  error?: string;
}

export async function deliver(deps: JobDeps, { deliveryId, turn }: WebhookMessage): Promise<void> {
  const delivery = await claim(deps, deliveryId, turn);
  if (!delivery) return;
  const job = await endedJob(deps, delivery.jobId);
  if (!job) return;
  const [gone] = await database(deps.db)
    .select()
    .from(webhookGone)
    .where(and(eq(webhookGone.accountId, delivery.accountId), eq(webhookGone.url, delivery.url)));
  if (gone) return end(deps, delivery, 'gone', []);
  const tried = await post(deps, delivery, await signed(deps, delivery, job));
  const log = [tried];
  if (tried.status !== null && tried.status >= 200 && tried.status < 300) return end(deps, delivery, 'delivered', log);
  if (tried.status === GONE) {
    await database(deps.db)
      .insert(webhookGone)
      .values({ accountId: delivery.accountId, url: delivery.url, at: deps.now() })
      .onConflictDoNothing();
    return end(deps, delivery, 'gone', log);
  }
  await tryLater(deps, delivery, log);
}

/** Whoever queued the webhook may have died before the job was over for its customer; nothing is told before that. */
async function endedJob(deps: JobDeps, id: string): Promise<Job | undefined> {
  const job = await readJob(deps.db, id);
  if (!job || isOver(job)) return job;
  await settleJob(deps, job);
  return readJob(deps.db, id);
}

async function claim(deps: JobDeps, id: string, turn: number): Promise<Row | undefined> {
  const nowMs = deps.now();
  const [row] = await database(deps.db)
    .update(webhookDeliveries)
    .set({ claimedUntil: nowMs + CLAIM_MS, nextAt: nowMs + CLAIM_MS })
    .where(
      and(
        eq(webhookDeliveries.id, id),
        eq(webhookDeliveries.state, 'pending'),
        eq(webhookDeliveries.tries, turn),
        or(isNull(webhookDeliveries.claimedUntil), lt(webhookDeliveries.claimedUntil, nowMs)),
      ),
    )
    .returning();
  return row;
}

type Signed = Pick<RequestInit, 'headers' | 'body'>;

/** The message to send. A failure to read it throws, so that it does not count as a try; the sweeper sends it later. */
async function signed(deps: JobDeps, { id, accountId }: Row, job: Job): Promise<Signed> {
  const atMs = deps.now();
  const body = JSON.stringify(webhookPayload(await withOutput(deps, seenNow(deps, job), MAX_OUTPUT_BYTES)));
  const secrets = signingSecrets(await readSecrets(deps.db, accountId, atMs), atMs);
  const headers = { ...WHO_ASKS, 'content-type': 'application/json', ...(await signedHeaders(messageIdOf(id), atMs, body, secrets)) };
  return { headers, body };
}

async function post(deps: JobDeps, { url }: Row, message: Signed): Promise<DeliveryTry> {
  const atMs = deps.now();
  const tried = (status: number | null, error?: string): DeliveryTry => ({
    atMs,
    status,
    durationMs: deps.now() - atMs,
    ...(error !== undefined && { error }),
  });
  try {
    const { href } = await requirePublic(deps, url);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await deps.fetch(href, { ...message, method: 'POST', redirect: 'manual', signal });
    // Only the status counts, whatever the body says.
    await response.body?.cancel();
    return tried(response.status);
  } catch (error) {
    return tried(null, error instanceof RefusedUrl ? error.message : 'no answer');
  }
}

/** The gateway may have moved since the job began: its files are where it is reached now. */
const seenNow = ({ settings }: JobDeps, job: Job): Job => ({ ...job, origin: settings.PUBLIC_URL ?? job.origin });

/** The last ones: a delivery may be sent again without end, and a row has an end. */
const MOST_LOGGED = 100;

const logOf = ({ log }: Row): DeliveryTry[] => log as DeliveryTry[];

const settleTry = (deps: JobDeps, delivery: Row, change: Partial<Row>, tries: DeliveryTry[]) =>
  database(deps.db)
    .update(webhookDeliveries)
    .set({ ...change, log: [...logOf(delivery), ...tries].slice(-MOST_LOGGED), claimedUntil: null })
    .where(and(eq(webhookDeliveries.id, delivery.id), eq(webhookDeliveries.claimedUntil, delivery.claimedUntil!)));

/** The log goes with what its job was asked for and made, be that before the webhook has ended: many receivers fetch the result and delete it. */
const FORGET = `DELETE FROM webhook_deliveries WHERE id = ? AND ended_at IS NOT NULL
  AND EXISTS (SELECT 1 FROM jobs j WHERE j.id = job_id AND j.files_removed_at IS NOT NULL)`;

async function end(deps: JobDeps, delivery: Row, state: 'delivered' | 'gone' | 'dead', tries: DeliveryTry[]): Promise<void> {
  await settleTry(deps, delivery, { state, tries: delivery.tries + tries.length, nextAt: null, endedAt: deps.now() }, tries);
  await deps.db.prepare(FORGET).bind(delivery.id).run();
}

async function tryLater(deps: JobDeps, delivery: Row, log: DeliveryTry[]): Promise<void> {
  const seconds = RETRY_SECONDS[delivery.tries];
  if (seconds === undefined) return end(deps, delivery, 'dead', log);
  const delaySeconds = Math.min(LONGEST_DELAY_SECONDS, Math.round(seconds * (1 + JITTER * Math.random())));
  const turn = delivery.tries + 1;
  await settleTry(deps, delivery, { tries: turn, nextAt: deps.now() + delaySeconds * 1_000 }, log);
  await sendDelivery(deps, { deliveryId: delivery.id, turn }, delaySeconds);
}

/** As a literal: a partial index is used for nothing else. */
const PENDING = sql`state = 'pending'`;

/** Lines up deliveries whose message was lost. */
export async function sweepDeliveries(deps: JobDeps, aheadMs = 0): Promise<number> {
  const nowMs = deps.now() + aheadMs;
  const forgotten = await database(deps.db)
    .select()
    .from(webhookDeliveries)
    .where(and(PENDING, isNotNull(webhookDeliveries.nextAt), lt(webhookDeliveries.nextAt, nowMs - SWEEP_AFTER_MS)))
    .limit(SWEPT_AT_ONCE);
  for (const { id, tries } of forgotten) await sendDelivery(deps, { deliveryId: id, turn: tries }, 0);
  return forgotten.length;
}
