/**
 * The fields of media requests. Their readers (`jobs/read-input`) accept several names for most fields; a test compares
 * the two. Other fields are passed to the provider.
 */
import * as z from 'zod';
import { SPEECH_FORMATS } from '../jobs/read-input';
import type { MediaKind } from '../providers/media/types';
import { TRANSCRIPT_FORMATS } from '../routes/media/audio';
import { aliasOf, named } from './schemas';

const source = z.string().meta({ description: 'An HTTPS URL, a data URL, or an upload in a form.', 'x-upload': true });
const sources = z.union([source, z.array(source)]).meta({ description: 'One or several: HTTPS URLs, data URLs, or uploads in a form.' });
const number = z.number();
const word = z.string().max(200);
const longText = z.string().max(100_000);
const text = z.string().max(10_000);
const format = named('AudioFormat', z.enum(SPEECH_FORMATS));

/** Chosen by model or by intent, for which the cheapest suitable model is taken. */
const modelOrIntent = named(
  'ModelOrIntent',
  z
    .union([z.looseObject({ model: word, intent: z.never().optional() }), z.looseObject({ intent: word, model: z.never().optional() })])
    .meta({ description: 'A model, or an intent, for which the cheapest suitable model is chosen.' }),
);

const mode = z.enum(['auto', 'fast']).nullish().meta({ description: '`fast` uses the fast provider only, for a surcharge.' });
const webhook = z.string().nullish().meta({ description: 'Receives a signed webhook when the job ends.' });

const common = { mode, webhook_url: webhook, webhookUrl: aliasOf('webhook_url', webhook) };

/** The documents have fields flat, or inside `input`. */
const nested = named(
  'NestedParams',
  z
    .looseObject({
      model: word.nullish(),
      intent: word.nullish(),
      ...common,
      input: z.record(z.string(), z.unknown()).meta({ description: 'The fields of what is to be made.' }),
    })
    .meta({ description: 'The same with its fields inside `input`.' }),
);

const count = number.nullish().meta({ description: 'How many pictures, 1 to 10; other values are clamped.' });
const aspect = word.nullish().meta({ description: 'For example `16:9`.' });
const references = sources.nullish().meta({ description: 'Reference pictures.' });
const first = source.nullish().meta({ description: 'The first frame.' });
const last = source.nullish().meta({ description: 'The last frame.' });

const IMAGE = {
  prompt: longText,
  n: count,
  num_images: aliasOf('n', count),
  size: word.nullish().meta({ description: 'For example `1536x1024`, for models with sizes.' }),
  aspect_ratio: aspect,
  aspectRatio: aliasOf('aspect_ratio', aspect),
  resolution: word.nullish().meta({ description: 'For example `2K`, for models with resolutions.' }),
  reference_images: references,
  image_urls: references,
  image: references,
  'image[]': aliasOf('image', references),
  images: aliasOf('image', references),
  image_url: aliasOf('image', references),
  input_image: aliasOf('image', references),
  input_images: aliasOf('image', references),
  reference_image_urls: aliasOf('reference_images', references),
  mask: source.nullish(),
  mask_url: aliasOf('mask', source.nullish()),
  negative_prompt: text.nullish(),
  seed: number.nullish(),
  quality: word.nullish().meta({ description: 'For example `high`, for models with qualities; with some models it costs more.' }),
  output_format: word.nullish(),
  stream: z.union([z.boolean(), z.string()]).nullish().meta({ description: 'Sends events; on OpenAI’s paths only.' }),
  partial_images: number.nullish().meta({ description: 'How many preliminary pictures a stream of one picture shows, 3 at most.' }),
};

export const openrouterImagesRequest = z.looseObject({
  model: word,
  prompt: longText,
  n: IMAGE.n,
  size: IMAGE.size,
  aspect_ratio: aspect,
  resolution: IMAGE.resolution,
  seed: IMAGE.seed,
  quality: IMAGE.quality,
  output_format: IMAGE.output_format,
  input_references: z
    .array(z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }))
    .nullish()
    .meta({ description: 'Reference pictures.' }),
  stream: z.boolean().nullish(),
});

const seconds = number.nullish().meta({
  description:
    'Seconds, from 1 to 60; 5, or the longest where a clip has one price, if not said. Of the lengths that the model has it is the longest that is not longer, or the shortest.',
});

export const VIDEO = {
  prompt: longText.nullish(),
  duration: seconds,
  seconds: aliasOf('duration', seconds),
  duration_seconds: aliasOf('duration', seconds),
  aspect_ratio: aspect,
  aspectRatio: aliasOf('aspect_ratio', aspect),
  resolution: word.nullish(),
  size: word.nullish().meta({ description: 'For example `720x1280`, which sets ratio and resolution.' }),
  image_url: first,
  image: first,
  first_image_url: aliasOf('image_url', first),
  first_frame_image: aliasOf('image_url', first),
  last_image_url: last,
  last_image: aliasOf('last_image_url', last),
  last_frame_image: aliasOf('last_image_url', last),
  reference_images: references,
  image_urls: aliasOf('reference_images', references),
  images: aliasOf('reference_images', references),
  negative_prompt: text.nullish(),
  seed: number.nullish(),
};

const voice = word.nullish();

const SPEECH = {
  text: longText.meta({
    description:
      'With emotions where the voice has them: `(happy) Hello!` Each 1,333 bytes of UTF-8, or what is left of them, are a request.',
  }),
  input: aliasOf('text', longText.nullish()),
  prompt: aliasOf('text', longText.nullish()),
  voice_id: voice,
  voice: aliasOf('voice_id', voice),
  reference_id: aliasOf('voice_id', voice),
  format: format.nullish(),
  response_format: aliasOf('format', format.nullish()),
  speed: number.nullish().meta({ description: 'From 0.25 to 4.' }),
};

const recording = source.meta({ description: 'A URL, a data URL, or an upload in a form.' });

const CLONE = {
  text: SPEECH.text,
  input: SPEECH.input,
  prompt: SPEECH.prompt,
  audio: source.meta({ description: 'A recording of the voice, at least 10 seconds long.' }),
  audio_url: aliasOf('audio', recording.nullish()),
  reference_audio: aliasOf('audio', recording.nullish()),
  file: aliasOf('audio', recording.nullish()),
  reference_text: text.nullish().meta({ description: 'The recording’s text.' }),
  audio_text: aliasOf('reference_text', text.nullish()),
  format: format.nullish(),
  response_format: aliasOf('format', format.nullish()),
  speed: SPEECH.speed,
};

const TRANSCRIPTION = {
  audio: source.meta({
    description: 'A URL, a data URL, or an upload in a form. Every 100 seconds begun count as a request.',
  }),
  audio_url: aliasOf('audio', recording.nullish()),
  file: aliasOf('audio', recording.nullish()),
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

const GPU = { input: z.record(z.string(), z.unknown()).meta({ description: 'Passed to the worker.' }) };

/** The fields that each kind's reader knows. */
export const MEDIA_FIELDS: Readonly<Record<MediaKind, Record<string, z.ZodType>>> = {
  image: IMAGE,
  video: VIDEO,
  tts: SPEECH,
  clone: CLONE,
  asr: TRANSCRIPTION,
  '3d': THREE_D,
  gpu: GPU,
};

/** All fields by their first names, with a model or an intent. */
const flat = <T extends z.ZodType>(fields: T) => z.intersection(fields, modelOrIntent);

const imageFields = named('ImageFields', z.looseObject({ ...common, ...IMAGE }).meta({ description: 'The picture to make.' }));

const imageParams = named('ImageParams', flat(imageFields));
export const imageRequest = z.union([imageParams, nested]);

const openaiImage = {
  response_format: z.enum(['url', 'b64_json']).nullish(),
  stream: z.boolean().nullish().meta({ description: 'Sends each picture as an event.' }),
};

const imageCreateFields = named('ImageCreateFields', imageFields.extend(openaiImage));
const imageCreateParams = named('ImageCreateParams', flat(imageCreateFields));
export const imageCreateRequest = z.union([imageCreateParams, nested]);

const imageEditFields = named(
  'ImageEditFields',
  imageCreateFields.extend({ image: sources.meta({ description: 'The pictures to change: URLs, data URLs, or uploads in a form.' }) }),
);
const imageEditParams = named('ImageEditParams', flat(imageEditFields));
export const imageEditRequest = z.union([imageEditParams, nested]);

const videoFields = named('VideoFields', z.looseObject({ ...common, ...VIDEO }).meta({ description: 'The film to make.' }));

const videoParams = named('VideoParams', flat(videoFields));
export const videoRequest = z.union([videoParams, nested]);

const threeDFields = named(
  'Model3dFields',
  z
    .looseObject({ ...common, ...THREE_D })
    .meta({ description: 'The 3D model to make from a prompt, a picture, or pictures from several sides.' }),
);
const threeDParams = named('Model3dParams', flat(threeDFields));
export const threeDRequest = z.union([threeDParams, nested]);

const speechParams = named('SpeechParams', z.looseObject({ ...common, ...SPEECH }).meta({ description: 'The text to speak.' }));
const cloneParams = named(
  'CloneParams',
  z.looseObject({ ...common, ...CLONE }).meta({ description: 'The text to speak in the voice of a recording.' }),
);
const transcriptionParams = named(
  'TranscriptionParams',
  z.looseObject({ ...common, ...TRANSCRIPTION }).meta({ description: 'The recording to transcribe.' }),
);

/** Speech, a cloned voice or a transcript, depending on the model. */
export const audioRequest = z.union([flat(speechParams), flat(cloneParams), flat(transcriptionParams), nested]);

/** OpenAI calls the text `input`. */
export const openaiSpeechRequest = z.looseObject({
  model: word,
  input: longText,
  voice,
  response_format: format.nullish(),
  speed: SPEECH.speed,
  stream_format: z.string().nullish().meta({ description: '`sse` sends the file in pieces, as events.' }),
});

/** OpenAI's endpoint takes a form; here a file may also be given by URL. */
export const openaiTranscriptionRequest = z.looseObject({
  model: word,
  file: recording.nullish(),
  audio: recording.nullish(),
  language: word.nullish(),
  response_format: z.enum(TRANSCRIPT_FORMATS).nullish(),
  stream: z.boolean().nullish().meta({ description: 'Sends the text as events, whatever `response_format` says.' }),
});

export const mediaRequest = z.union([flat(z.looseObject(common)), nested]).meta({
  description: 'The model decides what is made, and so which fields apply: those of pictures, films, speech, transcripts or 3D models.',
});

export const gpuRequest = z.looseObject({
  ...GPU,
  sync: z.boolean().nullish().meta({ description: '`true` waits for the result, up to 240 seconds.' }),
  webhook_url: common.webhook_url,
  webhookUrl: common.webhookUrl,
});

const longest = number.nullish().meta({ description: 'How long it may run, in seconds: from 1 to 3600, 600 by default.' });

export const gpuRunRequest = gpuRequest.extend({ maxSeconds: longest, max_seconds: aliasOf('maxSeconds', longest) });
