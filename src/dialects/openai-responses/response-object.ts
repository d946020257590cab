import { members, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { textChars } from '../../core/text-chars';
import type { ResponsesRequest } from './request';

/** A response object's own names, for those that the upstream gave. */
export interface ResponseNames {
  id: string;
  /** The client's own, where the call goes on from another answer. */
  previousResponseId: string | undefined;
}

/** The raw value of an object's member; of the last one, should it stand there twice. */
export function rawMember(text: string, name: string): string | undefined {
  const found = members(text).findLast(({ key }) => key === name);
  return found && text.slice(found.start, found.end);
}

/** A response object under the gateway's names, with further members set; every other byte stays as it came. */
export function renamed(raw: string, { id, previousResponseId }: ResponseNames, changes: Record<string, string> = {}): string {
  const previous = previousResponseId === undefined ? {} : { previous_response_id: JSON.stringify(previousResponseId) };
  return setMembers(raw, { id: JSON.stringify(id), ...previous, ...changes });
}

/** Does an output item say or do anything? A message or a line of thought may be there and be empty. */
export function itemHasContent(item: unknown): boolean {
  if (!isRecord(item)) return false;
  const parts = (list: unknown): boolean =>
    Array.isArray(list) &&
    list.some((part) => isRecord(part) && [part.text, part.refusal].some((text) => typeof text === 'string' && text !== ''));
  if (item.type === 'message') return parts(item.content);
  if (item.type === 'reasoning') return parts(item.summary) || parts(item.content) || typeof item.encrypted_content === 'string';
  return true;
}

/** What is no text of the model's, however long: ciphers and pictures. */
const NOT_TEXT = new Set(['encrypted_content', 'result', 'id', 'call_id']);

export const itemChars = (item: unknown): number =>
  textChars(JSON.stringify(item, (key, value: unknown) => (NOT_TEXT.has(key) ? undefined : value)) ?? '');

/** Fields of a request that its response repeats, and what stands there where the client sent none. */
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

/** Of a request what a response object of the gateway's own repeats. */
export type EchoedRequest = Pick<ResponsesRequest, 'fields' | 'model' | 'store' | 'previousResponseId'>;

/** For those who outlast the request's body: without its input. */
export const echoedOf = ({ fields, model, store, previousResponseId }: EchoedRequest): EchoedRequest => ({
  fields: Object.fromEntries(Object.keys(ECHOED).map((name) => [name, fields[name]])),
  model,
  store,
  previousResponseId,
});

/**
 * A response object of the gateway's own making, complete enough for clients that read it against a schema
 * (https://platform.openai.com/docs/api-reference/responses/object).
 */
export function ownResponse(
  { fields, model, store, previousResponseId }: EchoedRequest,
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
    ...Object.fromEntries(echoed),
    store,
    usage: null,
    ...more,
  };
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);
