/** Every error of the table in each dialect's shape, made by the dialects' own renderers. */
import * as z from 'zod';
import { ERRORS, type ErrorKind, fail } from '../core/errors';
import { renderMessagesError } from '../dialects/anthropic-messages/errors';
import { renderGeminiError } from '../dialects/gemini/errors';
import { renderOpenaiError } from '../dialects/openai-errors';
import type { RenderedError } from '../dialects/types';
import type { ErrorShape, Json, Route } from './describe';
import type { Schemas } from './schemas';

/** When each error occurs. */
export const MEANINGS: Readonly<Record<ErrorKind, string>> = {
  missing_key: 'No API key came with the request.',
  invalid_key: 'The API key, or the token, does not exist.',
  revoked_key: 'The API key was revoked.',
  expired_key: 'The API key has expired.',
  disabled_key: 'The API key is disabled, by hand or by its spending limit.',
  account_suspended: 'The operator has suspended the account: its keys are refused, and nothing in it can be changed.',
  not_signed_in: 'Nobody is signed in, and no API key with this permission was sent.',
  origin_not_allowed: 'The API key may not be used from this Origin.',
  ip_not_allowed: 'The API key may not be used from this address.',
  insufficient_credits: 'The wallet has fewer credits than the call needs: `required` and `available` say how many.',
  credits_in_flight: 'The wallet has enough, but calls under way hold too much of it or may cost too much: try again.',
  tier_required: 'The model needs a higher tier.',
  model_not_allowed: 'The API key is limited to other models.',
  permission_denied: 'The role, or the API key, lacks the permission.',
  cross_site_request: 'A request with a cookie came from another site.',
  wrong_method: 'The path takes other methods; `allow` names them.',
  not_found: 'There is no such thing, or it is not yours.',
  gone: 'It existed, and was deleted, or the time for which it is kept is over.',
  conflict: 'It is not possible in the current state.',
  conversation_locked: 'Another response is under way in this conversation: try again when it is there.',
  idempotency_in_flight: 'A call with the same Idempotency-Key is under way: try again.',
  idempotency_mismatch: 'The Idempotency-Key was used for another body, or at another path.',
  body_too_large: 'The body is too large.',
  unsupported_content: 'This endpoint does not take a body of this type.',
  unsupported_encoding: 'The body is compressed; send it as it is.',
  invalid_request: 'A field is missing or not valid: `param` names it.',
  unknown_model: 'There is no such model; `available_models` lists the existing ones.',
  model_unavailable: 'The model is listed, but not served here.',
  wrong_endpoint: 'The model is served at another endpoint, which the message names.',
  too_long:
    'The answer took longer than a call may take, or has an event of more than 16 million characters. Reported inside the stream; what was produced is charged.',
  rate_limited: 'The hourly limit is reached; `X-RateLimit-Reset` says when it ends.',
  spending_limit: "The API key's limit is reached.",
  spending_in_flight: "Calls under way hold the rest of the API key's limit, or may use it up: try again.",
  upstream_failed: 'Every provider failed; the message is the last one’s. Nothing was charged.',
  upstream_overloaded: 'Every provider is overloaded. Nothing was charged.',
  upstream_rejected:
    'The provider refused the request; the status is the provider’s. The code `context_length_exceeded` means that the conversation is too long; a Responses stream reports it inside the stream.',
  job_failed: 'The job failed. Nothing was charged.',
  still_running: 'It takes longer than a call may wait; the message says where the result will be.',
  no_provider: 'No provider is configured for the model, or none can take it now.',
  not_set_up: 'The operator has not set this up.',
  unavailable: 'The gateway cannot answer at the moment: try again.',
  internal: 'A bug in the gateway; please report the request id.',
};

const KEY = [
  ...(['missing_key', 'invalid_key', 'revoked_key', 'expired_key', 'disabled_key'] as const),
  ...(['origin_not_allowed', 'ip_not_allowed', 'account_suspended', 'unavailable', 'internal'] as const),
] as const;
const BODY = ['invalid_request', 'body_too_large', 'unsupported_encoding'] as const;
/** Errors of routes that take an Idempotency-Key. */
export const ONCE = ['idempotency_in_flight', 'idempotency_mismatch'] as const;
const MONEY = [
  ...(['insufficient_credits', 'credits_in_flight', 'tier_required', 'model_not_allowed'] as const),
  ...(['rate_limited', 'spending_limit', 'spending_in_flight'] as const),
  ...ONCE,
] as const;
const MODEL = ['unknown_model', 'model_unavailable', 'wrong_endpoint', 'no_provider'] as const;
const UPSTREAM = ['upstream_failed', 'upstream_overloaded', 'upstream_rejected'] as const;

/** The errors that a route may have, by what it does. */
export const FAILURES = {
  none: ['internal'],
  key: KEY,
  read: [...KEY, 'invalid_request', 'not_found'],
  write: [...KEY, ...BODY, 'not_found', 'conflict', 'unsupported_content'],
  count: [...KEY, ...BODY, ...MODEL, ...UPSTREAM, 'not_found', 'model_not_allowed'],
  call: [...KEY, ...BODY, ...MONEY, ...MODEL, ...UPSTREAM, 'too_long'],
  media: [
    ...KEY,
    ...BODY,
    ...MONEY,
    ...MODEL,
    ...UPSTREAM,
    'unsupported_content',
    'job_failed',
    'still_running',
    'conflict',
    'gone',
    'not_found',
  ],
  account: [...KEY, ...BODY, 'not_signed_in', 'permission_denied', 'cross_site_request', 'not_found', 'conflict', 'not_set_up'],
  operator: ['invalid_key', ...BODY, 'not_found', 'unavailable', 'internal'],
} as const satisfies Record<string, readonly ErrorKind[]>;

const details = z.record(z.string(), z.unknown());

const openaiError = z
  .looseObject({
    error: z.looseObject({
      type: z.string(),
      message: z.string(),
      code: z
        .union([z.string(), z.int()])
        .nullable()
        .meta({ description: 'The HTTP status, for generated clients of OpenRouter’s API only.' }),
      param: z.string().nullable(),
      request_id: z.string(),
    }),
    required: z.number().optional().meta({ description: 'With 402: the credits that the call needs.' }),
    available: z.number().optional().meta({ description: 'With 402: the credits that are available.' }),
  })
  .meta({ description: 'Errors of OpenAI’s formats and the native paths. Some kinds have further fields in `error`.' });

const messagesError = z
  .looseObject({
    type: z.literal('error'),
    error: z.looseObject({ type: z.string(), message: z.string() }),
    request_id: z.string(),
    required: z.number().optional(),
    available: z.number().optional(),
  })
  .meta({ description: 'Errors of Anthropic Messages.' });

const geminiError = z
  .object({
    error: z.object({ code: z.int(), message: z.string(), status: z.string(), details: z.array(details) }),
  })
  .meta({ description: 'Errors of Google’s formats; `details` has the reason and further facts.' });

const unifiedError = z.union([geminiError, openaiError]).meta({ description: 'Errors in the shape of the request.' });

const modelsError = z
  .union([openaiError, messagesError, geminiError])
  .meta({ description: 'Errors of model lists, in the shape that the asking client’s format has.' });

const signInError = z
  .looseObject({ message: z.string().optional(), code: z.string().optional() })
  .meta({ description: 'Errors of sign-in.' });

const browserError = openaiError.meta({ description: 'For programs; browsers are shown a page.' });

interface Shape {
  name: string;
  schema: z.ZodType;
  /** Browsers are shown a page instead. */
  hasPages?: true;
  render: (kind: ErrorKind) => RenderedError;
}

const REQUEST_ID = 'req_0000000000000';

/** Example details, where the message alone would not show them. */
const DETAILS: Partial<Record<ErrorKind, Record<string, unknown>>> = {
  insufficient_credits: { required: 200, available: 12.5 },
  unknown_model: { available_models: ['gpt-5.5'] },
};
const PARAMS: Partial<Record<ErrorKind, string>> = { invalid_request: 'model', unknown_model: 'model' };

const failure = (kind: ErrorKind) =>
  fail(kind, MEANINGS[kind], {
    ...(DETAILS[kind] && { details: DETAILS[kind] }),
    ...(PARAMS[kind] !== undefined && { param: PARAMS[kind] }),
  }).error;

const SHAPES: Readonly<Record<ErrorShape, Shape>> = {
  openai: { name: 'Error', schema: openaiError, render: (kind) => renderOpenaiError(failure(kind), REQUEST_ID) },
  anthropic: { name: 'MessagesError', schema: messagesError, render: (kind) => renderMessagesError(failure(kind), REQUEST_ID) },
  gemini: { name: 'GeminiError', schema: geminiError, render: (kind) => renderGeminiError(failure(kind), REQUEST_ID) },
  'gemini-or-openai': { name: 'UnifiedError', schema: unifiedError, render: (kind) => renderGeminiError(failure(kind), REQUEST_ID) },
  models: { name: 'ModelsError', schema: modelsError, render: (kind) => renderOpenaiError(failure(kind), REQUEST_ID) },
  browser: { name: 'BrowserError', schema: browserError, hasPages: true, render: (kind) => renderOpenaiError(failure(kind), REQUEST_ID) },
  'sign-in': { name: 'SignInError', schema: signInError, render: (kind) => renderOpenaiError(failure(kind), REQUEST_ID) },
};

const KINDS = Object.keys(ERRORS) as ErrorKind[];

/** An error's status in a shape; for example, only Anthropic's has a 529. */
const statusOf = (shape: Shape, kind: ErrorKind): string => String(shape.render(kind).status);

const nameOf = ({ name }: Shape, status: string): string => `${name}${status === 'default' ? 'Other' : status}`;

/** References to a route's errors by status. A provider's own statuses are under `default`. */
export function errorAnswers(shape: ErrorShape, kinds: readonly ErrorKind[]): Record<string, Json> {
  const known = SHAPES[shape];
  const statuses = new Set(kinds.map((kind) => statusOf(known, kind)));
  const named = [...statuses].sort().concat('default');
  return Object.fromEntries(named.map((status) => [status, { $ref: `#/components/responses/${nameOf(known, status)}` }]));
}

function errorResponse(shape: Shape, status: string, possible: ReadonlySet<ErrorKind>, schemas: Schemas): Json {
  const kinds = [...possible].filter((kind) => statusOf(shape, kind) === status);
  const lines = kinds.map((kind) => `- \`${kind}\`: ${MEANINGS[kind]}`);
  const examples = Object.fromEntries(kinds.map((kind) => [kind, { summary: MEANINGS[kind], value: JSON.parse(shape.render(kind).body) }]));
  const retries = kinds.some((kind) => ERRORS[kind].retry);
  return {
    description: lines.length > 0 ? lines.join('\n') : 'An error with the status of the provider that it came from.',
    headers: {
      'x-request-id': { $ref: '#/components/headers/RequestId' },
      ...(status === '429' && { 'retry-after': { $ref: '#/components/headers/RetryAfter' } }),
      ...(!retries && lines.length > 0 && { 'x-should-retry': { $ref: '#/components/headers/ShouldRetry' } }),
    },
    content: {
      'application/json': {
        schema: schemas.reference(shape.schema, shape.name),
        ...(lines.length > 0 && shape.name !== 'SignInError' && { examples }),
      },
      ...(shape.hasPages && { 'text/html': { schema: { type: 'string' } } }),
    },
  };
}

/** The errors of all routes, as components. */
export function errorResponses(routes: readonly Route[], schemas: Schemas): Record<string, Json> {
  const entries = (Object.entries(SHAPES) as [ErrorShape, Shape][]).flatMap(([name, shape]) => {
    const ofShape = routes.filter((route) => (route.shape ?? 'openai') === name);
    const listed = new Set(ofShape.flatMap(({ errors }) => errors));
    const kinds = new Set(KINDS.filter((kind) => listed.has(kind)));
    const statuses = new Set([...kinds].map((kind) => statusOf(shape, kind))).add('default');
    return [...statuses].map((status) => [nameOf(shape, status), errorResponse(shape, status, kinds, schemas)] as const);
  });
  return Object.fromEntries(entries);
}
