/** Chat, completions and embeddings: OpenAI's and Anthropic's formats, and the gateway's own short one. */
import { z } from 'zod';
import { countRequest, messagesRequest } from '../dialects/anthropic-messages/request';
import { chatRequest } from '../dialects/openai-chat/request';
import { completionsRequest } from '../dialects/openai-completions/request';
import { embeddingsRequest } from '../dialects/openai-embeddings/dialect';
import { example, json, type Route } from './describe';
import { FAILURES } from './errors';
import { modelList } from './models';
import { IDEMPOTENCY, RESUMABLE } from './parts';
import { credits } from './schemas';

const HELLO = [{ role: 'user', content: 'Hello' }];
const CHARGED = ['x-credits-charged', 'idempotent-replayed'] as const;
const PASSED_ON = 'What is named here is priced or routed on; all other fields go to the provider as they came.';

const priced = z
  .looseObject({
    prompt_tokens: z.int().optional(),
    completion_tokens: z.int().optional(),
    total_tokens: z.int().optional(),
    creditsUsed: credits,
  })
  .meta({ description: 'Usage as the provider reports it, with what the call cost.' });

const completion = z.looseObject({
  id: z.string().optional(),
  object: z.string().optional(),
  model: z.string().optional(),
  choices: z.array(
    z.looseObject({
      index: z.int().optional(),
      message: z.looseObject({ role: z.string().optional(), content: z.unknown().optional() }),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: priced,
});

const chunk = z.looseObject({
  choices: z
    .array(z.looseObject({ index: z.int().optional(), delta: z.looseObject({}).optional(), finish_reason: z.string().nullish() }))
    .optional(),
  usage: z.looseObject({ creditsUsed: credits.optional() }).nullish(),
  error: z.looseObject({ message: z.string() }).optional(),
});

const nativeCompletion = completion.extend({ creditsUsed: credits });
const nativeChunk = chunk.extend({ creditsUsed: credits.optional() });

const CHUNK_WORDS = `Each event is one line \`data:\` with a chunk. The chunk with \`finish_reason\` has \`usage\` with \`creditsUsed\`; with \`stream_options.include_usage\` it comes in a chunk of its own with \`choices: []\`. The last line is \`data: [DONE]\`. \`: ping\` is a comment that keeps the connection. A failure after the first chunk is a chunk with \`error\`, and no \`[DONE]\` follows.`;
const CHUNK_EXAMPLE =
  'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\ndata: [DONE]\n\n';

const chatRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    id: 'createChatCompletion',
    tag: 'Language models',
    summary: 'OpenAI Chat Completions',
    description: `For all language models but Anthropic's, which are served at \`/v1/messages\`. ${PASSED_ON}`,
    access: 'key',
    parameters: [IDEMPOTENCY, RESUMABLE],
    body: {
      schema: chatRequest,
      examples: {
        usual: { summary: 'One answer', value: { model: 'gpt-5.5', messages: HELLO } },
        stream: { summary: 'As a stream', value: { model: 'gpt-5.5', stream: true, messages: HELLO } },
      },
    },
    answers: {
      200: {
        ...json('The answer, or its stream.', completion, CHARGED),
        events: { event: chunk, words: CHUNK_WORDS, example: CHUNK_EXAMPLE },
      },
    },
    errors: FAILURES.call,
    reference: 'https://platform.openai.com/docs/api-reference/chat/create',
  },
  {
    method: 'get',
    path: '/v1/chat/completions',
    id: 'listChatModels',
    tag: 'Models',
    summary: 'The models of Chat Completions, with prices',
    description: 'A check that the gateway is there: no key is needed.',
    access: 'public',
    answers: { 200: json('The models.', modelList) },
    errors: FAILURES.none,
  },
  {
    method: 'post',
    path: '/v1/chat',
    id: 'chat',
    tag: 'Language models',
    summary: 'The short form of a chat',
    description: `Costs 2 credits a message at least. Without \`model\` a small one answers. ${PASSED_ON}`,
    access: 'key',
    parameters: [IDEMPOTENCY, RESUMABLE],
    body: {
      schema: chatRequest.extend({ model: z.string().nullish() }),
      examples: {
        usual: { summary: 'One answer', value: { messages: HELLO } },
        stream: { summary: 'As a stream', value: { stream: true, messages: HELLO } },
      },
    },
    answers: {
      200: {
        ...json('The answer, or its stream.', nativeCompletion, CHARGED),
        events: { event: nativeChunk, words: `${CHUNK_WORDS} The last chunk also has \`creditsUsed\` at its top.`, example: CHUNK_EXAMPLE },
      },
    },
    errors: FAILURES.call,
  },
];

const textCompletion = z.looseObject({
  choices: z.array(z.looseObject({ index: z.int().optional(), text: z.string(), finish_reason: z.string().nullish() })),
  usage: priced,
});

const embeddings = z.looseObject({
  object: z.string().optional(),
  data: z.array(
    z.looseObject({
      index: z.int().optional(),
      embedding: z.union([z.array(z.number()), z.string()]).meta({ description: 'Numbers, or base64 of little-endian float32.' }),
    }),
  ),
  usage: priced,
});

const plainRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/completions',
    id: 'createCompletion',
    tag: 'Language models',
    summary: "OpenAI's legacy completions",
    description: PASSED_ON,
    access: 'key',
    parameters: [IDEMPOTENCY, RESUMABLE],
    body: {
      schema: completionsRequest,
      examples: {
        usual: { summary: 'One answer', value: { model: 'gpt-5.5', prompt: 'Once upon a time' } },
        stream: { summary: 'As a stream', value: { model: 'gpt-5.5', stream: true, prompt: 'Once upon a time' } },
      },
    },
    answers: {
      200: {
        ...json('The answer, or its stream.', textCompletion, CHARGED),
        events: {
          event: chunk,
          words: CHUNK_WORDS,
          example: 'data: {"choices":[{"index":0,"text":" there","finish_reason":null}]}\n\ndata: [DONE]\n\n',
        },
      },
    },
    errors: FAILURES.call,
    reference: 'https://platform.openai.com/docs/api-reference/completions/create',
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    id: 'createEmbeddings',
    tag: 'Language models',
    summary: 'OpenAI Embeddings',
    description: PASSED_ON,
    access: 'key',
    parameters: [IDEMPOTENCY],
    body: {
      schema: embeddingsRequest,
      examples: example('One text', { model: 'text-embedding-3-small', input: 'Hello' }),
    },
    answers: { 200: json('The vectors.', embeddings, CHARGED) },
    errors: FAILURES.call,
    reference: 'https://platform.openai.com/docs/api-reference/embeddings/create',
  },
];

const message = z.looseObject({
  id: z.string().optional(),
  type: z.literal('message'),
  role: z.string().optional(),
  model: z.string().optional(),
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.string().nullish(),
  usage: z.looseObject({ input_tokens: z.int().optional(), output_tokens: z.int().optional(), creditsUsed: credits }),
});

const messageEvent = z.looseObject({
  type: z.string().meta({ description: '`message_start`, `content_block_delta` and so on; `ping` keeps the connection.' }),
});

const VERSION_HEADERS = [
  { name: 'anthropic-version', in: 'header', description: 'Goes to the provider.', schema: { type: 'string' }, example: '2023-06-01' },
  { name: 'anthropic-beta', in: 'header', description: 'Goes to the provider.', schema: { type: 'string' } },
] as const;

const messageRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/messages',
    id: 'createMessage',
    tag: 'Language models',
    summary: 'Anthropic Messages',
    description: `For Claude. ${PASSED_ON}`,
    access: 'key',
    parameters: [IDEMPOTENCY, RESUMABLE, ...VERSION_HEADERS],
    body: {
      schema: messagesRequest,
      examples: {
        usual: { summary: 'One answer', value: { model: 'claude-sonnet-4-6', max_tokens: 100, messages: HELLO } },
        stream: { summary: 'As a stream', value: { model: 'claude-sonnet-4-6', max_tokens: 100, stream: true, messages: HELLO } },
      },
    },
    answers: {
      200: {
        ...json('The message, or its stream.', message, CHARGED),
        events: {
          event: messageEvent,
          words:
            'Each event has a line `event:` with its type and a line `data:` with JSON of the same `type`. `message_delta` has `usage` with `creditsUsed`, `message_stop` is the end. `ping` keeps the connection. A failure after the first content is an event `error`.',
          example: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        },
      },
    },
    errors: FAILURES.call,
    shape: 'anthropic',
    reference: 'https://platform.claude.com/docs/en/api/messages',
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    id: 'countMessageTokens',
    tag: 'Language models',
    summary: 'How many tokens a request of Messages has',
    description: 'Free of charge, and outside of all limits.',
    access: 'key',
    parameters: [...VERSION_HEADERS],
    body: { schema: countRequest, examples: example('Count', { model: 'claude-sonnet-4-6', messages: HELLO }) },
    answers: { 200: json('The number.', z.looseObject({ input_tokens: z.int().min(0) })) },
    errors: FAILURES.count,
    shape: 'anthropic',
    reference: 'https://platform.claude.com/docs/en/build-with-claude/token-counting',
  },
];

export const languageRoutes: Route[] = [...chatRoutes, ...plainRoutes, ...messageRoutes];
