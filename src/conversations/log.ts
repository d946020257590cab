/**
 * A conversation's items, in order, and at most one call that goes on from them.
 *
 * What a call says is written when it begins, beyond the end of the conversation. It counts once the answer is added,
 * together with it and in one step; of a call that comes to nothing it is written over.
 */
import { isToCome } from '../core/alarm';
import { DAY_MS, HOUR_MS } from '../core/time';
import type {
  AddRequest,
  Changed,
  ConversationView,
  CreateRequest,
  FinishPartRequest,
  FinishRequest,
  Item,
  Page,
  PageRequest,
  Refusal,
  RemoveItemRequest,
  TakeRequest,
  Transcript,
} from './types';

/** After the last change. What a test key has made cost nothing, so it is not kept for long. */
export const KEPT_MS = 31 * DAY_MS;
export const TEST_KEPT_MS = DAY_MS;
/** Storage that fails when it is to be emptied is tried again after this, since nobody else would ever come by. */
const EMPTY_AGAIN_MS = HOUR_MS;
/** All of it is in memory at once, in the object and where it is sent to a model. An answer may exceed it once. */
const MAX_CHARS = 8_388_608;
const MAX_ITEMS = 5_000;
/** A row holds 2 MB at most, and a character may take three bytes. */
const MAX_ROW_CHARS = 600_000;
const MAX_PAGE_CHARS = 4_194_304;
/** In place of an item's parts once it is taken out, so that whoever lists items and takes them out finds the next page. */
const REMOVED = -1;

interface Head extends ConversationView {
  changedAtMs: number;
  version: number;
  /** The sequence that the next item gets: those below it count. */
  end: number;
  items: number;
  chars: number;
  /** The call that is under way, and what it said; with the first items of its answer, where that comes in parts. */
  taken?: { holdId: string; items: number; chars: number; answered?: number };
  isTest?: boolean;
  /** The call whose answer came last. */
  lastAdded?: string;
}

const DDL = [
  'CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), head TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS item (seq INTEGER, part INTEGER, id TEXT, text TEXT NOT NULL, PRIMARY KEY (seq, part)) WITHOUT ROWID',
];

type Storage = Pick<DurableObjectStorage, 'sql' | 'getAlarm' | 'setAlarm' | 'deleteAll'>;

const charsOf = (items: readonly Item[]): number => items.reduce((sum, { text }) => sum + text.length, 0);
const keptMsOf = ({ isTest }: Pick<Head, 'isTest'>): number => (isTest ? TEST_KEPT_MS : KEPT_MS);
const keptUntilMs = (head: Head): number => head.changedAtMs + keptMsOf(head);
const viewOf = ({ createdAtMs, metadata }: Head): ConversationView => ({ createdAtMs, metadata });

export class ConversationLog {
  private readonly sql: SqlStorage;

  constructor(
    private readonly storage: Storage,
    private readonly now: () => number,
  ) {
    this.sql = storage.sql;
  }

  create({ metadata, items, isTest }: CreateRequest): Changed {
    const begun = { createdAtMs: this.now(), changedAtMs: 0, metadata, version: 0, end: 0, items: 0, chars: 0 };
    const head: Head = { ...begun, ...(isTest && { isTest }) };
    const refused = this.refused(head, items, undefined);
    if (refused) return refused;
    for (const statement of DDL) this.sql.exec(statement);
    void this.storage.setAlarm(this.now() + keptMsOf(head));
    return this.append(head, items);
  }

  view(): ConversationView | undefined {
    const head = this.head();
    return head && viewOf(head);
  }

  setMetadata(metadata: Record<string, string>): ConversationView | undefined {
    const head = this.head();
    return head && this.write({ ...head, metadata });
  }

  transcript(): Transcript | undefined {
    const head = this.head();
    if (!head) return undefined;
    const { version, taken, chars } = head;
    if (chars > MAX_CHARS) return { texts: [], version, takenBy: taken?.holdId, isFull: true };
    const texts: string[] = [];
    for (const { part, text } of this.sql.exec('SELECT part, text FROM item WHERE seq < ? AND part >= 0 ORDER BY seq, part', head.end)) {
      if (part === 0) texts.push(String(text));
      else texts.push(texts.pop()! + String(text));
    }
    return { texts, version, takenBy: taken?.holdId };
  }

  add({ items, insteadOf }: AddRequest): Changed {
    const head = this.head();
    return this.refused(head, items, insteadOf) ?? this.append(head!, items);
  }

  /** Gives the conversation to a call. */
  take({ holdId, version, items, insteadOf }: TakeRequest): Changed {
    const head = this.head();
    if (head?.taken?.holdId === holdId) return { view: viewOf(head) };
    const refused = this.refused(head, items, insteadOf);
    if (refused) return refused;
    if (head!.version !== version) return { refused: 'changed' };
    this.insert(head!, items);
    return { view: this.write({ ...head!, taken: { holdId, items: items.length, chars: charsOf(items) } }) };
  }

  /**
   * Adds what the call that has the conversation said and was answered. Doing so again changes nothing. An answer is not
   * refused for its ids: some providers use the same ones in every answer.
   */
  finish({ holdId, items }: FinishRequest): Changed {
    const head = this.head();
    if (!head) return { refused: 'gone' };
    if (head.lastAdded === holdId) return { view: viewOf(head) };
    if (head.taken?.holdId !== holdId) return head.taken ? { refused: 'taken', by: head.taken.holdId } : { refused: 'changed' };
    const { taken, ...free } = head;
    const withInput: Head = { ...free, items: free.items + taken.items, chars: free.chars + taken.chars, end: free.end + taken.items };
    return this.append({ ...withInput, lastAdded: holdId }, this.underOwnIds(withInput, items));
  }

  /** Puts items of its answer behind what a call said, where they do not count before its end. Doing so again changes nothing. */
  finishPart({ holdId, items, after }: FinishPartRequest): Changed {
    const head = this.head();
    if (!head) return { refused: 'gone' };
    const { taken } = head;
    if (taken?.holdId !== holdId) return taken ? { refused: 'taken', by: taken.holdId } : { refused: 'changed' };
    const { answered = 0 } = taken;
    if (answered > after) return { view: viewOf(head) };
    const behind = { end: head.end + taken.items };
    this.insert(behind, this.underOwnIds(behind, items));
    const said = { items: taken.items + items.length, chars: taken.chars + charsOf(items) };
    return { view: this.write({ ...head, taken: { holdId, ...said, answered: after + items.length } }) };
  }

  private underOwnIds(head: Pick<Head, 'end'>, items: readonly Item[]): Item[] {
    const known = this.ids(head);
    return items.map(({ id, text }, index) => {
      const ownId = known.has(id) ? `${id}_${head.end + index}` : id;
      known.add(ownId);
      return { id: ownId, text };
    });
  }

  /** For a call that has it and comes to nothing: what it said is not kept. */
  giveBack(holdId: string): void {
    const head = this.head();
    if (head?.taken?.holdId !== holdId) return;
    const { taken: _taken, ...free } = head;
    this.insert(free, []);
    this.write(free);
  }

  page({ after, limit, order }: PageRequest): Page | Refusal {
    const head = this.head();
    if (!head) return { refused: 'gone' };
    const from = after === undefined ? undefined : this.find(head, after, REMOVED);
    if (after !== undefined && from === undefined) return { refused: 'unknown' };
    const range = order === 'asc' ? 'seq > ? ORDER BY seq' : 'seq < ? ORDER BY seq DESC';
    const edge = from ?? (order === 'asc' ? -1 : head.end);
    const rows = this.sql
      .exec(`SELECT seq, id FROM item WHERE part = 0 AND seq < ? AND ${range} LIMIT ?`, head.end, edge, limit + 1)
      .toArray();
    const items: Item[] = [];
    let chars = 0;
    for (const { seq, id } of rows.slice(0, limit)) {
      const text = this.text(Number(seq));
      chars += text.length;
      if (items.length > 0 && chars > MAX_PAGE_CHARS) break;
      items.push({ id: String(id), text });
    }
    return { items, hasMore: rows.length > items.length };
  }

  item(id: string): Item | undefined {
    const head = this.head();
    const seq = head && this.find(head, id);
    return seq === undefined ? undefined : { id, text: this.text(seq) };
  }

  removeItem({ id, insteadOf }: RemoveItemRequest): Changed {
    const head = this.head();
    const refused = refusedTurn(head, insteadOf);
    if (refused) return refused;
    const seq = this.find(head!, id);
    if (seq === undefined) return { refused: 'unknown' };
    const chars = this.text(seq).length;
    this.sql.exec('DELETE FROM item WHERE seq = ?', seq);
    this.sql.exec("INSERT INTO item (seq, part, id, text) VALUES (?, ?, ?, '')", seq, REMOVED, id);
    return { view: this.write({ ...head!, items: head!.items - 1, chars: head!.chars - chars, version: head!.version + 1 }) };
  }

  /** False where there was none. */
  async remove(): Promise<boolean> {
    const isThere = this.head() !== undefined;
    if (isThere) await this.storage.deleteAll();
    return isThere;
  }

  /** Looks whether the conversation has been left alone for long enough. */
  async expire(): Promise<void> {
    const head = this.head();
    const untilMs = head ? keptUntilMs(head) : 0;
    if (untilMs > this.now()) return this.storage.setAlarm(untilMs);
    try {
      await this.storage.deleteAll();
    } catch (error) {
      console.error('conversation not emptied', String(error));
      await this.storage.setAlarm(this.now() + EMPTY_AGAIN_MS);
    }
  }

  /** Makes up for an alarm that was given up. */
  async wakeIfForgotten(): Promise<void> {
    const head = this.head();
    if (head && !isToCome(await this.storage.getAlarm(), this.now())) await this.storage.setAlarm(Math.max(this.now(), keptUntilMs(head)));
  }

  /** Looks without creating tables, since an object may be asked for a conversation that never was. */
  private head(): Head | undefined {
    if (this.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'head'").toArray().length === 0) return undefined;
    const [row] = this.sql.exec('SELECT head FROM head WHERE id = 1').toArray();
    return row && (JSON.parse(String(row.head)) as Head);
  }

  private write(head: Head): ConversationView {
    const text = JSON.stringify({ ...head, changedAtMs: this.now() });
    this.sql.exec('INSERT INTO head (id, head) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET head = excluded.head', text);
    return viewOf(head);
  }

  private refused(head: Head | undefined, items: readonly Item[], insteadOf: string | undefined): Refusal | undefined {
    const refused = refusedTurn(head, insteadOf);
    if (refused) return refused;
    if (head!.items + items.length > MAX_ITEMS || head!.chars + charsOf(items) > MAX_CHARS) return { refused: 'full' };
    const known = head!.end > 0 ? this.ids(head!) : new Set<string>();
    for (const { id } of items) {
      if (known.has(id)) return { refused: 'duplicate', id };
      known.add(id);
    }
    return undefined;
  }

  /** Whoever had the conversation has it no longer. */
  private append({ taken: _taken, ...head }: Head, items: readonly Item[]): Changed {
    this.insert(head, items);
    const { length } = items;
    const grown = { end: head.end + length, items: head.items + length, chars: head.chars + charsOf(items) };
    return { view: this.write({ ...head, ...grown, version: head.version + 1 }) };
  }

  /** Writes items beyond the end, in place of what a call has left there. */
  private insert({ end }: Pick<Head, 'end'>, items: readonly Item[]): void {
    this.sql.exec('DELETE FROM item WHERE seq >= ?', end);
    for (const [index, { id, text }] of items.entries())
      for (const [part, piece] of piecesOf(text).entries())
        this.sql.exec('INSERT INTO item (seq, part, id, text) VALUES (?, ?, ?, ?)', end + index, part, part === 0 ? id : null, piece);
  }

  private ids({ end }: Pick<Head, 'end'>): Set<string> {
    return new Set(
      this.sql
        .exec('SELECT id FROM item WHERE part = 0 AND seq < ?', end)
        .toArray()
        .map(({ id }) => String(id)),
    );
  }

  private find({ end }: Head, id: string, leastPart = 0): number | undefined {
    const named = 'SELECT seq FROM item WHERE part BETWEEN ? AND 0 AND id = ? AND seq < ? ORDER BY part DESC, seq DESC';
    const [row] = this.sql.exec(named, leastPart, id, end).toArray();
    return row && Number(row.seq);
  }

  private text(seq: number): string {
    return this.sql
      .exec('SELECT text FROM item WHERE seq = ? ORDER BY part', seq)
      .toArray()
      .map(({ text }) => String(text))
      .join('');
  }
}

/** A piece never ends within a character, which the database could not store. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; from += pieces.at(-1)!.length) {
    const piece = text.slice(from, from + MAX_ROW_CHARS);
    pieces.push(/[\ud800-\udbff]$/.test(piece) ? piece.slice(0, -1) : piece);
  }
  return pieces;
}

function refusedTurn(head: Head | undefined, insteadOf: string | undefined): Refusal | undefined {
  if (!head) return { refused: 'gone' };
  return head.taken && head.taken.holdId !== insteadOf ? { refused: 'taken', by: head.taken.holdId } : undefined;
}
