/** A response's items in the terms of chat. */
import { type Fields, isRecord, recordsOf, textOrEmpty } from '../../../core/record';
import type { Receipt } from '../../types';
import { usageObject } from '../usage';

/** Separates items, and parts of a summary, which are a single text in chat. */
export const BREAK = '\n\n';

export const answerId = (requestId: string): string => `chatcmpl-${requestId.replace(/^req_/, '')}`;

/** The parts of a message or thought that are objects. */
/** The text of a thought: in full from open models, else as a summary. */
export const thoughtParts = ({ summary, content }: Fields): Fields[] => {
  const whole = recordsOf(content);
  return whole.length > 0 ? whole : recordsOf(summary);
};

export const isCall = ({ type }: Fields): boolean => type === 'function_call' || type === 'custom_tool_call';

/** A call under the client's id for it, with the text given so far. */
export const toolCall = ({ type, name }: Fields, id: string, text: string): Fields =>
  type === 'custom_tool_call'
    ? { id, type: 'custom', custom: { name, input: text } }
    : { id, type: 'function', function: { name, arguments: text } };

/** A further piece of a call's text. */
export const moreOfCall = (isCustom: boolean, text: string): Fields =>
  isCustom ? { custom: { input: text } } : { function: { arguments: text } };

export const textOfCall = ({ type, arguments: args, input }: Fields): string => textOrEmpty(type === 'custom_tool_call' ? input : args);

/** URL citations with their positions in the whole text; chat has no other kinds. */
export const annotationsOf = (sources: readonly Fields[], offset: number): Fields[] =>
  sources.flatMap(({ type, url, title, start_index, end_index }): Fields[] => {
    if (type !== 'url_citation' || typeof url !== 'string') return [];
    const place = (index: unknown): number => offset + (typeof index === 'number' ? index : 0);
    return [{ type, url_citation: { url, title: textOrEmpty(title), start_index: place(start_index), end_index: place(end_index) } }];
  });

/** The finish reason in chat's terms. */
export function finishReason({ status, incomplete_details }: Fields, hasCalls: boolean): string {
  if (status === 'incomplete')
    return isRecord(incomplete_details) && incomplete_details.reason === 'content_filter' ? 'content_filter' : 'length';
  return hasCalls ? 'tool_calls' : 'stop';
}

/** Usage in chat's terms, with the cost. */
export const chatUsage = ({ usage, reported, creditsUsed }: Receipt): Fields => ({
  ...usageObject(usage),
  prompt_tokens_details: { cached_tokens: usage.cacheReadTokens },
  completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  ...(reported === undefined && { estimated: true }),
  creditsUsed,
});
