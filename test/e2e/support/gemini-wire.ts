/** Gemini as Google writes it, and as a client that checks every byte reads it. */
import type { Account } from './account';
import { requestIdOf } from './client';
import type { Lane, LaneKind } from './rig';
import type { Reply } from './upstream';
import { chunk, completion, DONE, finish, json, role, sse, USAGE, usageChunk } from './wire';

type Fields = Record<string, unknown>;

/** At the prices of a lane it comes to `USAGE_MICRO`, like the usage of a chat. */
export const GEMINI_USAGE = { promptTokenCount: 100, candidatesTokenCount: 20, thoughtsTokenCount: 5, totalTokenCount: 125 };
const CHAT_USAGE = { ...USAGE, completion_tokens_details: { reasoning_tokens: 5 } };

export const contents = [{ role: 'user', parts: [{ text: 'Say something.' }] }];

/** What a model says, independent of its provider's format. */
export interface Said {
  text?: string;
  thought?: string;
  call?: { id?: string; name: string; args: Fields };
  signature?: string;
}

export const partOf = ({ text, thought, call, signature }: Said): Fields => ({
  ...(text !== undefined && { text }),
  ...(thought !== undefined && { text: thought, thought: true }),
  ...(call && { functionCall: call }),
  ...(signature !== undefined && { thoughtSignature: signature }),
});

const ABOUT = { modelVersion: 'upstream-model', responseId: 'upstream-response' };

export const geminiAnswer = (parts: readonly Fields[], more: Fields = {}, candidate: Fields = {}): Fields => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0, ...candidate }],
  usageMetadata: GEMINI_USAGE,
  ...ABOUT,
  ...more,
});

export const geminiEvent = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`;

/** A part of an answer under way, without an end or usage. */
export const part = (said: Said, more: Fields = {}): string =>
  geminiEvent({ candidates: [{ content: { parts: [partOf(said)], role: 'model' }, index: 0 }], ...ABOUT, ...more });

export const lastPart = (said: Said, more: Fields = {}): string => geminiEvent(geminiAnswer([partOf(said)], more));

export const geminiFailure = (status: number, message: string, name = 'INTERNAL', details: Fields[] = []): Reply =>
  json({ error: { code: status, message, status: name, details } }, { status });

const toolCalls = (said: readonly Said[]): Fields[] =>
  said
    .filter(({ call }) => call)
    .map(({ call, signature }, index) => ({
      index,
      id: call!.id ?? `call_${index}`,
      type: 'function',
      function: { name: call!.name, arguments: JSON.stringify(call!.args) },
      ...(signature !== undefined && { extra_content: { google: { thought_signature: signature } } }),
    }));

function chatReply(said: readonly Said[]): Reply {
  const joined = (name: 'text' | 'thought') => said.map((each) => each[name] ?? '').join('') || undefined;
  const calls = toolCalls(said);
  const message = {
    content: joined('text') ?? null,
    ...(joined('thought') !== undefined && { reasoning_content: joined('thought') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return json(completion(message, { usage: CHAT_USAGE }, { finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' }));
}

function chatStream(said: readonly Said[]): string[] {
  const calls = toolCalls(said);
  const spoken = said.flatMap(({ text, thought, call }) =>
    call ? [] : [chunk(text === undefined ? { reasoning_content: thought } : { content: text })],
  );
  return [
    role(),
    ...spoken,
    ...calls.map((call) => chunk({ tool_calls: [call] })),
    finish(calls.length > 0 ? 'tool_calls' : 'stop'),
    usageChunk(CHAT_USAGE),
    DONE,
  ];
}

/** A provider's format: the lanes that speak it, and how it says things. */
export interface Way {
  name: string;
  kind: LaneKind;
  pair: LaneKind;
  drain: LaneKind;
  whole(...said: Said[]): Reply;
  /** The events of a complete stream. */
  events(...said: Said[]): string[];
  /** The events of a stream without its end. */
  begun(...said: Said[]): string[];
  fails(status: number, message: string): Reply;
  errorEvent(message: string): string;
}

const withoutEnd = (events: readonly string[]): string[] => events.filter((event) => !/finish_reason":"|\[DONE\]|"usage"/.test(event));

export const WAYS: readonly Way[] = [
  {
    name: 'straight through',
    kind: 'gemini',
    pair: 'gemini-pair',
    drain: 'gemini-drain',
    whole: (...said) => json(geminiAnswer(said.map(partOf))),
    events: (...said) => said.map((each, index) => (index === said.length - 1 ? lastPart(each) : part(each))),
    begun: (...said) => said.map((each) => part(each)),
    fails: (status, message) => geminiFailure(status, message),
    errorEvent: (message) => geminiEvent({ error: { code: 500, message, status: 'INTERNAL' } }),
  },
  {
    name: 'over chat',
    kind: 'solo',
    pair: 'pair',
    drain: 'drain',
    whole: (...said) => chatReply(said),
    events: (...said) => chatStream(said),
    begun: (...said) => withoutEnd(chatStream(said)),
    fails: (status, message) => json({ error: { message, type: 'upstream_type' } }, { status }),
    errorEvent: (message) => geminiEvent({ error: { message, code: 500 } }),
  },
];

export const streamed = (events: Reply['steps'], more: Partial<Reply> = {}): Reply => sse(events, more);

export interface GeminiChunk {
  candidates: { content?: { role?: string; parts?: Fields[] }; finishReason?: string; index?: number }[];
  usageMetadata?: Fields;
  [field: string]: unknown;
}

export interface GeminiError {
  code: number;
  message: string;
  status: string;
  details: ({ '@type': string } & Fields)[];
}

export interface GeminiStreamRead {
  chunks: GeminiChunk[];
  keepalives: number;
  /** Sent as an event and once more as bare JSON. */
  error: GeminiError | undefined;
  bareError: GeminiError | undefined;
  text: string;
  thoughts: string;
  parts: Fields[];
  usages: Fields[];
}

const KEEPALIVE = '{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0}]}';

/**
 * Reads a stream as strictly as the strictest of its clients: `data:` lines of whole JSON with one blank line after
 * each, and nothing else; an error as an event and once more as bare JSON, and then the end.
 */
export function parseGeminiStream(raw: string): GeminiStreamRead {
  const read: GeminiStreamRead = {
    chunks: [],
    keepalives: 0,
    error: undefined,
    bareError: undefined,
    text: '',
    thoughts: '',
    parts: [],
    usages: [],
  };
  if (raw !== '' && !raw.endsWith('\n\n')) throw new Error(`the last event has no end: ${raw.slice(-200)}`);
  for (const event of raw.split('\n\n').slice(0, -1)) {
    if (event.includes('\n') || event.includes('\r')) throw new Error(`more than one line: ${event}`);
    if (read.bareError) throw new Error(`something after the error: ${event}`);
    if (event.startsWith('{') && read.error) read.bareError = (JSON.parse(event) as { error: GeminiError }).error;
    else if (!event.startsWith('data: ')) throw new Error(`no event: ${event}`);
    else if (event === `data: ${KEEPALIVE}`) read.keepalives++;
    else addChunk(read, JSON.parse(event.slice('data: '.length)) as GeminiChunk & { error?: GeminiError });
  }
  return read;
}

function addChunk(read: GeminiStreamRead, { error, ...body }: GeminiChunk & { error?: GeminiError }): void {
  if (read.error) throw new Error('a chunk after an error');
  if (error) {
    read.error = error;
    return;
  }
  read.chunks.push(body as GeminiChunk);
  for (const said of body.candidates?.[0]?.content?.parts ?? []) {
    read.parts.push(said);
    if (said.thought === true) read.thoughts += String(said.text);
    else read.text += String(said.text ?? '');
  }
  if (body.usageMetadata) read.usages.push(body.usageMetadata);
}

export interface GeminiOptions {
  method?: string;
  headers?: Record<string, string>;
  prefix?: string;
  signal?: AbortSignal;
}

export const METHOD = 'generateContent';
export const STREAM = 'streamGenerateContent?alt=sse';
export const ARRAY = 'streamGenerateContent';

/** Calls a method of a model at Google's own path. */
export function callGemini(account: Account, model: string, body: unknown = { contents }, options: GeminiOptions = {}): Promise<Response> {
  const { method = METHOD, headers, prefix = '/v1beta', signal } = options;
  return fetch(`${account.baseUrl.replace(/\/v1$/, '')}${prefix}/models/${model}:${method}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': account.key, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Asks for a document. */
export async function askGemini(account: Account, model: string, body?: unknown, options: GeminiOptions = {}) {
  const response = await callGemini(account, model, body, options);
  const text = await response.text();
  const parsed = JSON.parse(text) as GeminiChunk & { error: GeminiError };
  return { status: response.status, headers: response.headers, text, body: parsed, id: requestIdOf(response) };
}

/** Asks for a stream of server-sent events and reads it to its end. */
export async function streamGemini(account: Account, model: string, body?: unknown, options: GeminiOptions = {}) {
  const response = await callGemini(account, model, body, { method: STREAM, ...options });
  const raw = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(`${response.status} ${raw}`);
  return { ...parseGeminiStream(raw), raw, id: requestIdOf(response) };
}

/** The error's detail of this kind, if it has one. */
export const detailOf = (error: GeminiError, kind: string): Fields | undefined =>
  error.details.find((detail) => detail['@type'] === `type.googleapis.com/google.rpc.${kind}`);

/** The chat request that a lane's provider got. */
export const chatSeen = (lane: Lane, index = 0) => lane.first.seen[index]!.json() as Fields & { messages: Fields[]; tools?: Fields[] };
