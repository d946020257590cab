/** What clients send to make and change conversations: https://platform.openai.com/docs/api-reference/conversations */
import * as z from 'zod';
import { isFilled } from '../../core/record';

export const MAX_ITEMS_AT_ONCE = 20;
const MAX_PAIRS = 16;

const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= MAX_PAIRS, `Too big: expected at most ${MAX_PAIRS} pairs`);

/** Checked by whichever model is asked: a kind of item that is new there is known here already. */
const item = z
  .looseObject({})
  .refine(({ type, role, content }) => isFilled(type) || (isFilled(role) && content !== undefined), 'expected an item with a type')
  .refine(({ type, role }) => type !== 'message' || isFilled(role), 'expected a message with a role')
  .refine(({ type }) => type !== 'item_reference', 'send the item itself instead of a reference to it');

const items = z.array(item).max(MAX_ITEMS_AT_ONCE);

export const conversationParams = z.looseObject({ items: items.nullish(), metadata: metadata.nullish() });
export const conversationUpdate = z.looseObject({ metadata: metadata.nullable() });
export const itemsParams = z.looseObject({ items });

export const itemsQuery = z.object({
  after: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc'),
});
