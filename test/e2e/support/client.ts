/** A client that checks every byte. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Account } from './account';
import { until } from './wait';

export interface AskOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
  path?: string;
}

/** Posts a chat request; a string is sent as it is. */
export function ask(account: Account, body: unknown, { headers, signal, path = '/chat/completions' }: AskOptions = {}): Promise<Response> {
  return fetch(account.baseUrl + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** The body of an ordinary request; pass `stream: true` in `more` for a stream. */
export const chatBody = (model: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  model,
  messages: [{ role: 'user', content: 'Say something.' }],
  ...more,
});

interface Choice {
  index: number;
  delta: { content?: string; tool_calls?: unknown[]; [field: string]: unknown };
  finish_reason: string | null;
}

export interface Chunk {
  id: string;
  choices: Choice[];
  usage?: Record<string, unknown> | null;
}

export interface ChatStream {
  chunks: Chunk[];
  pings: number;
  done: boolean;
  error: Record<string, unknown> | undefined;
  /** The text of choice 0. */
  text: string;
  finishReasons: string[];
  /** Every usage object that is not null, in order. */
  usages: Record<string, unknown>[];
}

/**
 * Reads a stream's bytes more strictly than any client does: only whole events of one line of JSON each, comments
 * only between them, one error at most, and nothing after [DONE].
 */
export function parseChatStream(raw: string): ChatStream {
  const stream: ChatStream = { chunks: [], pings: 0, done: false, error: undefined, text: '', finishReasons: [], usages: [] };
  let inEvent = false;
  for (const line of raw.split(/\r\n|\n|\r/)) {
    if (line === '') {
      inEvent = false;
      continue;
    }
    if (inEvent) throw new Error(`a line within an event: ${line}`);
    if (line.startsWith(':')) {
      if (line === ': ping') stream.pings++;
      continue;
    }
    if (!line.startsWith('data: ')) throw new Error(`neither event nor comment: ${line}`);
    if (stream.done) throw new Error(`an event after [DONE]: ${line}`);
    inEvent = true;
    readData(stream, line.slice('data: '.length));
  }
  if (inEvent) throw new Error('the last event has no end');
  return stream;
}

function readData(stream: ChatStream, text: string): void {
  if (text === '[DONE]') {
    stream.done = true;
    return;
  }
  const json = JSON.parse(text) as Chunk & { error?: Record<string, unknown> };
  if (json.error) {
    if (stream.error) throw new Error('a second error');
    stream.error = json.error;
    return;
  }
  if (stream.error) throw new Error('a chunk after an error');
  stream.chunks.push(json);
  for (const { index, delta, finish_reason } of json.choices) {
    if (index === 0) stream.text += delta.content ?? '';
    if (finish_reason !== null && finish_reason !== undefined) stream.finishReasons.push(finish_reason);
  }
  if (json.usage) stream.usages.push(json.usage);
}

/** An answer while it arrives. */
export class LiveAnswer {
  raw = '';
  private ended = false;
  private broke: unknown;
  private readonly decoder = new TextDecoder();

  constructor(readonly response: Response) {
    void this.read();
  }

  private async read(): Promise<void> {
    try {
      for await (const bytes of this.response.body ?? []) this.raw += this.decoder.decode(bytes, { stream: true });
    } catch (error) {
      this.broke = error;
    }
    this.ended = true;
  }

  /** Waits until this has arrived. */
  async has(part: string | RegExp): Promise<void> {
    await until(`${part} in the answer, which is: ${this.raw}`, () =>
      typeof part === 'string' ? this.raw.includes(part) : part.test(this.raw),
    );
  }

  async end(): Promise<string> {
    await until('the end of the answer', () => this.ended, 40_000);
    if (this.broke) throw this.broke;
    return this.raw;
  }

  async stream(): Promise<ChatStream> {
    return parseChatStream(await this.end());
  }
}

export const requestIdOf = (response: Response): string => response.headers.get('x-request-id') ?? '';

/** Asks for a stream and reads it to its end. */
export async function askStream(account: Account, body: Record<string, unknown>, options: AskOptions = {}) {
  const response = await ask(account, { ...body, stream: true }, options);
  const raw = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(`${response.status} ${raw}`);
  return { ...parseChatStream(raw), raw, id: requestIdOf(response) };
}

/** Asks for a stream and returns it while it arrives. */
export async function openStream(account: Account, body: Record<string, unknown>, options: AskOptions = {}): Promise<LiveAnswer> {
  return new LiveAnswer(await ask(account, { ...body, stream: true }, options));
}

/** The fields that tests check in a document or an error. */
export interface JsonAnswer {
  choices: { message: { content: string | null }; finish_reason: string }[];
  usage: Record<string, unknown>;
  error: { type: string; message: string; code: string | null; param: string | null; request_id: string; [detail: string]: unknown };
}

/** Asks for a document. */
export async function askJson(account: Account, body: unknown, options: AskOptions = {}) {
  const response = await ask(account, body, options);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: JSON.parse(text) as JsonAnswer,
    id: requestIdOf(response),
  };
}

/**
 * A client that can reset its connection, which the Worker sees at once. `fetch` only closes it, and workerd, which
 * has no edge in front of it here, takes that for the end of the request until a write fails.
 */
export class RudeClient {
  status: number | undefined;
  raw = '';
  private readonly request: ClientRequest;

  constructor(account: Account, body: Record<string, unknown>, headers: Record<string, string> = {}, path = '/chat/completions') {
    const text = JSON.stringify(body);
    this.request = request(account.baseUrl + path, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${account.key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...headers,
      },
    });
    this.request.on('error', () => {});
    this.request.once('response', (response) => {
      this.status = response.statusCode;
      response.setEncoding('utf8').on('data', (part: string) => {
        this.raw += part;
      });
      response.on('error', () => {});
    });
    this.request.end(text);
  }

  has(part: string): Promise<true> {
    return until(`${part} in the answer`, () => this.raw.includes(part));
  }

  hangUp(): void {
    this.request.socket?.resetAndDestroy();
  }
}

/** A client that reads nothing until it is told to, so that its connection fills up. */
export class SlowClient {
  private readonly answered: Promise<IncomingMessage>;

  constructor(account: Account, body: Record<string, unknown>, path = '/chat/completions') {
    const text = JSON.stringify(body);
    const asked = request(account.baseUrl + path, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    });
    this.answered = once(asked, 'response').then(([response]: IncomingMessage[]) => response!.pause());
    asked.end(text);
  }

  async status(): Promise<number> {
    return (await this.answered).statusCode ?? 0;
  }

  /** Reads from now on, until the connection ends. */
  async read(): Promise<string> {
    let raw = '';
    try {
      for await (const part of (await this.answered).setEncoding('utf8')) raw += String(part);
    } catch {
      // The connection was cut off; what was read is returned.
    }
    return raw;
  }
}
