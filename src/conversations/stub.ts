import { parseOperationId } from '../core/ids';
import type { Conversation } from './conversation';
import type { Changed, Item, Refusal } from './types';

/** The object of a conversation as callers see it: plain data in, a promise of plain data out. */
export type ConversationStub = Pick<
  Conversation,
  | 'create'
  | 'view'
  | 'setMetadata'
  | 'remove'
  | 'transcript'
  | 'take'
  | 'finish'
  | 'finishPart'
  | 'giveBack'
  | 'add'
  | 'page'
  | 'item'
  | 'removeItem'
>;

/** Whose conversation it is. What a test key has made is not a live key's, and the other way round. */
export interface ConversationRef {
  accountId: string;
  isTest: boolean;
  id: string;
}

/**
 * Account and kind of key are in the object's name, so that another's id leads to an object that has nothing. The cast is
 * safe for the reason that `accountStub` gives.
 */
export const conversationStub = (
  namespace: DurableObjectNamespace<Conversation>,
  { accountId, isTest, id }: ConversationRef,
): ConversationStub => namespace.getByName(`${accountId}/${isTest ? 'test' : 'live'}/${id}`) as unknown as ConversationStub;

/** A message to an object holds 32 MiB, in which a character may take two bytes. No conversation has as much room. */
const MAX_SENT_CHARS = 16_000_000;

/** Asked before items are sent to an object. */
export const tooLarge = (items: readonly Item[]): Refusal | undefined =>
  items.reduce((sum, { text }) => sum + text.length, 0) > MAX_SENT_CHARS ? { refused: 'full' } : undefined;

/** What the account has of a call. */
export type FindOperation = (month: number, seq: number) => Promise<{ id: string; state: string; detail: { ending?: unknown } } | null>;

export const operationFinder =
  ({ account }: { account: (accountId: string) => { operation: FindOperation } }, accountId: string): FindOperation =>
  (month, seq) =>
    account(accountId).operation(month, seq);

/**
 * Makes a change as soon as no call has the conversation. A call that ended without an answer says nothing to the
 * conversation; that it has ended, its account knows.
 */
export async function inTurn(find: FindOperation, change: (insteadOf: string | undefined) => Promise<Changed>): Promise<Changed> {
  const changed = await change(undefined);
  if (changed.refused !== 'taken' || (await isUnderWay(find, changed.by))) return changed;
  return change(changed.by);
}

export async function isUnderWay(find: FindOperation, holdId: string): Promise<boolean> {
  const ref = parseOperationId(holdId);
  const operation = ref && (await find(ref.month, ref.seq));
  // The hold of an answer in the background may expire before the answer is there.
  return operation?.id === holdId && (operation.state === 'open' || operation.detail.ending === 'background');
}

const TRIES = 3;

/** Each try is given a stub of its own: one is useless once its object has failed. */
export async function insistently<T>(stub: () => ConversationStub, work: (stub: ConversationStub) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work(stub());
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** Adds an answer to the conversation of its call: in parts, where it is more than a message holds. */
export async function finishWith(stub: () => ConversationStub, holdId: string, items: readonly Item[]): Promise<Changed> {
  let from = 0;
  let chars = 0;
  for (const [at, { text }] of items.entries()) {
    chars += text.length;
    if (chars <= MAX_SENT_CHARS) continue;
    const part = { holdId, items: items.slice(from, at), after: from };
    const added = await insistently(stub, (object) => object.finishPart(part));
    if (added.refused) return added;
    from = at;
    chars = text.length;
  }
  return insistently(stub, (object) => object.finish({ holdId, items: items.slice(from) }));
}
