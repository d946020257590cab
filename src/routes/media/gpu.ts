/** Rented GPUs: models of the catalogue, and runs of customers' own deployments. */
import { answerHeaders } from '../../core/answer-headers';
import { fail } from '../../core/errors';
import { toCredits } from '../../core/money';
import { isoOrNull } from '../../core/time';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { authorize, findJob, lookInPassing, waitForJob } from '../../jobs/access';
import { type CreatedJob, createMediaJob } from '../../jobs/create';
import { createRun } from '../../jobs/gpu';
import { withOutput } from '../../jobs/output';
import { isFinal, type Job } from '../../jobs/types';
import { creditsUsed, isOver, outputJsonUrl, outputUrls } from '../../jobs/view';
import { GPU_POOL_MICRO, mediaTerms } from '../../providers/catalogue/media-terms';
import { decided, heldAnswer, jobHeaders, type MediaRequest, preferredWaitMs, readerOf, readMediaRequest, seenFrom } from './request';

const GPU = { families: ['gpu'] } as const;
const SYNC_MS = 240_000;
/** How long a run's answer waits to include the provider's job id. */
const SUBMITTED_MS = 2_000;

const statusOf = (job: Job): string => {
  if (isOver(job)) return job.state;
  return job.state === 'running' || isFinal(job.state) ? 'running' : 'queued';
};

async function gpuView(c: AppContext, known: Job): Promise<Record<string, unknown>> {
  const seen = seenFrom(c, known);
  const job = isOver(seen) ? await withOutput(jobDeps(c.env), seen) : seen;
  const { outputs, upstream } = job;
  const over = isOver(job);
  const executionMs = outputs?.usage?.gpuMs ?? null;
  const durationMs = executionMs ?? (job.startedAt !== null && job.endedAt !== null ? job.endedAt - job.startedAt : null);
  return {
    id: job.id,
    job_id: job.id,
    status: statusOf(job),
    ...(over &&
      job.state === 'succeeded' && {
        outputs: outputUrls(job),
        output: outputs?.output ?? (job.filesRemovedAt === null ? { files: outputUrls(job) } : null),
        ...outputJsonUrl(job),
        costCredits: creditsUsed(job),
        creditsCharged: creditsUsed(job),
        durationMs,
        executionMs,
      }),
    ...(over &&
      job.state !== 'succeeded' && {
        error: job.error?.message ?? 'The job was canceled.',
        costCredits: creditsUsed(job),
        creditsCharged: creditsUsed(job),
      }),
    ...(job.filesRemovedAt !== null && { filesRemovedAt: isoOrNull(job.filesRemovedAt) }),
    ...(!over && { pollUrl: `/v1/gpu/jobs/${job.id}` }),
    provider_job_id: upstream?.id ?? null,
  };
}

/** From `"sync": true` or a `Prefer` header, and never longer than the documents allow. */
function waitMsOf(c: AppContext, { body }: MediaRequest): number | undefined {
  const preferred = preferredWaitMs(c);
  if (body.fields.sync === true) return Math.min(preferred ?? SYNC_MS, SYNC_MS);
  return preferred === undefined ? undefined : Math.min(preferred, SYNC_MS);
}

const accepted = async (c: AppContext, created: CreatedJob): Promise<Response> =>
  c.json(await gpuView(c, created.job), 202, jobHeaders(created));

export async function postGpu(c: AppContext): Promise<Response> {
  const slug = c.req.param('slug') ?? '';
  const deps = jobDeps(c.env);
  const model = deps.registry.models.find(slug);
  const read = await readMediaRequest(c, `/v1/gpu/${slug.slice(0, 64)}`, { form: 'flat', named: slug });
  if (!read.ok) return renderError(c, read.error);
  if (model?.family !== 'gpu') {
    const key = await authorize(deps, read.value.request);
    if (!key.ok) return renderError(c, key.error);
    const details = { available_models: deps.registry.models.availableIds(['gpu']) };
    return renderError(c, fail('unknown_model', 'There is no such GPU model.', { param: 'slug', code: 'model_not_found', details }).error);
  }
  const { request, body } = read.value;
  const call = { ...GPU, fields: { ...body.fields, model: model.id }, uploads: body.uploads };
  const created = decided(c, await createMediaJob(deps, request, call));
  if (!created.ok) return renderError(c, created.error);
  const waitMs = waitMsOf(c, read.value);
  const render = (job: Job) => gpuView(c, job);
  if (waitMs !== undefined) return heldAnswer(c, created.value, render, { waitMs, renderRunning: render });
  if (!mediaTerms(model)?.inline) return accepted(c, created.value);
  const { signal } = c.req.raw;
  const job = await waitForJob(deps, created.value.job, c.get('gateway').settings.JSON_STATUS_HOLD_MS, () => signal.aborted);
  return isOver(job) ? heldAnswer(c, { ...created.value, job }, render) : accepted(c, { ...created.value, job });
}

export async function postGpuRun(c: AppContext): Promise<Response> {
  const slug = c.req.param('slug') ?? '';
  const read = await readMediaRequest(c, `/v1/gpu/run/${slug.slice(0, 64)}`, { form: 'flat', named: slug });
  if (!read.ok) return renderError(c, read.error);
  const deps = jobDeps(c.env);
  const created = decided(c, await createRun(deps, read.value.request, slug, read.value.body.fields));
  if (!created.ok) return renderError(c, created.error);
  const waitMs = waitMsOf(c, read.value);
  const render = (job: Job) => gpuView(c, job);
  if (waitMs !== undefined) return heldAnswer(c, created.value, render, { waitMs, renderRunning: render });
  const { signal } = c.req.raw;
  const isSubmitted = (job: Job): boolean => job.upstream !== null || isFinal(job.state);
  const job = await waitForJob(deps, created.value.job, SUBMITTED_MS, () => signal.aborted, isSubmitted);
  return c.json({ ...(await gpuView(c, job)), status: isOver(job) ? job.state : 'queued' }, 200, jobHeaders({ ...created.value, job }));
}

/** Asks the provider about a running job, so that its current state is shown. */
export async function getGpuJob(c: AppContext): Promise<Response> {
  const reader = await readerOf(c);
  if (!reader.ok) return renderError(c, reader.error);
  const deps = jobDeps(c.env);
  const found = await findJob(deps, reader.value, c.req.param('id') ?? '');
  if (!found.ok || found.value.family !== 'gpu') return renderError(c, found.ok ? fail('not_found', 'Job not found').error : found.error);
  const { signal } = c.req.raw;
  const job = await lookInPassing(deps, found.value, () => signal.aborted);
  return c.json(await gpuView(c, job), { headers: { ...answerHeaders(job.holdId), 'x-job-id': job.id } });
}

/** Public: prices need no key. */
export function getGpuCatalogue(c: AppContext): Response {
  const { registry } = jobDeps(c.env);
  const models = registry.models.all
    .filter(({ family }) => family === 'gpu')
    .map((model) => {
      const { price } = model;
      const terms = mediaTerms(model);
      return {
        slug: model.id,
        name: model.label,
        vendor: model.vendor,
        price: price && price.per !== 'token' ? { per: price.per, credits: toCredits(price.micro) } : null,
        maxSeconds: terms?.maxSeconds ?? null,
        mode: terms?.inline ? 'inline' : 'async',
      };
    });
  const gpuTypes = Object.entries(GPU_POOL_MICRO).map(([id, micro]) => ({ id, creditsPerSecond: toCredits(micro) }));
  return c.json({ object: 'list', data: models, gpuTypes });
}
