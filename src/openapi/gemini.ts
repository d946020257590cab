/** Google's formats: its own paths, and the one path for all Gemini models. */
import * as z from 'zod';
import { candidateCount } from '../dialects/gemini/request';
import { outputTokens } from '../dialects/parse-body';
import { example, json, query, type Route } from './describe';
import { FAILURES } from './errors';
import { geminiModel, geminiModelList } from './models';
import { OF_CALLS, PASSED_ON, RESUMABLE } from './parts';
import { credits } from './schemas';

const CONTENTS = [{ role: 'user', parts: [{ text: 'Hello' }] }];
const CHARGED = ['x-credits-charged', 'idempotent-replayed'] as const;
const GENERATE = 'https://ai.google.dev/api/generate-content';
const GENERATE_FAILURES = [...new Set([...FAILURES.call, ...FAILURES.media])];
const PICTURES =
  'A model of the family `image` answers with pictures in `inlineData`, or beyond 16 MB in `fileData`, made of the words and pictures since the last one in the conversation. `candidateCount`, `seed`, `imageConfig.aspectRatio` and `imageConfig.imageSize` are heeded.';
const EMBEDDINGS = 'https://ai.google.dev/api/embeddings';
const EMBEDS =
  'For models of the family `embedding`. `taskType` and `title` are served by providers that speak Google’s format, and a 400 elsewhere.';

/** The dialect reads it without a schema, since Google accepts every name in two spellings; the bounds are the dialect's. */
const generateRequest = z.looseObject({
  contents: z.array(z.looseObject({})).min(1),
  generationConfig: z.looseObject({ candidateCount: candidateCount.nullish(), maxOutputTokens: outputTokens.nullish() }).nullish(),
});

const unifiedRequest = generateRequest.extend({ model: z.string().min(1), stream: z.boolean().nullish() });
const unifiedOpenaiRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
});

const countRequest = z.looseObject({
  contents: z.array(z.looseObject({})).optional(),
  generateContentRequest: z.looseObject({ contents: z.array(z.looseObject({})).min(1) }).optional(),
});

const embedRequest = z.looseObject({
  content: z.looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })).min(1) }),
  taskType: z.string().optional(),
  title: z.string().optional(),
  outputDimensionality: z.int().min(1).optional(),
});
const vector = z.looseObject({ values: z.array(z.number()) });
const promptUsage = z.looseObject({ promptTokenCount: z.int().optional(), creditsUsed: credits.optional() });

const generated = z.looseObject({
  candidates: z.array(z.looseObject({ content: z.looseObject({}).optional(), finishReason: z.string().optional() })).optional(),
  usageMetadata: z
    .looseObject({
      promptTokenCount: z.int().optional(),
      candidatesTokenCount: z.int().optional(),
      totalTokenCount: z.int().optional(),
      creditsUsed: credits.optional(),
    })
    .optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});

/** A blocked prompt has no candidates. */
const blocked = generated.omit({ candidates: true }).extend({ promptFeedback: z.looseObject({ blockReason: z.string().optional() }) });
const answered = z.union([generated.required({ candidates: true }), blocked]);

const EVENTS = {
  event: generated,
  words:
    'Each event is one line `data:` with a part of the answer; the last has `finishReason`, and `usageMetadata` with `creditsUsed`. A failure after the first part is an event with `error`. White space or a comment keeps the connection.',
  example: 'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}\n\n',
};

const unifiedRoute: Route = {
  method: 'post',
  path: '/v1/gemini',
  id: 'gemini',
  tag: 'Language models',
  summary: 'All Gemini models at one path, with `contents` or `messages`',
  description:
    'The answer, and its errors, come in the shape that was sent. Beside `contents`, how many answers and how long is said in `generationConfig`; OpenAI’s `n`, `max_tokens` and `messages` are a 400 there.',
  access: 'key',
  parameters: [...OF_CALLS, RESUMABLE],
  body: {
    schema: z.union([unifiedRequest, unifiedOpenaiRequest]),
    examples: {
      usual: { summary: 'Google’s shape', value: { model: 'gemini-3-flash-official', contents: CONTENTS } },
      stream: { summary: 'As a stream', value: { model: 'gemini-3-flash-official', stream: true, contents: CONTENTS } },
      messages: { summary: 'OpenAI’s shape', value: { model: 'gemini-3-flash-official', messages: [{ role: 'user', content: 'Hello' }] } },
    },
  },
  answers: {
    200: {
      ...json('The answer, or its stream.', z.union([answered, z.looseObject({ choices: z.array(z.looseObject({})) })]), CHARGED),
      events: EVENTS,
    },
  },
  errors: FAILURES.call,
  shape: 'gemini-or-openai',
  reference: GENERATE,
};

const nativeRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1beta/models/{model}:generateContent',
    id: 'generateContent',
    tag: 'Language models',
    summary: 'Google’s generateContent',
    description: `${PASSED_ON} ${PICTURES}`,
    access: 'key',
    parameters: [...OF_CALLS],
    body: { schema: generateRequest, examples: example('One answer', { contents: CONTENTS }) },
    answers: { 200: json('The answer.', answered, CHARGED) },
    errors: GENERATE_FAILURES,
    shape: 'gemini',
    reference: GENERATE,
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:streamGenerateContent',
    id: 'streamGenerateContent',
    tag: 'Language models',
    summary: 'Google’s streamGenerateContent',
    access: 'key',
    parameters: [
      ...OF_CALLS,
      RESUMABLE,
      query('alt', '`sse` for events; without it the stream is a JSON array.', { type: 'string', enum: ['sse'] }),
    ],
    body: { schema: generateRequest, examples: example('A stream', { contents: CONTENTS }) },
    answers: { 200: { ...json('The stream, as an array that grows or as events.', z.array(generated)), events: EVENTS } },
    errors: GENERATE_FAILURES,
    shape: 'gemini',
    reference: GENERATE,
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:countTokens',
    id: 'countContentTokens',
    tag: 'Language models',
    summary: 'Count the tokens of contents',
    description: 'Free of charge, and outside of the hourly limits of calls.',
    access: 'key',
    body: { schema: countRequest, examples: example('Count', { contents: CONTENTS }) },
    answers: { 200: json('The number.', z.looseObject({ totalTokens: z.int().min(0) })) },
    errors: FAILURES.count,
    shape: 'gemini',
    reference: 'https://ai.google.dev/api/tokens',
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:embedContent',
    id: 'embedContent',
    tag: 'Language models',
    summary: 'Google’s embedContent: one vector',
    description: EMBEDS,
    access: 'key',
    parameters: [...OF_CALLS],
    body: { schema: embedRequest, examples: example('A text', { content: { parts: [{ text: 'A lighthouse in the fog' }] } }) },
    answers: { 200: json('The vector.', z.looseObject({ embedding: vector, usageMetadata: promptUsage }), CHARGED) },
    errors: [...FAILURES.call, 'not_found'],
    shape: 'gemini',
    reference: EMBEDDINGS,
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:batchEmbedContents',
    id: 'batchEmbedContents',
    tag: 'Language models',
    summary: 'Google’s batchEmbedContents: a vector for each request',
    description: EMBEDS,
    access: 'key',
    parameters: [...OF_CALLS],
    body: {
      schema: z.looseObject({ requests: z.array(embedRequest).min(1) }),
      examples: example('Two texts', {
        requests: ['A lighthouse', 'Fog'].map((text) => ({ content: { parts: [{ text }] }, outputDimensionality: 768 })),
      }),
    },
    answers: { 200: json('The vectors.', z.looseObject({ embeddings: z.array(vector), usageMetadata: promptUsage }), CHARGED) },
    errors: [...FAILURES.call, 'not_found'],
    shape: 'gemini',
    reference: EMBEDDINGS,
  },
  {
    method: 'get',
    path: '/v1beta/models',
    id: 'listGeminiModels',
    tag: 'Models',
    summary: 'The models of Google’s paths, in Google’s form',
    access: 'public',
    answers: { 200: json('The models.', geminiModelList) },
    errors: FAILURES.none,
    shape: 'gemini',
    reference: 'https://ai.google.dev/api/models',
  },
  {
    method: 'get',
    path: '/v1beta/models/{id}',
    id: 'getGeminiModel',
    tag: 'Models',
    summary: 'One model, in Google’s form',
    access: 'public',
    answers: { 200: json('The model.', geminiModel) },
    errors: ['not_found', 'unavailable', 'internal'],
    shape: 'gemini',
    reference: 'https://ai.google.dev/api/models',
  },
];

export const geminiRoutes: Route[] = [unifiedRoute, ...nativeRoutes];
