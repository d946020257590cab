/** Chat, completions and embeddings: OpenAI's and Anthropic's formats, and the gateway's own short one. */
import * as z from 'zod';
import { completionsRequest } from '../dialects/openai-completions/request';
import { example, json, type Route } from './describe';
import { FAILURES } from './errors';
import {
  chatChunk,
  chatCompletion,
  chatParams,
  chatReply,
  chatReplyChunk,
  chatSendParams,
  embeddingParams,
  embeddingResult,
  streamFailure,
  textChunk,
  textCompletion,
} from './formats/chat';
import { message, messageCount, messageCountParams, messageEvent, messageFailure, messageParams } from './formats/messages';
import { modelList } from './models';
import { OF_CALLS, PASSED_ON, RESUMABLE } from './parts';

const HELLO = [{ role: 'user', content: 'Hello' }];
const CHARGED = ['x-credits-charged', 'idempotent-replayed'] as const;

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
    parameters: [...OF_CALLS, RESUMABLE],
    body: {
      schema: chatParams,
      examples: {
        usual: { summary: 'One answer', value: { model: 'gpt-5.5', messages: HELLO } },
        stream: { summary: 'As a stream', value: { model: 'gpt-5.5', stream: true, messages: HELLO } },
      },
    },
    answers: {
      200: {
        ...json('The answer, or its stream.', chatCompletion, CHARGED),
        events: { event: z.union([chatChunk, streamFailure]), words: CHUNK_WORDS, example: CHUNK_EXAMPLE },
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
    description: 'Also a connectivity check; no key is needed.',
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
    description: `Costs at least 2 credits a message. Without \`model\`, a small model answers. ${PASSED_ON}`,
    access: 'key',
    parameters: [...OF_CALLS, RESUMABLE],
    body: {
      schema: chatSendParams,
      examples: {
        usual: { summary: 'One answer', value: { messages: HELLO } },
        stream: { summary: 'As a stream', value: { stream: true, messages: HELLO } },
      },
    },
    answers: {
      200: {
        ...json('The answer, or its stream.', chatReply, CHARGED),
        events: {
          event: z.union([chatReplyChunk, streamFailure]),
          words: `${CHUNK_WORDS} The last chunk also has \`creditsUsed\` at its top.`,
          example: CHUNK_EXAMPLE,
        },
      },
    },
    errors: FAILURES.call,
  },
];

const plainRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/completions',
    id: 'createCompletion',
    tag: 'Language models',
    summary: "OpenAI's legacy completions",
    description: PASSED_ON,
    access: 'key',
    parameters: [...OF_CALLS, RESUMABLE],
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
          event: z.union([textChunk, streamFailure]),
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
    parameters: [...OF_CALLS],
    body: {
      schema: embeddingParams,
      examples: example('One text', { model: 'text-embedding-3-small', input: 'Hello' }),
    },
    answers: { 200: json('The vectors.', embeddingResult, CHARGED) },
    errors: FAILURES.call,
    reference: 'https://platform.openai.com/docs/api-reference/embeddings/create',
  },
];

const VERSION_HEADERS = [
  { name: 'anthropic-version', in: 'header', description: 'Passed to the provider.', schema: { type: 'string' }, example: '2023-06-01' },
  { name: 'anthropic-beta', in: 'header', description: 'Passed to the provider.', schema: { type: 'string' } },
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
    parameters: [...OF_CALLS, RESUMABLE, ...VERSION_HEADERS],
    body: {
      schema: messageParams,
      examples: {
        usual: { summary: 'One answer', value: { model: 'claude-sonnet-4-6', max_tokens: 100, messages: HELLO } },
        stream: { summary: 'As a stream', value: { model: 'claude-sonnet-4-6', max_tokens: 100, stream: true, messages: HELLO } },
      },
    },
    answers: {
      200: {
        ...json('The message, or its stream.', message, CHARGED),
        events: {
          event: z.union([messageEvent, messageFailure]),
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
    summary: 'Count the tokens of a Messages request',
    description: 'Free of charge, and outside of the hourly limits of calls.',
    access: 'key',
    parameters: [...VERSION_HEADERS],
    body: { schema: messageCountParams, examples: example('Count', { model: 'claude-sonnet-4-6', messages: HELLO }) },
    answers: { 200: json('The number.', messageCount) },
    errors: FAILURES.count,
    shape: 'anthropic',
    reference: 'https://platform.claude.com/docs/en/build-with-claude/token-counting',
  },
];

export const languageRoutes: Route[] = [...chatRoutes, ...plainRoutes, ...messageRoutes];
