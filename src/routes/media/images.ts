/** Images: OpenAI's two endpoints and the native one. */
import { fail } from '../../core/errors';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import type { JobDeps } from '../../jobs/deps';
import { REFERENCES } from '../../jobs/read-input';
import type { Job } from '../../jobs/types';
import { creditsUsed, outputUrls } from '../../jobs/view';
import { toBase64 } from '../../providers/media/sources';
import {
  eventText,
  heldAnswer,
  isTrue,
  type RenderJob,
  readMediaRequest,
  type StreamRenderer,
  startJob,
  streamedAnswer,
  synchronous,
} from './request';

export const IMAGES = { families: ['image'] } as const;
const FORMATS = ['url', 'b64_json'];
/** Base64 in one JSON document takes its size in memory several times. */
const MAX_INLINE_BYTES = 16 * 1024 * 1024;
/** Clients of these models expect base64 even without asking for it. */
const ALWAYS_INLINE = /^gpt-image/;

/** In seconds, as OpenAI's clients read it. */
export const createdAt = (job: Job): number => Math.floor(job.createdAt / 1_000);

/** Pictures as base64, unless they are too large together. */
async function inline({ files }: Pick<JobDeps, 'files'>, job: Job): Promise<(string | undefined)[]> {
  const stored = job.outputs?.files ?? [];
  if (stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > MAX_INLINE_BYTES) return [];
  const encoded: (string | undefined)[] = [];
  for (const { key } of stored) {
    const object = await files.get(key);
    encoded.push(object ? toBase64(new Uint8Array(await object.arrayBuffer())) : undefined);
  }
  return encoded;
}

export interface MadePicture {
  contentType: string;
  url: string;
  /** Undefined where the job's pictures are too large together. */
  base64: string | undefined;
}

/** The pictures of a job, where its client reads base64. */
export async function picturesOf(deps: Pick<JobDeps, 'files'>, job: Job): Promise<MadePicture[]> {
  const encoded = await inline(deps, job);
  const files = job.outputs?.files ?? [];
  return outputUrls(job).map((url, index) => ({ url, contentType: files[index]!.contentType, base64: encoded[index] }));
}

/** A preliminary picture, while it lasts. */
export async function partialOf(deps: Pick<JobDeps, 'files'>, { partials }: Job, index: number) {
  const { key, contentType } = partials![index]!;
  const object = await deps.files.get(key);
  return object && { contentType, base64: toBase64(new Uint8Array(await object.arrayBuffer())) };
}

const renderOpenai =
  (deps: Pick<JobDeps, 'files'>): RenderJob =>
  async (job) => {
    const format = job.plan.answer?.responseFormat;
    const wanted = format === 'b64_json' || (format === undefined && ALWAYS_INLINE.test(job.model));
    const encoded = wanted ? await inline(deps, job) : [];
    const revised = job.outputs?.revisedPrompt;
    const data = outputUrls(job).map((url, index) => ({
      url,
      ...(encoded[index] !== undefined && { b64_json: encoded[index] }),
      ...(revised !== undefined && { revised_prompt: revised }),
    }));
    return { created: createdAt(job), data, model: job.model, jobId: job.id, creditsUsed: creditsUsed(job) };
  };

/** The prefixes of the event types that OpenAI's clients know. */
const EVENTS = { '/v1/images/generations': 'image_generation', '/v1/images/edits': 'image_edit' };
type Endpoint = keyof typeof EVENTS;

/** https://platform.openai.com/docs/api-reference/images-streaming; a field that nobody set is `auto`. */
function commonFields(job: Job, contentType: string): Record<string, unknown> {
  const { size, quality } = 'stored' in job.input || job.input.kind !== 'image' ? {} : job.input;
  const output_format = contentType.replace(/^image\//, '');
  return { created_at: createdAt(job), size: size ?? 'auto', quality: quality ?? 'auto', background: 'auto', output_format };
}

/** An event for each preliminary picture, and one for each picture at the end. */
const renderEvents = (deps: Pick<JobDeps, 'files'>, endpoint: Endpoint): StreamRenderer => ({
  async partial(job, index) {
    const made = await partialOf(deps, job, index);
    if (!made) return '';
    return eventText({
      type: `${EVENTS[endpoint]}.partial_image`,
      ...commonFields(job, made.contentType),
      b64_json: made.base64,
      partial_image_index: index,
    });
  },
  async *whole(job) {
    const common = { type: `${EVENTS[endpoint]}.completed`, creditsUsed: creditsUsed(job), jobId: job.id };
    for (const { url, contentType, base64 } of await picturesOf(deps, job))
      yield eventText({ ...common, ...commonFields(job, contentType), b64_json: base64 ?? null, url });
  },
});

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const openaiImages =
  (endpoint: Endpoint, needsPicture: boolean) =>
  async (c: AppContext): Promise<Response> => {
    const read = await readMediaRequest(c, endpoint);
    if (!read.ok) return renderError(c, read.error);
    const { fields, uploads } = read.value.body;
    const format = fields.response_format ?? undefined;
    if (format !== undefined && !(typeof format === 'string' && FORMATS.includes(format)))
      return refuse(c, 'response_format', `must be one of ${FORMATS.join(', ')}`);
    if (needsPicture && !REFERENCES.some((name) => isGiven(fields[name]) || uploads[name])) return refuse(c, 'image', 'is required');
    const answer = format === undefined ? {} : { responseFormat: format };
    const created = await startJob(c, read.value, IMAGES, answer);
    if (!created.ok) return renderError(c, created.error);
    return isTrue(fields.stream)
      ? streamedAnswer(c, created.value, renderEvents(jobDeps(c.env), endpoint))
      : heldAnswer(c, created.value, renderOpenai(jobDeps(c.env)));
  };

const refuse = (c: AppContext, param: string, why: string): Response =>
  renderError(c, fail('invalid_request', `The field \`${param}\` ${why}.`, { param }).error);

export const postImageGenerations = openaiImages('/v1/images/generations', false);
export const postImageEdits = openaiImages('/v1/images/edits', true);

export const postImagesGenerate = synchronous('/v1/images/generate', IMAGES, (job) => ({
  created: createdAt(job),
  data: outputUrls(job).map((url) => ({ url, model: job.model })),
  model: job.model,
  resultId: job.id.replace(/^job_/, 'res_'),
  jobId: job.id,
  creditsUsed: creditsUsed(job),
}));
