/** WaveSpeed: a POST to the model, then the prediction until it ends. https://wavespeed.ai/docs/submit-task */
import { type Fields, filledText, recordOf } from '../../core/record';
import { failed, runFailure, submitFailure } from '../media/failures';
import { bodyOf, type ModelFields, secondsOf, takesAll } from '../media/model-fields';
import { filesOf, modelFiles } from '../media/outputs';
import { numberOf, textsOf } from '../media/read';
import { fromHex, isSignedBy, signedContent, withoutPrefix } from '../media/signature';
import { stateOf } from '../media/states';
import type { MediaAdapter, MediaAnswer, MediaCallback, MediaResult, MediaStep, PollStep, UpstreamJob } from '../media/types';
import { bearer } from '../wires/authorize';
import { classifyFailure } from '../wires/failures';
import { USUAL_FIELDS, WAVESPEED_MODELS } from './models';

const fieldsFor = (model: string): ModelFields => WAVESPEED_MODELS[model] ?? USUAL_FIELDS;

/** The content of the envelope `{code, message, data}`; callbacks come without one. */
const predictionOf = (json: unknown): Fields => recordOf(recordOf(json).data ?? json);

function resultOf(prediction: Fields, job: UpstreamJob): MediaResult {
  const files = filesOf(textsOf(prediction.outputs));
  const seconds = numberOf(job.seconds);
  return { files: job.kind === '3d' ? modelFiles(files) : files, ...(seconds !== undefined && { usage: { seconds } }) };
}

function readPrediction(prediction: Fields, job: UpstreamJob): PollStep {
  switch (stateOf(prediction.status)) {
    case 'succeeded':
      return { state: 'done', result: resultOf(prediction, job) };
    case 'running':
      return { state: 'running', job };
    case 'failed':
      return runFailure(prediction.error);
    case 'canceled':
      return { state: 'canceled' };
    default:
      return { state: 'unknown', message: 'no state that is known' };
  }
}

/** An error that comes with status 200 and its own code in the envelope. */
function envelopeFailure({ text, json, status }: MediaAnswer): MediaStep | undefined {
  const code = numberOf(recordOf(json).code);
  if (status !== 200 || code === undefined || code === 200) return undefined;
  return failed({ ...classifyFailure(code, text), mayHaveStarted: code >= 500 });
}

export const wavespeedMedia: MediaAdapter = {
  kinds: ['image', 'video', '3d'],
  authorize: bearer,
  sources: 'url',
  lostSubmit: 'may_have_started',
  picturesAtOnce: (model) => fieldsFor(model).count?.max ?? 1,
  takesReferences: (model) => fieldsFor(model).references !== undefined,
  takesAll: (model, brought) => takesAll(brought, fieldsFor(model)),
  submit(submission) {
    const { model, callbackUrl } = submission;
    // https://wavespeed.ai/docs/how-to-use-webhooks
    const query = callbackUrl === undefined ? '' : `?webhook=${encodeURIComponent(callbackUrl)}`;
    return { url: `/${model}${query}`, body: JSON.stringify(bodyOf(submission, fieldsFor(model))) };
  },
  readSubmit(answer, { model, input }) {
    const refused = envelopeFailure(answer);
    if (refused) return refused;
    const prediction = predictionOf(answer.json);
    const id = filledText(prediction.id);
    if (answer.status !== 200 || id === undefined) return submitFailure(answer);
    const seconds = secondsOf(input, fieldsFor(model));
    const job: UpstreamJob = { id, model, kind: input.kind, ...(seconds !== undefined && { seconds }) };
    const step = readPrediction(prediction, job);
    return step.state === 'unknown' ? { state: 'running', job } : step;
  },
  // https://wavespeed.ai/docs/get-result
  poll: ({ id }) => ({ method: 'GET', url: `/predictions/${encodeURIComponent(id)}/result` }),
  readPoll(answer, job) {
    if (answer.status !== 200) return { state: 'unknown', message: `status ${answer.status}` };
    return readPrediction(predictionOf(answer.json), job);
  },
  callback: {
    /** The secret is used as text, without its prefix. https://wavespeed.ai/docs/verify-webhooks */
    async verify(callback: MediaCallback, secret: string, nowMs: number) {
      const signed = signedContent(callback, 'v3', nowMs);
      if (!signed) return false;
      return isSignedBy(new TextEncoder().encode(withoutPrefix(secret)), signed.content, signed.signatures.map(fromHex));
    },
    read({ json }, job) {
      const prediction = predictionOf(json);
      if (prediction.id !== job.id) return undefined;
      const step = readPrediction(prediction, job);
      return step.state === 'unknown' ? undefined : step;
    },
  },
};
