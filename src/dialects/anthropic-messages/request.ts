import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { type PromptSize, promptSize } from '../estimate-tokens';
import { besideTurns, outputTokensOrNone, parseBody } from '../parse-body';
import type { BridgedRequest, ClientRequest, RequestTarget } from '../types';
import { isNewerThan, knownBetas, lineOf } from './features';
import { mended, type Refusal } from './mend';
import { forOlderModel } from './older-model';
import { withoutPastThinking } from './signatures';

const messages = z.array(z.looseObject({ role: z.string() })).min(1);

/** Only what is priced or routed on is validated; all other fields pass through unchanged. */
export const messagesRequest = z.looseObject({
  model: z.string().min(1),
  messages,
  // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pre-warming-the-cache
  max_tokens: outputTokensOrNone,
  stream: z.boolean().nullish(),
});

export const countRequest = z.looseObject({ model: z.string().min(1), messages });

/** What is forwarded of every kind of client request. */
export interface ForwardedRequest {
  body: string;
  model: string;
  /** Client headers that the upstream must see. */
  headers: Record<string, string>;
  /** The part of the query that the upstream must see; never a key. */
  query: string;
}

/** A Messages request, as far as it is priced or routed on. */
export interface MessagesRequest extends ForwardedRequest, PromptSize {
  stream: boolean;
  maxOutputTokens: number;
  thoughtsOff: boolean;
  cacheWrites: '5m' | '1h' | undefined;
  /** The models to ask when this one fails. */
  otherModels?: readonly string[];
  /** The parsed body, without its messages. */
  fields?: Record<string, unknown>;
}

/** A request for a token count. */
export interface CountRequest extends ForwardedRequest {
  /** For when no upstream counts. */
  estimatedTokens: number;
}

const VERSION = 'anthropic-version';
export const BETAS = 'anthropic-beta';

function forwarded({ body, headers, url }: ClientRequest, model: string): ForwardedRequest {
  const sent: Record<string, string> = {};
  for (const name of [VERSION, BETAS]) {
    const value = headers.get(name);
    if (value !== null && value !== '') sent[name] = value;
  }
  const isBeta = /[?&]beta=true(?:&|#|$)/.test(url);
  return { body, model, headers: sent, query: isBeta ? '?beta=true' : '' };
}

/** Refused because a provider would hold the conversation and bill its growing length with each turn, which cannot be seen from here. */
const NO_THREADS = 'The field `thread` is not served here: no conversation is held for you; send all of its messages.';
/** By this code the SDK's tool runner, which asks for a thread by default, goes on without one. */
const THREAD_REFUSAL = { details: { error_code: 'thread_unsupported_request' } };

/**
 * An empty `fallbacks` asks for no other model, as does leaving it out:
 * https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback
 */
function withoutDefaults({ fallbacks, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return fallbacks === undefined || fallbacks === 'default' ? fields : { ...fields, fallbacks };
}

/**
 * The longest cache lifetime that is asked for:
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#1-hour-cache-duration
 */
function cacheWritesIn(body: string): '5m' | '1h' | undefined {
  if (!body.includes('"cache_control"')) return undefined;
  return body.includes('"1h"') ? '1h' : '5m';
}

export function parseMessages(request: ClientRequest): Result<MessagesRequest> {
  const parsed = parseBody(request.body, messagesRequest, { inTurn: true });
  if (!parsed.ok) return parsed;
  const { body, fields, otherModels } = parsed.value;
  const { model, messages, stream, max_tokens, thinking, thread } = parsed.value.data;
  if ((thread ?? null) !== null)
    return fail('invalid_request', NO_THREADS, { param: 'thread', code: 'unsupported_parameter', details: THREAD_REFUSAL });
  return ok({
    ...forwarded({ ...request, body }, model),
    ...(otherModels && { otherModels }),
    fields: withoutDefaults(besideTurns(fields)),
    stream: stream === true,
    cacheWrites: cacheWritesIn(body),
    maxOutputTokens: max_tokens,
    // Thinking is off unless it is asked for: https://platform.claude.com/docs/en/build-with-claude/extended-thinking
    thoughtsOff: !isRecord(thinking) || thinking.type === 'disabled',
    ...promptSize(body, messages),
  });
}

export function readCountRequest(request: ClientRequest): Result<CountRequest> {
  const parsed = parseBody(request.body, countRequest, { inTurn: true });
  if (!parsed.ok) return parsed;
  const { body } = parsed.value;
  const { model, messages } = parsed.value.data;
  return ok({
    ...forwarded({ ...request, body }, model),
    estimatedTokens: promptSize(body, messages).estimatedInputTokens,
  });
}

/** How requests for the same call differ between upstreams. */
export interface Variation {
  path?: string;
  /** What this upstream has already refused of the call. */
  refused?: ReadonlySet<Refusal> | undefined;
}

/**
 * The request as the upstream gets it: byte for byte except for the model and what would be refused. That is what only
 * newer models understand, thinking of finished turns after another provider was tried, and what this upstream has
 * refused before.
 */
export function upstreamRequest(
  { body, model, headers, query }: ForwardedRequest,
  target: Pick<RequestTarget, 'model' | 'moved'>,
  { path = '', refused }: Variation = {},
): BridgedRequest {
  const line = lineOf(target.model);
  const isForNewer = line !== undefined && isNewerThan(model, line);
  const { [BETAS]: betas, ...others } = headers;
  let sent = isForNewer ? forOlderModel(body, line) : body;
  if (target.moved) sent = withoutPastThinking(sent);
  if (refused) sent = mended(sent, refused, line, betas);
  if (target.model !== model) sent = setMembers(sent, { model: JSON.stringify(target.model) });
  const kept = betas !== undefined && isForNewer ? knownBetas(betas, line) : betas;
  const pathSuffix = path + query;
  return {
    body: sent,
    headers: kept ? { ...others, [BETAS]: kept } : others,
    ...(pathSuffix !== '' && { pathSuffix }),
  };
}
