/** OpenAI Responses as providers write them, and as a client that checks every byte reads them. */
import { checkStream } from '../../unit/dialects/openai-responses/check-stream';
import { eventsOf, type Json } from '../../unit/dialects/openai-responses/support';
import type { Account } from './account';
import { type AskOptions, ask, LiveAnswer, requestIdOf } from './client';
import type { Reply } from './upstream';
import { json, sse } from './wire';

/** At the prices of a lane: 80 * 100 + 20 * 25 + 25 * 400 micro-credits. */
export const USAGE = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 20 },
  output_tokens: 25,
  output_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 125,
};
export const USAGE_MICRO = 18_500;
export const USAGE_CREDITS = 0.0185;

export const UPSTREAM_ID = 'resp_upstream0123456789';

type Fields = Record<string, unknown>;

/** An output item; different ids tell two of a kind apart. */
export const message = (text: string, id = 'msg_1'): Fields => ({
  id,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});

export const functionCall = (name: string, args: string, id = 'fc_1'): Fields => ({
  id,
  type: 'function_call',
  status: 'completed',
  call_id: `call_${id}`,
  name,
  arguments: args,
});

export const customCall = (name: string, input: string, id = 'ctc_1'): Fields => ({
  id,
  type: 'custom_tool_call',
  status: 'completed',
  call_id: `call_${id}`,
  name,
  input,
});

export const reasoning = (summary: string, cipher: string, id = 'rs_1'): Fields => ({
  id,
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: summary }],
  encrypted_content: cipher,
});

export const responseOf = (output: readonly Fields[], more: Fields = {}): Fields => ({
  id: UPSTREAM_ID,
  object: 'response',
  created_at: 1_763_600_000,
  status: 'completed',
  background: false,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  model: 'upstream-model',
  output,
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: true,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  usage: USAGE,
  metadata: {},
  ...more,
});

export const answer = (text: string, more: Fields = {}): Reply => json(responseOf([message(text)], more));

export const event = (type: string, number: number, fields: Fields): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, ...fields })}\n\n`;

const pieces = (text: string): string[] => text.match(/[\s\S]{1,4}/g) ?? [];

type Part = [type: string, fields: Fields];

/** The events between an item's beginning and its end. */
function partsOf(item: Fields, at: Fields, texts: readonly string[] | undefined): Part[] {
  const written = (kind: string, field: string, text: string, more: Fields = {}): Part[] => [
    ...(texts ?? pieces(text)).map((delta): Part => [`${kind}.delta`, { ...at, ...more, delta }]),
    [`${kind}.done`, { ...at, ...more, [field]: text }],
  ];
  if (item.type === 'function_call') return written('response.function_call_arguments', 'arguments', String(item.arguments));
  if (item.type === 'custom_tool_call') return written('response.custom_tool_call_input', 'input', String(item.input));
  if (item.type === 'message') {
    const [part] = item.content as [Fields];
    const where = { ...at, content_index: 0 };
    return [
      ['response.content_part.added', { ...where, part: { ...part, text: '' } }],
      ...written('response.output_text', 'text', String(part.text), { content_index: 0, logprobs: [] }),
      ['response.content_part.done', { ...where, part }],
    ];
  }
  if (item.type !== 'reasoning') return [];
  const [part] = item.summary as [Fields];
  const where = { ...at, summary_index: 0 };
  return [
    ['response.reasoning_summary_part.added', { ...where, part: { ...part, text: '' } }],
    ...written('response.reasoning_summary_text', 'text', String(part.text), { summary_index: 0 }),
    ['response.reasoning_summary_part.done', { ...where, part }],
  ];
}

const EMPTY: Fields = { status: 'in_progress', content: [], summary: [], arguments: '', input: '', encrypted_content: '' };

const begun = (item: Fields): Fields =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, name in EMPTY ? EMPTY[name] : value]));

/** The events of a stream of these items; `texts` are the deltas of each, which otherwise are cut small. */
export function streamOfItems(items: readonly Fields[], more: Fields = {}, texts?: readonly string[]): string[] {
  const events: string[] = [];
  const add = (type: string, fields: Fields) => events.push(event(type, events.length, fields));
  const opening = { ...more, status: 'in_progress', usage: null, error: null, incomplete_details: null };
  for (const type of ['response.created', 'response.in_progress']) add(type, { response: responseOf([], opening) });
  for (const [output_index, item] of items.entries()) {
    add('response.output_item.added', { output_index, item: begun(item) });
    for (const [type, fields] of partsOf(item, { item_id: item.id, output_index }, texts)) add(type, fields);
    add('response.output_item.done', { output_index, item });
  }
  const response = responseOf(items, more);
  add(`response.${String(response.status)}`, { response });
  return events;
}

/** A complete stream of one message. */
export const streamOf = (texts: readonly string[], more: Fields = {}): string[] => streamOfItems([message(texts.join(''))], more, texts);

/** Its events up to and including these texts. */
export const beginning = (...texts: string[]): string[] => streamOf(texts).slice(0, 4 + texts.length);
/** The events that open a stream, before anything of the answer. */
export const opening = (more: Fields = {}): string[] => streamOfItems([], more).slice(0, 2);

export const errorEvent = (text: string, fields: Fields = {}, number = 90): string =>
  event('error', number, { error: { type: 'server_error', code: null, message: text, param: null, ...fields } });

export const failedEvent = (text: string, more: Fields = {}, number = 91): string =>
  event('response.failed', number, {
    response: responseOf([], { status: 'failed', error: { code: 'server_error', message: text }, usage: null, ...more }),
  });

/** The gateway's id for the finished response of a request. */
export const responseIdOf = (requestId: string): string => requestId.replace(/^req_/, 'resp_');

export const responsesBody = (model: string, more: Fields = {}): Fields => ({ model, input: 'Say something.', ...more });

export interface ResponseObject extends Json {
  id: string;
  status: string;
  output: Fields[];
  usage: (Fields & { creditsUsed?: number }) | null;
  error: { code: string; message: string; [field: string]: unknown } | null;
}

export interface ReadStream {
  events: Json[];
  types: string[];
  /** From the deltas. */
  text: string;
  comments: number;
  keepalives: number;
  error: { type: string; message: string; code: string; request_id: string } | undefined;
  /** From the last event. */
  response: ResponseObject;
}

/**
 * Reads a stream more strictly than any client does: one lifecycle under one id, each item in its full order, rising
 * numbers, comments only before the first event, an error only right before `response.failed`, one end and nothing
 * after it.
 */
export function readStream(raw: string, requestId: string): ReadStream {
  checkStream(raw, responseIdOf(requestId));
  const firstEvent = raw.indexOf('event:');
  if (/^: ping/m.test(raw.slice(firstEvent))) throw new Error('a ping among the events');
  return parseStream(raw);
}

/** The same without the check, for a stream that fails before it has begun. */
export function parseStream(raw: string): ReadStream {
  const events = eventsOf(raw);
  const types = events.map(({ type }) => String(type));
  const errorAt = types.indexOf('error');
  if (errorAt >= 0 && (errorAt !== types.length - 2 || types.at(-1) !== 'response.failed')) throw new Error('an error that is not the end');
  return {
    events,
    types,
    text: events.map(({ type, delta }) => (type === 'response.output_text.delta' ? String(delta) : '')).join(''),
    comments: raw.match(/^: ping$/gm)?.length ?? 0,
    keepalives: types.filter((type) => type === 'keepalive').length,
    error: errorAt < 0 ? undefined : (events[errorAt]!.error as ReadStream['error']),
    response: events.at(-1)!.response as ResponseObject,
  };
}

type Options = Omit<AskOptions, 'path'> & { path?: string };

export const askResponses = (account: Account, body: unknown, options: Options = {}): Promise<Response> =>
  ask(account, body, { path: '/responses', ...options });

/** Asks for a document. */
export async function askResponse(account: Account, body: unknown, options: Options = {}) {
  const response = await askResponses(account, body, options);
  const text = await response.text();
  const id = requestIdOf(response);
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as ResponseObject & Refusal, id };
}

interface Refusal {
  error: { type: string; message: string; code: string; param: string | null; request_id: string; [detail: string]: unknown };
}

/** Asks for a stream and reads it to its end. */
export async function askResponseStream(account: Account, body: Fields, options: Options = {}) {
  const response = await askResponses(account, { ...body, stream: true }, options);
  const raw = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(`${response.status} ${raw}`);
  const id = requestIdOf(response);
  return { ...readStream(raw, id), raw, id };
}

/** Asks for a stream and returns it while it arrives. */
export const openResponseStream = async (account: Account, body: Fields, options: Options = {}): Promise<LiveAnswer> =>
  new LiveAnswer(await askResponses(account, { ...body, stream: true }, options));

/** Reads a live stream to its end. */
export const endOf = async (live: LiveAnswer): Promise<ReadStream> => readStream(await live.end(), requestIdOf(live.response));

export const stream = (texts: readonly string[], more: Fields = {}): Reply => sse(streamOf(texts, more));
