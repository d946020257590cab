/** Fish Audio: speech, cloned voices and transcripts, answered at once. https://docs.fish.audio/api-reference */
import { cleanType, isPage } from '../../core/media-type';
import { filledText, recordOf, recordsOf } from '../../core/record';
import { blobOf, bytesOf, formOf } from '../media/blobs';
import { failed, submitFailure } from '../media/failures';
import { passedOn } from '../media/model-fields';
import { numberOf } from '../media/read';
import type {
  CloneInput,
  MediaAdapter,
  MediaAnswer,
  MediaRequest,
  MediaStep,
  SpeechInput,
  Submission,
  Transcript,
  TranscriptionInput,
} from '../media/types';
import { bearer } from '../wires/authorize';
import { emotionsFor } from './emotions';
import { pack, packable } from './msgpack';

const SUBMIT_TIMEOUT_MS = 300_000;
const TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav', opus: 'audio/opus', pcm: 'audio/pcm' };

/**
 * Fish's voice ids have 32 hexadecimal digits. It refuses other vendors' voice names, which OpenAI's clients always
 * send; those get the default voice.
 */
const isVoice = (voice: string | undefined): voice is string => voice !== undefined && /^[0-9a-f]{32}$/i.test(voice);

/** The fields of speech, in any voice. https://docs.fish.audio/api-reference/endpoint/openapi-v1/text-to-speech */
function speechFields(
  { text, format, speed, extra }: SpeechInput | CloneInput,
  { model, defaults }: Pick<Submission, 'model' | 'defaults'>,
): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...defaults, ...passedOn(extra), text: emotionsFor(model, text), format };
  return speed === undefined ? fields : { ...fields, prosody: { ...recordOf(fields.prosody), speed } };
}

function speechRequest(input: SpeechInput, submission: Submission): MediaRequest {
  const body = { ...speechFields(input, submission), ...(isVoice(input.voice) && { reference_id: input.voice }) };
  return { url: '/v1/tts', headers: { model: submission.model }, body: JSON.stringify(body) };
}

/** A voice recording is sent as bytes, which JSON cannot hold. */
function cloneRequest(input: CloneInput, submission: Submission): MediaRequest {
  const fields = packable(speechFields(input, submission));
  const references = [{ audio: bytesOf(input.reference), text: input.referenceText ?? '' }];
  const body = pack({ ...recordOf(fields), references });
  return { url: '/v1/tts', headers: { model: submission.model, 'content-type': 'application/msgpack' }, body };
}

/** https://docs.fish.audio/api-reference/endpoint/openapi-v1/speech-to-text */
function transcriptionRequest({ audio, language, extra }: TranscriptionInput, { defaults }: Submission): MediaRequest {
  const form = formOf({ ...defaults, ...passedOn(extra) });
  form.append('audio', blobOf(audio), 'audio');
  if (language !== undefined) form.append('language', language);
  form.append('ignore_timestamps', 'false');
  return { url: '/v1/asr', body: form };
}

const nothing = (message: string): MediaStep => failed({ action: 'next_target', message, mayHaveStarted: true });

function readSound({ headers, bytes, json }: MediaAnswer, format: string): MediaStep {
  if (bytes.byteLength === 0 || json !== undefined || isPage(bytes, headers.get('content-type')))
    return nothing('The provider answered without any sound.');
  const declared = cleanType(headers.get('content-type'));
  const contentType = declared?.startsWith('audio/') ? declared : (TYPES[format] ?? 'audio/mpeg');
  return { state: 'done', result: { files: [{ bytes, contentType }] } };
}

function readTranscript({ json }: MediaAnswer): MediaStep {
  const { text, duration, segments, language } = recordOf(json);
  if (typeof text !== 'string') return nothing('The provider answered without a transcript.');
  const timed = recordsOf(segments).map((segment) => ({
    text: filledText(segment.text) ?? '',
    start: numberOf(segment.start) ?? 0,
    end: numberOf(segment.end) ?? 0,
  }));
  const durationSeconds = numberOf(duration);
  const spoken = filledText(language);
  const transcript: Transcript = {
    text,
    ...(timed.length > 0 && { segments: timed }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...(spoken !== undefined && { language: spoken }),
  };
  return { state: 'done', result: { files: [], transcript } };
}

export const fishAudioMedia: MediaAdapter = {
  kinds: ['tts', 'clone', 'asr'],
  authorize: bearer,
  sources: 'bytes',
  lostSubmit: 'may_have_started',
  submitTimeoutMs: SUBMIT_TIMEOUT_MS,
  submit(submission) {
    const { input } = submission;
    switch (input.kind) {
      case 'tts':
        return speechRequest(input, submission);
      case 'clone':
        return cloneRequest(input, submission);
      case 'asr':
        return transcriptionRequest(input, submission);
      default:
        throw new Error('Fish Audio is asked for sound only');
    }
  },
  readSubmit(answer, { input }) {
    // The voice is the caller's choice, so a 404 is the caller's mistake. https://docs.fish.audio/api-reference/errors
    if (answer.status !== 200) return submitFailure(answer, { direct: true, notFound: 'caller' });
    if (input.kind === 'asr') return readTranscript(answer);
    return readSound(answer, input.kind === 'tts' || input.kind === 'clone' ? input.format : 'mp3');
  },
};
