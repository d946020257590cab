/** Pictures, films, sound and 3D models. */
import * as z from 'zod';
import { type Answer, example, json, type RequestBody, type Route } from './describe';
import { FAILURES } from './errors';
import { streamFailure } from './formats/chat';
import { jobAnswer, segment } from './jobs';
import {
  audioRequest,
  imageCreateRequest,
  imageEditRequest,
  imageRequest,
  mediaRequest,
  openaiSpeechRequest,
  openaiTranscriptionRequest,
  openrouterImagesRequest,
  threeDRequest,
  videoRequest,
} from './media-input';
import { BINARY, OF_CALLS, PREFER } from './parts';
import { credits, named } from './schemas';

const JOB_HEADERS = ['x-job-id', 'x-credits-charged', 'idempotent-replayed'] as const;
const TYPES = ['application/json', 'multipart/form-data'] as const;
const WAITS =
  'Waits for the result, for 600 seconds at most; after half a minute white space keeps the connection, and an error then comes with the status 200. The job goes on when you hang up: `x-job-id` names it.';

const made = { jobId: z.string(), creditsUsed: credits, model: z.string() };

const created = z.int().meta({ description: 'Unix time, in seconds.' });
const seconds = z.number().optional().meta({ description: 'In seconds.' });

const openaiImages = named(
  'ImageCreateResult',
  z
    .object({
      created,
      data: z.array(
        z.object({
          url: z.string(),
          b64_json: z.string().optional().meta({ description: 'Left out where the pictures exceed 16 MB together; then use `url`.' }),
          revised_prompt: z.string().optional(),
        }),
      ),
      ...made,
    })
    .meta({ description: 'Pictures, in OpenAI’s form.' }),
);

const OF_EVENT = { created_at: z.int(), size: z.string(), quality: z.string(), background: z.string(), output_format: z.string() };

const imageEvent = named(
  'ImageEvent',
  z
    .union([
      z.object({
        type: z.enum(['image_generation.completed', 'image_edit.completed']),
        ...OF_EVENT,
        creditsUsed: credits,
        jobId: z.string(),
        b64_json: z.string().nullable().meta({ description: 'Null where it is too large for one event.' }),
        url: z.string(),
      }),
      z.object({
        type: z.enum(['image_generation.partial_image', 'image_edit.partial_image']),
        ...OF_EVENT,
        b64_json: z.string(),
        partial_image_index: z.int(),
      }),
    ])
    .meta({ description: 'A picture, or a preliminary one, in a stream.' }),
);

const nativeImages = named(
  'ImageResult',
  z
    .object({ created, data: z.array(z.object({ url: z.string(), model: z.string() })), resultId: z.string(), ...made })
    .meta({ description: 'Pictures.' }),
);

const file = z.array(z.object({ url: z.string() }));

const video = named(
  'VideoResult',
  z.object({ created, data: file, url: z.string(), outputUrl: z.string(), duration: seconds, ...made }).meta({ description: 'A film.' }),
);

const started = named(
  'VideoStarted',
  z
    .object({
      jobId: z.string(),
      status: z.literal('processing'),
      message: z.string(),
      model: z.string(),
      creditsUsed: credits,
      pollUrl: z.string(),
    })
    .meta({ description: 'A job that was started.' }),
);

const FILES = { success: z.literal(true), created, data: file, outputUrl: z.string(), ...made };
const sound = named('AudioResult', z.object(FILES).meta({ description: 'Speech.' }));
const object = named('Model3dResult', z.object(FILES).meta({ description: 'A 3D model as a GLB file.' }));

const transcript = named(
  'TranscriptionResult',
  z
    .object({ success: z.literal(true), text: z.string(), duration: seconds, segments: z.array(segment), ...made })
    .meta({ description: 'The transcript.' }),
);

const IMAGE_EVENTS = {
  event: z.union([imageEvent, streamFailure]),
  words:
    'With `stream: true`: one event for each picture, when they are all there; with `partial_images` its states on the way before. The end is `[DONE]`, a failure an event `error`; `: ping` keeps the connection.',
  example:
    'event: image_generation.completed\ndata: {"type":"image_generation.completed","created_at":1763596800,"size":"1024x1024","quality":"auto","background":"auto","output_format":"png","creditsUsed":4,"jobId":"job_0","b64_json":null,"url":"https://gateway.example.com/media/1.png"}\n\ndata: [DONE]\n\n',
};

const openrouterUsage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  cost: z.number().meta({ description: 'In USD.' }),
  creditsUsed: credits,
});
const openrouterPicture = {
  b64_json: z.string().nullable().meta({ description: 'Null where the pictures exceed 16 MB together; then use `url`.' }),
  media_type: z.string(),
  url: z.string(),
};
const openrouterImages = z.object({ created, data: z.array(z.object(openrouterPicture)), usage: openrouterUsage });

const OPENROUTER_EVENTS = {
  event: z.union([
    z.object({
      type: z.literal('image_generation.completed'),
      created,
      ...openrouterPicture,
      usage: openrouterUsage.optional().meta({ description: 'With the last picture.' }),
    }),
    z.object({ type: z.literal('image_generation.partial_image'), b64_json: z.string(), partial_image_index: z.int() }),
    z.object({
      type: z.literal('error'),
      error: z.object({ message: z.string(), code: z.string().nullable(), param: z.string().nullable(), type: z.string() }),
    }),
  ]),
  words: IMAGE_EVENTS.words,
  example:
    'data: {"type":"image_generation.completed","created":1763596800,"b64_json":null,"media_type":"image/png","url":"https://gateway.example.com/media/1.png"}\n\ndata: [DONE]\n\n',
};

const route = (path: string, id: string, tag: Route['tag'], summary: string, body: RequestBody, answer: Answer): Route => ({
  method: 'post',
  path,
  id,
  tag,
  summary,
  description: WAITS,
  access: 'key',
  parameters: [...OF_CALLS],
  body: { types: TYPES, ...body },
  answers: { 200: answer },
  errors: FAILURES.media,
});

const CAT = { model: 'gpt-image-2', prompt: 'A tabby cat' };
const images = { ...json('The pictures.', openaiImages, JOB_HEADERS), events: IMAGE_EVENTS };
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SILENCE = 'data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

const imageRoutes: Route[] = [
  {
    ...route(
      '/v1/images/generations',
      'generateImages',
      'Images',
      "Pictures, in OpenAI's format",
      {
        schema: imageCreateRequest,
        examples: {
          usual: { summary: 'One picture', value: CAT },
          stream: { summary: 'As events', value: { ...CAT, stream: true } },
        },
      },
      images,
    ),
    reference: 'https://platform.openai.com/docs/api-reference/images/create',
  },
  {
    ...route(
      '/v1/images/edits',
      'editImages',
      'Images',
      "Pictures of pictures, in OpenAI's format",
      {
        schema: imageEditRequest,
        examples: example('One picture', { model: 'gemini-3-1-flash-t2i', prompt: 'The same in blue', image: PIXEL }),
      },
      images,
    ),
    reference: 'https://platform.openai.com/docs/api-reference/images/createEdit',
  },
  route(
    '/v1/images/generate',
    'createImages',
    'Images',
    'Pictures',
    { schema: imageRequest, examples: example('One picture', CAT) },
    json('The pictures.', nativeImages, JOB_HEADERS),
  ),
  {
    ...route(
      '/v1/images',
      'createOpenrouterImages',
      'Images',
      "Pictures, in OpenRouter's format",
      {
        types: ['application/json'],
        schema: openrouterImagesRequest,
        examples: {
          usual: { summary: 'One picture', value: { model: 'google/gemini-3-pro-image', prompt: CAT.prompt, aspect_ratio: '16:9' } },
          stream: { summary: 'As events', value: { ...CAT, stream: true } },
        },
      },
      { ...json('The pictures.', openrouterImages, JOB_HEADERS), events: OPENROUTER_EVENTS },
    ),
    reference: 'https://openrouter.ai/docs/guides/overview/multimodal/image-generation',
  },
];

const FILM = { model: 'veo3.1-fast', prompt: 'Waves on a beach' };

const videoRoutes: Route[] = [
  route(
    '/v1/video/generations',
    'generateVideo',
    'Video',
    'A film, waited for',
    { schema: videoRequest, examples: example('One film', FILM) },
    json('The film.', video, JOB_HEADERS),
  ),
  {
    ...route(
      '/v1/videos/generate',
      'createVideo',
      'Video',
      'A film, as a job',
      { schema: videoRequest, examples: example('One film', FILM) },
      json('The job, or with `Prefer: wait` its end.', z.union([started, jobAnswer]), JOB_HEADERS),
    ),
    description: 'Answers at once; the job is polled, or told of by a webhook.',
    parameters: [...OF_CALLS, PREFER],
  },
];

const SAY = { model: 'audio-tts', text: 'Good morning' };
const audioAnswer = json('The sound, or the transcript.', z.union([sound, transcript]), JOB_HEADERS);

const nativeAudioRoutes: Route[] = [
  route(
    '/v1/audio/generations',
    'generateAudio',
    'Audio and 3D',
    'Speech, a cloned voice or a transcript',
    { schema: audioRequest, examples: example('Speech', SAY) },
    audioAnswer,
  ),
  route(
    '/v1/audio/generate',
    'createAudio',
    'Audio and 3D',
    'The same under another name',
    { schema: audioRequest, examples: example('Speech', { model: 'audio-tts', input: { text: 'Good morning' } }) },
    audioAnswer,
  ),
  route(
    '/v1/3d/generate',
    'createThreeD',
    'Audio and 3D',
    'A 3D model, as GLB',
    { schema: threeDRequest, examples: example('Of a picture', { model: 'hunyuan3d-v2-base', image: PIXEL }) },
    json('The model.', object, JOB_HEADERS),
  ),
  route(
    '/v1/media/generate',
    'createMedia',
    'Audio and 3D',
    'Whatever the model makes',
    { schema: mediaRequest, examples: example('Speech', SAY) },
    json('What it made.', z.union([sound, transcript]), JOB_HEADERS),
  ),
];

const WAITS_IN_SILENCE = 'Waits for the result, for 290 seconds at most. The job goes on when you hang up: `x-job-id` names it.';
const heardUsage = z.object({ type: z.literal('duration'), seconds: z.int().min(0).meta({ description: 'Begun ones count.' }) });
const heard = z.union([
  z.object({ text: z.string(), usage: heardUsage.optional() }),
  z.object({
    task: z.literal('transcribe'),
    language: z.string(),
    duration: z.number(),
    text: z.string(),
    segments: z.array(segment),
    usage: heardUsage,
  }),
]);

const end = { creditsUsed: credits, jobId: z.string() };
const SPEECH_EVENTS = {
  event: z.union([
    z.object({ type: z.literal('speech.audio.delta'), audio: z.string().meta({ description: 'A piece of the file, as base64.' }) }),
    z.object({ type: z.literal('speech.audio.done'), ...end }),
    streamFailure,
  ]),
  words: 'With `stream_format: "sse"`: the file in pieces, once it is there.',
  example:
    'event: speech.audio.delta\ndata: {"type":"speech.audio.delta","audio":"UklGRg=="}\n\nevent: speech.audio.done\ndata: {"type":"speech.audio.done","creditsUsed":2,"jobId":"job_0"}\n\ndata: [DONE]\n\n',
};
const TRANSCRIPT_EVENTS = {
  event: z.union([
    z.object({ type: z.literal('transcript.text.delta'), delta: z.string() }),
    z.object({ type: z.literal('transcript.text.done'), text: z.string(), ...end }),
    streamFailure,
  ]),
  words: 'With `stream: true`: the text, once it is there.',
  example:
    'event: transcript.text.delta\ndata: {"type":"transcript.text.delta","delta":"Good morning"}\n\nevent: transcript.text.done\ndata: {"type":"transcript.text.done","text":"Good morning","creditsUsed":1,"jobId":"job_0"}\n\ndata: [DONE]\n\n',
};

const openaiAudioRoutes: Route[] = [
  {
    ...route(
      '/v1/audio/speech',
      'createSpeech',
      'Audio and 3D',
      "Speech, in OpenAI's format: the answer is the file",
      {
        schema: openaiSpeechRequest,
        examples: example('Speech', { model: 'audio-tts', input: 'Good morning', voice: 'alloy' }),
      },
      { description: 'The sound.', others: { 'audio/*': BINARY }, events: SPEECH_EVENTS, headers: JOB_HEADERS },
    ),
    description: WAITS_IN_SILENCE,
    reference: 'https://platform.openai.com/docs/api-reference/audio/createSpeech',
  },
  {
    ...route(
      '/v1/audio/transcriptions',
      'createTranscription',
      'Audio and 3D',
      "A transcript, in OpenAI's format",
      {
        schema: openaiTranscriptionRequest,
        examples: {
          usual: { summary: 'The text', value: { model: 'audio-asr', audio: SILENCE } },
          verbose: { summary: 'With its segments', value: { model: 'audio-asr', audio: SILENCE, response_format: 'verbose_json' } },
          subtitles: { summary: 'As subtitles', value: { model: 'audio-asr', audio: SILENCE, response_format: 'srt' } },
        },
      },
      {
        ...json('The transcript, as `response_format` asks.', heard, JOB_HEADERS),
        others: { 'text/plain': { type: 'string' } },
        events: TRANSCRIPT_EVENTS,
      },
    ),
    reference: 'https://platform.openai.com/docs/api-reference/audio/createTranscription',
  },
];

export const mediaRoutes: Route[] = [...imageRoutes, ...videoRoutes, ...nativeAudioRoutes, ...openaiAudioRoutes];
