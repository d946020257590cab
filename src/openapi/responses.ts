/** OpenAI Responses, under its own path and under Codex's. */
import * as z from 'zod';
import { example, json, type Parameter, type Route } from './describe';
import { FAILURES } from './errors';
import {
  compacted,
  inputTokens,
  responseDeleted,
  responseEvent,
  responseFailure,
  responseItems,
  responseObject,
  responseParams,
  storedResponse,
  storedResponseEvent,
} from './formats/responses';
import { modelList } from './models';
import { IDEMPOTENCY, RESUMABLE } from './parts';

const REFERENCE = 'https://platform.openai.com/docs/api-reference/responses';
const CHARGED = ['x-credits-charged', 'idempotent-replayed'] as const;

const EVENTS = {
  event: z.union([responseEvent, responseFailure]),
  words:
    'Each event has a line `event:` with its type and a line `data:` with JSON of the same `type`. `response.completed`, `response.incomplete` and `response.failed` are the last; they have the whole response, and in its `usage` `creditsUsed`. A comment line keeps the connection. A failure is told as `error` and as `response.failed`.',
  example: 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi","sequence_number":4}\n\n',
};

const STORED_EVENTS = { ...EVENTS, event: z.union([storedResponseEvent, responseFailure]) };

const INCLUDE: Parameter = {
  name: 'include',
  in: 'query',
  description: 'Passed to the provider, like the whole query.',
  schema: { type: 'string' },
};

/** @param suffix Makes operation names differ between the two paths. */
const routesAt = (base: string, suffix: string): Route[] => [
  {
    method: 'post',
    path: base,
    id: `createResponse${suffix}`,
    tag: 'Language models',
    summary: 'OpenAI Responses',
    description:
      'What is named here is priced or routed on; all other fields go to the provider as they came. `input` may be missing where `prompt`, `previous_response_id` or `conversation` stand for it. With a `conversation` it goes on from all that was said there, and is added to it once it has ended.',
    access: 'key',
    parameters: [IDEMPOTENCY, RESUMABLE],
    body: {
      schema: responseParams,
      examples: {
        usual: { summary: 'One answer', value: { model: 'gpt-5.5', input: 'Hello' } },
        stream: { summary: 'As a stream', value: { model: 'gpt-5.5', stream: true, input: 'Hello' } },
      },
    },
    answers: { 200: { ...json('The response, or its stream.', responseObject, CHARGED), events: EVENTS } },
    errors: [...FAILURES.call, 'not_found', 'conversation_locked'],
    reference: `${REFERENCE}/create`,
  },
  {
    method: 'get',
    path: base,
    id: `listResponseModels${suffix}`,
    tag: 'Models',
    summary: 'The models of Responses, with prices',
    description:
      'Also a connectivity check; no key is needed. With `Upgrade: websocket` and a key it opens a WebSocket, over which each `response.create` is answered with the events of a stream.',
    access: 'public',
    answers: { 200: json('The models.', modelList) },
    errors: FAILURES.none,
  },
  {
    method: 'post',
    path: `${base}/compact`,
    id: `compactResponse${suffix}`,
    tag: 'Language models',
    summary: 'Compact a conversation',
    access: 'key',
    parameters: [IDEMPOTENCY],
    body: { schema: responseParams, examples: example('Compact', { model: 'gpt-5.5', input: 'Hello' }) },
    answers: { 200: json('The shorter conversation.', compacted, CHARGED) },
    errors: FAILURES.call,
    reference: `${REFERENCE}/compact`,
  },
  {
    method: 'post',
    path: `${base}/input_tokens`,
    id: `countResponseTokens${suffix}`,
    tag: 'Language models',
    summary: 'Count the tokens of a response’s input',
    description: 'Free of charge, and outside of the hourly limits of calls. An estimate where no provider of the model counts.',
    access: 'key',
    body: { schema: responseParams, examples: example('Count', { model: 'gpt-5.5', input: 'Hello' }) },
    answers: { 200: json('The number.', inputTokens) },
    errors: FAILURES.count,
    reference: `${REFERENCE}/input-tokens`,
  },
  ...storedRoutesAt(`${base}/{id}`, suffix),
];

const storedRoutesAt = (one: string, suffix: string): Route[] => [
  {
    method: 'get',
    path: one,
    id: `getResponse${suffix}`,
    tag: 'Language models',
    summary: 'A stored response',
    access: 'key',
    parameters: [INCLUDE],
    answers: { 200: { ...json('The response, or with `stream=true` its stream.', storedResponse), events: STORED_EVENTS } },
    errors: [...FAILURES.read, 'upstream_failed', 'upstream_rejected', 'no_provider'],
    reference: `${REFERENCE}/get`,
  },
  {
    method: 'delete',
    path: one,
    id: `deleteResponse${suffix}`,
    tag: 'Language models',
    summary: 'Delete a stored response',
    access: 'key',
    description:
      'What the gateway keeps of it, for an Idempotency-Key or for its items, goes with it. A response that is still made in the background must be canceled first.',
    answers: { 200: json('It is gone.', responseDeleted) },
    errors: [...FAILURES.read, 'permission_denied', 'conflict', 'upstream_failed', 'upstream_rejected', 'no_provider'],
    reference: `${REFERENCE}/delete`,
  },
  {
    method: 'post',
    path: `${one}/cancel`,
    id: `cancelResponse${suffix}`,
    tag: 'Language models',
    summary: 'Cancel a response in the background',
    access: 'key',
    answers: { 200: json('The response as it was left.', storedResponse) },
    errors: [...FAILURES.read, 'permission_denied', 'upstream_failed', 'upstream_rejected', 'no_provider'],
    reference: `${REFERENCE}/cancel`,
  },
  {
    method: 'get',
    path: `${one}/input_items`,
    id: `listResponseInput${suffix}`,
    tag: 'Language models',
    summary: 'The input of a stored response',
    access: 'key',
    parameters: [INCLUDE],
    answers: { 200: json('The input.', responseItems) },
    errors: [...FAILURES.read, 'upstream_failed', 'upstream_rejected', 'no_provider'],
    reference: `${REFERENCE}/input-items`,
  },
];

export const responsesRoutes: Route[] = [...routesAt('/v1/responses', ''), ...routesAt('/v1/codex/responses', 'ForCodex')];
