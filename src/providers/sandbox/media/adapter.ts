import { isRecord, recordOf, recordsOf, textOrEmpty } from '../../../core/record';
import { fromBase64 } from '../../media/sources';
import type { MediaAdapter, MediaAnswer, MediaInput, MediaKind, MediaStep, PollStep, Transcript, UpstreamJob } from '../../media/types';
import { classifyFailure } from '../../wires/failures';

const KINDS: readonly MediaKind[] = ['image', 'video', 'tts', 'clone', 'asr', '3d', 'gpu'];

/** Only what the answer is made by. */
function spoken(input: MediaInput): Record<string, unknown> {
  const kept = ['prompt', 'text', 'language', 'count', 'size', 'aspectRatio', 'durationSeconds', 'input', 'partials'];
  return Object.fromEntries(Object.entries(input).filter(([name]) => kept.includes(name)));
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function readTranscript(value: unknown): Transcript | undefined {
  if (!isRecord(value)) return undefined;
  const segments = recordsOf(value.segments).map(({ text, start, end }) => ({
    text: textOrEmpty(text),
    start: Number(start),
    end: Number(end),
  }));
  return { text: textOrEmpty(value.text), segments, durationSeconds: numberOf(value.duration) ?? 0 };
}

function readStep(body: Record<string, unknown>, model: string): PollStep {
  const job: UpstreamJob = { id: textOrEmpty(body.id), model };
  switch (body.status) {
    case 'done': {
      const files = Array.isArray(body.files) ? body.files.map((url) => ({ url: String(url) })) : [];
      const { seconds, gpu_ms } = recordOf(body.usage);
      const transcript = readTranscript(body.transcript);
      const usage = {
        ...(typeof seconds === 'number' && { seconds }),
        ...(typeof gpu_ms === 'number' && { gpuMs: gpu_ms }),
      };
      return {
        state: 'done',
        result: {
          files,
          usage,
          ...(transcript && { transcript }),
          ...(body.output !== undefined && files.length > 0 && { output: body.output }),
        },
      };
    }
    case 'running':
      return { state: 'running', job, ...(typeof body.progress === 'number' && { progress: body.progress }) };
    case 'failed':
      return { state: 'failed', failure: { action: 'next_target', message: textOrEmpty(body.error), mayHaveStarted: true } };
    case 'canceled':
      return { state: 'canceled' };
    default:
      return { state: 'unknown', message: 'no status' };
  }
}

const failed = ({ status, text }: MediaAnswer): MediaStep => ({
  state: 'failed',
  failure: { ...classifyFailure(status, text), mayHaveStarted: false },
});

export const sandboxMedia: MediaAdapter = {
  kinds: KINDS,
  authorize: () => ({}),
  sources: 'any',
  lostSubmit: 'repeatable',
  submit: ({ model, input, reference }) => ({
    url: '/media/jobs',
    body: JSON.stringify({ kind: input.kind, model, input: spoken(input), reference }),
  }),
  readSubmit(answer, { model }) {
    if (answer.status !== 200) return failed(answer);
    const step = readStep(recordOf(answer.json), model);
    return step.state === 'unknown' ? failed(answer) : step;
  },
  poll: ({ id }) => ({ method: 'GET', url: `/media/jobs/${id}` }),
  readEvent(json, { model }) {
    const { partial, ...body } = recordOf(json);
    const bytes = typeof partial === 'string' ? fromBase64(partial) : undefined;
    if (bytes) return { state: 'partial', file: { bytes, contentType: 'image/png' } };
    const step = readStep(body, model);
    return step.state === 'unknown' ? undefined : step;
  },
  readPoll: (answer, { model }) => readStep(recordOf(answer.json), model),
  cancel: ({ id }) => ({ url: `/media/jobs/${id}/cancel` }),
  deployments: {
    create: (_spec, soFar) => (soFar.endpointId === undefined ? { url: '/media/endpoints' } : undefined),
    readCreate: (answer) => ({ ok: true, deployment: { endpointId: textOrEmpty(recordOf(answer.json).id) } }),
    update: (_spec, { endpointId }) => ({ method: 'PATCH', url: `/media/endpoints/${endpointId}` }),
    remove: ({ endpointId }) => (endpointId === undefined ? [] : [{ method: 'DELETE', url: `/media/endpoints/${endpointId}` }]),
    readFailure: ({ status, text }) => (status < 300 || status === 404 ? undefined : classifyFailure(status, text)),
  },
};
