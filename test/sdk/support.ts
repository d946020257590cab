/** A scripted server, and the bytes of streams as the gateway sends them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hypereal } from '../../sdk/src/index.js';

export interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** One answer: a status with JSON, or a function that writes it. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | ((response: ServerResponse, request: IncomingMessage) => void | Promise<void>);

export class ScriptedServer {
  readonly asked: Asked[] = [];
  private script: Reply[] = [];
  private server: Server | undefined;
  url = '';

  static async start(): Promise<ScriptedServer> {
    const scripted = new ScriptedServer();
    scripted.server = createServer((request, response) => void scripted.answer(request, response));
    await new Promise<void>((done) => scripted.server!.listen(0, '127.0.0.1', done));
    scripted.url = `http://127.0.0.1:${(scripted.server.address() as AddressInfo).port}`;
    return scripted;
  }

  /** Sets the answers to the next requests in order; the last one repeats. */
  says(...replies: Reply[]): void {
    this.script = replies;
    this.asked.length = 0;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    this.asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    const reply = this.script.length > 1 ? this.script.shift()! : this.script[0]!;
    if (typeof reply === 'function') return reply(response, request);
    const { status = 200, headers = {}, body: answer = {} } = reply;
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', ...headers });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  client(options: ConstructorParameters<typeof Hypereal>[0] = {}): Hypereal {
    return new Hypereal({ apiKey: 'ck_of_the_tests', baseURL: `${this.url}/v1`, ...options });
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((done) => this.server?.close(done));
  }
}

export const refusal = (status: number, type: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: { error: { type, message: `because of ${type}`, code: null, param: null, request_id: 'req_1', ...more } },
});

/** Streams this many bytes, then ends or breaks the connection. */
export const streams =
  (bytes: string | Uint8Array, { destroy = false, pieces = 1 }: { destroy?: boolean; pieces?: number } = {}): Reply =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_stream' });
    response.flushHeaders();
    const all = Buffer.from(bytes);
    const size = Math.max(1, Math.ceil(all.length / pieces));
    for (let from = 0; from < all.length; from += size) {
      response.write(all.subarray(from, from + size));
      if (pieces > 1) await new Promise((done) => setImmediate(done));
    }
    if (!destroy) response.end();
    else setTimeout(() => response.destroy(), 5);
  };

const line = (json: unknown, event?: string): string => `${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(json)}\n\n`;
const chunk = (choice: Record<string, unknown>, more: Record<string, unknown> = {}): string =>
  line({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, finish_reason: null, ...choice }],
    ...more,
  });

const chatUsage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, creditsUsed: 0.25 };

export const CHAT = [
  ': ping\n',
  chunk({ delta: { role: 'assistant', content: '' } }),
  chunk({ delta: { content: 'Grüße ' } }),
  ': ping\n',
  chunk({ delta: { content: '🙂' } }),
  chunk({ delta: {}, finish_reason: 'stop' }, { usage: chatUsage }),
  'data: [DONE]\n\n',
].join('');

const item = { item_id: 'i', output_index: 0, content_index: 0 };
const message = { type: 'message', id: 'i', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Grüße 🙂' }] };
export const RESPONSES = [
  line({ type: 'response.created', sequence_number: 0, response: { id: 'r', status: 'in_progress', output: [] } }, 'response.created'),
  line({ type: 'response.output_text.delta', sequence_number: 1, ...item, delta: 'Grüße 🙂' }, 'response.output_text.delta'),
  line(
    {
      type: 'response.completed',
      sequence_number: 2,
      response: {
        id: 'r',
        status: 'completed',
        output: [message],
        usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5, creditsUsed: 0.25 },
      },
    },
    'response.completed',
  ),
].join('');

export const MESSAGES = [
  line({ type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 3, output_tokens: 0 } } }, 'message_start'),
  line({ type: 'ping' }, 'ping'),
  line({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }, 'content_block_start'),
  line({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße 🙂' } }, 'content_block_delta'),
  line({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
  line({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2, creditsUsed: 0.25 } }, 'message_delta'),
  line({ type: 'message_stop' }, 'message_stop'),
].join('');
