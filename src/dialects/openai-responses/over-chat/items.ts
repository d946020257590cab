import { type Fields, isFilled, isRecord, listOf, parseJson } from '../../../core/record';
import type { ToolOrigin } from './tools';

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A part of a message: text, or a refusal. */
export type MessagePart =
  | { type: 'output_text'; text: string; annotations: Fields[]; logprobs: Fields[] }
  | { type: 'refusal'; refusal: string };

export const messageItem = (id: string, parts: readonly MessagePart[], status: ItemStatus): Fields => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  content: parts,
});

/** OpenAI leaves the status out where it may; some clients refuse an item without. */
export const reasoningItem = (id: string, text: string, status: ItemStatus): Fields => ({
  id,
  type: 'reasoning',
  status,
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
});

export interface ToolCall {
  callId: string;
  origin: ToolOrigin;
  arguments: string;
  /** Signatures from the upstream, which the client sends back with the item. */
  extraContent?: Fields | undefined;
}

export const itemPrefix = ({ isCustom }: ToolOrigin): string => (isCustom ? 'ctc' : 'fc');

export function callItem(id: string, { callId, origin, arguments: args, extraContent }: ToolCall, status: ItemStatus): Fields {
  const { name, namespace, isCustom } = origin;
  return {
    id,
    type: isCustom ? 'custom_tool_call' : 'function_call',
    status,
    call_id: callId,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(isCustom ? { input: status === 'in_progress' ? '' : customInput(args) } : { arguments: args }),
    ...(extraContent && { extra_content: extraContent }),
  };
}

/** The free text in a custom tool's single argument; arguments that are not JSON are taken as the text. */
export function customInput(args: string): string {
  const json = parseJson(args);
  if (!isRecord(json)) return args;
  if (typeof json.input === 'string') return json.input;
  return Object.keys(json).length === 0 ? '' : args;
}

export const extraContentOf = ({ extra_content }: Fields): Fields | undefined => (isRecord(extra_content) ? extra_content : undefined);

/** A model's thought, under either of the names that upstreams use. */
export function thoughtOf({ reasoning_content, reasoning }: Fields): string {
  return [reasoning_content, reasoning].find(isFilled) ?? '';
}

/** Text, which some upstreams send as parts. */
export function contentOf({ content }: Fields): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[]).map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

const tokenOf = ({ token, logprob, bytes }: Fields): Fields => ({ token, logprob, bytes: bytes ?? [] });

/** The log probabilities of a choice's text. */
export function logprobsOf({ logprobs }: Fields): Fields[] {
  if (!isRecord(logprobs) || !Array.isArray(logprobs.content)) return [];
  return (logprobs.content as unknown[]).filter(isRecord).map((token) => {
    const others = listOf(token.top_logprobs);
    return { ...tokenOf(token), top_logprobs: others.filter(isRecord).map(tokenOf) };
  });
}

/** Citations in this format, which is flatter than chat's. */
export function annotationsOf({ annotations }: Fields): Fields[] {
  if (!Array.isArray(annotations)) return [];
  return (annotations as unknown[]).flatMap((annotation) => {
    if (!isRecord(annotation) || !isRecord(annotation.url_citation)) return [];
    const { url, title = '', start_index = 0, end_index = 0 } = annotation.url_citation;
    return typeof url === 'string' ? [{ type: 'url_citation', url, title, start_index, end_index }] : [];
  });
}

/** Pictures that a model drew, as base64. */
export function picturesOf({ images }: Fields): string[] {
  if (!Array.isArray(images)) return [];
  return (images as unknown[]).flatMap((image) => {
    const url = isRecord(image) && isRecord(image.image_url) ? image.image_url.url : undefined;
    const data = typeof url === 'string' ? url.split(';base64,')[1] : undefined;
    return data === undefined ? [] : [data];
  });
}

export const pictureItem = (id: string, result: string | null, status: ItemStatus): Fields => ({
  id,
  type: 'image_generation_call',
  status,
  result,
});

/** `sensitive`: https://docs.bigmodel.cn/api-reference; `model_length`: https://docs.mistral.ai/api */
const INCOMPLETE: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  max_tokens: 'max_output_tokens',
  model_length: 'max_output_tokens',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
};

/** A chat answer's end in the terms of this format. */
export function endOf(finishReason: unknown): { status: 'completed' | 'incomplete'; incomplete_details: { reason: string } | null } {
  const reason = INCOMPLETE[String(finishReason)];
  return reason === undefined
    ? { status: 'completed', incomplete_details: null }
    : { status: 'incomplete', incomplete_details: { reason } };
}
