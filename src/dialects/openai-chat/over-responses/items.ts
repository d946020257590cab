/** The items of a response in the words of chat. */
import { isRecord } from '../../../core/record';
import type { Receipt } from '../../types';
import { usageObject } from '../usage';

type Fields = Record<string, unknown>;

/** Between items, and between the parts of a summary, which chat has as one text. */
export const BREAK = '\n\n';

export const answerId = (requestId: string): string => `chatcmpl-${requestId.replace(/^req_/, '')}`;

/** The parts of a list in an item that are records: of a message, or of a line of thought. */
export const partsIn = (list: unknown): Fields[] => (Array.isArray(list) ? (list as unknown[]).filter(isRecord) : []);

export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Where a thought is written: in full by open models, else in summary. */
export const thoughtParts = ({ summary, content }: Fields): Fields[] => {
  const whole = partsIn(content);
  return whole.length > 0 ? whole : partsIn(summary);
};

export const isCall = ({ type }: Fields): boolean => type === 'function_call' || type === 'custom_tool_call';

/** A call under the id that the client knows it by, with as much of its text as is given. */
export const toolCall = ({ type, name }: Fields, id: string, text: string): Fields =>
  type === 'custom_tool_call'
    ? { id, type: 'custom', custom: { name, input: text } }
    : { id, type: 'function', function: { name, arguments: text } };

/** More of a call's text. */
export const moreOfCall = (isCustom: boolean, text: string): Fields =>
  isCustom ? { custom: { input: text } } : { function: { arguments: text } };

export const textOfCall = ({ type, arguments: args, input }: Fields): string => textIn(type === 'custom_tool_call' ? input : args);

/** Sources, with their places in the whole text; chat has none of the other kinds. */
export const annotationsOf = (sources: readonly Fields[], offset: number): Fields[] =>
  sources.flatMap(({ type, url, title, start_index, end_index }): Fields[] => {
    if (type !== 'url_citation' || typeof url !== 'string') return [];
    const place = (index: unknown): number => offset + (typeof index === 'number' ? index : 0);
    return [{ type, url_citation: { url, title: textIn(title), start_index: place(start_index), end_index: place(end_index) } }];
  });

/** Why the answer ended, as chat says it. */
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
