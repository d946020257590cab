/**
 * A stream that outlives its client's connection. The object makes the call itself, so nothing ends when the client
 * leaves. It keeps what was said, and gives it to whoever comes back within ten minutes at no further charge.
 */
import { DurableObject } from 'cloudflare:workers';
import { fail, type GatewayError } from '../core/errors';
import { HOUR_MS } from '../core/time';
import { within } from '../core/within';
import type { Bindings } from '../env';
import { firstCatalogue, gatewayDeps } from '../http/deps';
import { endpointOf } from '../http/endpoints';
import { errorAnswer } from '../http/render-error';
import { serveCall } from '../http/serve-call';
import { EventFeed } from './event-feed';
import { StreamLog } from './stream-log';

const KEPT_MS = 600_000;
/** If the object dies during the stream, nobody else removes what it kept. */
const ABANDONED_MS = HOUR_MS;
/** How long a stream waits for slow listeners, who must also hear a keepalive in time. */
const PATIENCE_MS = 10_000;
const INTERRUPTED = 'The stream was interrupted on our side; what it had come to is charged.';
const NOT_KEPT = 'This stream is too long to be kept: what follows here was said only to those who listened, and is charged.';
const NEVER = new AbortController().signal;

/** Set by the Worker: the request's endpoint, and the random part of its id. */
export const ENDPOINT_HEADER = 'x-live-endpoint';
export const NONCE_HEADER = 'x-live-nonce';

const encoder = new TextEncoder();

export class LiveStream extends DurableObject<Bindings> {
  private log: StreamLog | undefined;

  /** POST begins the stream; GET with `?after=N` gives the events after the first N and follows the stream. */
  override async fetch(request: Request): Promise<Response> {
    if (request.method === 'POST') return this.begin(request);
    const log = this.log ?? (await StreamLog.load(this.ctx.storage, Date.now));
    this.log ??= log;
    const { searchParams } = new URL(request.url);
    const requestId = searchParams.get('id') ?? '';
    if (log?.head.requestId !== requestId)
      return errorAnswer(
        fail(
          'not_found',
          'No stream of this generation is kept: send `x-resumable: true` with the request, and come back within ten minutes.',
        ).error,
        requestId,
      );
    return this.listen(log, Number(searchParams.get('after')));
  }

  override async alarm(): Promise<void> {
    if (this.log?.over === false) return this.ctx.storage.setAlarm(Date.now() + ABANDONED_MS);
    try {
      await this.ctx.storage.deleteAll();
      this.log = undefined;
    } catch (error) {
      // The runtime gives up on an alarm that fails six times, and nobody else would ever come by.
      console.error('stream not forgotten', String(error));
      await this.ctx.storage.setAlarm(Date.now() + ABANDONED_MS);
    }
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
    const say = (error: GatewayError): string => endpoint.dialect.renderLoneError(error, requestId);
    const interrupted = say(fail('upstream_failed', INTERRUPTED).error);
    const notKept = say(fail('gone', NOT_KEPT).error);
    const log = new StreamLog(this.ctx.storage, { requestId, headers, interrupted, notKept }, Date.now);
    this.log = log;
    this.ctx.waitUntil(this.record(log, response.body));
    return this.listen(log, 0);
  }

  /** Reads the stream to its end, whether or not anyone listens. */
  private async record(log: StreamLog, body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const feed = new EventFeed();
    let isWhole = false;
    try {
      await Promise.all([log.begin(), this.ctx.storage.setAlarm(Date.now() + ABANDONED_MS, { allowUnconfirmed: true })]);
      for await (const chunk of body) {
        const { events, idle } = feed.push(decoder.decode(chunk, { stream: true }));
        log.add(events);
        log.keepalive(idle);
        await log.checkpoint();
        if (log.isAhead) await waitForListeners(log);
      }
      log.add(feed.end());
      isWhole = true;
    } catch (error) {
      console.error('a resumable stream broke off', String(error));
    } finally {
      await log.finish(isWhole).finally(() => this.ctx.storage.setAlarm(Date.now() + KEPT_MS));
    }
  }

  private listen(log: StreamLog, after: number): Response {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const passing = (async () => {
      try {
        for await (const text of log.after(Number.isSafeInteger(after) ? after : 0)) await writer.write(encoder.encode(text));
        await writer.close();
      } catch {
        // The client left again; the stream goes on.
      }
    })();
    this.ctx.waitUntil(passing);
    return new Response(readable, { headers: log.head.headers });
  }
}

/** A stream that is no longer kept goes only as fast as its listeners, like any other stream. */
async function waitForListeners(log: StreamLog): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  while (log.isAhead) {
    const taken = log.taken().then(() => true);
    if (!(await within(taken, untilMs - Date.now()))) return log.leaveBehind();
  }
}
