/**
 * The end of a job. Whoever writes the final state decides the cost; closing the hold by it, and the webhook, can then
 * be repeated by anyone until they are done. Only after both is the job over for its customer.
 */
import type { Outcome } from '../account/types';
import type { GatewayError } from '../core/errors';
import type { MicroCredits } from '../core/money';
import { database } from '../db/client';
import { webhookDeliveries } from '../db/jobs';
import type { JobDeps } from './deps';
import { SWEEP_AFTER_MS } from './pace';
import { costMicro, secondsMade } from './price';
import { changeJob } from './store';
import { isFinal, type Job, type JobOutputs } from './types';
import { deliveryIdOf, sendDelivery } from './webhooks/queue';

export type Ending =
  | { state: 'succeeded'; outputs: JobOutputs }
  | { state: 'failed'; error: GatewayError }
  | ({ state: 'expired'; error: GatewayError } & Stopped)
  | ({ state: 'canceled' } & Stopped);

/** What a run had cost when it was stopped. */
interface Stopped {
  usage?: JobOutputs['usage'];
}

/**
 * What is charged. A customer's own container that was stopped has worked as its program told it to, so that time is
 * owed. Anything else that did not succeed is free.
 */
function chargedOutputs({ plan }: Pick<Job, 'plan'>, ending: Ending): JobOutputs | null {
  if (ending.state === 'succeeded') return ending.outputs;
  const gpuMs = ending.state === 'failed' ? undefined : ending.usage?.gpuMs;
  return plan.deployment && gpuMs ? { files: [], usage: { gpuMs } } : null;
}

/**
 * Ends the job; when it is already over, nothing changes.
 *
 * @param mayEnd Asked about the row as it is when the end is written.
 */
export async function finishJob(deps: JobDeps, job: Job, ending: Ending, mayEnd: (present: Job) => boolean = () => true): Promise<void> {
  const nowMs = deps.now();
  const outputs = chargedOutputs(job, ending);
  const ended = await changeJob(deps.db, job, (present) =>
    isFinal(present.state) || !mayEnd(present)
      ? undefined
      : {
          state: ending.state,
          outputs,
          error: 'error' in ending ? ending.error : null,
          costMicro: outputs && !present.test ? costMicro(present.plan, outputs) : 0,
          result: null,
          claimedUntil: null,
          endedAt: nowMs,
          nextAt: nowMs + SWEEP_AFTER_MS,
        },
  );
  if (ended) await settleJob(deps, ended);
}

/** Closes the hold and queues the webhook; safe to repeat. */
export async function settleJob(deps: JobDeps, job: Job): Promise<void> {
  const charged = job.costMicro ?? 0;
  const succeeded = job.state === 'succeeded';
  const outcome: Outcome = succeeded || charged > 0 ? 'actual' : 'released';
  const closed = await deps.account(job.accountId).settle({
    holdId: job.holdId,
    costMicro: charged,
    outcome,
    detailJson: JSON.stringify(receiptOf(job)),
    ...(job.idempotencyHash !== null && { idempotency: { keyHash: job.idempotencyHash, stored: succeeded } }),
    ...(outcome === 'released' && job.attempts.length === 0 && { unsent: true }),
  });
  // Looked at again until that one is over.
  if (!closed.ok && closed.reason === 'undecided') throw new Error('another call with its idempotency key is under way');
  if (!closed.ok) console.error('job not settled', JSON.stringify({ jobId: job.id, holdId: job.holdId, reason: closed.reason }));
  const deliveryId = await insertDelivery(deps, job);
  await changeJob(deps.db, job, (present) => (present.settledAt === null ? { settledAt: deps.now() } : undefined));
  if (deliveryId !== undefined) await sendDelivery(deps, { deliveryId, turn: 0 }, 0);
}

async function insertDelivery(deps: JobDeps, job: Job): Promise<string | undefined> {
  if (job.webhookUrl === null) return undefined;
  const nowMs = deps.now();
  const id = deliveryIdOf(job.id);
  await database(deps.db)
    .insert(webhookDeliveries)
    .values({
      id,
      accountId: job.accountId,
      jobId: job.id,
      url: job.webhookUrl,
      state: 'pending',
      tries: 0,
      log: [],
      createdAt: nowMs,
      claimedUntil: null,
      nextAt: nowMs,
      endedAt: null,
    })
    .onConflictDoNothing();
  return id;
}

const UNITS: Record<Job['plan']['per'], string> = {
  image: 'images',
  second: 'seconds',
  clip: 'clips',
  request: 'requests',
  gpu_second: 'gpuSeconds',
};

/** The receipt by which a customer can recompute the charge. */
function receiptOf(job: Job): Record<string, unknown> {
  const { unitMicro, units, per, mode, catalogueVersion, pricePermille, labels } = job.plan;
  const attempts = job.attempts.map(({ keyIndex: _index, keyTag: _tag, ...attempt }) => attempt);
  const { provider, model } = attempts.at(-1) ?? {};
  return {
    jobId: job.id,
    ending: job.state,
    provider: provider ?? null,
    upstreamModel: model ?? null,
    price: { per, micro: unitMicro },
    ...(pricePermille !== undefined && { pricePermille }),
    ...(catalogueVersion !== undefined && { catalogueVersion }),
    asked: { [UNITS[per]]: units },
    usage: job.outputs ? deliveredOf(job, job.outputs) : null,
    ...(job.outputs?.lostFiles && { files: { delivered: job.outputs.files.length, lost: job.outputs.lostFiles } }),
    mode,
    ...labels,
    latencyMs: (job.endedAt ?? job.createdAt) - job.createdAt,
    attempts,
    ...(job.error && { error: job.error.message, errorKind: job.error.kind }),
  };
}

function deliveredOf({ plan, costMicro: charged }: Job, outputs: JobOutputs): Record<string, MicroCredits> {
  const { files, usage } = outputs;
  if (plan.per === 'image') return { images: files.length };
  if (plan.per === 'second') return { seconds: secondsMade(plan, outputs) };
  if (plan.per === 'gpu_second') return { gpuSeconds: (usage?.gpuMs ?? 0) / 1_000 };
  return { [UNITS[plan.per]]: charged === null ? 0 : plan.units };
}
