import { splitEvents } from '../core/sse';

/** A client that takes no bytes for this long counts as gone, so that its hold does not wait for it any longer. */
const STUCK_MS = 60_000;
/** Writes closer together than this reach the client as one. */
const APART_MS = 50;

/**
 * For JSON that white space keeps alive. `no-transform`: a compressor on the way would hold the white space back.
 * https://developers.cloudflare.com/speed/optimization/content/compression/
 */
export const HELD_JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store, no-transform' };

const encoder = new TextEncoder();

/** The client's end of an answer: writes whole events in order, and notices when nobody listens any more. */
export class ClientStream {
  readonly body: ReadableStream<Uint8Array>;
  gone = false;
  /** For `silentMs`. */
  private lastWriteMs: number;
  private blockedSinceMs: number | undefined;
  private tail: Promise<void> = Promise.resolve();
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(
    private readonly now: () => number,
    private readonly onGone: () => void,
  ) {
    const { readable, writable } = new IdentityTransformStream();
    this.body = readable;
    this.writer = writable.getWriter();
    this.lastWriteMs = now();
    this.writer.closed.catch(() => this.leave());
  }

  silentMs(): number {
    return this.now() - this.lastWriteMs;
  }

  isStuck(): boolean {
    return this.blockedSinceMs !== undefined && this.now() - this.blockedSinceMs > STUCK_MS;
  }

  leave(): void {
    if (this.gone) return;
    this.gone = true;
    // This also ends a write that is stuck, and whoever waits for it.
    this.writer.abort().catch(() => {});
    this.onGone();
  }

  /** Resolves when the client's connection has taken the text, or the client is gone. */
  write(text: string): Promise<void> {
    this.tail = this.tail.then(() => this.send(text));
    return this.tail;
  }

  /** Each event in a write of its own: some clients look for an error only at the beginning of a chunk. */
  async writeApart(events: string): Promise<void> {
    const [first = '', ...others] = splitEvents(events);
    await this.write(first);
    for (const event of others) {
      await new Promise((resolve) => setTimeout(resolve, APART_MS));
      await this.write(event);
    }
  }

  /** Dropped while a write is under way, which keeps the connection alive as well as a ping does. */
  ping(text: string): void {
    if (this.blockedSinceMs === undefined) void this.write(text);
  }

  private async send(text: string): Promise<void> {
    if (this.gone || text === '') return;
    this.blockedSinceMs = this.now();
    this.lastWriteMs = this.blockedSinceMs;
    try {
      await this.writer.write(encoder.encode(text));
    } catch {
      this.leave();
    }
    this.lastWriteMs = this.now();
    this.blockedSinceMs = undefined;
  }

  async close(): Promise<void> {
    await this.tail;
    if (this.gone) return;
    try {
      await this.writer.close();
    } catch {
      this.leave();
    }
  }
}
