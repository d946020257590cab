/** A client of Responses over a WebSocket that shows all that it hears. */
import WebSocket from 'ws';
import type { Account } from './account';
import { until } from './wait';

export interface Heard {
  type: string;
  stream_id?: string;
  status?: number;
  error?: { code: string; message: string };
  response?: { id: string; output: unknown[]; usage: Record<string, unknown> | null };
  [field: string]: unknown;
}

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error']);

const urlOf = (baseUrl: string): string => `${baseUrl.replace(/^http/, 'ws')}/responses`;

export class ResponsesSocket {
  readonly heard: Heard[] = [];
  /** The code that the connection was closed with. */
  closed: number | undefined;

  private constructor(readonly raw: WebSocket) {
    raw.on('message', (data) => this.heard.push(JSON.parse(String(data)) as Heard));
    raw.on('close', (code) => {
      this.closed = code;
    });
  }

  /** Rejects with the refusal where the gateway opens none. */
  static open({ baseUrl, key }: Pick<Account, 'baseUrl' | 'key'>, headers: Record<string, string> = {}): Promise<ResponsesSocket> {
    return ResponsesSocket.opened(new WebSocket(urlOf(baseUrl), { headers: { authorization: `Bearer ${key}`, ...headers } }));
  }

  /** As a page does. */
  static openInBrowser({ baseUrl, key }: Pick<Account, 'baseUrl' | 'key'>, origin: string): Promise<ResponsesSocket> {
    return ResponsesSocket.opened(new WebSocket(urlOf(baseUrl), ['realtime', `openai-insecure-api-key.${key}`], { origin }));
  }

  private static opened(raw: WebSocket): Promise<ResponsesSocket> {
    const socket = new ResponsesSocket(raw);
    return new Promise((done, fail) => {
      raw.once('open', () => done(socket));
      raw.once('error', fail);
      raw.once('unexpected-response', (_request, response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.on('end', () => fail(new Error(`${response.statusCode} ${body}`)));
      });
    });
  }

  say(message: unknown): void {
    this.raw.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Asks for a turn, and waits for its last event. */
  async turn(fields: Record<string, unknown>): Promise<Heard> {
    const from = this.heard.length;
    this.say({ type: 'response.create', ...fields });
    return this.next((event) => ENDS.has(event.type) && event.stream_id === fields.stream_id, from);
  }

  next(is: (event: Heard) => boolean, from = 0): Promise<Heard> {
    return until('an event on the socket', () => this.heard.slice(from).find(is));
  }

  close(): void {
    this.raw.close();
  }
}
