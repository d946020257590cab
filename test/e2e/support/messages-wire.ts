/** Anthropic Messages as providers write them, and as a client that checks every byte reads them. */
import type { Account } from './account';
import { type AskOptions, ask, LiveAnswer, RudeClient, requestIdOf } from './client';
import type { Reply } from './upstream';
import { json, sse } from './wire';

type Fields = Record<string, unknown>;

/** At the prices of a lane: 100 * 100 + 25 * 400 micro-credits. */
export const USAGE = { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 25 };
export const USAGE_MICRO = 20_000;
export const USAGE_CREDITS = 0.02;
/** The usage as the client sees it. */
export const PRICED = { ...USAGE, creditsUsed: USAGE_CREDITS };

export const event = (type: string, fields: Fields = {}): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

export const opening = (usage: unknown = { ...USAGE, output_tokens: 1 }, id = 'msg_upstream'): string =>
  event('message_start', {
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model: 'upstream-model',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      ...(usage !== null && { usage }),
    },
  });
export const ping = (): string => event('ping');
export const blockStart = (index: number, content_block: Fields): string => event('content_block_start', { index, content_block });
export const blockDelta = (index: number, delta: Fields): string => event('content_block_delta', { index, delta });
export const blockStop = (index: number): string => event('content_block_stop', { index });
export const says = (text: string, index = 0): string => blockDelta(index, { type: 'text_delta', text });
export const textStart = (index = 0): string => blockStart(index, { type: 'text', text: '' });
export const ends = (stop_reason = 'end_turn', usage: unknown = USAGE): string =>
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, ...(usage !== null && { usage }) });
export const STOP = event('message_stop');
export const errorEvent = (type: string, message: string): string => event('error', { error: { type, message } });

/** The events before any content. */
export const OPENED = [opening(), ping()];
/** A stream whose text has begun. */
export const begun = (text: string): string[] => [opening(), textStart(), says(text)];
/** The rest of a stream whose text has begun. */
export const rest = (text: string): string[] => [says(text), blockStop(0), ends(), STOP];

/** The events of a content block; text and inputs come in two pieces. */
export function blockEvents(block: Fields, index: number): string[] {
  const halves = (text: string): string[] => [text.slice(0, text.length >> 1), text.slice(text.length >> 1)];
  switch (block.type) {
    case 'text':
      return [textStart(index), ...halves(String(block.text)).map((text) => says(text, index)), blockStop(index)];
    case 'thinking':
      return [
        blockStart(index, { type: 'thinking', thinking: '', signature: '' }),
        ...halves(String(block.thinking)).map((thinking) => blockDelta(index, { type: 'thinking_delta', thinking })),
        blockDelta(index, { type: 'signature_delta', signature: block.signature }),
        blockStop(index),
      ];
    case 'tool_use':
    case 'server_tool_use':
      return [
        blockStart(index, { ...block, input: {} }),
        ...halves(JSON.stringify(block.input)).map((partial_json) => blockDelta(index, { type: 'input_json_delta', partial_json })),
        blockStop(index),
      ];
    default:
      return [blockStart(index, block), blockStop(index)];
  }
}

export const eventsOf = (content: readonly Fields[], stopReason?: string, usage?: unknown): string[] => [
  opening(),
  ...content.flatMap(blockEvents),
  ends(stopReason, usage),
  STOP,
];

export const text = (said: string): Fields => ({ type: 'text', text: said });

export const streamed = (content: readonly Fields[] | string, stopReason?: string): Reply =>
  sse(eventsOf(typeof content === 'string' ? [text(content)] : content, stopReason));

export const message = (content: readonly Fields[] | string, more: Fields = {}): Fields => ({
  id: 'msg_upstream',
  type: 'message',
  role: 'assistant',
  model: 'upstream-model',
  content: typeof content === 'string' ? [text(content)] : content,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: USAGE,
  ...more,
});

export const whole = (content: readonly Fields[] | string, more: Fields = {}): Reply => json(message(content, more));

export const failure = (status: number, type: string, said: string, headers: Record<string, string> = {}): Reply =>
  json(
    { type: 'error', error: { type, message: said }, request_id: 'req_upstream' },
    { status, headers: { 'content-type': 'application/json', ...headers } },
  );

export const messagesBody = (model: string, more: Fields = {}): Fields => ({
  model,
  max_tokens: 1_024,
  messages: [{ role: 'user', content: 'Say something.' }],
  ...more,
});

export interface MessagesStream {
  /** In order, without pings. */
  events: Fields[];
  pings: number;
  content: Fields[];
  /** The text of all blocks. */
  text: string;
  stopReason: unknown;
  usages: Fields[];
  stopped: boolean;
  error: Fields | undefined;
  errorId: unknown;
}

const EVENT = /^event: (\S+)\ndata: (\{.*\})$/;

/**
 * Reads a stream's bytes more strictly than any client does: named events of one line of JSON each, the opening once
 * and first, blocks one after the other, a usage on each message_delta, one end, which is message_stop or an error.
 */
export function parseMessagesStream(raw: string): MessagesStream {
  const stream: MessagesStream = {
    events: [],
    pings: 0,
    content: [],
    text: '',
    stopReason: undefined,
    usages: [],
    stopped: false,
    error: undefined,
    errorId: undefined,
  };
  const parts = raw.replaceAll('\r\n', '\n').split('\n\n');
  if (parts.pop() !== '') throw new Error('the last event has no end');
  const open = new Map<unknown, string>();
  for (const part of parts) {
    const [, name, data = ''] = EVENT.exec(part) ?? [];
    const fields = JSON.parse(data || 'null') as Fields | null;
    if (!fields || fields.type !== name) throw new Error(`no event: ${part}`);
    if (name === 'ping') {
      if (data !== '{"type":"ping"}') throw new Error(`no ping: ${data}`);
      stream.pings++;
      continue;
    }
    if (stream.stopped || stream.error) throw new Error(`an event after the end: ${part}`);
    readEvent(stream, fields, open);
    stream.events.push(fields);
  }
  stream.text = stream.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  return stream;
}

/** @param open The JSON of the input of each block that has not been closed. */
function readEvent(stream: MessagesStream, fields: Fields, open: Map<unknown, string>): void {
  const { type, index } = fields;
  if (type === 'error') {
    stream.error = fields.error as Fields;
    stream.errorId = fields.request_id;
    return;
  }
  if ((type === 'message_start') !== (stream.events.length === 0)) throw new Error(`${String(type)} out of turn`);
  if (type === 'content_block_start') {
    if (index !== stream.content.length || open.size > 0) throw new Error(`block ${String(index)} out of turn`);
    open.set(index, '');
    stream.content.push({ ...(fields.content_block as Fields) });
  } else if (type === 'content_block_delta') readDelta(stream.content[Number(index)]!, fields.delta as Fields, index, open);
  else if (type === 'content_block_stop') {
    const input = open.get(index);
    if (input === undefined) throw new Error(`block ${String(index)} is not open`);
    if (input !== '') stream.content[Number(index)]!.input = JSON.parse(input);
    open.delete(index);
  } else if (type === 'message_delta') {
    if (!fields.usage) throw new Error('a message_delta without usage');
    stream.usages.push(fields.usage as Fields);
    stream.stopReason = (fields.delta as Fields).stop_reason ?? stream.stopReason;
  } else if (type === 'message_stop') stream.stopped = true;
}

function readDelta(block: Fields, { type: _, ...delta }: Fields, index: unknown, open: Map<unknown, string>): void {
  if (!open.has(index)) throw new Error(`a delta of block ${String(index)}, which is not open`);
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'partial_json') open.set(index, open.get(index) + String(value));
    else if (name === 'citation') block.citations = [...((block.citations as unknown[]) ?? []), value];
    else block[name] = String(block[name] ?? '') + String(value);
  }
}

const PATH = '/messages';

/** Posts a Messages request; a string is sent as it is. */
export const askMessages = (account: Account, body: unknown, options: AskOptions = {}): Promise<Response> =>
  ask(account, body, { path: PATH, ...options });

/** Asks for a stream and reads it to its end. */
export async function readMessages(account: Account, body: Fields, options: AskOptions = {}) {
  const response = await askMessages(account, { ...body, stream: true }, options);
  const raw = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(`${response.status} ${raw}`);
  return { ...parseMessagesStream(raw), raw, id: requestIdOf(response), headers: response.headers };
}

/** Asks for a stream and returns it while it arrives. */
export async function openMessages(account: Account, body: Fields, options: AskOptions = {}): Promise<LiveAnswer> {
  return new LiveAnswer(await askMessages(account, { ...body, stream: true }, options));
}

/** The fields that tests check in a document or an error. */
export interface MessageAnswer {
  id: string;
  model: string;
  content: Fields[];
  stop_reason: string;
  usage: Fields;
  type: string;
  error: Fields & { type: string; message: string; available_models?: string[] };
  request_id: string;
  input_tokens: number;
}

/** Asks for a document. */
export async function askMessage(account: Account, body: unknown, options: AskOptions = {}) {
  const response = await askMessages(account, body, options);
  const said = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: said,
    body: JSON.parse(said) as MessageAnswer,
    id: requestIdOf(response),
  };
}

/** A client that can reset its connection. */
export const rudeMessages = (account: Account, body: Fields, headers?: Record<string, string>): RudeClient =>
  new RudeClient(account, body, headers, PATH);
