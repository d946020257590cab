import type { AppContext } from '../../http/context';
import { renderError } from '../../http/render-error';
import type { Job } from '../../jobs/types';
import { creditsUsed, jobView, outputUrls, pollUrl } from '../../jobs/view';
import { preferredAnswer, readMediaRequest, startJob, synchronous } from './request';

export const VIDEO = { families: ['video'] } as const;

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

const endedView = (job: Job): Record<string, unknown> => ({ ...jobView(job), pollUrl: pollUrl(job) });

function startedView(job: Job): Record<string, unknown> {
  const message =
    job.webhookUrl === null
      ? 'Generation started. Poll the job at pollUrl until it is completed.'
      : 'Generation started. Result will be sent to your webhook URL.';
  return { jobId: job.id, status: 'processing', message, model: job.model, creditsUsed: creditsUsed(job), pollUrl: pollUrl(job) };
}

export async function postVideosGenerate(c: AppContext): Promise<Response> {
  const read = await readMediaRequest(c, '/v1/videos/generate');
  if (!read.ok) return renderError(c, read.error);
  const created = await startJob(c, read.value, VIDEO);
  return created.ok ? preferredAnswer(c, created.value, endedView, startedView) : renderError(c, created.error);
}
