import type { Item, Refusal } from './types';

/** All of a conversation is in memory at once, in the object and where it is sent to a model. An answer may exceed it once. */
export const MAX_CHARS = 8_388_608;

export const charsOf = (items: readonly Item[]): number => items.reduce((sum, { text }) => sum + text.length, 0);

/** Asked before items are sent to an object: what no conversation has room for may be more than can be sent there at all. */
export const tooLarge = (items: readonly Item[]): Refusal | undefined => (charsOf(items) > MAX_CHARS ? { refused: 'full' } : undefined);
