/**
 * A stream that outlives its client's connection. The object makes the call itself, so that nothing ends when the
 * client is gone, keeps what was said, and gives it to whoever comes back within ten minutes, at no further charge.
 */
import { DurableObject } from 'cloudflare:workers';
import { fail } from '../core/errors';
import { wholeEventsEnd } from '../core/sse';
import type { Bindings } from '../env';
import { firstCatalogue, gatewayDeps } from '../http/deps';
import { endpointOf } from '../http/endpoints';
import { errorAnswer } from '../http/render-error';
import { serveCall } from '../http/serve-call';
import { StreamLog } from './stream-log';

const KEPT_MS = 600_000;
const INTERRUPTED = 'The stream was interrupted on our side; what it had come to is charged.';
const NEVER = new AbortController().signal;

/** From the Worker: which endpoint the request came to, and the random part of its id. */
export const ENDPOINT_HEADER = 'x-live-endpoint';
export const NONCE_HEADER = 'x-live-nonce';

const COMMENTS = /^(?::[^\n]*\n)+/;
const encoder = new TextEncoder();

interface Listener {
  write(text: string): void;
}

export class LiveStream extends DurableObject<Bindings> {
  private log: StreamLog | undefined;
  private readonly listeners = new Set<Listener>();

  /** POST begins the stream; GET with `?after=N` gives the events after the first N, and goes on. */
  override async fetch(request: Request): Promise<Response> {
    if (request.method === 'POST') return this.begin(request);
    this.log ??= await StreamLog.load(this.ctx.storage, Date.now);
    const { searchParams } = new URL(request.url);
    const requestId = searchParams.get('id') ?? '';
    if (!this.log || this.log.head.requestId !== requestId || this.log.tooLong)
      return errorAnswer(
        fail(
          'not_found',
          'No stream of this generation is kept: send `x-resumable: true` with the request, and come back within ten minutes.',
        ).error,
        requestId,
      );
    return this.listen(this.log, Number(searchParams.get('after')));
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.log = undefined;
  }

  private async begin(request: Request): Promise<Response> {
    const endpoint = endpointOf(request.headers.get(ENDPOINT_HEADER) ?? '')!;
    const nonce = request.headers.get(NONCE_HEADER)!;
    await firstCatalogue(this.env);
    const gateway = gatewayDeps(this.env, this.ctx);
    const response = await serveCall(gateway, request, endpoint, nonce, () => NEVER);
    const type = response.headers.get('content-type') ?? '';
    const requestId = response.headers.get('x-request-id');
    if (!response.body || requestId === null || !type.startsWith('text/event-stream')) return response;
    const headers = { ...Object.fromEntries(response.headers), 'x-resumable': 'true' };
    const interrupted = endpoint.dialect.renderLoneError(fail('upstream_failed', INTERRUPTED).error, requestId);
    const log = new StreamLog(this.ctx.storage, { requestId, headers, interrupted }, Date.now);
    this.log = log;
    this.ctx.waitUntil(this.record(log, response.body));
    return this.listen(log, 0);
  }

  /** Takes the stream to its end, whoever listens. */
  private async record(log: StreamLog, body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let carry = '';
    try {
      for await (const chunk of body) {
        carry += decoder.decode(chunk, { stream: true });
        // A comment is whole by its line alone, and an event may follow on the next.
        const comments = COMMENTS.exec(carry)?.[0] ?? '';
        carry = carry.slice(comments.length);
        const end = wholeEventsEnd(carry);
        const idle = comments + log.add(carry.slice(0, end));
        carry = carry.slice(end);
        if (idle !== '') for (const listener of this.listeners) listener.write(idle);
        await log.checkpoint();
      }
    } finally {
      log.add(carry + decoder.decode());
      await log.finish();
      await this.ctx.storage.setAlarm(Date.now() + KEPT_MS);
    }
  }

  private listen(log: StreamLog, after: number): Response {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const listener: Listener = { write: (text) => void writer.write(encoder.encode(text)).catch(() => {}) };
    this.listeners.add(listener);
    const passing = (async () => {
      try {
        for await (const events of log.after(Number.isSafeInteger(after) ? after : 0)) await writer.write(encoder.encode(events));
        await writer.close();
      } catch {
        // The client is gone again; the stream is not.
      } finally {
        this.listeners.delete(listener);
      }
    })();
    this.ctx.waitUntil(passing);
    return new Response(readable, { headers: log.head.headers });
  }
}
