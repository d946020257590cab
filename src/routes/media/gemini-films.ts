/** Films at Google's paths: a job is an operation there, which its client polls, and its film a file that is downloaded. */
import { answerHeaders } from '../../core/answer-headers';
import type { GatewayError } from '../../core/errors';
import type { GeminiAddress } from '../../dialects/gemini/address';
import { inFilmsWords, jobOfDownload, operationView, readFilmRequest } from '../../dialects/gemini/films';
import type { AppContext } from '../../http/context';
import { renderError } from '../../http/render-error';
import type { Job } from '../../jobs/types';
import { creditsUsed, isOver } from '../../jobs/view';
import { ASKED_EACH_TIME, missing, serveFile } from './files';
import { createJobOf, GEMINI } from './gemini-job';
import { jobError, jobHeaders, seenFrom } from './request';
import { VIDEO } from './video';
import { fileOf, filmOf } from './videos';

/** A conflict for whoever asks for its result, it is what the operation's client wanted. */
const CANCELED_STATUS = 499;

function errorOf(job: Job): GatewayError | undefined {
  if (!isOver(job) || job.state === 'succeeded') return undefined;
  return job.state === 'canceled' ? { ...jobError(job), status: CANCELED_STATUS } : jobError(job);
}

function viewOf(c: AppContext, job: Job) {
  const { id, holdId: requestId, model } = job;
  const contentType = job.outputs?.files[0]?.contentType;
  const { origin } = seenFrom(c, job);
  return operationView({
    id,
    requestId,
    model,
    origin,
    contentType,
    creditsUsed: creditsUsed(job),
    isOver: isOver(job),
    error: errorOf(job),
  });
}

export async function postGeminiFilm(c: AppContext, address: GeminiAddress): Promise<Response> {
  const film = await createJobOf(c, address, { read: readFilmRequest, inWords: inFilmsWords }, VIDEO);
  if (!film.ok) return renderError(c, film.error, GEMINI);
  const { job } = film.value;
  return c.json(viewOf(c, job), { headers: { ...jobHeaders(film.value), 'x-credits-charged': String(creditsUsed(job)) } });
}

export async function getOperation(c: AppContext): Promise<Response> {
  const film = await filmOf(c, c.req.path.replace(/^.*\//, ''));
  if (!film.ok) return renderError(c, inOperationsWords(film.error), GEMINI);
  return c.json(viewOf(c, film.value), { headers: { ...answerHeaders(film.value.holdId), 'x-job-id': film.value.id } });
}

const inOperationsWords = (error: GatewayError): GatewayError =>
  error.kind === 'not_found' ? { ...error, message: 'Operation not found.' } : error;

export async function getDownload(c: AppContext): Promise<Response> {
  const film = await filmOf(c, jobOfDownload(c.req.path) ?? '');
  if (!film.ok) return film.error.kind === 'not_found' ? missing(c, GEMINI) : renderError(c, film.error, GEMINI);
  const file = fileOf(film.value);
  return file.ok ? serveFile(c, file.value, { caching: ASKED_EACH_TIME, form: GEMINI }) : renderError(c, file.error, GEMINI);
}
