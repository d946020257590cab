/** Films at `/v1/videos`, in the words of OpenAI's clients and of OpenRouter's. */
import * as z from 'zod';
import { json, query, type Route } from './describe';
import { FAILURES } from './errors';
import { VIDEO } from './media-input';
import { BINARY, limit, OF_CALLS } from './parts';
import { credits, named } from './schemas';

const CREATE = 'https://platform.openai.com/docs/api-reference/videos/create';
const part = { type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) };

const request = z.looseObject({
  model: z.string(),
  prompt: VIDEO.prompt,
  seconds: z.union([z.string(), z.number()]).nullish(),
  duration: VIDEO.duration,
  size: VIDEO.size,
  aspect_ratio: VIDEO.aspect_ratio,
  resolution: VIDEO.resolution,
  seed: VIDEO.seed,
  input_reference: z.unknown().optional().meta({ description: 'The first frame: an upload in a form, a URL, or `{"image_url": "..."}`.' }),
  frame_images: z
    .array(z.looseObject({ ...part, frame_type: z.enum(['first_frame', 'last_frame']) }))
    .optional()
    .meta({ description: 'First and last frame.' }),
  input_references: z.array(z.looseObject(part)).optional().meta({ description: 'Reference pictures.' }),
  callback_url: z.string().optional().meta({ description: 'The same as `webhook_url`.' }),
});

const film = named(
  'Video',
  z
    .object({
      id: z.string(),
      object: z.literal('video'),
      status: z.enum(['queued', 'pending', 'in_progress', 'completed', 'failed', 'cancelled', 'expired']).meta({
        description: 'OpenRouter’s clients are told `pending` for `queued`, and `cancelled` or `expired` where others are told `failed`.',
      }),
      progress: z.int().meta({ description: '100 at the end, and 0 before.' }),
      model: z.string(),
      prompt: z.string().nullable(),
      seconds: z.string().nullable(),
      size: z.string().nullable(),
      created_at: z.int(),
      completed_at: z.int().nullable(),
      expires_at: z.null(),
      remixed_from_video_id: z.null(),
      error: z
        .union([z.object({ code: z.string(), message: z.string() }), z.string()])
        .nullish()
        .meta({ description: 'Why it failed; a text for OpenRouter’s clients, and left out for them where it did not.' }),
      generation_id: z.string().meta({ description: 'With it `/v1/generations/{id}` shows the receipt.' }),
      polling_url: z.string(),
      unsigned_urls: z.array(z.string()).optional().meta({ description: 'Where the film lies: no key is needed.' }),
      usage: z.object({ cost: z.number().meta({ description: 'In USD.' }), creditsUsed: credits }),
    })
    .meta({ description: 'A film, which is also a job of this id.' }),
);

const page = z.object({
  object: z.literal('list'),
  data: z.array(film),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});

const JOB_HEADERS = ['x-job-id', 'x-credits-charged', 'idempotent-replayed'] as const;

export const filmRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/videos',
    id: 'createVideos',
    tag: 'Video',
    summary: "A film, in OpenAI's format and in OpenRouter's",
    description: 'Answers at once; ask for the film by its id. OpenRouter’s SDK gets a 202.',
    access: 'key',
    parameters: [...OF_CALLS],
    body: {
      types: ['application/json', 'multipart/form-data'],
      schema: request,
      examples: {
        openai: {
          summary: 'As OpenAI has it',
          value: { model: 'veo3.1-fast', prompt: 'Waves on a beach', seconds: '8', size: '1280x720' },
        },
        openrouter: {
          summary: 'As OpenRouter has it',
          value: { model: 'veo3.1-fast', prompt: 'Waves', duration: 8, aspect_ratio: '9:16' },
        },
      },
    },
    answers: { 200: json('The film that is being made.', film, JOB_HEADERS), 202: json('The same.', film, JOB_HEADERS) },
    errors: FAILURES.media,
    reference: CREATE,
  },
  {
    method: 'get',
    path: '/v1/videos',
    id: 'listVideos',
    tag: 'Video',
    summary: 'Films, newest first',
    access: 'key',
    parameters: [
      limit(100, 20),
      query('after', 'The `last_id` of the page before.', { type: 'string' }),
      query('order', 'The newest come first.', { type: 'string', enum: ['desc'] }),
    ],
    answers: { 200: json('A page.', page) },
    errors: [...FAILURES.read, 'permission_denied'],
    reference: CREATE,
  },
  {
    method: 'get',
    path: '/v1/videos/{id}',
    id: 'getVideo',
    tag: 'Video',
    summary: 'One film',
    access: 'key',
    answers: { 200: json('The film.', film, ['x-job-id']) },
    errors: FAILURES.read,
    reference: CREATE,
  },
  {
    method: 'delete',
    path: '/v1/videos/{id}',
    id: 'deleteVideo',
    tag: 'Video',
    summary: 'Delete a film',
    description: 'As `DELETE /v1/jobs/{id}` does.',
    access: 'key',
    answers: {
      200: json('It is gone.', z.object({ id: z.string(), object: z.literal('video.deleted'), deleted: z.literal(true) })),
    },
    errors: [...FAILURES.write, 'permission_denied'],
    reference: CREATE,
  },
  {
    method: 'get',
    path: '/v1/videos/{id}/content',
    id: 'getVideoContent',
    tag: 'Video',
    summary: "A film's file",
    access: 'key',
    parameters: [query('variant', 'There is nothing but the film.', { type: 'string', enum: ['video'] })],
    answers: {
      200: { description: 'The film.', others: { 'video/*': BINARY } },
      206: { description: 'A part of it.', others: { 'video/*': BINARY } },
    },
    errors: [...FAILURES.read, 'conflict', 'gone', 'job_failed'],
    reference: CREATE,
  },
];
