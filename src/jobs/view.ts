/** A job as its customer sees it. Pure. */
import { toCredits } from '../core/money';
import { isoOrNull } from '../core/time';
import { fileUrl } from './files';
import { estimateMicro } from './price';
import { isFinal, type Job } from './types';

export type JobStatus = 'processing' | 'completed' | 'failed' | 'canceled' | 'expired';

const STATUSES: Partial<Record<Job['state'], JobStatus>> = {
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  expired: 'expired',
};

export const JOB_STATUSES: readonly JobStatus[] = ['processing', ...Object.values(STATUSES)];

/** The state behind a status that means the end. */
export const stateOf = (status: JobStatus): Job['state'] | undefined =>
  (Object.keys(STATUSES) as Job['state'][]).find((state) => STATUSES[state] === status);

/** Over for its customer, that is, only once its charge is settled. */
export const isOver = ({ state, settledAt }: Job): boolean => isFinal(state) && settledAt !== null;

/** It has made something, which is still there: neither time nor its customer has removed it. */
export const hasResult = (job: Job): boolean => isOver(job) && job.state === 'succeeded' && job.filesRemovedAt === null;

export const statusOf = (job: Job): JobStatus => (isOver(job) ? (STATUSES[job.state] ?? 'processing') : 'processing');

/** What is charged so far: the price is taken when a job is asked for, and given back when it fails. */
export const creditsUsed = (job: Job): number => (job.test ? 0 : toCredits(job.costMicro ?? estimateMicro(job.plan)));

export const outputUrls = (job: Job): string[] =>
  isOver(job) && job.filesRemovedAt === null ? (job.outputs?.files ?? []).map((file) => fileUrl(job.origin, file)) : [];

export const pollUrl = (job: Job): string => `${job.origin}/v1/jobs/${job.id}`;

/** The URL of a run's output that is too large for the answer. */
export const outputJsonUrl = ({ outputs, origin, filesRemovedAt }: Job): { outputJsonUrl?: string } =>
  outputs?.storedOutput && filesRemovedAt === null ? { outputJsonUrl: fileUrl(origin, outputs.storedOutput) } : {};

/** The documented payload of a webhook. It knows only one kind of failure, so `state` has the exact one. */
export const webhookPayload = (job: Job): Record<string, unknown> => ({
  ...payload(job),
  ...(isOver(job) && job.state !== 'succeeded' && { status: job.state === 'canceled' ? 'canceled' : 'failed', state: job.state }),
});

function payload(job: Job): Record<string, unknown> {
  const { transcript, output } = job.outputs ?? {};
  return {
    status: statusOf(job),
    outputUrl: outputUrls(job)[0] ?? null,
    jobId: job.id,
    type: job.family,
    model: job.model,
    creditsUsed: creditsUsed(job),
    ...(outputUrls(job).length > 1 && { outputUrls: outputUrls(job) }),
    ...(transcript && { text: transcript.text }),
    ...(output !== undefined && { output }),
    ...(isOver(job) && outputJsonUrl(job)),
    ...(isOver(job) && job.state !== 'succeeded' && { error: job.error?.message ?? 'The job was canceled.' }),
  };
}

export function jobView(job: Job): Record<string, unknown> {
  const { transcript } = job.outputs ?? {};
  return {
    id: job.id,
    object: 'job',
    ...payload(job),
    outputUrls: outputUrls(job),
    state: isOver(job) ? job.state : isFinal(job.state) ? 'running' : job.state,
    requestId: job.holdId,
    ...(transcript && { segments: transcript.segments ?? [], duration: transcript.durationSeconds ?? null }),
    ...(job.cancelRequested && !isOver(job) && { cancelRequested: true }),
    ...(job.filesRemovedAt !== null && { filesRemovedAt: isoOrNull(job.filesRemovedAt) }),
    createdAt: isoOrNull(job.createdAt),
    startedAt: isoOrNull(job.startedAt),
    endedAt: isOver(job) ? isoOrNull(job.endedAt) : null,
  };
}
