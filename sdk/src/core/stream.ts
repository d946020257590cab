import type { Call } from './call.js';
import { type APIError, errorInside, errorOf, HyperealError, StreamCutError } from './errors.js';
import { isRecord, type JsonRecord, parseJson, present } from './record.js';
import { EventDecoder, type ServerSentEvent } from './sse.js';

/** How a stream ended: the last event of every `stream()`. */
export interface StreamEnd<Usage> {
  type: 'end';
  /** What the answer took, in the format's own words. */
  usage: Usage | undefined;
  /** The cost of the answer; 100 credits are one dollar. */
  creditsUsed: number | undefined;
  /** The id with which `generations.get` shows the receipt. */
  requestId: string | undefined;
}

/** What a stream's reader reports of an event. */
export interface Reading<Event> {
  events: readonly Event[];
  /** The format's end marker has come. */
  ended?: boolean;
  /** A usage object, or a part of one. */
  usage?: unknown;
}

/** Reads the events of one format. */
export type StreamReader<Event> = (json: JsonRecord, event: ServerSentEvent) => Reading<Event>;

const DONE = '[DONE]';
const ONCE = 'A stream can be read only once.';
/** How long the connection may take to end properly, so that it can be reused. */
const DRAIN_MS = 1_000;

/** A safe cast: the reader knows its format's usage. */
const asUsage = <Usage>(usage: JsonRecord | undefined): Usage | undefined => usage as Usage | undefined;

/**
 * An answer as it is made: an async iterable of its events. It throws when the gateway reports an error and when the
 * stream breaks off, so a loop that ends without throwing has seen the whole answer.
 */
export class Stream<Event, Usage = unknown> implements AsyncIterable<Event> {
  private readonly response: Promise<Response>;
  private readonly decoder = new EventDecoder();
  private usages: JsonRecord | undefined;
  private id: string | undefined;
  private ended = false;
  private taken = false;
  private settle: (failure?: unknown) => void = () => undefined;
  private readonly over = new Promise<void>((done, fail) => {
    this.settle = (failure) => (failure === undefined ? done() : fail(failure));
  });

  constructor(
    private readonly call: Call,
    private readonly reader: StreamReader<Event>,
    private readonly makeEnd?: (end: StreamEnd<Usage>) => Event,
    response: Promise<Response> = call.send(),
    /** Formats without an end marker are complete after at least one event. */
    private readonly endsByItself = false,
  ) {
    this.response = response;
    // Nobody may ever iterate, so a rejection must not be unhandled; whoever iterates gets it thrown.
    this.response.catch(() => undefined);
    this.over.catch(() => undefined);
  }

  /** Usage in the format's own terms, once the stream has ended. */
  get usage(): Usage | undefined {
    return asUsage<Usage>(this.usages);
  }

  /** The cost of the answer, once the stream has ended. */
  get creditsUsed(): number | undefined {
    const credits = this.usages?.creditsUsed;
    return typeof credits === 'number' ? credits : undefined;
  }

  /** Known as soon as the stream has begun. */
  get requestId(): string | undefined {
    return this.id;
  }

  /** The answer as a `Response` with its body unread. */
  async asResponse(): Promise<Response> {
    const response = await this.response;
    this.taken = true;
    this.settle(new HyperealError(ONCE));
    this.call.scope.pause();
    return response;
  }

  /** Stops the stream: the loop over it throws an `AbortError`. Leaving the loop also stops it. */
  abort(): void {
    this.call.scope.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    if (this.taken) throw new HyperealError(ONCE);
    this.taken = true;
    let failure: unknown = new HyperealError('The loop over the stream was left before its end.');
    try {
      yield* this.events();
      failure = undefined;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.settle(failure);
    }
  }

  /** Reads what nobody reads, or waits for the one who does. */
  protected async readToEnd(): Promise<void> {
    if (!this.taken) for await (const _ of this);
    await this.over;
  }

  private async *events(): AsyncGenerator<Event, void, undefined> {
    const { scope } = this.call;
    const response = await this.response;
    this.id = response.headers.get('x-request-id') ?? undefined;
    if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) throw await notAStream(response);
    const body = response.body.getReader();
    try {
      yield* this.read(body);
      if (this.makeEnd) yield this.makeEnd({ type: 'end', usage: this.usage, creditsUsed: this.creditsUsed, requestId: this.id });
    } finally {
      if (this.ended) void drain(body);
      else body.cancel().catch(() => undefined);
      scope.close();
      if (!this.ended) scope.abort();
    }
  }

  private async *read(body: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Event, void, undefined> {
    let some = false;
    while (!this.ended) {
      const bytes = await this.next(body);
      if (!bytes) {
        this.ended = this.endsByItself && some;
        if (!this.ended) throw new StreamCutError('The stream broke off before its end.', this.id);
        return;
      }
      for (const event of this.decoder.push(bytes)) {
        const { events, ended, usage } = this.understand(event);
        if (isRecord(usage)) this.usages = { ...this.usages, ...present(usage) };
        if (events.length > 0) some = true;
        yield* events;
        if (!ended) continue;
        this.ended = true;
        return;
      }
    }
  }

  private async next(body: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
    const { scope } = this.call;
    scope.throwIfOver();
    scope.rewind();
    try {
      const { value, done } = await body.read();
      return done ? undefined : value;
    } catch (error) {
      scope.throwIfOver();
      throw new StreamCutError('The stream broke off before its end.', this.id, { cause: error });
    } finally {
      // The time that the loop's body takes does not count.
      scope.pause();
    }
  }

  private understand(event: ServerSentEvent): Reading<Event> {
    const data = event.data.trim();
    if (data === DONE) return { events: [], ended: true };
    const json = parseJson(data);
    if (!isRecord(json)) return { events: [] };
    const error = streamError(json, event, this.id);
    if (error) throw error;
    return this.reader(json, event);
  }
}

/** The error that an event reports, in any of the formats. */
function streamError(json: JsonRecord, { event }: ServerSentEvent, requestId: string | undefined): APIError | undefined {
  const isError = json.type === 'error' || event === 'error';
  const inside = errorInside(isError ? { ...json, type: 'error' } : json, undefined, requestId);
  return inside ?? (isError ? errorOf({ status: 502, body: json, requestId }) : undefined);
}

async function notAStream(response: Response): Promise<HyperealError> {
  const text = await response.text().catch(() => '');
  return errorInside(parseJson(text), response.headers) ?? new HyperealError(`The answer is not a stream: ${text.slice(0, 200)}`);
}

async function drain(body: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => body.cancel().catch(() => undefined), DRAIN_MS);
  try {
    while (!(await body.read()).done);
  } catch {
    // The stream is complete, although the connection did not end properly.
  }
  clearTimeout(timer);
}
