/** Films at `/videos`, for the clients of OpenAI and of OpenRouter. They poll, and fetch the film by the job's id. */
import { answerHeaders } from '../../core/answer-headers';
import { fail, ok, type Result } from '../../core/errors';
import { filledText } from '../../core/record';
import { inWords } from '../../dialects/in-words';
import { readVideosRequest, type VideoFacts, videosPlaces, videoView } from '../../dialects/videos';
import { clientFormat } from '../../http/client-format';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { findJob, findJobOf } from '../../jobs/access';
import type { CreatedJob } from '../../jobs/create';
import { listJobs } from '../../jobs/store';
import type { Job } from '../../jobs/types';
import { creditsUsed, isOver, outputUrls, statusOf } from '../../jobs/view';
import { sidesOfFilm } from '../../providers/media/dimensions';
import { ASKED_EACH_TIME, serveFile } from './files';
import { deleteJob } from './jobs';
import { jobError, jobHeaders, pageSize, readerOf, readMediaRequest, refuseQuery, seenFrom, startJob, withKey } from './request';
import { VIDEO } from './video';

const PATH = '/v1/videos';
const PAGE = { usual: 20, most: 100 };

function stateOf(job: Job): VideoFacts['state'] {
  const status = statusOf(job);
  if (status !== 'processing') return status;
  return job.state === 'queued' ? 'queued' : 'running';
}

/** What was asked for, unless it was so long that it lies in a file. */
function askedOf({ input }: Job): Pick<VideoFacts, 'prompt' | 'seconds' | 'size'> {
  if ('stored' in input || input.kind !== 'video') return { prompt: null, seconds: null, size: null };
  const { prompt, durationSeconds, aspectRatio, resolution } = input;
  const { width, height } = sidesOfFilm(filledText(aspectRatio), filledText(resolution));
  return { prompt, seconds: durationSeconds, size: `${width}x${height}` };
}

function errorOf(job: Job): VideoFacts['error'] {
  if (!isOver(job) || job.state === 'succeeded') return null;
  const { kind, code, message } = jobError(job);
  return { code: code ?? kind, message };
}

const factsOf = (job: Job): VideoFacts => ({
  id: job.id,
  requestId: job.holdId,
  model: job.model,
  state: stateOf(job),
  createdAtMs: job.createdAt,
  endedAtMs: job.endedAt,
  ...askedOf(job),
  urls: outputUrls(job),
  pollUrl: `${job.origin}${PATH}/${job.id}`,
  creditsUsed: creditsUsed(job),
  error: errorOf(job),
});

/** The AI SDK, in which OpenRouter's provider makes films, does not say whose provider asks. */
const AI_SDK = /^ai\//;

const viewOf = (c: AppContext, job: Job) =>
  videoView(factsOf(seenFrom(c, job)), clientFormat(c) === 'openrouter' || AI_SDK.test(c.req.header('user-agent') ?? ''));

async function created(c: AppContext): Promise<Result<CreatedJob>> {
  const read = await readMediaRequest(c, PATH, { form: 'flat' });
  if (!read.ok) return read;
  const { request, body } = read.value;
  const asked = readVideosRequest(body.fields);
  if (!asked.ok) return asked;
  const { webhook_url: webhookUrl, ...fields } = asked.value;
  const { input_reference: image, ...uploads } = body.uploads;
  const film = await startJob(
    c,
    {
      request: { ...request, webhookUrl: filledText(webhookUrl) ?? request.webhookUrl },
      body: { ...body, fields, uploads: image ? { ...uploads, image } : uploads },
    },
    VIDEO,
  );
  return film.ok ? film : { ok: false, error: inWords(film.error, videosPlaces(body.fields, image !== undefined)) };
}

export async function postVideos(c: AppContext): Promise<Response> {
  const film = await created(c);
  if (!film.ok) return renderError(c, film.error);
  const { job } = film.value;
  const status = clientFormat(c) === 'openrouter' ? 202 : 200;
  return c.json(viewOf(c, job), { status, headers: { ...jobHeaders(film.value), 'x-credits-charged': String(creditsUsed(job)) } });
}

/** The caller's film. */
export async function filmOf(c: AppContext, id = c.req.param('id') ?? ''): Promise<Result<Job>> {
  const reader = await readerOf(c);
  if (!reader.ok) return reader;
  return onlyFilm(await findJob(jobDeps(c.env), reader.value, id));
}

/** A job that is no film is not found among films. */
const onlyFilm = (found: Result<Job>): Result<Job> =>
  found.ok && found.value.family !== 'video' ? fail('not_found', 'Job not found') : found;

export async function getVideo(c: AppContext): Promise<Response> {
  const film = await filmOf(c);
  if (!film.ok) return renderError(c, film.error);
  return c.json(viewOf(c, film.value), { headers: { ...answerHeaders(film.value.holdId), 'x-job-id': film.value.id } });
}

export const deleteVideo = (c: AppContext): Promise<Response> => deleteJob(c, 'video.deleted', onlyFilm);

/** The film itself; `variant` may ask for stills, of which there are none. */
export async function getVideoContent(c: AppContext): Promise<Response> {
  const film = await filmOf(c);
  if (!film.ok) return renderError(c, film.error);
  const { variant = 'video' } = c.req.query();
  if (variant !== 'video') return refuseQuery(c, 'variant', '`video`: there is nothing else of a film here');
  const file = fileOf(film.value);
  return file.ok ? serveFile(c, file.value, { caching: ASKED_EACH_TIME }) : renderError(c, file.error);
}

/** Where the film lies, or why it does not. */
export function fileOf(job: Job): Result<string> {
  if (!isOver(job)) return fail('conflict', 'The film is not there yet: ask for its status until it is completed.');
  const [file] = job.outputs?.files ?? [];
  return job.state === 'succeeded' && file ? ok(file.key) : { ok: false, error: jobError(job) };
}

export const getVideos = (c: AppContext): Promise<Response> =>
  withKey(c, async (key) => {
    const { after, order } = c.req.query();
    const limit = pageSize(c, PAGE);
    if (typeof limit !== 'number') return limit;
    if (order !== undefined && order !== 'desc') return refuseQuery(c, 'order', '`desc`: the newest come first');
    const deps = jobDeps(c.env);
    const last = after === undefined ? undefined : await findJobOf(deps, key, after);
    if (last && !last.ok) return refuseQuery(c, 'after', 'the id of a film of yours, such as the last of a page');
    const found = await listJobs(deps.db, key.accountId, { limit: limit + 1, before: last?.value, family: 'video' });
    const films = found.slice(0, limit).map((job) => viewOf(c, job));
    return c.json({
      object: 'list',
      data: films,
      first_id: films[0]?.id ?? null,
      last_id: films.at(-1)?.id ?? null,
      has_more: found.length > limit,
    });
  });
