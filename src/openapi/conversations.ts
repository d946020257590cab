/** Conversations that clients of Responses keep at the gateway. */
import { conversationUpdate } from '../dialects/openai-responses/conversation-input';
import { example, json, type Parameter, query, type Route } from './describe';
import { FAILURES } from './errors';
import { conversation, conversationDeleted, conversationItem, conversationItems, newConversation, newItems } from './formats/conversations';
import { limit } from './parts';

const REFERENCE = 'https://platform.openai.com/docs/api-reference/conversations';
const TAG = 'Language models';
const CHANGED = [...FAILURES.read, 'rate_limited'] as const;
const SENT = [...CHANGED, 'body_too_large', 'unsupported_encoding'] as const;

const PAGE: readonly Parameter[] = [
  limit(100, 20),
  query('order', 'The newest first, unless `asc`.', { type: 'string', enum: ['asc', 'desc'] }),
  query('after', 'The `last_id` of the page before.', { type: 'string' }),
  query('include', 'Without effect: items are shown whole.', { type: 'string' }),
];

const items: Route[] = [
  {
    method: 'get',
    path: '/v1/conversations/{id}/items',
    id: 'listConversationItems',
    tag: TAG,
    summary: 'What was said in a conversation',
    access: 'key',
    parameters: PAGE,
    answers: { 200: json('A page, of fewer items than asked for where these are large.', conversationItems) },
    errors: FAILURES.read,
    reference: `${REFERENCE}/list-items`,
  },
  {
    method: 'post',
    path: '/v1/conversations/{id}/items',
    id: 'addConversationItems',
    tag: TAG,
    summary: 'Add items to a conversation',
    access: 'key',
    body: { schema: newItems, examples: example('A message', { items: [{ role: 'user', content: 'Hello' }] }) },
    answers: { 200: json('What was added.', conversationItems) },
    errors: [...SENT, 'conversation_locked'],
    reference: `${REFERENCE}/create-items`,
  },
  {
    method: 'get',
    path: '/v1/conversations/{id}/items/{item}',
    id: 'getConversationItem',
    tag: TAG,
    summary: 'One item of a conversation',
    access: 'key',
    answers: { 200: json('The item.', conversationItem) },
    errors: FAILURES.read,
    reference: `${REFERENCE}/get-item`,
  },
  {
    method: 'delete',
    path: '/v1/conversations/{id}/items/{item}',
    id: 'deleteConversationItem',
    tag: TAG,
    summary: 'Take an item out of a conversation',
    access: 'key',
    answers: { 200: json('The conversation.', conversation) },
    errors: [...CHANGED, 'conversation_locked'],
    reference: `${REFERENCE}/delete-item`,
  },
];

export const conversationRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/conversations',
    id: 'createConversation',
    tag: TAG,
    summary: 'Begin a conversation',
    description:
      'It is kept until it has not changed for 31 days (of a test key: for one), and goes on where `conversation` of a response names it: with any model, whoever serves that. Free.',
    access: 'key',
    body: {
      schema: newConversation,
      required: false,
      examples: example('With a first message', { items: [{ role: 'user', content: 'Hello' }] }),
    },
    answers: { 200: json('The conversation.', conversation) },
    errors: SENT,
    reference: `${REFERENCE}/create`,
  },
  {
    method: 'get',
    path: '/v1/conversations/{id}',
    id: 'getConversation',
    tag: TAG,
    summary: 'A conversation',
    access: 'key',
    answers: { 200: json('The conversation.', conversation) },
    errors: FAILURES.read,
    reference: `${REFERENCE}/retrieve`,
  },
  {
    method: 'post',
    path: '/v1/conversations/{id}',
    id: 'updateConversation',
    tag: TAG,
    summary: 'Change the metadata of a conversation',
    access: 'key',
    body: { schema: conversationUpdate, examples: example('Metadata', { metadata: { topic: 'rain' } }) },
    answers: { 200: json('The conversation.', conversation) },
    errors: SENT,
    reference: `${REFERENCE}/update`,
  },
  {
    method: 'delete',
    path: '/v1/conversations/{id}',
    id: 'deleteConversation',
    tag: TAG,
    summary: 'Delete a conversation with all that was said',
    access: 'key',
    answers: { 200: json('It is gone.', conversationDeleted) },
    errors: CHANGED,
    reference: `${REFERENCE}/delete`,
  },
  ...items,
];
