/** Replicate: predictions of official models, and of versions by their hash. https://replicate.com/docs/reference/http */
import { type Fields, filledText, recordOf } from '../../core/record';
import { failed, runFailure, submitFailure } from '../media/failures';
import { bodyOf, type ModelFields, secondsOf, takesAll } from '../media/model-fields';
import { fileOf } from '../media/outputs';
import { numberOf } from '../media/read';
import { isSignedBy, signedContent, withoutPrefix } from '../media/signature';
import { fromBase64 } from '../media/sources';
import { stateOf } from '../media/states';
import type { MediaAdapter, MediaAnswer, MediaCallback, MediaResult, MediaStep, OutputFile, PollStep, UpstreamJob } from '../media/types';
import { bearer } from '../wires/authorize';
import { classifyFailure } from '../wires/failures';
import { REPLICATE_MODELS, USUAL_FIELDS } from './models';

const MAX_DEPTH = 3;
/** Files at `replicate.delivery` are public, those at the API need the key. */
const API_FILES = 'https://api.replicate.com/';
/** It never started: https://replicate.com/docs/topics/predictions/lifecycle */
const NEVER_STARTED = 'aborted';

const fieldsFor = (model: string): ModelFields => REPLICATE_MODELS[model.split(':')[0] ?? ''] ?? USUAL_FIELDS;

/** Files anywhere in an output: a URL, a list, or an object. */
function filesIn(output: unknown, depth = 0): OutputFile[] {
  if (typeof output === 'string') {
    const file = fileOf(output);
    if (!file) return [];
    return ['url' in file && file.url.startsWith(API_FILES) ? { ...file, authorized: true } : file];
  }
  if (typeof output !== 'object' || output === null || depth >= MAX_DEPTH) return [];
  return Object.values(output).flatMap((part) => filesIn(part, depth + 1));
}

function readPrediction(prediction: Fields, job: UpstreamJob): PollStep {
  const { status, output, error } = prediction;
  switch (stateOf(status)) {
    case 'succeeded': {
      const seconds = numberOf(job.seconds);
      const result: MediaResult = { files: filesIn(output), ...(seconds !== undefined && { usage: { seconds } }) };
      return { state: 'done', result };
    }
    case 'running':
      return { state: 'running', job };
    case 'failed':
      return status === NEVER_STARTED ? runFailure('The provider did not start in time.') : runFailure(error);
    case 'canceled':
      return { state: 'canceled' };
    default:
      return { state: 'unknown', message: 'no state that is known' };
  }
}

/** The gateway chose the version, so its refusal is not the caller's mistake. */
function refusal(answer: MediaAnswer): MediaStep {
  const title = filledText(recordOf(answer.json).title) ?? '';
  if (answer.status === 422 && /version/i.test(title))
    return failed({ ...classifyFailure(answer.status, answer.text), action: 'next_target', mayHaveStarted: false });
  return submitFailure(answer);
}

export const replicateMedia: MediaAdapter = {
  kinds: ['image', 'video'],
  authorize: bearer,
  // Data URLs are for files of up to 256 kB: https://replicate.com/docs/topics/predictions/input-files
  sources: 'url',
  lostSubmit: 'may_have_started',
  picturesAtOnce: (model) => fieldsFor(model).count?.max ?? 1,
  takesReferences: (model) => fieldsFor(model).references !== undefined,
  takesAll: (model, brought) => takesAll(brought, fieldsFor(model)),
  submit(submission) {
    const { model, callbackUrl } = submission;
    const [name, version] = model.split(':');
    const callback = callbackUrl !== undefined && { webhook: callbackUrl, webhook_events_filter: ['completed'] };
    const input = bodyOf(submission, fieldsFor(model));
    if (version !== undefined) return { url: '/predictions', body: JSON.stringify({ version, input, ...callback }) };
    return { url: `/models/${name}/predictions`, body: JSON.stringify({ input, ...callback }) };
  },
  readSubmit(answer, { model, input }) {
    const prediction = recordOf(answer.json);
    const id = filledText(prediction.id);
    if (answer.status >= 300 || id === undefined) return refusal(answer);
    const seconds = secondsOf(input, fieldsFor(model));
    const job: UpstreamJob = { id, model, ...(seconds !== undefined && { seconds }) };
    const step = readPrediction(prediction, job);
    return step.state === 'unknown' ? { state: 'running', job } : step;
  },
  poll: ({ id }) => ({ method: 'GET', url: `/predictions/${encodeURIComponent(id)}` }),
  readPoll(answer, job) {
    if (answer.status !== 200) return { state: 'unknown', message: `status ${answer.status}` };
    return readPrediction(recordOf(answer.json), job);
  },
  cancel: ({ id }) => ({ url: `/predictions/${encodeURIComponent(id)}/cancel` }),
  callback: {
    /** The secret is base64 behind its prefix. https://replicate.com/docs/topics/webhooks/verify-webhook */
    async verify(callback: MediaCallback, secret: string, nowMs: number) {
      const key = fromBase64(withoutPrefix(secret));
      const signed = signedContent(callback, 'v1', nowMs);
      return key !== undefined && signed !== undefined && isSignedBy(key, signed.content, signed.signatures.map(fromBase64));
    },
    read({ json }, job) {
      const prediction = recordOf(json);
      if (prediction.id !== job.id) return undefined;
      const step = readPrediction(prediction, job);
      return step.state === 'unknown' ? undefined : step;
    },
  },
};
