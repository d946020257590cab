import { members, setMembers } from '../../core/json';
import { isFilled, isRecord } from '../../core/record';
import { textChars } from '../../core/text-chars';
import type { ResponsesRequest } from './types';

/** The names to put into a response object in place of the upstream's. */
export interface ResponseNames {
  id: string;
  /** The client's own id, where the call goes on from another answer. */
  previousResponseId: string | undefined;
  /** Which no upstream knows. */
  conversationId: string | undefined;
}

/** The raw value of an object's member; the last one if it occurs twice. */
export function rawMember(text: string, name: string): string | undefined {
  const found = members(text).findLast(({ key }) => key === name);
  return found && text.slice(found.start, found.end);
}

/** A response object under the gateway's names and with further members set; every other byte stays. */
export function renamed(
  raw: string,
  { id, previousResponseId, conversationId }: ResponseNames,
  changes: Record<string, string> = {},
): string {
  const previous = previousResponseId === undefined ? {} : { previous_response_id: JSON.stringify(previousResponseId) };
  const conversation = conversationId === undefined ? {} : { conversation: JSON.stringify({ id: conversationId }) };
  return setMembers(raw, { id: JSON.stringify(id), ...previous, ...conversation, ...changes });
}

/** Does an output item say or do anything? A message or thought may still be empty. */
export function itemHasContent(item: unknown): boolean {
  if (!isRecord(item)) return false;
  const parts = (list: unknown): boolean =>
    Array.isArray(list) && list.some((part) => isRecord(part) && [part.text, part.refusal].some(isFilled));
  if (item.type === 'message') return parts(item.content);
  if (item.type === 'reasoning') return parts(item.summary) || parts(item.content) || typeof item.encrypted_content === 'string';
  return true;
}

/** Fields that are not the model's text, however long: ciphers, pictures and ids. */
const NOT_TEXT = new Set(['encrypted_content', 'result', 'id', 'call_id']);

export const itemChars = (item: unknown): number =>
  textChars(JSON.stringify(item, (key, value: unknown) => (NOT_TEXT.has(key) ? undefined : value)) ?? '');

/** Request fields that a response repeats, with the value for those that the client did not send. */
const ECHOED: Readonly<Record<string, unknown>> = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  presence_penalty: 0,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'auto',
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
};

/** What of a request a response made by the gateway repeats. */
export type EchoedRequest = Pick<ResponsesRequest, 'fields' | 'model' | 'store' | 'previousResponseId' | 'conversationId'>;

/** The same without the input, for streams: they outlast the request's body, which may be megabytes. */
export const echoedOf = ({ fields, model, store, previousResponseId, conversationId }: EchoedRequest): EchoedRequest => ({
  fields: Object.fromEntries(Object.keys(ECHOED).map((name) => [name, fields[name]])),
  model,
  store,
  previousResponseId,
  conversationId,
});

/**
 * A response object made by the gateway, complete enough for clients that validate it
 * (https://platform.openai.com/docs/api-reference/responses/object).
 */
export function ownResponse(
  { fields, model, store, previousResponseId, conversationId }: EchoedRequest,
  { id, createdAt, ...more }: { id: string; createdAt: number; status: string; model?: string; [field: string]: unknown },
): Record<string, unknown> {
  const echoed = Object.entries(ECHOED).map(([name, absent]) => [name, fields[name] ?? absent]);
  return {
    id,
    object: 'response',
    created_at: createdAt,
    error: null,
    incomplete_details: null,
    model,
    output: [],
    previous_response_id: previousResponseId ?? null,
    ...(conversationId !== undefined && { conversation: { id: conversationId } }),
    ...Object.fromEntries(echoed),
    store,
    usage: null,
    ...more,
  };
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);
