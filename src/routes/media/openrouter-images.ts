/** Pictures at OpenRouter's path, for its clients. */
import { ok, type Result } from '../../core/errors';
import { inWords } from '../../dialects/in-words';
import { errorEvent, imagesAnswer, imagesEvents, imagesPlaces, partialEvent, readImagesRequest } from '../../dialects/openrouter/images';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import type { CreatedJob } from '../../jobs/create';
import type { JobDeps } from '../../jobs/deps';
import type { Job } from '../../jobs/types';
import { creditsUsed } from '../../jobs/view';
import { createdAt, IMAGES, partialOf, picturesOf } from './images';
import { heldAnswer, isTrue, OPENAI_EVENTS, readMediaRequest, type StreamRenderer, startJob, streamedAnswer } from './request';

async function madeOf(deps: Pick<JobDeps, 'files'>, job: Job) {
  return { created: createdAt(job), creditsUsed: creditsUsed(job), pictures: await picturesOf(deps, job) };
}

const event = (fields: unknown): string => `data: ${JSON.stringify(fields)}\n\n`;

const streamRenderer = (deps: Pick<JobDeps, 'files'>): StreamRenderer => ({
  async partial(job, index) {
    const made = await partialOf(deps, job, index);
    return made ? event(partialEvent(made.base64, index)) : '';
  },
  async *whole(job) {
    yield* imagesEvents(await madeOf(deps, job)).map(event);
  },
  form: { ...OPENAI_EVENTS, fail: (error) => event(errorEvent(error)) },
});

/** There, makers stand before their models' names. */
function bareName(c: AppContext, model: unknown): unknown {
  if (typeof model !== 'string') return model;
  const { models } = c.get('gateway').registry;
  const bare = model.slice(model.indexOf('/') + 1);
  return models.find(model)?.family !== 'image' && models.find(bare)?.family === 'image' ? bare : model;
}

async function created(c: AppContext): Promise<Result<{ job: CreatedJob; stream: boolean }>> {
  const read = await readMediaRequest(c, '/v1/images', { form: 'flat' });
  if (!read.ok) return read;
  const fields = readImagesRequest(read.value.body.fields);
  if (!fields.ok) return fields;
  const asked = { ...fields.value, model: bareName(c, fields.value.model) };
  const job = await startJob(c, { ...read.value, body: { ...read.value.body, fields: asked } }, IMAGES);
  return job.ok
    ? ok({ job: job.value, stream: isTrue(fields.value.stream) })
    : { ok: false, error: inWords(job.error, imagesPlaces(read.value.body.fields)) };
}

export async function postImages(c: AppContext): Promise<Response> {
  const made = await created(c);
  if (!made.ok) return renderError(c, made.error);
  const deps = jobDeps(c.env);
  const { job, stream } = made.value;
  return stream
    ? streamedAnswer(c, job, streamRenderer(deps))
    : heldAnswer(c, job, async (present) => imagesAnswer(await madeOf(deps, present)));
}
