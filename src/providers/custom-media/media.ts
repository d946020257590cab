/** A job vendor over HTTP that is described by configuration instead of code. */
import { filledText } from '../../core/record';
import { runFailure, submitFailure } from '../media/failures';
import { bodyOf, type ModelFields, secondsOf, takesAll } from '../media/model-fields';
import { fileOf, fileOfBase64, modelFiles } from '../media/outputs';
import { valuesAt } from '../media/places';
import { numberOf, textsOf } from '../media/read';
import { stateOf, type VendorState } from '../media/states';
import type { MediaAdapter, MediaResult, MediaStep, OutputFile, PollStep, Submission, UpstreamJob } from '../media/types';
import { bearer } from '../wires/authorize';
import type { AnswerPlaces, CustomMedia } from './schema';

const SOURCES = { url: 'url', data: 'bytes', any: 'any' } as const;
const STATES: readonly VendorState[] = ['running', 'succeeded', 'failed', 'canceled'];

/** The field names for each upstream model: the provider's, overridden by the model's own. */
function fieldsByModel({ models, submit }: CustomMedia): Map<string, ModelFields> {
  return new Map(
    models.flatMap(({ id, upstreamModel = id, upstreamModelWithReferences = upstreamModel, fields }) => {
      const own: ModelFields = { ...submit.fields, ...fields };
      return [
        [upstreamModel, own],
        [upstreamModelWithReferences, own],
      ];
    }),
  );
}

/** Slashes in model ids stay as they are. */
const fillPath = (path: string, { model, id = '' }: { model: string; id?: string }): string =>
  path.replace(/\{(model|id)\}/g, (_, name) =>
    name === 'id' ? encodeURIComponent(id) : model.split('/').map(encodeURIComponent).join('/'),
  );

function stateReader({ states }: CustomMedia): (word: unknown) => VendorState | undefined {
  const own = new Map(STATES.flatMap((state) => (states[state] ?? []).map((word) => [word.toLowerCase(), state] as const)));
  // Some vendors use numbers for states, and others `"done": true`.
  return (word) =>
    (['string', 'number', 'boolean'].includes(typeof word) ? own.get(String(word).trim().toLowerCase()) : undefined) ?? stateOf(word);
}

function filesAt(json: unknown, { outputs, outputForm, outputsNeedKey }: AnswerPlaces): OutputFile[] {
  return valuesAt(json, outputs)
    .flatMap(textsOf)
    .flatMap((text) => {
      const file = outputForm === 'base64' ? fileOfBase64(text) : fileOf(text);
      if (!file) return [];
      return [outputsNeedKey && 'url' in file ? { ...file, authorized: true } : file];
    });
}

/** An error may be a text or an object with one. */
function errorAt(json: unknown, { error }: AnswerPlaces): string | undefined {
  const [found] = error === undefined ? [] : valuesAt(json, error);
  return filledText(found) ?? (typeof found === 'object' && found !== null ? JSON.stringify(found) : undefined);
}

const idAt = (json: unknown, { id }: AnswerPlaces): string | undefined => {
  const [found] = valuesAt(json, id);
  return filledText(found) ?? (numberOf(found) === undefined ? undefined : String(found));
};

function resultOf(files: readonly OutputFile[], { kind, seconds }: UpstreamJob): MediaResult {
  return { files: kind === '3d' ? modelFiles(files) : files, ...(typeof seconds === 'number' && { usage: { seconds } }) };
}

/** Without a state, files mean success and an error means failure. */
function stateWithoutWord(files: readonly OutputFile[], error: string | undefined): VendorState {
  if (files.length > 0) return 'succeeded';
  return error === undefined ? 'running' : 'failed';
}

function submitRequest({ submit }: CustomMedia, fields: ModelFields, submission: Submission): Record<string, unknown> {
  const { model, reference, callbackUrl } = submission;
  const { modelField, referenceField, callbackField, inputField, body } = submit;
  const input = bodyOf(submission, fields);
  return {
    ...(inputField === undefined ? input : { [inputField]: input }),
    ...body,
    ...(modelField !== undefined && { [modelField]: model }),
    ...(referenceField !== undefined && { [referenceField]: reference }),
    ...(callbackField !== undefined && callbackUrl !== undefined && { [callbackField]: callbackUrl }),
  };
}

export function customMediaAdapter(custom: CustomMedia): MediaAdapter {
  const { submit, answer: places, poll, cancel, auth, submitTimeoutSeconds } = custom;
  const known = fieldsByModel(custom);
  const fieldsFor = (model: string): ModelFields => known.get(model) ?? submit.fields;
  const readState = stateReader(custom);

  function readJob(json: unknown, at: AnswerPlaces, job: UpstreamJob): PollStep {
    const files = filesAt(json, at);
    const error = errorAt(json, at);
    switch (at.status === undefined ? stateWithoutWord(files, error) : readState(valuesAt(json, at.status)[0])) {
      case 'succeeded':
        return { state: 'done', result: resultOf(files, job) };
      case 'running':
        return { state: 'running', job };
      case 'failed':
        return runFailure(error);
      case 'canceled':
        return { state: 'canceled' };
      default:
        return { state: 'unknown', message: 'no state that is known' };
    }
  }

  return {
    kinds: custom.kinds,
    authorize: auth ? (apiKey) => ({ [auth.header]: auth.prefix + apiKey }) : bearer,
    sources: SOURCES[custom.sources],
    lostSubmit: submit.idempotencyHeader === undefined ? 'may_have_started' : 'repeatable',
    ...(submitTimeoutSeconds !== undefined && { submitTimeoutMs: submitTimeoutSeconds * 1_000 }),
    picturesAtOnce: (model) => fieldsFor(model).count?.max ?? 1,
    takesReferences: (model) => fieldsFor(model).references !== undefined,
    takesAll: (model, brought) => takesAll(brought, fieldsFor(model)),
    submit(submission) {
      const { model, reference } = submission;
      return {
        url: fillPath(submit.path, { model }),
        ...(submit.idempotencyHeader !== undefined && { headers: { [submit.idempotencyHeader]: reference } }),
        body: JSON.stringify(submitRequest(custom, fieldsFor(model), submission)),
      };
    },
    readSubmit(answer, { model, input }): MediaStep {
      if (answer.status < 200 || answer.status >= 300) return submitFailure(answer, { direct: !poll });
      const seconds = secondsOf(input, fieldsFor(model));
      const id = idAt(answer.json, places);
      const job: UpstreamJob = { id: id ?? '', model, kind: input.kind, ...(seconds !== undefined && { seconds }) };
      const step = readJob(answer.json, places, job);
      if (step.state === 'done' && step.result.files.length > 0) return step;
      if (step.state === 'failed' || step.state === 'canceled') return step;
      return id === undefined || !poll ? submitFailure(answer) : { state: 'running', job };
    },
    ...(poll && {
      poll: (job) => ({ method: 'GET', url: fillPath(poll.path, job) }),
      readPoll(answer, job) {
        if (answer.status !== 200) return { state: 'unknown', message: `status ${answer.status}` };
        return readJob(answer.json, poll.answer ?? places, job);
      },
    }),
    ...(cancel && { cancel: (job) => ({ method: cancel.method, url: fillPath(cancel.path, job) }) }),
  };
}
