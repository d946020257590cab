/** Models, what became of a call, and the probes. */
import * as z from 'zod';
import type { Price } from '../providers/types';
import { header, json, query, type Route } from './describe';
import { FAILURES } from './errors';
import { ownKeyRoutes } from './own-key';
import { credits, family, named, records, time } from './schemas';

const UNITS = ['image', 'second', 'clip', 'request', 'gpu_second'] as const satisfies readonly Price['per'][];

const textPrice = {
  input_usd: z.number(),
  output_usd: z.number(),
  cache_read_usd: z.number(),
  input_credits: credits,
  output_credits: credits,
};

const price = named(
  'ModelPrice',
  z
    .discriminatedUnion('per', [
      z.object({
        per: z.literal('mtok'),
        ...textPrice,
        prompt: z.string().meta({ description: 'USD a token, as clients of OpenRouter read it; so are the next two.' }),
        completion: z.string(),
        input_cache_read: z.string(),
        long_prompts: z
          .array(z.object({ above_tokens: z.int(), ...textPrice }))
          .optional()
          .meta({ description: 'What all tokens of a call cost whose prompt, cache and all, is longer; the last step that it passes.' }),
      }),
      z.object({
        per: z.enum(UNITS),
        credits,
        usd: z.number(),
        tier_credits: z
          .record(z.string(), credits)
          .optional()
          .meta({ description: 'By the size tier of a picture or the resolution of a film, in place of `credits`.' }),
        prices_by_quality: z
          .record(z.string(), z.number())
          .optional()
          .meta({ description: 'As how many pictures one counts by its `quality`, where that is billed.' }),
      }),
    ])
    .meta({ description: 'By the million tokens, or by the piece.' }),
);

/** Fields of text models. */
const asOpenrouters = {
  name: z.string().optional(),
  canonical_slug: z.string().optional(),
  architecture: z
    .object({ modality: z.string(), input_modalities: z.array(z.string()), output_modalities: z.array(z.string()) })
    .optional()
    .meta({ description: 'This and the following fields are present on text models, for clients of OpenRouter.' }),
  top_provider: z
    .object({ context_length: z.int().nullable(), max_completion_tokens: z.int().nullable(), is_moderated: z.boolean() })
    .optional(),
  supported_parameters: z.array(z.string()).optional(),
  supported_voices: z.null().optional(),
  default_parameters: z.null().optional(),
  per_request_limits: z.null().optional(),
  links: z.object({ details: z.string() }).optional(),
};

const model = named(
  'Model',
  z
    .object({
      id: z.string(),
      object: z.literal('model'),
      type: z.literal('model'),
      created: z.int(),
      created_at: time,
      owned_by: z.string(),
      display_name: z.string(),
      family,
      pricing: price.nullable(),
      available: z.boolean(),
      unavailable_reason: z.string().optional(),
      endpoints: z.array(z.string()).meta({ description: 'The endpoints that serve it, as the gateway is configured.' }),
      supported_endpoint_types: z
        .array(z.enum(['openai', 'openai-response', 'anthropic', 'gemini', 'image-generation']))
        .meta({ description: 'The formats of these in new-api’s words, for its clients. None for films, sound, 3D and GPUs.' }),
      capabilities: z.array(z.string()),
      context_length: z.int().nullable(),
      max_output_tokens: z.int().nullable(),
      minimum_tier: z.string(),
      aliases: z.array(z.string()),
      ...asOpenrouters,
    })
    .meta({ description: 'A model with its price.' }),
);

export const modelList = named(
  'ModelList',
  z.object({
    object: z.literal('list'),
    data: z.array(model),
    has_more: z.literal(false),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    total_count: z.int(),
    links: z.object({ next: z.null() }),
  }),
);

export const geminiModel = z.object({
  name: z.string(),
  baseModelId: z.string(),
  version: z.string(),
  displayName: z.string(),
  inputTokenLimit: z.int().optional(),
  outputTokenLimit: z.int().optional(),
  supportedGenerationMethods: z.array(z.string()),
});

export const geminiModelList = z.object({ models: z.array(geminiModel) });

const attempt = z.looseObject({
  provider: z.string(),
  model: z.string(),
  status: z.int().nullable(),
  outcome: z.enum(['answered', 'failed', 'skipped', 'abandoned', 'started', 'lost']),
  message: z.string().optional(),
});

const generation = named(
  'Generation',
  z
    .looseObject({
      id: z.string(),
      object: z.literal('generation'),
      model: z.string().nullable(),
      endpoint: z.string().nullable(),
      state: z.string().meta({ description: '`open` while it is under way.' }),
      outcome: z.string().nullable(),
      test: z.boolean().meta({ description: 'Whether it was a free call to the sandbox.' }),
      creditsUsed: credits,
      creditsHeld: credits,
      createdAt: time,
      endedAt: time.nullable(),
      provider: z.string().nullish(),
      usage: z.record(z.string(), z.number()).nullish(),
      price: records.nullish(),
      attempts: z.array(attempt).optional(),
    })
    .meta({ description: 'A call’s receipt: usage times price is the charge.' }),
);

const usd = z.number().meta({ description: 'In USD.' });

const streamed = z.looseObject({}).meta({ description: 'The remaining events of the stream.' });

const callRoutes: Route[] = [
  {
    method: 'get',
    path: '/v1/models',
    id: 'listModels',
    tag: 'Models',
    summary: 'All models, with prices and capabilities',
    description:
      'With `anthropic-version` Anthropic’s alone, in a list that its clients read; with `x-goog-api-key` as Google lists them. With a key those that it may call, at the prices of its account.',
    access: 'public',
    parameters: [header('anthropic-version', 'Asks for the models of Messages.')],
    answers: { 200: json('The models.', z.union([modelList, geminiModelList])) },
    errors: FAILURES.none,
    shape: 'models',
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    id: 'getModel',
    tag: 'Models',
    summary: 'One model',
    description: 'Takes aliases too. An id may contain slashes.',
    access: 'public',
    answers: { 200: json('The model.', z.union([model, geminiModel])) },
    errors: ['not_found', 'unavailable', 'internal'],
    shape: 'models',
  },
  ...ownKeyRoutes,
  {
    method: 'get',
    path: '/v1/models/user',
    id: 'listModelsForUser',
    tag: 'Models',
    summary: 'All models, at OpenRouter’s path for a user’s models',
    access: 'public',
    answers: { 200: json('The models.', z.union([modelList, geminiModelList])) },
    errors: FAILURES.none,
    shape: 'models',
  },
  {
    method: 'get',
    path: '/v1/models/count',
    id: 'countModels',
    tag: 'Models',
    summary: 'The number of text models, at OpenRouter’s path',
    access: 'public',
    answers: { 200: json('The number.', z.object({ data: z.object({ count: z.int() }) })) },
    errors: FAILURES.none,
  },
  {
    method: 'get',
    path: '/v1/embeddings/models',
    id: 'listEmbeddingModels',
    tag: 'Models',
    summary: 'The models for embeddings, at OpenRouter’s path',
    access: 'public',
    answers: { 200: json('The models.', modelList) },
    errors: FAILURES.none,
  },
  {
    method: 'get',
    path: '/v1/model/{id}',
    id: 'getModelOfText',
    tag: 'Models',
    summary: 'One text model, at OpenRouter’s path',
    description: 'Takes any of its names. An id may contain slashes.',
    access: 'public',
    answers: { 200: json('The model.', z.object({ data: model })) },
    errors: ['not_found', 'unavailable', 'internal'],
  },
  {
    method: 'get',
    path: '/v1/generation',
    id: 'getGenerationByQuery',
    tag: 'Models',
    summary: 'The receipt of a call, in OpenRouter’s form',
    access: 'key',
    parameters: [query('id', 'The `x-request-id` of the call.', { type: 'string' })],
    answers: { 200: json('The call.', z.object({ data: z.looseObject({ id: z.string(), total_cost: usd, usage: usd }) })) },
    errors: FAILURES.read,
  },
  {
    method: 'get',
    path: '/v1/generations/{id}',
    id: 'getGeneration',
    tag: 'Models',
    summary: 'The receipt of a call: attempts, usage, price and charge',
    description: 'The id is the `x-request-id` of the call.',
    access: 'key',
    answers: { 200: json('The call.', generation) },
    errors: FAILURES.read,
  },
  {
    method: 'get',
    path: '/v1/generations/{id}/stream',
    id: 'resumeGeneration',
    tag: 'Models',
    summary: 'Resume a stream that was started with `x-resumable: true`',
    description:
      'Within ten minutes of its end. Events that are not kept any more, as those of a very long stream, have an error in their place.',
    access: 'key',
    parameters: [query('after', 'How many events are known already.', { type: 'integer', minimum: 0, default: 0 })],
    answers: {
      200: {
        description: 'The rest of the stream, in the format of its endpoint.',
        events: { event: streamed, words: 'As at the endpoint that began it.', example: 'data: [DONE]\n\n' },
        others: { 'application/json': { description: 'A stream of Google’s without `alt=sse`.' } },
      },
    },
    errors: FAILURES.read,
  },
];

const ok = z.object({ ok: z.literal(true) });

const probe = (path: string, id: string, summary = 'Is it there?'): Route => ({
  method: 'get',
  path,
  id,
  tag: 'Health',
  summary,
  description: 'No key is needed.',
  access: 'public',
  answers: { 200: json('It is.', ok) },
  errors: FAILURES.none,
});

export const modelRoutes: Route[] = [
  ...callRoutes,
  probe('/healthz', 'health'),
  probe('/v1', 'hello', 'Is the API there?'),
  probe('/api/hello', 'helloOfApi'),
  probe('/v1/api/hello', 'helloOfClients', 'As some clients knock before their first call'),
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    tag: 'Health',
    summary: 'This document',
    access: 'public',
    parameters: [header('if-none-match', 'The `etag` of the document that is known.')],
    answers: {
      200: json('The document.', z.looseObject({ openapi: z.string(), paths: records })),
      304: { description: 'Not modified since the version that the client has.' },
    },
    errors: FAILURES.none,
  },
];
