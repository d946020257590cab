/** Pictures at Google's paths: `generateContent` and `predict` of a model for pictures are jobs, as at the other paths for them. */
import type { GeminiAddress } from '../../dialects/gemini/address';
import { renderGeminiError } from '../../dialects/gemini/errors';
import { arrayFraming, eventFraming } from '../../dialects/gemini/framing';
import { inGooglesWords, pictureAnswer, readPictureRequest } from '../../dialects/gemini/pictures';
import { inPredictionsWords, predictedAnswer, readPredictedPicture } from '../../dialects/gemini/predicted-pictures';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import type { JobDeps } from '../../jobs/deps';
import type { Job } from '../../jobs/types';
import { creditsUsed } from '../../jobs/view';
import { createJobOf, GEMINI } from './gemini-job';
import { IMAGES, picturesOf } from './images';
import { heldAnswer, type StreamRenderer, streamedAnswer } from './request';

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

export async function postGeminiPicture(c: AppContext, address: GeminiAddress): Promise<Response> {
  const job = await createJobOf(c, address, { read: readPictureRequest, inWords: inGooglesWords }, IMAGES);
  if (!job.ok) return renderError(c, job.error, GEMINI);
  const deps = jobDeps(c.env);
  if (address.method === 'generateContent') return heldAnswer(c, job.value, (present) => answerOf(deps, present), GEMINI);
  return streamedAnswer(c, job.value, streamRenderer(deps, address));
}

export async function postPredictedPicture(c: AppContext, address: GeminiAddress): Promise<Response> {
  const job = await createJobOf(c, address, { read: readPredictedPicture, inWords: inPredictionsWords }, IMAGES);
  if (!job.ok) return renderError(c, job.error, GEMINI);
  const deps = jobDeps(c.env);
  const answer = async (present: Job) => predictedAnswer({ creditsUsed: creditsUsed(present), pictures: await picturesOf(deps, present) });
  return heldAnswer(c, job.value, answer, GEMINI);
}
