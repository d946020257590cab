/** What all media routes do before and after their job. */
import { type Moment, readMoment } from '../../console/cursor';
import { answerHeaders } from '../../core/answer-headers';
import type { ApiKey } from '../../core/api-key';
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import { labelsOf } from '../../core/labels';
import { isRecord, textOrEmpty } from '../../core/record';
import { renderOpenaiError } from '../../dialects/openai-errors';
import type { Dialect } from '../../dialects/types';
import { refuseKeys } from '../../gateway/authorize-key';
import { ClientStream, HELD_JSON_HEADERS } from '../../gateway/client-stream';
import { idempotencyOf } from '../../gateway/idempotency';
import type { AskedCall } from '../../gateway/note-refused';
import { modelOfPath } from '../../http/bases';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { type MediaBody, readMediaBody } from '../../http/media-body';
import { renderError } from '../../http/render-error';
import { requestKeys, sourceOf } from '../../http/request-key';
import { authorize, type Reader, waitForJob } from '../../jobs/access';
import { type CreatedJob, createMediaJob, type JobRequest, type JobResult } from '../../jobs/create';
import type { MediaCall } from '../../jobs/plan';
import type { Job } from '../../jobs/types';
import { creditsUsed, hasResult, isOver, pollUrl } from '../../jobs/view';

/** As long as any documented client waits. */
const SYNCHRONOUS_MS = 600_000;
const MAX_PREFERRED_SECONDS = 600;

export const originOf = (c: AppContext): string => c.get('gateway').settings.PUBLIC_URL ?? new URL(c.req.url).origin;

/** A job as it is shown: its files are where the gateway is reached now, whatever its address was when the job began. */
export const seenFrom = (c: AppContext, job: Job): Job => ({ ...job, origin: originOf(c) });

/** The caller. */
export async function readerOf(c: AppContext): Promise<Result<Reader>> {
  const { keys, settings } = c.get('gateway');
  const read = await requestKeys(keys, c.req.raw);
  return read.ok ? ok({ keys: read.value, ...sourceOf(c.req.raw, settings) }) : read;
}

/** Runs the verb with the first key that is good, or refuses. */
export async function withKey(c: AppContext, verb: (key: ApiKey) => Promise<Response>): Promise<Response> {
  const reader = await readerOf(c);
  if (!reader.ok) return renderError(c, reader.error);
  const key = await authorize(jobDeps(c.env), reader.value);
  return key.ok ? verb(key.value) : renderError(c, key.error);
}

/** Refuses a query parameter of a list. */
export const refuseQuery = (c: AppContext, param: string, why: string): Response =>
  renderError(c, fail('invalid_request', `\`${param}\` must be ${why}.`, { param }).error);

/** Where a page begins: at the moment in `next`, though its row may be deleted by now, or at the row with this id. */
export async function placeBefore(before: string, find: (id: string) => Promise<Moment | undefined>): Promise<Moment | undefined> {
  const moment = readMoment(before);
  return (moment.ok && moment.value) || find(before);
}

export interface PageSizes {
  usual: number;
  most: number;
}

/** The page size that a list is asked for, or the refusal. */
export function pageSize(c: AppContext, { usual, most }: PageSizes): number | Response {
  const count = Number(c.req.query('limit') ?? usual);
  return Number.isInteger(count) && count >= 1 && count <= most ? count : refuseQuery(c, 'limit', `a whole number from 1 to ${most}`);
}

export interface MediaRequest {
  request: JobRequest;
  body: MediaBody;
}

/**
 * Checks the keys first, so that a stranger's body is not read.
 *
 * @param named The model, where the path names it and the body does not.
 * @param path What the path asks for, where that is more than the endpoint: see `idempotencyOf`.
 */
export async function readMediaRequest(
  c: AppContext,
  endpoint: string,
  { form = 'media', path = endpoint, named }: { form?: keyof typeof FORMS; path?: string; named?: string } = {},
): Promise<Result<MediaRequest>> {
  const model = modelOfPath(c.req.url);
  const reader = await readerOf(c);
  if (!reader.ok) return reader;
  const gateway = c.get('gateway');
  const asked: AskedCall = { keys: reader.value.keys, endpoint, model: named ?? model };
  c.set('asked', asked);
  const askFirst = () => refuseKeys(gateway, reader.value.keys, reader.value);
  const body = await readMediaBody(c.req.raw, gateway.settings.BODY_LIMIT_BYTES, askFirst);
  if (!body.ok) return body;
  const idempotency = await idempotencyOf(
    c.req.raw.headers.get('idempotency-key'),
    model === undefined ? path : `${path}/${model}`,
    body.value.fingerprint,
  );
  if (!idempotency.ok) return idempotency;
  const read = FORMS[form](body.value);
  if (model !== undefined) read.fields.model = model;
  asked.model = named ?? textOrEmpty(read.fields.model);
  const webhookUrl = read.fields.webhook_url ?? read.fields.webhookUrl ?? null;
  if (webhookUrl !== null && typeof webhookUrl !== 'string')
    return fail('invalid_request', 'The field `webhook_url` must be a URL.', { param: 'webhook_url' });
  const request: JobRequest = {
    ...reader.value,
    endpoint,
    idempotency: idempotency.value,
    webhookUrl: webhookUrl === '' ? null : webhookUrl,
    labels: labelsOf(c.req.raw.headers, read.fields),
    publicOrigin: originOf(c),
    answer: {},
  };
  return ok({ request, body: read });
}

/** The documents have media fields flat or inside `input`. Of a GPU run `input` belongs to its worker, and other makers' formats have none. */
const FORMS = {
  media: (body: MediaBody): MediaBody => {
    const { input, ...rest } = body.fields;
    if (!isRecord(input)) return body;
    // Typed clients write null for fields that they leave out.
    const said = Object.entries(rest).filter(([name, value]) => value !== null || !Object.hasOwn(input, name));
    return { ...body, fields: { ...input, ...Object.fromEntries(said) } };
  },
  flat: (body: MediaBody): MediaBody => body,
};

export const startJob = async (
  c: AppContext,
  { request, body }: MediaRequest,
  call: Pick<MediaCall, 'families' | 'kinds'>,
  answer: Record<string, unknown> = {},
): Promise<JobResult> =>
  decided(c, await createMediaJob(jobDeps(c.env), { ...request, answer }, { ...call, fields: body.fields, uploads: body.uploads }));

/** The result of asking for a job. What a client is told of it from then on is on the job's line, or counted by its account. */
export function decided(c: AppContext, result: JobResult): JobResult {
  if (result.ok || result.isCounted) c.set('asked', undefined);
  return result;
}

/** How many seconds the client would like to wait for the result (`Prefer: wait`, RFC 7240). */
export function preferredWaitMs(c: AppContext): number | undefined {
  const match = /(?:^|[,;\s])wait=(\d{1,6})/i.exec(c.req.raw.headers.get('prefer') ?? '');
  return match ? Math.min(Number(match[1]), MAX_PREFERRED_SECONDS) * 1_000 : undefined;
}

export const jobHeaders = ({ job, repeated }: CreatedJob): Record<string, string> => ({
  ...answerHeaders(job.holdId),
  'x-job-id': job.id,
  ...(isOver(job) && { 'x-credits-charged': String(creditsUsed(job)) }),
  ...(repeated && { 'idempotent-replayed': 'true' }),
});

/** The error for a job that has nothing to show. */
export function jobError(job: Job): GatewayError {
  const details = { job_id: job.id };
  if (!isOver(job))
    return fail('still_running', `This is taking longer; the result will be at ${pollUrl(job)}`, {
      code: 'still_running',
      details,
    }).error;
  if (job.state === 'succeeded' && job.filesRemovedAt !== null)
    return fail('gone', 'The job has succeeded, and what it made has been removed since.', { code: 'file_expired', details }).error;
  const charged = creditsUsed(job) === 0 ? 'Nothing was charged.' : `Its GPU time was charged: ${creditsUsed(job)} credits.`;
  if (job.state === 'canceled') return fail('conflict', `The job was canceled. ${charged}`, { details }).error;
  const error = job.error ?? fail('job_failed', 'The job failed. Nothing was charged.').error;
  return { ...error, details: { ...error.details, ...details } };
}

/** The work is done and paid for: a client that sent its request again would pay once more, unless it has a key for that. */
function notRead(job: Job): GatewayError {
  const kind = job.idempotencyHash === null ? 'job_failed' : 'unavailable';
  const message = `The job has succeeded, but its result could not be read just now; it is at ${pollUrl(job)}`;
  return fail(kind, message, { code: 'result_not_read', details: { job_id: job.id } }).error;
}

const READS = 3;

/** What lies in files, one read of which may fail. */
export async function readResult<T>(job: Job, read: () => T | Promise<T>): Promise<Result<T>> {
  for (let tries = 1; ; tries++) {
    try {
      return ok(await read());
    } catch (error) {
      console.error('result not read', JSON.stringify({ jobId: job.id, tries, error: String(error) }));
      if (tries >= READS) return { ok: false, error: notRead(job) };
    }
  }
}

export type RenderJob = (job: Job) => unknown;

/** An answer about a job in its current state. */
interface JobAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}
type AnswerOf = (job: Job) => JobAnswer | Promise<JobAnswer>;

const jsonAnswer = (value: unknown): JobAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** The job's result or error; while it still runs, a timeout error or whatever `renderRunning` shows. */
const resultOf =
  (render: RenderJob, running?: AnswerOf, renderError = renderOpenaiError): AnswerOf =>
  async (job) => {
    if (hasResult(job)) {
      const rendered = await readResult(job, () => render(job));
      return rendered.ok ? jsonAnswer(rendered.value) : renderError(rendered.error, job.holdId);
    }
    if (running && !isOver(job)) return running(job);
    return renderError(jobError(job), job.holdId);
  };

async function respondWith(created: CreatedJob, answerOf: AnswerOf, more: Record<string, string> = {}): Promise<Response> {
  const { status, headers, body } = await answerOf(created.job);
  return new Response(body, { status, headers: { ...jobHeaders(created), ...more, ...headers } });
}

interface HeldOptions {
  waitMs?: number;
  renderRunning?: RenderJob;
  renderError?: Dialect['renderError'];
}

/** Waits for the job and answers with its result. */
export const heldAnswer = (
  c: AppContext,
  created: CreatedJob,
  render: RenderJob,
  { waitMs = SYNCHRONOUS_MS, renderRunning, renderError }: HeldOptions = {},
): Promise<Response> => {
  const running = renderRunning && (async (job: Job) => jsonAnswer(await renderRunning(job)));
  return waitedAnswer(c, created, resultOf(render, running, renderError), waitMs);
};

/** Answers at once with what was deducted, or after the time that `Prefer: wait` asks for. */
export function preferredAnswer(c: AppContext, created: CreatedJob, render: RenderJob, renderRunning: RenderJob): Promise<Response> {
  const waitMs = preferredWaitMs(c);
  const started: AnswerOf = async (job) => {
    const { headers, ...answer } = jsonAnswer(await renderRunning(job));
    return { ...answer, headers: { ...headers, 'x-credits-charged': String(creditsUsed(job)) } };
  };
  return waitedAnswer(c, created, resultOf(render, started), waitMs ?? 0, waitMs === undefined ? {} : preferenceApplied(waitMs));
}

/** Shows a job; its failure is not a failure of this call. */
export const watchedAnswer = (c: AppContext, job: Job, waitMs: number, view: RenderJob): Promise<Response> =>
  waitedAnswer(c, { job, repeated: false }, async (present) => jsonAnswer(await view(present)), waitMs, preferenceApplied(waitMs));

const preferenceApplied = (waitMs: number): Record<string, string> => ({ 'preference-applied': `wait=${waitMs / 1_000}` });

/**
 * Holds the status back for half a minute; after that white space keeps the connection alive, since clients give up
 * after minutes of silence. When the client hangs up the job goes on.
 */
async function waitedAnswer(
  c: AppContext,
  created: CreatedJob,
  answerOf: AnswerOf,
  waitMs: number,
  more: Record<string, string> = {},
): Promise<Response> {
  const deps = jobDeps(c.env);
  const { settings, waitUntil } = c.get('gateway');
  const { signal } = c.req.raw;
  const answerHere: AnswerOf = (job) => answerOf(seenFrom(c, job));
  const holdMs = Math.min(waitMs, settings.JSON_STATUS_HOLD_MS);
  const early = await waitForJob(deps, created.job, holdMs, () => signal.aborted);
  if (isOver(early) || holdMs === waitMs) return respondWith({ ...created, job: early }, answerHere, more);
  const client = new ClientStream(deps.now, () => {});
  const pings = setInterval(() => client.ping('\n'), settings.KEEPALIVE_MS);
  const late = waitForJob(deps, early, waitMs - holdMs, () => client.gone)
    .then(answerHere)
    .then(({ body }) => client.write(body))
    .finally(async () => {
      clearInterval(pings);
      await client.close();
    });
  waitUntil(late.catch((error: unknown) => console.error('late answer not written', String(error))));
  return new Response(client.body, { headers: { ...jobHeaders(created), ...more, ...HELD_JSON_HEADERS } });
}

/** A job as events: one for each preliminary picture, by its number, and those of the result. */
export interface StreamRenderer {
  partial?: (job: Job, index: number) => Promise<string>;
  whole: (job: Job) => AsyncIterable<string>;
  /** How the stream is written, if not as OpenAI's events. */
  form?: StreamForm;
}

export interface StreamForm extends Pick<Dialect, 'renderError'> {
  contentType: string;
  keepalive(): string;
  /** Without it nobody could tell the end from a connection that was cut between two events. */
  end(): string;
  fail(error: GatewayError, requestId: string): string;
}

export const OPENAI_EVENTS: StreamForm = {
  contentType: 'text/event-stream',
  keepalive: () => ': ping\n',
  end: () => 'data: [DONE]\n\n',
  fail: (error, requestId) => `event: error\ndata: ${renderOpenaiError(error, requestId).body}\n\n`,
  renderError: renderOpenaiError,
};

/** A form has only text. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true';

export const eventText = (fields: { type: string } & Record<string, unknown>): string =>
  `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;

/** The job as a stream of events. After the status was sent an error comes as an event. */
export async function streamedAnswer(c: AppContext, created: CreatedJob, render: StreamRenderer): Promise<Response> {
  const deps = jobDeps(c.env);
  const { settings, waitUntil } = c.get('gateway');
  const { form = OPENAI_EVENTS } = render;
  const partialsOf = ({ partials }: Job): number => partials?.length ?? 0;
  const showsMore = (seen: number) => (job: Job) => isOver(job) || partialsOf(job) > seen;
  const early = await waitForJob(deps, created.job, settings.STATUS_HOLD_MS, () => c.req.raw.signal.aborted, showsMore(0));
  if (isOver(early) && !hasResult(early))
    return respondWith(
      { ...created, job: early },
      resultOf(() => undefined, undefined, form.renderError),
    );
  const client = new ClientStream(deps.now, () => {});
  const pings = setInterval(() => client.ping(form.keepalive()), settings.KEEPALIVE_MS);
  let job = early;
  const writeError = (error: GatewayError) => client.writeApart(form.fail(error, job.holdId));
  const writeEnd = async (): Promise<void> => {
    if (!hasResult(job)) return writeError(jobError(job));
    for await (const text of render.whole(seenFrom(c, job))) await client.write(text);
    await client.write(form.end());
  };
  const endMs = deps.now() + SYNCHRONOUS_MS;
  const write = async (): Promise<void> => {
    for (let seen = 0; ; ) {
      for (; render.partial && seen < partialsOf(job); seen++) await client.write(await render.partial(job, seen));
      if (isOver(job) || client.gone || deps.now() >= endMs) break;
      job = await waitForJob(deps, job, endMs - deps.now(), () => client.gone, showsMore(seen));
    }
    await writeEnd();
  };
  const unread = (error: unknown) => {
    console.error('result not read', JSON.stringify({ jobId: job.id, error: String(error) }));
    return writeError(hasResult(job) ? notRead(job) : jobError(job));
  };
  const late = write()
    .catch(unread)
    .finally(async () => {
      clearInterval(pings);
      await client.close();
    });
  waitUntil(late.catch((error: unknown) => console.error('late events not written', String(error))));
  return new Response(client.body, {
    headers: { ...jobHeaders(created), 'content-type': form.contentType, 'cache-control': 'no-cache' },
  });
}

/** A route that makes a job of its request and waits for its result. */
export const synchronous =
  (endpoint: string, call: Pick<MediaCall, 'families' | 'kinds'>, render: RenderJob) =>
  async (c: AppContext): Promise<Response> => {
    const read = await readMediaRequest(c, endpoint);
    if (!read.ok) return renderError(c, read.error);
    const created = await startJob(c, read.value, call);
    return created.ok ? heldAnswer(c, created.value, render) : renderError(c, created.error);
  };
