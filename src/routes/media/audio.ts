/** Speech and hearing, 3D, and the endpoint that they once shared. */
import { fail } from '../../core/errors';
import { textOrEmpty } from '../../core/record';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { waitForJob } from '../../jobs/access';
import { piecesOf } from '../../jobs/body-parts';
import type { JobDeps } from '../../jobs/deps';
import type { Job } from '../../jobs/types';
import { creditsUsed, hasResult, outputUrls } from '../../jobs/view';
import { toBase64 } from '../../providers/media/sources';
import type { Transcript } from '../../providers/media/types';
import {
  eventText,
  heldAnswer,
  isTrue,
  jobError,
  jobHeaders,
  readMediaRequest,
  readResult,
  type StreamRenderer,
  startJob,
  streamedAnswer,
  synchronous,
} from './request';

const AUDIO = { families: ['audio'] } as const;
export const TRANSCRIPT_FORMATS = ['json', 'text', 'verbose_json', 'srt', 'vtt'];
/** Nothing can be sent ahead of a file to keep its connection alive, so this is as long as Node clients bear silence. */
const SPEECH_MS = 290_000;

function renderMedia(job: Job): Record<string, unknown> {
  const common = { model: job.model, jobId: job.id, creditsUsed: creditsUsed(job) };
  const { transcript } = job.outputs ?? {};
  if (transcript)
    return { success: true, text: transcript.text, duration: transcript.durationSeconds, segments: transcript.segments ?? [], ...common };
  const urls = outputUrls(job);
  return { success: true, created: Math.floor(job.createdAt / 1_000), data: urls.map((url) => ({ url })), outputUrl: urls[0], ...common };
}

export const postAudioGenerations = synchronous('/v1/audio/generations', AUDIO, renderMedia);
export const postAudioGenerate = synchronous('/v1/audio/generate', AUDIO, renderMedia);
export const postThreeD = synchronous('/v1/3d/generate', { families: ['3d'] }, renderMedia);
export const postMedia = synchronous('/api/media/generate', { families: ['audio', '3d', 'image', 'video'] }, renderMedia);

/** A multiple of three, so that base64 of the pieces can be joined. */
const PIECE_BYTES = 3 * 16_384;

/** https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event */
const speechEvents = ({ files }: Pick<JobDeps, 'files'>): StreamRenderer => ({
  async *whole(job) {
    const object = await files.get(job.outputs!.files[0]!.key);
    if (!object) throw new Error(`the speech of ${job.id} is not kept`);
    for await (const piece of piecesOf(object.body, PIECE_BYTES)) yield eventText({ type: 'speech.audio.delta', audio: toBase64(piece) });
    yield eventText({ type: 'speech.audio.done', creditsUsed: creditsUsed(job), jobId: job.id });
  },
});

/** https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event */
const transcriptEvents: StreamRenderer = {
  async *whole(job) {
    const text = job.outputs?.transcript?.text ?? '';
    yield eventText({ type: 'transcript.text.delta', delta: text });
    yield eventText({ type: 'transcript.text.done', text, creditsUsed: creditsUsed(job), jobId: job.id });
  },
};

/** OpenAI's endpoint, whose answer is the file itself. */
export async function postSpeech(c: AppContext): Promise<Response> {
  const read = await readMediaRequest(c, '/v1/audio/speech');
  if (!read.ok) return renderError(c, read.error);
  const created = await startJob(c, read.value, { ...AUDIO, kinds: ['tts', 'clone'] });
  if (!created.ok) return renderError(c, created.error);
  if (read.value.body.fields.stream_format === 'sse') return streamedAnswer(c, created.value, speechEvents(jobDeps(c.env)));
  const { signal } = c.req.raw;
  const job = await waitForJob(jobDeps(c.env), created.value.job, SPEECH_MS, () => signal.aborted);
  const [file] = job.outputs?.files ?? [];
  if (!hasResult(job) || !file) {
    c.set('requestId', job.holdId);
    return renderError(c, jobError(job));
  }
  const object = await readResult(job, async () => {
    const kept = await c.env.FILES.get(file.key);
    if (!kept) throw new Error('its file is not kept');
    return kept;
  });
  if (!object.ok) {
    c.set('requestId', job.holdId);
    return renderError(c, object.error);
  }
  const { body, size } = object.value;
  const headers = { ...jobHeaders({ ...created.value, job }), 'content-type': file.contentType, 'content-length': String(size) };
  return new Response(body, { headers });
}

/** OpenAI's endpoint. `text`, `srt` and `vtt` are not JSON, so nothing can be sent ahead to keep the connection alive. */
export async function postTranscriptions(c: AppContext): Promise<Response> {
  const read = await readMediaRequest(c, '/v1/audio/transcriptions');
  if (!read.ok) return renderError(c, read.error);
  const format = textOrEmpty(read.value.body.fields.response_format ?? 'json');
  if (!TRANSCRIPT_FORMATS.includes(format))
    return renderError(
      c,
      fail('invalid_request', `The field \`response_format\` must be one of ${TRANSCRIPT_FORMATS.join(', ')}.`, {
        param: 'response_format',
      }).error,
    );
  const created = await startJob(c, read.value, { ...AUDIO, kinds: ['asr'] });
  if (!created.ok) return renderError(c, created.error);
  if (isTrue(read.value.body.fields.stream)) return streamedAnswer(c, created.value, transcriptEvents);
  if (format === 'json') return heldAnswer(c, created.value, (job) => brief(job.outputs?.transcript));
  if (format === 'verbose_json') return heldAnswer(c, created.value, (job) => verbose(job.outputs?.transcript));
  const { signal } = c.req.raw;
  const job = await waitForJob(jobDeps(c.env), created.value.job, SPEECH_MS, () => signal.aborted);
  const transcript = job.outputs?.transcript;
  if (!hasResult(job) || !transcript) {
    c.set('requestId', job.holdId);
    return renderError(c, jobError(job));
  }
  const text = format === 'text' ? `${transcript.text}\n` : subtitles(transcript, format);
  return new Response(text, { headers: { ...jobHeaders({ ...created.value, job }), 'content-type': 'text/plain; charset=utf-8' } });
}

/** https://platform.openai.com/docs/api-reference/audio/json-object */
const brief = (transcript: Transcript | undefined) => ({
  text: transcript?.text ?? '',
  ...(transcript?.durationSeconds !== undefined && usageOf(transcript.durationSeconds)),
});

const usageOf = (durationSeconds: number) => ({ usage: { type: 'duration', seconds: Math.ceil(durationSeconds) } });

/** Fields of OpenAI's decoder, with neutral values: typed clients reject a segment that lacks one. */
const OF_DECODER = { seek: 0, tokens: [], temperature: 0, avg_logprob: 0, compression_ratio: 1, no_speech_prob: 0 };

/** https://platform.openai.com/docs/api-reference/audio/verbose-json-object */
const verbose = (transcript: Transcript | undefined) => ({
  task: 'transcribe',
  language: transcript?.language ?? '',
  duration: transcript?.durationSeconds ?? 0,
  text: transcript?.text ?? '',
  segments: (transcript?.segments ?? []).map((segment, id) => ({ id, ...segment, ...OF_DECODER })),
  ...usageOf(transcript?.durationSeconds ?? 0),
});

function subtitles({ text, segments, durationSeconds }: Transcript, format: string): string {
  const parts = segments && segments.length > 0 ? segments : [{ text, start: 0, end: durationSeconds ?? 0 }];
  const point = format === 'srt' ? ',' : '.';
  const cues = parts.map(
    ({ text: said, start, end }, index) =>
      `${format === 'srt' ? `${index + 1}\n` : ''}${clock(start, point)} --> ${clock(end, point)}\n${said}\n`,
  );
  return `${format === 'vtt' ? 'WEBVTT\n\n' : ''}${cues.join('\n')}`;
}

/** For example 00:01:02.345. */
function clock(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1_000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}${point}${String(ms % 1_000).padStart(3, '0')}`;
}
