/**
 * The fields of media requests. Their readers (`jobs/read-input`) take several names for most of them; a test reads with
 * each reader and compares. What is not named goes to the provider as it came.
 */
import { z } from 'zod';
import { SPEECH_FORMATS } from '../jobs/read-input';
import type { MediaKind } from '../providers/media/types';

const source = z.string().meta({ description: 'An HTTPS URL, a data URL, or an upload in a form.' });
const sources = z.union([source, z.array(source)]).meta({ description: 'One or several: HTTPS URLs, data URLs, or uploads in a form.' });
const number = z.union([z.number(), z.string()]).meta({ description: 'A number; in a form, as text.' });
const word = z.string().max(200);
const longText = z.string().max(100_000);
const text = z.string().max(10_000);
const format = z.enum(SPEECH_FORMATS);

const common = {
  model: word.nullish().meta({ description: 'The id of the model; it is needed unless there is an `intent`.' }),
  intent: word.nullish().meta({ description: 'What is to be made: the cheapest model that can is taken.' }),
  mode: z.enum(['auto', 'fast']).nullish().meta({ description: '`fast` costs more.' }),
  input: z.record(z.string(), z.unknown()).nullish().meta({ description: 'The same fields may stand in here instead.' }),
  webhook_url: z.string().nullish().meta({ description: 'Where to tell how the job ended.' }),
  webhookUrl: z.string().nullish(),
};

const IMAGE = {
  prompt: longText.nullish(),
  n: number.nullish().meta({ description: 'How many pictures, from 1 to 10: more are clamped, not refused.' }),
  num_images: number.nullish(),
  size: word.nullish(),
  aspect_ratio: word.nullish(),
  aspectRatio: word.nullish(),
  resolution: word.nullish(),
  reference_images: sources.nullish(),
  image_urls: sources.nullish(),
  image: sources.nullish(),
  'image[]': sources.nullish(),
  images: sources.nullish(),
  image_url: sources.nullish(),
  input_image: sources.nullish(),
  input_images: sources.nullish(),
  reference_image_urls: sources.nullish(),
  mask: source.nullish(),
  mask_url: source.nullish(),
  negative_prompt: text.nullish(),
  seed: number.nullish(),
  quality: word.nullish(),
  output_format: word.nullish(),
  stream: z.union([z.boolean(), z.string()]).nullish().meta({ description: 'As events; only OpenAI’s paths send them.' }),
  partial_images: number
    .nullish()
    .meta({ description: 'In a stream of one picture: how many of its states on the way to show, 3 at most.' }),
};

const VIDEO = {
  prompt: longText.nullish(),
  duration: number.nullish().meta({ description: 'Seconds.' }),
  seconds: number.nullish(),
  duration_seconds: number.nullish(),
  aspect_ratio: word.nullish(),
  aspectRatio: word.nullish(),
  resolution: word.nullish(),
  image_url: source.nullish().meta({ description: 'The first frame.' }),
  image: source.nullish(),
  first_image_url: source.nullish(),
  first_frame_image: source.nullish(),
  last_image_url: source.nullish().meta({ description: 'The last frame.' }),
  last_image: source.nullish(),
  last_frame_image: source.nullish(),
  reference_images: sources.nullish(),
  image_urls: sources.nullish(),
  images: sources.nullish(),
  negative_prompt: text.nullish(),
  seed: number.nullish(),
};

const SPEECH = {
  text: longText.nullish().meta({ description: 'What is said.' }),
  input: longText.nullish(),
  prompt: longText.nullish(),
  voice_id: word.nullish(),
  voice: word.nullish(),
  reference_id: word.nullish(),
  format: format.nullish(),
  response_format: format.nullish(),
  speed: number.nullish().meta({ description: 'From 0.25 to 4.' }),
};

const CLONE = {
  text: SPEECH.text,
  input: SPEECH.input,
  prompt: SPEECH.prompt,
  audio: source.nullish().meta({ description: 'A recording of the voice, of 10 seconds or more.' }),
  audio_url: source.nullish(),
  reference_audio: source.nullish(),
  file: source.nullish(),
  reference_text: text.nullish(),
  audio_text: text.nullish(),
  format: format.nullish(),
  response_format: format.nullish(),
};

const TRANSCRIPTION = {
  audio: source.nullish(),
  audio_url: source.nullish(),
  file: source.nullish(),
  language: word.nullish(),
};

const THREE_D = {
  prompt: text.nullish(),
  image: source.nullish(),
  image_url: source.nullish(),
  front_image_url: source.nullish(),
  back_image_url: source.nullish(),
  left_image_url: source.nullish(),
  right_image_url: source.nullish(),
};

const GPU = { input: z.record(z.string(), z.unknown()).meta({ description: 'What goes to the worker.' }) };

/** By what is made: the fields that its reader knows. */
export const MEDIA_FIELDS: Readonly<Record<MediaKind, Record<string, z.ZodType>>> = {
  image: IMAGE,
  video: VIDEO,
  tts: SPEECH,
  clone: CLONE,
  asr: TRANSCRIPTION,
  '3d': THREE_D,
  gpu: GPU,
};

export const imageRequest = z.looseObject({ ...common, ...IMAGE });
export const videoRequest = z.looseObject({ ...common, ...VIDEO });
export const threeDRequest = z.looseObject({ ...common, ...THREE_D });
export const speechRequest = z.looseObject({ ...common, ...SPEECH });

const nestedOrText = z.union([common.input, SPEECH.input]);
const { format: _speech, response_format: _openai, ...audio } = { ...TRANSCRIPTION, ...CLONE, ...SPEECH };

/** Speech, a cloned voice or a transcript: the model says which. */
export const audioRequest = z.looseObject({
  ...common,
  ...audio,
  input: nestedOrText,
  format: word.nullish(),
  response_format: word.nullish(),
});

export const transcriptionRequest = z.looseObject({ ...common, ...TRANSCRIPTION, response_format: word.nullish() });

export const mediaRequest = z
  .looseObject({ ...common, input: nestedOrText })
  .meta({ description: 'The fields are those of what the model makes: pictures, films, speech, transcripts or 3D models.' });

export const gpuRequest = z.looseObject({
  ...GPU,
  sync: z.boolean().nullish().meta({ description: '`true` waits for the end, for 240 seconds at most.' }),
  webhook_url: common.webhook_url,
  webhookUrl: common.webhookUrl,
});

export const gpuRunRequest = gpuRequest.extend({
  maxSeconds: number.nullish().meta({ description: 'How long it may run: from 1 to 3600, 600 by default.' }),
  max_seconds: number.nullish(),
});
