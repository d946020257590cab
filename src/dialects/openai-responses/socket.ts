/**
 * What client and gateway say to each other over a WebSocket: JSON messages in place of requests, and the events of
 * streams in place of answers (https://developers.openai.com/api/docs/guides/websocket-mode).
 */
import { fail, ok, type Result } from '../../core/errors';
import { rewriteMembers, setMembers, withoutMember } from '../../core/json';
import { hasTooManyValues } from '../../core/json-size';
import { isFilled, isRecord, parseJson } from '../../core/record';
import { closedRest, EventCutter, eventData, splitEvents } from '../../core/sse';
import type { RenderedError } from '../types';
import { answeredItems, ownInput, withInput } from './conversation';
import { responseId } from './ids';
import { nowSeconds, ownResponse, rawMember } from './response-object';

/** A turn that a client asks for. */
export interface AskedTurn {
  /** As it would be sent over HTTP. */
  body: string;
  /** Turns of one lane come one after the other, those of several side by side. */
  lane: string | undefined;
  /** The answer that it goes on from. */
  previousId: string | undefined;
  /** False where only what later turns go on from is to be kept. */
  generates: boolean;
  /** What is said lies elsewhere as well, so the turn is not the whole of it. */
  isPart: boolean;
}

/** What a client may send: a turn, more input for one under way, or that it has taken an answer in, which asks for nothing. */
export type ClientMessage = { kind: 'turn'; turn: AskedTurn } | { kind: 'steer'; steer: Record<string, unknown> } | { kind: 'notice' };

/** What only one of the ways to ask has. */
const WAY: ReadonlySet<string> = new Set(['type', 'stream_id', 'generate', 'background', 'stream']);

/** It stands in every event of its turns. */
const MOST_LANE_CHARS = 256;

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const encoder = new TextEncoder();

/** A part of a text keeps all of it in memory, and this one is kept much longer than the rest of its message. */
const apart = (text: string): string => new TextDecoder().decode(encoder.encode(text));

export function readMessage(text: string): Result<ClientMessage> {
  if (hasTooManyValues(text)) return fail('invalid_request', 'The message has too many values.', { code: 'body_too_complex' });
  const message = parseJson(text);
  if (!isRecord(message)) return fail('invalid_request', 'A message must be a JSON object.');
  const { type, stream_id: lane, previous_response_id: previousId, generate, conversation, prompt } = message;
  if (type === 'response.steer') return ok({ kind: 'steer', steer: { input: message.input, previous_response_id: previousId } });
  // Some versions of Codex say so after each answer. An error would end their next turn.
  if (type === 'response.processed') return ok({ kind: 'notice' });
  if (type !== 'response.create') return fail('invalid_request', 'The `type` of a message is `response.create`.', { param: 'type' });
  if (lane !== undefined && (!isFilled(lane) || lane.length > MOST_LANE_CHARS))
    return fail('invalid_request', `The field \`stream_id\` is not valid: a string of at most ${MOST_LANE_CHARS} characters.`, {
      param: 'stream_id',
    });
  const body = rewriteMembers(text, (raw, key) => (WAY.has(key) ? undefined : raw));
  const turn: AskedTurn = {
    body: setMembers(body, { stream: 'true' }),
    lane,
    previousId: isFilled(previousId) ? previousId : undefined,
    generates: generate !== false,
    isPart: isGiven(conversation) || isGiven(prompt),
  };
  return ok({ kind: 'turn', turn });
}

const joined = (...lists: string[]): string => lists.filter(isFilled).join(',');

const NOTHING = /^(?:null)?$/;
const MAY_BE_INPUT = /^(?:["[]|(?:null)?$)/;

/**
 * The turn with all that was said before, in place of the name of the answer that it goes on from. One that is refused over
 * HTTP stays as it is: it would hide what is wrong with it.
 */
export function withSaid(turn: AskedTurn, said: string): AskedTurn {
  const { body } = turn;
  if (!NOTHING.test(rawMember(body, 'conversation') ?? '') || !MAY_BE_INPUT.test(rawMember(body, 'input') ?? '')) return turn;
  return { ...turn, body: withInput(withoutMember(body, 'previous_response_id'), `[${joined(said, ...ownInput(body))}]`) };
}

/** The items of a turn's input as they stand in a list, for later turns; undefined where it has more characters than are kept. */
export function keptInput({ body }: AskedTurn, mostChars: number): string | undefined {
  const { length = 0 } = rawMember(body, 'input') ?? '';
  return length > mostChars ? undefined : apart(ownInput(body).join(','));
}

/** How the gateway writes an event; `lane` is the client's name for what it belongs to. */
const eventOf = (lane: string | undefined, fields: Record<string, unknown>): string =>
  JSON.stringify({ ...fields, ...(lane !== undefined && { stream_id: lane }) });

/** An event of a stream as a message. */
export const inLane = (data: string, lane: string | undefined): string =>
  lane === undefined ? data : setMembers(data, { stream_id: JSON.stringify(lane) });

const HAS_ANSWER = /^\s*\{\s*"type"\s*:\s*"response\.(?:created|queued|in_progress|completed|incomplete|failed)"/;

/** An event under the name of the answer that its turn goes on from, which no provider hears of. */
export function goingOnFrom(data: string, previousId: string): string {
  const response = HAS_ANSWER.test(data) ? rawMember(data, 'response') : undefined;
  if (response?.startsWith('{') !== true) return data;
  return setMembers(data, { response: setMembers(response, { previous_response_id: JSON.stringify(previousId) }) });
}

/** Belong to the connection, or to one call alone. */
const NOT_OF_CALLS = /^(?:connection|upgrade|sec-websocket-.*|content-.*|transfer-encoding|idempotency-key|x-resumable)$/i;
const BETAS = 'openai-beta';
const BETA_OF_SOCKETS = /^responses_websockets\b/;

/** What each turn is sent with, of the headers that asked for the connection. */
export function turnHeaders(headers: Headers): Headers {
  const kept = new Headers([...headers].filter(([name]) => !NOT_OF_CALLS.test(name)));
  kept.set('content-type', 'application/json');
  const betas = (headers.get(BETAS) ?? '').split(',').map((beta) => beta.trim());
  const others = betas.filter((beta) => beta !== '' && !BETA_OF_SOCKETS.test(beta));
  if (others.length > 0) kept.set(BETAS, others.join(', '));
  else kept.delete(BETAS);
  return kept;
}

/** Its length is announced, as over HTTP, so that a large one is held like any large body while its provider works. */
export function turnRequest(url: string, headers: Headers, text: string): Request {
  const body = encoder.encode(text);
  const announced = new Headers(headers);
  announced.set('content-length', String(body.byteLength));
  return new Request(url, { method: 'POST', headers: announced, body });
}

/** In place of a ping, which the platform lets nobody send: where no event of a turn keeps a connection alive. */
export const KEEPALIVE = JSON.stringify({ type: 'keepalive', sequence_number: 0 });

/** The events of a stream as messages. */
export async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const cutter = new EventCutter();
  for await (const chunk of body) {
    yield* dataOf(cutter.push(decoder.decode(chunk, { stream: true })));
    if (cutter.takeComments() !== '') yield KEEPALIVE;
  }
  yield* dataOf(closedRest(cutter.rest));
}

const dataOf = (events: string): string[] =>
  splitEvents(events)
    .map(eventData)
    .filter((data): data is string => data !== undefined && data !== '' && data !== '[DONE]');

const ERROR = /^\s*\{\s*"type"\s*:\s*"error"/;
const FAILED = /^\s*\{\s*"type"\s*:\s*"response\.failed"/;

/**
 * A stream reports a failure twice, as `error` and as `response.failed`. Here the first ends the turn, so that clients would
 * take the second for the end of the next one.
 */
export async function* failingOnce(events: AsyncIterable<string>): AsyncGenerator<string> {
  let error: string | undefined;
  for await (const event of events) {
    if (error !== undefined && !FAILED.test(event)) yield error;
    error = ERROR.test(event) ? event : undefined;
    if (error === undefined) yield event;
  }
  if (error !== undefined) yield error;
}

const MAY_END = /"type"\s*:\s*"response\.(?:completed|incomplete)"/;

/** The answer that a stream's last event brings, and all that has been said with it. */
export function answeredBy(data: string, input: string): { id: string; said: string } | undefined {
  const event = MAY_END.test(data) ? parseJson(data) : undefined;
  if (!isRecord(event) || !isRecord(event.response) || !isFilled(event.response.id)) return undefined;
  const items = answeredItems(rawMember(data, 'response') ?? '');
  return items && { id: event.response.id, said: joined(input, ...items) };
}

const NOTHING_USED = {
  input_tokens: 0,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 0,
};

/** The events of a turn that generates nothing, which costs nothing, and the id by which others go on from it. */
export function warmedUp({ body, previousId, lane }: AskedTurn, requestId: string): { id: string; events: string[] } {
  const id = responseId(requestId);
  const fields = parseJson(body) as Record<string, unknown>;
  const { model, store } = fields;
  const echoed = {
    fields,
    model: String(model ?? ''),
    store: store !== false,
    previousResponseId: previousId,
    conversationId: undefined,
  };
  const createdAt = nowSeconds();
  const response = (status: string, more = {}) => ownResponse(echoed, { id, createdAt, status, ...more });
  return {
    id,
    events: [
      eventOf(lane, { type: 'response.created', sequence_number: 0, response: response('in_progress') }),
      eventOf(lane, { type: 'response.completed', sequence_number: 1, response: response('completed', { usage: NOTHING_USED }) }),
    ],
  };
}

/** What clients go by: whether and when to ask again, and what to name when they ask about the call. */
const TOLD_HEADERS = ['retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id'];

/** A refusal, as HTTP has it, in both shapes of the event: flat as in the reference, and nested as OpenAI sends it. */
export function refusalEvent({ status, headers, body }: RenderedError, lane: string | undefined): string {
  const answer = parseJson(body);
  const error = isRecord(answer) && isRecord(answer.error) ? answer.error : {};
  const { message = 'The call failed.', param = null, type } = error;
  const code = error.code ?? type ?? null;
  const told = Object.fromEntries(Object.entries(headers).filter(([name]) => TOLD_HEADERS.includes(name)));
  return eventOf(lane, { type: 'error', sequence_number: 0, status, code, message, param, error: { ...error, code }, headers: told });
}

/** No provider takes more input in the middle of an answer; clients then send it with their next turn. */
export const steerRefused = (steer: Record<string, unknown>): string =>
  JSON.stringify({
    type: 'response.steer.failed',
    sequence_number: 0,
    error: {
      type: 'invalid_request_error',
      code: 'steering_not_supported',
      message: 'An answer under way takes no more input here: send it with the next `response.create`.',
    },
    steer,
  });
