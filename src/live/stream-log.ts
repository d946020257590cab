/**
 * What a resumable stream has said: whole events in order, in memory for as long as the object lives, and in a few
 * checkpoints on disk. Rows written are what storage costs, so checkpoints come at growing intervals: a stream of a
 * quarter of an hour leaves eight.
 */
import { splitEvents } from '../core/sse';

/** Between checkpoints: twice as long each time. */
const FIRST_CHECKPOINT_MS = 10_000;
/** A row holds 2 MB at most; characters may take three bytes. */
const MAX_ROW_CHARS = 600_000;
/** A stream that says more than this cannot be resumed. */
const MAX_CHARS = 16_777_216;

export type LogStorage = Pick<DurableObjectStorage, 'get' | 'put' | 'list'>;

export interface LogHead {
  requestId: string;
  headers: Record<string, string>;
  /** What to say at the end should the object die with the stream under way. */
  interrupted: string;
}

interface TextRow {
  text: string;
  /** The stream ended here. */
  over: boolean;
}

const HEAD = 'head';
const textKey = (index: number): string => `text:${String(index).padStart(4, '0')}`;

/** Does an event say nothing of the answer? Keepalives come and go with the connection. */
const isIdle = (event: string): boolean =>
  /^(?:event: (?:ping|keepalive)\b|data: \{"candidates":\[\]\})/.test(event) || event.trim() === '';

export class StreamLog {
  /** One entry an event. */
  private readonly events: string[] = [];
  private chars = 0;
  private writtenEvents = 0;
  private rows = 0;
  private nextCheckpointMs: number;
  private intervalMs = FIRST_CHECKPOINT_MS;
  over = false;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly storage: LogStorage,
    readonly head: LogHead,
    private readonly now: () => number,
  ) {
    this.nextCheckpointMs = now() + FIRST_CHECKPOINT_MS;
  }

  /** The log that an earlier life of the object left; undefined where there is none. */
  static async load(storage: LogStorage, now: () => number): Promise<StreamLog | undefined> {
    const head = await storage.get<LogHead>(HEAD);
    if (!head) return undefined;
    const log = new StreamLog(storage, head, now);
    const rows = [...(await storage.list<TextRow>({ prefix: 'text:' })).values()];
    for (const { text } of rows) log.events.push(...splitEvents(text));
    if (!rows.at(-1)?.over) log.events.push(...splitEvents(head.interrupted));
    log.over = true;
    return log;
  }

  get tooLong(): boolean {
    return this.chars > MAX_CHARS;
  }

  /** Adds whole events; gives those that are no part of the answer, for whoever listens right now. */
  add(text: string): string {
    let idle = '';
    for (const event of splitEvents(text)) {
      if (isIdle(event)) {
        idle += event;
        continue;
      }
      this.chars += event.length;
      if (!this.tooLong) this.events.push(event);
    }
    this.wake();
    return idle;
  }

  async finish(): Promise<void> {
    this.over = true;
    this.wake();
    await this.write();
  }

  /** Writes what is new, when it is time to. */
  async checkpoint(): Promise<void> {
    if (this.now() < this.nextCheckpointMs) return;
    this.intervalMs *= 2;
    this.nextCheckpointMs = this.now() + this.intervalMs;
    await this.write();
  }

  private async write(): Promise<void> {
    if (this.rows === 0) await this.storage.put(HEAD, this.head);
    const text = this.events.slice(this.writtenEvents).join('');
    this.writtenEvents = this.events.length;
    for (let at = 0; at === 0 || at < text.length; at += MAX_ROW_CHARS) {
      const end = at + MAX_ROW_CHARS;
      const row: TextRow = { text: text.slice(at, end), over: this.over && end >= text.length };
      await this.storage.put(textKey(this.rows++), row);
    }
  }

  /** All events after so many, in the order that they came, until the stream is over. */
  async *after(count: number): AsyncGenerator<string> {
    for (let at = Math.max(0, count); ; ) {
      if (at < this.events.length) {
        const events = this.events.slice(at);
        at += events.length;
        yield events.join('');
      } else if (this.over) return;
      else await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
