/**
 * What a resumable stream has said: whole events in order, in memory while the object lives, and in a few checkpoints
 * on disk. Written rows are what storage costs, so checkpoints come at growing intervals: a stream of fifteen minutes
 * leaves eight.
 *
 * A stream may say more than is kept. What goes beyond is passed to those who listen or come back soon; whoever asks
 * for it later hears what is kept, and that the rest is not.
 */
import { splitEvents } from '../core/sse';

/** The interval between checkpoints, which doubles each time. */
const FIRST_CHECKPOINT_MS = 10_000;
/** A row holds 2 MB at most, and a character may take three bytes. */
const MAX_ROW_CHARS = 600_000;
/** How much of a stream is kept. A character takes two of the object's 128 MB, and more while it is read or written. */
const MAX_KEPT_CHARS = 16_777_216;
/** How much beyond that is buffered for slow listeners. */
const MAX_PASSING_CHARS = 4_194_304;
/** How much a listener takes at once; whole events may make it more. */
const BATCH_CHARS = 65_536;

export type LogStorage = Pick<DurableObjectStorage, 'get' | 'put'>;

export interface LogHead {
  requestId: string;
  headers: Record<string, string>;
  /** Sent at the end if the object dies during the stream. */
  interrupted: string;
  /** Sent in place of events that are not kept. */
  notKept: string;
}

interface TextRow {
  text: string;
  /** Its last event continues in the next row. */
  torn: boolean;
  /** The stream ended here. */
  over: boolean;
  /** How many events there were beyond the kept ones. */
  passed: number;
}

interface Listener {
  /** The number of the listener's next event. */
  at: number;
  /** A keepalive for the listener. */
  idle: string;
}

const HEAD = 'head';
const textKey = (index: number): string => `text:${String(index).padStart(4, '0')}`;

export class StreamLog {
  /** The kept events, from the first on. */
  private readonly events: string[] = [];
  private chars = 0;
  /** The latest events beyond those. */
  private readonly passing: string[] = [];
  private passingChars = 0;
  /** How many events between the two are gone. */
  private gone = 0;
  private writtenEvents = 0;
  private rows = 0;
  private nextCheckpointMs: number;
  private intervalMs = FIRST_CHECKPOINT_MS;
  over = false;
  /** The stream did not reach its end. */
  private broken = false;
  private readonly listeners = new Set<Listener>();
  private readonly waiting = new Set<() => void>();
  private readonly waitingForListeners = new Set<() => void>();

  constructor(
    private readonly storage: LogStorage,
    readonly head: LogHead,
    private readonly now: () => number,
  ) {
    this.nextCheckpointMs = now() + FIRST_CHECKPOINT_MS;
  }

  /** The log that an earlier life of the object stored; undefined without one. */
  static async load(storage: LogStorage, now: () => number): Promise<StreamLog | undefined> {
    const head = await storage.get<LogHead>(HEAD);
    if (!head) return undefined;
    const log = new StreamLog(storage, head, now);
    let text = '';
    let last: TextRow | undefined;
    // Row by row, since all rows at once would be in memory twice.
    for (let index = 0; ; index++) {
      const row = await storage.get<TextRow>(textKey(index));
      if (!row) break;
      last = row;
      text += row.text;
      if (row.torn) continue;
      for (const event of splitEvents(text)) log.events.push(event);
      text = '';
    }
    log.gone = last?.passed ?? 0;
    log.over = true;
    log.broken = last?.over !== true;
    return log;
  }

  /** From here on whoever comes back is told what became of the stream. Its first words do not wait for that. */
  async begin(): Promise<void> {
    await this.storage.put(HEAD, this.head, { allowUnconfirmed: true });
  }

  add(events: readonly string[]): void {
    if (events.length === 0) return;
    for (const event of events) {
      if (this.chars + event.length <= MAX_KEPT_CHARS && !this.keepsNoMore) {
        this.events.push(event);
        this.chars += event.length;
      } else {
        this.passing.push(event);
        this.passingChars += event.length;
      }
    }
    for (const listener of this.listeners) listener.idle = '';
    this.trim();
    this.wake();
  }

  /** For listeners who have heard everything so far. */
  keepalive(text: string): void {
    if (text === '') return;
    for (const listener of this.listeners) listener.idle = text;
    this.wake();
  }

  /** @param isWhole Whether it said everything. */
  async finish(isWhole: boolean): Promise<void> {
    this.over = true;
    this.broken = !isWhole;
    this.wake();
    await this.write();
  }

  /** Stores what is new if it is time to. */
  async checkpoint(): Promise<void> {
    if (this.now() < this.nextCheckpointMs) return;
    this.intervalMs *= 2;
    this.nextCheckpointMs = this.now() + this.intervalMs;
    await this.write();
  }

  private async write(): Promise<void> {
    const fresh = this.events.slice(this.writtenEvents);
    this.writtenEvents = this.events.length;
    let last: RowText | undefined;
    for (const next of rowTexts(fresh)) {
      if (last) await this.put(last, false);
      last = next;
    }
    const ends = this.over && !this.broken;
    if (last || ends) await this.put(last ?? { text: '', torn: false }, ends);
  }

  private async put(row: RowText, over: boolean): Promise<void> {
    await this.storage.put<TextRow>(textKey(this.rows++), { ...row, over, passed: this.gone + this.passing.length });
  }

  /** A listener is so far behind that the stream must wait. */
  get isAhead(): boolean {
    return this.passingChars > MAX_PASSING_CHARS;
  }

  /** Resolves when a listener has taken something or left. */
  taken(): Promise<void> {
    return new Promise((resolve) => this.waitingForListeners.add(resolve));
  }

  /** Stops waiting for slow listeners. */
  leaveBehind(): void {
    this.letGo(Number.POSITIVE_INFINITY);
  }

  /** All events after the first `count`, in order, until the stream is over. */
  async *after(count: number): AsyncGenerator<string> {
    const listener: Listener = { at: Math.max(0, count), idle: '' };
    this.listeners.add(listener);
    try {
      for (;;) {
        const text = this.take(listener);
        if (text === undefined) {
          yield this.head.notKept;
          return;
        }
        if (text !== '') yield text;
        else if (this.over) {
          if (this.broken) yield this.head.interrupted;
          return;
        } else if (listener.idle !== '') {
          const { idle } = listener;
          listener.idle = '';
          yield idle;
        } else await new Promise<void>((resolve) => this.waiting.add(resolve));
      }
    } finally {
      this.listeners.delete(listener);
      this.trim();
      this.wakeStream();
    }
  }

  /** What comes next for a listener: '' where it has heard everything, undefined where that is gone. */
  private take(listener: Listener): string | undefined {
    const isKept = listener.at < this.events.length;
    const from = isKept ? 0 : this.passingFrom;
    if (listener.at < from) return undefined;
    const events = isKept ? this.events : this.passing;
    let text = '';
    for (let index = listener.at - from; index < events.length && text.length < BATCH_CHARS; index++, listener.at++) text += events[index]!;
    this.trim();
    this.wakeStream();
    return text;
  }

  private get keepsNoMore(): boolean {
    return this.gone > 0 || this.passing.length > 0;
  }

  private get passingFrom(): number {
    return this.events.length + this.gone;
  }

  /** The positions of listeners who can still hear everything. */
  private following(): number[] {
    const from = this.passingFrom;
    return [...this.listeners].map(({ at }) => (this.gone === 0 ? Math.max(at, from) : at)).filter((at) => at >= from);
  }

  /** Drops what is too much, as far as all those listeners have heard it. */
  private trim(): void {
    if (this.isAhead) this.letGo(Math.min(...this.following()));
  }

  private letGo(upTo: number): void {
    while (this.isAhead && this.passingFrom < upTo) {
      this.passingChars -= this.passing.shift()!.length;
      this.gone++;
    }
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private wakeStream(): void {
    for (const resolve of this.waitingForListeners) resolve();
    this.waitingForListeners.clear();
  }
}

type RowText = Pick<TextRow, 'text' | 'torn'>;

/** Packs events into the texts of rows: several events in a row, or a long one in several rows. */
function* rowTexts(events: readonly string[]): Generator<RowText> {
  let text = '';
  for (const event of events) {
    if (text !== '' && text.length + event.length > MAX_ROW_CHARS) {
      yield { text, torn: false };
      text = '';
    }
    let from = 0;
    for (; event.length - from > MAX_ROW_CHARS; from += MAX_ROW_CHARS) yield { text: event.slice(from, from + MAX_ROW_CHARS), torn: true };
    text += event.slice(from);
  }
  if (text !== '') yield { text, torn: false };
}
