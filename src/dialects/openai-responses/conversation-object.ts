/** Conversations and their items as clients are shown them: https://platform.openai.com/docs/api-reference/conversations */
import { setMembers } from '../../core/json';
import { type Fields, isRecord, parseJson } from '../../core/record';

interface Shown {
  createdAtMs: number;
  metadata: Record<string, string>;
}

export const conversationObject = (id: string, { createdAtMs, metadata }: Shown): Fields => ({
  id,
  object: 'conversation',
  created_at: Math.floor(createdAtMs / 1000),
  metadata,
});

export const deletedConversation = (id: string): Fields => ({ id, object: 'conversation.deleted', deleted: true });

/** These have a status wherever they are shown. */
const WITH_STATUS: ReadonlySet<unknown> = new Set([
  ...['message', 'function_call', 'function_call_output'],
  ...['custom_tool_call', 'custom_tool_call_output'],
]);

/** A text stands for a part that has it. */
const partOf = (role: unknown, text: string): Fields =>
  role === 'assistant' ? { type: 'output_text', text, annotations: [], logprobs: [] } : { type: 'input_text', text };

/** An item as JSON: what was written in short is shown at length. */
export function itemObject({ id, text }: { id: string; text: string }): string {
  const item = parseJson(text);
  if (!isRecord(item)) return text;
  const { role, content, status } = item;
  const type = item.type ?? 'message';
  return setMembers(text, {
    id: JSON.stringify(id),
    type: JSON.stringify(type),
    ...(WITH_STATUS.has(type) && (status ?? null) === null && { status: '"completed"' }),
    ...(type === 'message' && typeof content === 'string' && { content: JSON.stringify([partOf(role, content)]) }),
  });
}

/** A page of items as JSON. */
export function itemList(items: readonly { id: string; text: string }[], hasMore: boolean): string {
  const edge = (index: number): string => JSON.stringify(items.at(index)?.id ?? null);
  return `{"object":"list","data":[${items.map(itemObject).join(',')}],"first_id":${edge(0)},"last_id":${edge(-1)},"has_more":${hasMore}}`;
}
