/** Pictures at Google's paths: `generateContent` of a model for pictures is a job, as at the other paths for them. */
import type { Result } from '../../core/errors';
import type { GeminiAddress } from '../../dialects/gemini/address';
import { renderGeminiError } from '../../dialects/gemini/errors';
import { arrayFraming, eventFraming } from '../../dialects/gemini/framing';
import { inGooglesWords, pictureAnswer, readPictureRequest } from '../../dialects/gemini/pictures';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { GEMINI_NATIVE } from '../../http/endpoints';
import { renderError } from '../../http/render-error';
import type { CreatedJob } from '../../jobs/create';
import type { JobDeps } from '../../jobs/deps';
import type { Job } from '../../jobs/types';
import { creditsUsed } from '../../jobs/view';
import { IMAGES, picturesOf } from './images';
import { heldAnswer, readMediaRequest, type StreamRenderer, startJob, streamedAnswer } from './request';

const GEMINI = { renderError: renderGeminiError };

async function answerOf(deps: Pick<JobDeps, 'files'>, job: Job): Promise<Record<string, unknown>> {
  const pictures = await picturesOf(deps, job);
  return pictureAnswer({ id: job.holdId, model: job.model, creditsUsed: creditsUsed(job), pictures });
}

function streamRenderer(deps: Pick<JobDeps, 'files'>, { sse }: GeminiAddress): StreamRenderer {
  const { chunk, end, keepalive, fail } = sse ? eventFraming() : arrayFraming();
  return {
    async *whole(job) {
      yield chunk(JSON.stringify(await answerOf(deps, job)));
    },
    form: {
      contentType: `${sse ? 'text/event-stream' : 'application/json'}; charset=utf-8`,
      keepalive,
      end,
      fail: (error, requestId) => fail(renderGeminiError(error, requestId).body),
      ...GEMINI,
    },
  };
}

async function created(c: AppContext, { model, method }: GeminiAddress): Promise<Result<CreatedJob>> {
  const { endpoint } = GEMINI_NATIVE;
  const read = await readMediaRequest(c, endpoint, { form: 'flat', asked: `${endpoint}/${model}:${method}` });
  if (!read.ok) return read;
  const fields = readPictureRequest(read.value.body.fields, model);
  return fields.ok ? startJob(c, { ...read.value, body: { ...read.value.body, fields: fields.value } }, IMAGES) : fields;
}

export async function postGeminiPicture(c: AppContext, address: GeminiAddress): Promise<Response> {
  const job = await created(c, address);
  if (!job.ok) return renderError(c, inGooglesWords(job.error), GEMINI);
  const deps = jobDeps(c.env);
  if (address.method === 'generateContent') return heldAnswer(c, job.value, (present) => answerOf(deps, present), GEMINI);
  return streamedAnswer(c, job.value, streamRenderer(deps, address));
}
