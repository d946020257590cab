/**
 * Reads a stream of events in batches. The cost of a stream lies in entering JavaScript, hardly in its bytes, so a fast
 * stream is not read chunk by chunk. Its body is split in two: one half is drained natively, which keeps the bytes
 * coming, while they pile up in the other half and are read from there a few times a second. A chunk that comes after a
 * pause is still passed on at once. See docs/decisions/0002-stream-pump.md.
 */
import { EventCutter } from '../core/sse';

/** The drained half is read in blocks of this size; only the end of each block enters JavaScript. */
const DRAIN_BYTES = 32_768;
const READ_BYTES = 16_384;
/** How far the drained half may run ahead of the other, which has to buffer everything that it has not read yet. */
const MAX_AHEAD_BYTES = 1_048_576;
const MAX_EVENT_CHARS = 16_777_216;
/** The pause between two batches of a fast stream: short at first, then longer, since nobody reads that fast. */
const FIRST_WINDOW_MS = 20;
const WINDOW_GROWTH = 1.4;
/**
 * Where the growth ends. The faster a stream, the less can anybody follow it: 20 kB a second, 70 events of one format and
 * 150 of another, may wait for a tenth of a second.
 */
const WINDOW_MS_A_BYTE_A_MS = 5;
const LAST_WINDOW_MS = { least: 64, most: 150 };

export class EventReader {
  private reader: ReadableStreamBYOBReader;
  private isSplit = false;
  private readonly decoder = new TextDecoder();
  private space = new ArrayBuffer(READ_BYTES);
  private readonly cutter = new EventCutter();
  private ended = false;
  private drained = false;
  private drainedBytes = 0;
  private readBytes = 0;
  /** The last read filled its buffer: more is waiting than one batch takes, and should not wait for another pause. */
  private behind = false;
  private windowMs = FIRST_WINDOW_MS;
  private lastWindowMs = LAST_WINDOW_MS.least;
  private readAtMs = 0;
  private wake: (() => void) | undefined;
  private resumeDrain: (() => void) | undefined;
  /** Whether chunks may be held back and passed on together; until then each is passed on as it comes. */
  batching = false;

  /** @param understood Changes events as they come. */
  constructor(
    private readonly body: ReadableStream<Uint8Array>,
    private readonly understood = (events: string): string => events,
  ) {
    this.reader = body.getReader({ mode: 'byob' });
  }

  /**
   * Splitting delays the bytes a little, which a client that waits for its first words would notice, so it happens only
   * once batches are allowed.
   */
  private split(): void {
    this.isSplit = true;
    this.reader.releaseLock();
    const [fast, slow] = this.body.tee();
    this.reader = slow.getReader({ mode: 'byob' });
    void this.drain(fast);
  }

  /** Whether it was given up for an event that is longer than can be passed on. */
  get isTooLong(): boolean {
    return this.cutter.rest.length > MAX_EVENT_CHARS;
  }

  /** The next whole events, or the comments between them; undefined at the stream's end. */
  async read(): Promise<string | undefined> {
    try {
      while (!this.ended) {
        if (this.batching && !this.isSplit) this.split();
        if (this.batching && !this.behind) await this.holdTogether();
        const { done, value } = await this.reader.read(new Uint8Array(this.space));
        this.readAtMs = Date.now();
        if (done) {
          this.cutter.rest += this.decoder.decode();
          this.ended = true;
          return undefined;
        }
        this.space = value.buffer as ArrayBuffer;
        this.readBytes += value.byteLength;
        this.behind = value.byteLength === READ_BYTES;
        const followedMs = (WINDOW_MS_A_BYTE_A_MS * value.byteLength) / this.windowMs;
        this.lastWindowMs = Math.max(LAST_WINDOW_MS.least, Math.min(LAST_WINDOW_MS.most, followedMs));
        this.resumeDrain?.();
        const events = this.cutter.push(this.decoder.decode(value, { stream: true })) || this.cutter.takeComments();
        if (events !== '') return this.understood(events);
        if (this.isTooLong) throw new Error('an event of the stream is too long');
      }
      return undefined;
    } catch (error) {
      letFramesGo(error);
      throw error;
    }
  }

  /** What is left at the stream's end: an event without its blank line, which may be whole or torn. */
  takeRest(): string {
    const { rest } = this.cutter;
    this.cutter.setRest('');
    return this.understood(rest);
  }

  private async holdTogether(): Promise<void> {
    if (this.drained) return;
    const restMs = this.windowMs - (Date.now() - this.readAtMs);
    if (restMs <= 0) {
      this.windowMs = FIRST_WINDOW_MS;
      return;
    }
    this.windowMs = Math.min(this.windowMs * WINDOW_GROWTH, this.lastWindowMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  /** The identity stream lets `readAtLeast` wait for many small chunks natively rather than in JavaScript. */
  private async drain(fast: ReadableStream<Uint8Array>): Promise<void> {
    const { readable, writable } = new IdentityTransformStream();
    const piped = fast.pipeTo(writable);
    // Attached at once: the pipe may fail before the read does, and workerd would report an unhandled rejection.
    piped.catch(letFramesGo);
    const reader = readable.getReader({ mode: 'byob' });
    try {
      for (let space = new ArrayBuffer(DRAIN_BYTES); ; ) {
        const { done, value } = await reader.readAtLeast(DRAIN_BYTES, new Uint8Array(space));
        if (done || value.byteLength < DRAIN_BYTES) break;
        space = value.buffer as ArrayBuffer;
        this.drainedBytes += value.byteLength;
        while (this.drainedBytes - this.readBytes > MAX_AHEAD_BYTES)
          await new Promise<void>((resolve) => {
            this.resumeDrain = resolve;
          });
      }
      await piped;
    } catch (error) {
      // The other half meets the same failure and handles it.
      letFramesGo(error);
    } finally {
      this.drained = true;
      this.wake?.();
    }
  }
}

/**
 * Prevents a leak. A broken stream keeps its error, and V8 keeps with an error, until its `stack` is read for the first
 * time, the objects whose methods are on that stack: here this reader, which keeps the stream. workerd holds the error
 * where the garbage collector cannot see the cycle, so each broken stream would stay in memory with its whole call.
 * Reading `stack` breaks the cycle.
 */
function letFramesGo(error: unknown): void {
  void (error as Error | undefined)?.stack;
}
