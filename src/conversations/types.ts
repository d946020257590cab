/** What crosses between a conversation's object and whoever asks it: plain data. */

/** An item as it was written, and the id that it has in its conversation. */
export interface Item {
  id: string;
  /** JSON. */
  text: string;
}

export interface ConversationView {
  createdAtMs: number;
  metadata: Record<string, string>;
}

/** All that was said so far. */
export interface Transcript {
  /** The items, as JSON, in order. */
  texts: string[];
  /** Counts the changes, so that it shows whether the conversation has gone on since. */
  version: number;
  /** The hold of the call that is under way. */
  takenBy: string | undefined;
  /** No call can go on from it, so it has no items here: they may be more than can be sent from an object. */
  isFull?: boolean;
}

/** Why a change was not made. */
export type Refusal =
  /** There is no such conversation. */
  | { refused: 'gone' }
  | { refused: 'taken'; by: string }
  /** It has gone on since it was read. */
  | { refused: 'changed' }
  | { refused: 'full' }
  /** It has no such item. */
  | { refused: 'unknown' }
  | { refused: 'duplicate'; id: string };

export type Changed = Refusal | { refused?: undefined; view: ConversationView };

export interface CreateRequest {
  metadata: Record<string, string>;
  items: readonly Item[];
  isTest: boolean;
}

/** A change by a client waits for the call that is under way; `insteadOf` names one that is known to be over. */
interface Turn {
  insteadOf?: string | undefined;
}

export interface AddRequest extends Turn {
  items: readonly Item[];
}

export interface TakeRequest extends AddRequest {
  holdId: string;
  /** As it was read. */
  version: number;
}

export interface FinishRequest {
  holdId: string;
  items: readonly Item[];
}

/** Items of an answer that is more than can be sent at once; the last of them come with its end. */
export interface FinishPartRequest extends FinishRequest {
  /** How many of the answer's items are there already. */
  after: number;
}

export interface RemoveItemRequest extends Turn {
  id: string;
}

export interface PageRequest {
  after: string | undefined;
  limit: number;
  order: 'asc' | 'desc';
}

export interface Page {
  items: Item[];
  hasMore: boolean;
}
