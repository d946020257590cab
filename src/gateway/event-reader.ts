/**
 * Reads a stream of events in batches. Entering JavaScript is what costs, far more than the bytes, so a fast
 * stream is not read chunk by chunk: the body is split in two; one half is drained natively, which keeps the
 * bytes coming, while they pile up in the other half and are taken from there a few times a second. A chunk that
 * comes after a pause is still passed on at once. See docs/decisions/0002-stream-pump.md.
 */
import { wholeEventsEnd } from '../core/sse';

/** The drained half is read in blocks of this size, all natively but for one step a block. */
const DRAIN_BYTES = 32_768;
const READ_BYTES = 65_536;
/** How far the drained half may run ahead of the other, which has to keep what it has not read yet. */
const MAX_AHEAD_BYTES = 1_048_576;
const MAX_EVENT_CHARS = 16_777_216;
/** Between two batches of a fast stream: short at first, then longer, for the eye reads slower than this. */
const FIRST_WINDOW_MS = 20;
const LAST_WINDOW_MS = 50;

export class EventReader {
  private readonly reader: ReadableStreamBYOBReader;
  private readonly decoder = new TextDecoder();
  private space = new ArrayBuffer(READ_BYTES);
  private carry = '';
  private drained = false;
  private drainedBytes = 0;
  private readBytes = 0;
  private windowMs = FIRST_WINDOW_MS;
  private readAtMs = 0;
  private wake: (() => void) | undefined;
  private resumeDrain: (() => void) | undefined;
  /** Set once chunks may be held together; until then each is passed on as it comes. */
  batching = false;

  constructor(body: ReadableStream<Uint8Array>) {
    const [fast, slow] = body.tee();
    this.reader = slow.getReader({ mode: 'byob' });
    void this.drain(fast);
  }

  /** The next whole events; undefined at the end. What then is left of an event that never ended comes before. */
  async read(): Promise<string | undefined> {
    for (;;) {
      if (this.batching) await this.holdTogether();
      const { done, value } = await this.reader.read(new Uint8Array(this.space));
      this.readAtMs = Date.now();
      if (done) {
        const rest = this.carry + this.decoder.decode();
        this.carry = '';
        return rest.trim() === '' ? undefined : `${rest}\n\n`;
      }
      this.space = value.buffer as ArrayBuffer;
      this.readBytes += value.byteLength;
      this.resumeDrain?.();
      const text = this.carry + this.decoder.decode(value, { stream: true });
      const end = wholeEventsEnd(text);
      this.carry = text.slice(end);
      if (this.carry.length > MAX_EVENT_CHARS) throw new Error('an event of the stream is too long');
      if (end > 0) return text.slice(0, end);
    }
  }

  private async holdTogether(): Promise<void> {
    if (this.drained) return;
    const restMs = this.windowMs - (Date.now() - this.readAtMs);
    if (restMs <= 0) {
      this.windowMs = FIRST_WINDOW_MS;
      return;
    }
    this.windowMs = Math.min(this.windowMs + 1, LAST_WINDOW_MS);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  /** Through an identity stream, so that small chunks are waited for natively rather than in JavaScript. */
  private async drain(fast: ReadableStream<Uint8Array>): Promise<void> {
    const { readable, writable } = new IdentityTransformStream();
    const piped = fast.pipeTo(writable);
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
    } catch {
      // The other half meets the same failure, where it is dealt with.
      piped.catch(() => {});
    } finally {
      this.drained = true;
      this.wake?.();
    }
  }
}
