/** Films and pictures at Google's paths, in the formats of Veo and Imagen. */
import * as z from 'zod';
import { example, json, query, type Route } from './describe';
import { FAILURES } from './errors';
import { BINARY, OF_CALLS } from './parts';
import { credits, named } from './schemas';

const IMAGEN = 'https://ai.google.dev/gemini-api/docs/imagen';
const VEO = 'https://ai.google.dev/gemini-api/docs/video';
const ALL_NAMED = 'What is not named here is a 400 that names it.';

const said = <Value extends z.ZodType>(schema: Value, description: string) => schema.nullish().meta({ description });
const number = z.union([z.number(), z.string()]);
const people = said(z.string(), 'Only `allow_all` or `allow_adult`, which leave it to the model.');
const enhanced = said(z.literal(true), 'Only as it is anyhow.');
/** Beside Google's own fields. */
const BESIDE = { webhook_url: z.string().nullish(), user: z.string().nullish() };

const picture = z
  .looseObject({ bytesBase64Encoded: z.string().optional(), mimeType: z.string().optional() })
  .nullish()
  .meta({ description: 'As base64 with its type, in `inlineData` too, or by its HTTPS address in `gcsUri`.' });

const pictureRequest = z.object({
  instances: z.array(z.object({ prompt: z.string() })).length(1),
  parameters: z
    .object({
      sampleCount: said(number, '1 to 10 pictures.'),
      aspectRatio: z.string().nullish(),
      sampleImageSize: said(z.string(), 'A tier, such as `1K`.'),
      negativePrompt: z.string().nullish(),
      seed: number.nullish(),
      outputOptions: z.object({ mimeType: z.enum(['image/png', 'image/jpeg', 'image/webp']).nullish() }).nullish(),
      personGeneration: people,
      enhancePrompt: enhanced,
      language: said(z.literal('auto'), 'Only as it is anyhow.'),
      includeSafetyAttributes: said(z.literal(false), 'There are none here.'),
      includeRaiReason: said(z.boolean(), 'An error says why there is no picture.'),
    })
    .nullish(),
  ...BESIDE,
});

const filmRequest = z.object({
  instances: z
    .array(
      z.object({
        prompt: z.string().optional(),
        image: picture,
        lastFrame: picture,
        referenceImages: z
          .array(z.looseObject({ image: picture, referenceType: z.string().optional() }))
          .nullish()
          .meta({ description: 'Of the type `asset` alone.' }),
      }),
    )
    .length(1),
  parameters: z
    .object({
      aspectRatio: z.string().nullish(),
      durationSeconds: number.nullish(),
      resolution: z.string().nullish(),
      negativePrompt: z.string().nullish(),
      seed: number.nullish(),
      generateAudio: said(z.boolean(), 'Goes to the provider as `generate_audio`.'),
      sampleCount: said(z.literal(1), 'One film comes of a request.'),
      personGeneration: people,
      enhancePrompt: enhanced,
    })
    .nullish(),
  ...BESIDE,
});

const pictures = z.object({
  predictions: z.array(
    z.object({
      mimeType: z.string(),
      bytesBase64Encoded: z.string().optional(),
      uri: z.string().optional().meta({ description: 'In place of base64 where the pictures together have more than 16 MB.' }),
    }),
  ),
  metadata: z.object({ creditsUsed: credits }),
});

const operation = named(
  'FilmOperation',
  z
    .object({
      name: z.string().meta({ description: 'What it is asked for by.' }),
      metadata: z.object({
        '@type': z.string(),
        requestId: z.string().meta({ description: 'With it `/v1/generations/{id}` shows the receipt.' }),
        creditsUsed: credits,
      }),
      done: z.literal(true).optional(),
      error: z
        .object({ code: z.int(), message: z.string(), details: z.array(z.looseObject({})) })
        .optional()
        .meta({ description: 'Why there is no film; `code` is one of gRPC.' }),
      response: z
        .object({
          '@type': z.string(),
          generateVideoResponse: z.object({
            generatedSamples: z.array(z.object({ video: z.object({ uri: z.string(), encoding: z.string() }) })),
          }),
        })
        .optional(),
    })
    .meta({ description: 'A film, which is also a job of the id at the end of its name.' }),
);

export const geminiMediaRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1beta/models/{model}:predict',
    id: 'predict',
    tag: 'Images',
    summary: 'Pictures in the format of Imagen',
    description: `For every model of the family \`image\`. ${ALL_NAMED}`,
    access: 'key',
    parameters: [...OF_CALLS],
    body: {
      schema: pictureRequest,
      examples: example('Two pictures', { instances: [{ prompt: 'A cat' }], parameters: { sampleCount: 2, aspectRatio: '16:9' } }),
    },
    answers: { 200: json('The pictures.', pictures, ['x-job-id', 'x-credits-charged', 'idempotent-replayed']) },
    errors: FAILURES.media,
    shape: 'gemini',
    reference: IMAGEN,
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:predictLongRunning',
    id: 'predictLongRunning',
    tag: 'Video',
    summary: 'A film in the format of Veo',
    description: `For every model of the family \`video\`. Answers at once; ask for the operation by its name. ${ALL_NAMED}`,
    access: 'key',
    parameters: [...OF_CALLS],
    body: {
      schema: filmRequest,
      examples: example('A film', { instances: [{ prompt: 'Waves on a beach' }], parameters: { aspectRatio: '9:16', durationSeconds: 8 } }),
    },
    answers: { 200: json('The operation.', operation, ['x-job-id', 'x-credits-charged', 'idempotent-replayed']) },
    errors: FAILURES.media,
    shape: 'gemini',
    reference: VEO,
  },
  {
    method: 'get',
    path: '/v1beta/models/{model}/operations/{id}',
    id: 'getFilmOperation',
    tag: 'Video',
    summary: 'What became of a film',
    description: 'The id says it all: the model before it is not looked at.',
    access: 'key',
    answers: { 200: json('The operation.', operation, ['x-job-id']) },
    errors: FAILURES.read,
    shape: 'gemini',
    reference: VEO,
  },
  {
    method: 'get',
    path: '/v1beta/files/{file}:download',
    id: 'downloadFilm',
    tag: 'Video',
    summary: 'The film of an operation',
    access: 'key',
    parameters: [query('alt', 'As in the film’s `uri`.', { type: 'string', enum: ['media'] })],
    answers: {
      200: { description: 'The film.', others: { 'video/*': BINARY } },
      206: { description: 'A part of it.', others: { 'video/*': BINARY } },
    },
    errors: [...FAILURES.read, 'conflict', 'gone', 'job_failed'],
    shape: 'gemini',
    reference: VEO,
  },
];
