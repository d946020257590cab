import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { waitForJob } from '../../jobs/access';
import type { CreatedJob } from '../../jobs/create';
import type { Job } from '../../jobs/types';
import { creditsUsed, isOver, jobView, outputUrls, pollUrl } from '../../jobs/view';
import { jobError, jobHeaders, preferredWaitMs, readMediaRequest, startJob, synchronous } from './request';

const VIDEO = { families: ['video'] } as const;

export const postVideoGenerations = synchronous('/v1/video/generations', VIDEO, (job) => {
  const urls = outputUrls(job);
  return {
    created: Math.floor(job.createdAt / 1_000),
    data: urls.map((url) => ({ url })),
    url: urls[0],
    outputUrl: urls[0],
    model: job.model,
    duration: job.outputs?.usage?.seconds ?? (job.plan.per === 'second' ? job.plan.units : undefined),
    jobId: job.id,
    creditsUsed: creditsUsed(job),
  };
});

function startedView(job: Job): Record<string, unknown> {
  const message =
    job.webhookUrl === null
      ? 'Generation started. Poll the job at pollUrl until it is completed.'
      : 'Generation started. Result will be sent to your webhook URL.';
  return { jobId: job.id, status: 'processing', message, model: job.model, creditsUsed: creditsUsed(job), pollUrl: pollUrl(job) };
}

/** At once, or after as long as `Prefer: wait` asks for. */
export async function asyncAnswer(c: AppContext, created: CreatedJob): Promise<Response> {
  const waitMs = preferredWaitMs(c);
  const { signal } = c.req.raw;
  const job = waitMs === undefined ? created.job : await waitForJob(jobDeps(c.env), created.job, waitMs, () => signal.aborted);
  const headers = {
    ...jobHeaders({ ...created, job }),
    ...(waitMs !== undefined && { 'preference-applied': `wait=${waitMs / 1_000}` }),
  };
  if (!isOver(job)) return c.json(startedView(job), { headers });
  if (job.state === 'succeeded') return c.json({ ...jobView(job), pollUrl: pollUrl(job) }, { headers });
  c.set('requestId', job.holdId);
  return renderError(c, jobError(job));
}

export async function postVideosGenerate(c: AppContext): Promise<Response> {
  const read = await readMediaRequest(c, '/v1/videos/generate');
  if (!read.ok) return renderError(c, read.error);
  const created = await startJob(c, read.value, VIDEO);
  return created.ok ? asyncAnswer(c, created.value) : renderError(c, created.error);
}
