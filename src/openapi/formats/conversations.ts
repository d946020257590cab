/** Conversations, as OpenAI writes them: https://platform.openai.com/docs/api-reference/conversations */
import * as z from 'zod';
import { conversationParams, itemsParams, MAX_ITEMS_AT_ONCE } from '../../dialects/openai-responses/conversation-input';
import { named } from '../schemas';
import { inputItem } from './responses';

const items = z.array(inputItem).max(MAX_ITEMS_AT_ONCE);

export const newConversation = named('ConversationParams', conversationParams.safeExtend({ items: items.nullish() }));
export const newItems = named('ConversationItemsParams', itemsParams.safeExtend({ items }));

export const conversation = named(
  'Conversation',
  z
    .object({
      id: z.string(),
      object: z.literal('conversation'),
      created_at: z.int().meta({ description: 'In seconds.' }),
      metadata: z.record(z.string(), z.string()),
    })
    .meta({ description: 'What clients of Responses have kept here, to go on from.' }),
);

export const conversationDeleted = named(
  'ConversationDeleted',
  z.object({ id: z.string(), object: z.literal('conversation.deleted'), deleted: z.literal(true) }),
);

export const conversationItem = inputItem;

export const conversationItems = named(
  'ConversationItems',
  z.object({
    object: z.literal('list'),
    data: z.array(conversationItem),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  }),
);
