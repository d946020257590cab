/** fal: a queue in front of every model; status first, then the result. https://fal.ai/docs/api-reference/inference-api */
import { filledText, isRecord, recordOf } from '../../core/record';
import { runFailure, submitFailure } from '../media/failures';
import { bodyOf, type ModelFields, secondsOf, takesAll } from '../media/model-fields';
import type { MediaAdapter, MediaAnswer, MediaStep, PollStep, UpstreamJob } from '../media/types';
import { errorFacts } from '../wires/failures';
import { FAL_MODELS, USUAL_FIELDS } from './models';
import { readResult } from './result';

const QUEUE_HOST = 'queue.fal.run';
const RESULT = 'result';
/** https://fal.ai/docs/documentation/model-apis/request-errors */
const CANCELED = 'client_cancelled';
const EARLY = /still in progress/i;
const NOTHING_LEFT = 'The safety checker of the provider left nothing of the picture (content policy).';

const fieldsFor = (model: string): ModelFields => FAL_MODELS[model] ?? USUAL_FIELDS;

/** Requests are polled under owner and app alone, without the rest of the model's path. */
const requestPath = ({ id, model }: UpstreamJob): string => `/${model.split('/').slice(0, 2).join('/')}/requests/${encodeURIComponent(id)}`;

/** The vendor asks clients to use the URLs that it returns; they are used if they lead to the vendor. */
function ownUrl(url: unknown): string | undefined {
  const text = filledText(url);
  return text?.startsWith(`https://${QUEUE_HOST}/`) ? text : undefined;
}

function readSubmit(answer: MediaAnswer, id: string, model: string, kind: string, seconds: number | undefined): MediaStep {
  const { status_url, response_url, cancel_url } = recordOf(answer.json);
  const urls = { statusUrl: ownUrl(status_url), responseUrl: ownUrl(response_url), cancelUrl: ownUrl(cancel_url) };
  const known = Object.fromEntries(Object.entries({ ...urls, seconds }).filter(([, value]) => value !== undefined));
  return { state: 'running', job: { id, model, kind, ...known } };
}

/** https://fal.ai/docs/documentation/model-apis/errors and `.../request-errors`: a list of them, or one with its type. */
function readError({ json, headers }: Pick<MediaAnswer, 'json' | 'headers'>): PollStep | undefined {
  const body = recordOf(json);
  const type = filledText(body.error_type) ?? headers.get('x-fal-error-type') ?? undefined;
  if (type === CANCELED) return { state: 'canceled' };
  const first = Array.isArray(body.detail) ? recordOf(body.detail[0]) : {};
  const message = errorFacts(json)?.message ?? filledText(body.error);
  if (message === undefined && type === undefined) return undefined;
  const code = type ?? filledText(first.type);
  // An error about the body's fields concerns what the caller sent.
  const aboutInput = Array.isArray(first.loc) && first.loc.length > 1 && first.loc[0] === 'body';
  return runFailure(message, code, aboutInput ? 'caller' : undefined);
}

function readStatus(answer: MediaAnswer, job: UpstreamJob): PollStep {
  const { status, error, error_type } = recordOf(answer.json);
  if (answer.status >= 300) return { state: 'unknown', message: `status ${answer.status}` };
  switch (status) {
    case 'IN_QUEUE':
    case 'IN_PROGRESS':
      return { state: 'running', job };
    case 'COMPLETED': {
      if (filledText(error) === undefined && filledText(error_type) === undefined)
        return { state: 'running', job: { ...job, step: RESULT }, pollAfterMs: 0 };
      return readError(answer) ?? runFailure(error);
    }
    default:
      return { state: 'unknown', message: 'no state that is known' };
  }
}

/** Does the error come from the run, rather than from the queue (an outage, a credential, a rate limit)? */
function saysOfRun({ status, json, headers }: MediaAnswer): boolean {
  const { detail, error_type } = recordOf(json);
  if (filledText(error_type) !== undefined || headers.has('x-fal-error-type') || Array.isArray(detail)) return true;
  return status >= 400 && status < 500 && ![401, 403, 404, 408, 429].includes(status) && !EARLY.test(filledText(detail) ?? '');
}

function readAnswer(answer: MediaAnswer, job: UpstreamJob): PollStep {
  if (answer.status === 202) return { state: 'running', job };
  if (answer.status === 200 && isRecord(answer.json)) {
    const result = readResult(answer.json, job);
    return result ? { state: 'done', result } : runFailure(NOTHING_LEFT, 'content_policy_violation', 'caller');
  }
  return (saysOfRun(answer) && readError(answer)) || { state: 'unknown', message: `status ${answer.status}` };
}

export const falMedia: MediaAdapter = {
  kinds: ['image', 'video', '3d'],
  // https://fal.ai/docs/api-reference/inference-api
  authorize: (apiKey) => ({ authorization: `Key ${apiKey}` }),
  // Fields of files take URLs and data URLs alike: https://fal.ai/models/fal-ai/nano-banana/edit/api
  sources: 'any',
  hosts: [QUEUE_HOST],
  lostSubmit: 'may_have_started',
  picturesAtOnce: (model) => fieldsFor(model).count?.max ?? 1,
  takesReferences: (model) => fieldsFor(model).references !== undefined,
  takesAll: (model, brought) => takesAll(brought, fieldsFor(model)),
  submit(submission) {
    const { model, callbackUrl } = submission;
    const query = callbackUrl === undefined ? '' : `?fal_webhook=${encodeURIComponent(callbackUrl)}`;
    return { url: `/${model}${query}`, body: JSON.stringify(bodyOf(submission, fieldsFor(model))) };
  },
  readSubmit(answer, { model, input }) {
    const id = filledText(recordOf(answer.json).request_id);
    if (answer.status >= 300 || id === undefined) return submitFailure(answer);
    return readSubmit(answer, id, model, input.kind, secondsOf(input, fieldsFor(model)));
  },
  poll(job) {
    if (job.step === RESULT) return { method: 'GET', url: filledText(job.responseUrl) ?? requestPath(job) };
    return { method: 'GET', url: filledText(job.statusUrl) ?? `${requestPath(job)}/status` };
  },
  readPoll: (answer, job) => (job.step === RESULT ? readAnswer(answer, job) : readStatus(answer, job)),
  // https://fal.ai/docs/inference-api/queue/cancel
  cancel: (job) => ({ method: 'PUT', url: filledText(job.cancelUrl) ?? `${requestPath(job)}/cancel` }),
  // Callbacks are signed with keys that would have to be fetched first, so they only trigger a poll.
  callback: {},
};
