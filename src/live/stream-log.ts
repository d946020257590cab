/**
 * What a resumable stream has said: whole events in order, the latest in memory, the others on disk, since an isolate's
 * memory is shared by all streams in it. Written rows are what storage costs, so checkpoints come at growing intervals, or
 * when they fill a row: a stream of fifteen minutes leaves eight.
 *
 * A stream may say more than is kept. What goes beyond is passed to those who listen or come back soon; whoever asks
 * for it later hears what is kept, and that the rest is not.
 */
import { splitEvents } from '../core/sse';

/** The interval between checkpoints, which doubles each time. */
const FIRST_CHECKPOINT_MS = 10_000;
/** A row holds 2 MB at most, and a character may take three bytes. */
const MAX_ROW_CHARS = 600_000;
/** How much of a stream is kept. */
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

/** Whole events in a row, or, with a long one, in several. */
interface Block {
  texts: string[];
  events: number;
}

/** One on disk. */
interface StoredBlock {
  /** The numbers of its first event, and of the one after its last. */
  from: number;
  to: number;
  firstRow: number;
  rows: number;
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
  private readonly stored: StoredBlock[] = [];
  /** Kept events that are not stored yet. */
  private readonly events: string[] = [];
  private freshChars = 0;
  /** Of all kept events. */
  private chars = 0;
  /** The latest events beyond those. */
  private readonly passing: string[] = [];
  private passingChars = 0;
  /** How many events between the two are gone. */
  private gone = 0;
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
    let rows = 0;
    let last: TextRow | undefined;
    for (;;) {
      const row = await storage.get<TextRow>(textKey(log.rows + rows));
      if (!row) break;
      last = row;
      text += row.text;
      rows++;
      if (row.torn) continue;
      log.noteStored(rows, splitEvents(text).length);
      text = '';
      rows = 0;
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
        this.freshChars += event.length;
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
    await this.write([...blocksOf(this.events)]);
  }

  /** Stores what is new if it is time to, and else what fills rows. */
  async checkpoint(): Promise<void> {
    const isTime = this.now() >= this.nextCheckpointMs;
    if (!isTime && this.freshChars <= MAX_ROW_CHARS) return;
    const blocks = [...blocksOf(this.events)];
    if (isTime) {
      this.intervalMs *= 2;
      this.nextCheckpointMs = this.now() + this.intervalMs;
    } else if (blocks.at(-1)?.texts.length === 1) blocks.pop();
    await this.write(blocks);
  }

  private async write(blocks: readonly Block[]): Promise<void> {
    const ends = this.over && !this.broken;
    const all = ends && blocks.length === 0 ? [{ texts: [''], events: 0 }] : blocks;
    for (const [index, block] of all.entries()) await this.put(block, ends && index === all.length - 1);
  }

  /** A block that cannot be written stays in memory. */
  private async put({ texts, events }: Block, over: boolean): Promise<void> {
    const passed = this.gone + this.passing.length;
    for (const [index, text] of texts.entries()) {
      const torn = index < texts.length - 1;
      await this.storage.put<TextRow>(textKey(this.rows + index), { text, torn, over: over && !torn, passed });
    }
    for (const event of this.events.splice(0, events)) this.freshChars -= event.length;
    this.noteStored(texts.length, events);
  }

  private noteStored(rows: number, events: number): void {
    this.stored.push({ from: this.storedEvents, to: this.storedEvents + events, firstRow: this.rows, rows });
  }

  private get rows(): number {
    const last = this.stored.at(-1);
    return last ? last.firstRow + last.rows : 0;
  }

  private get storedEvents(): number {
    return this.stored.at(-1)?.to ?? 0;
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
        const text = listener.at < this.storedEvents ? await this.read(listener) : this.take(listener);
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

  /** The rest of a stored block; undefined where that is gone. */
  private async read(listener: Listener): Promise<string | undefined> {
    const block = this.stored.find(({ to }) => listener.at < to)!;
    let text = '';
    for (let index = 0; index < block.rows; index++) {
      const row = await this.storage.get<TextRow>(textKey(block.firstRow + index));
      if (!row) return undefined;
      text += row.text;
    }
    const rest = splitEvents(text).slice(listener.at - block.from);
    listener.at = block.to;
    return rest.join('');
  }

  /** What comes next for a listener: '' where it has heard everything, undefined where that is gone. */
  private take(listener: Listener): string | undefined {
    const isKept = listener.at < this.keptEvents;
    const from = isKept ? this.storedEvents : this.passingFrom;
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
    return this.keptEvents + this.gone;
  }

  private get keptEvents(): number {
    return this.storedEvents + this.events.length;
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

function* blocksOf(events: readonly string[]): Generator<Block> {
  let before: string[] = [];
  let text = '';
  let count = 0;
  for (const event of events) {
    if (count > 0 && text.length + event.length > MAX_ROW_CHARS) {
      yield { texts: [...before, text], events: count };
      [before, text, count] = [[], '', 0];
    }
    let from = 0;
    for (; event.length - from > MAX_ROW_CHARS; from += MAX_ROW_CHARS) before.push(event.slice(from, from + MAX_ROW_CHARS));
    text += event.slice(from);
    count++;
  }
  if (count > 0) yield { texts: [...before, text], events: count };
}
