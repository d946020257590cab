import { type Fields, isFilled, isRecord, listOf, parseRecord, recordOf } from '../../../core/record';
import { argumentsOf } from '../../openai-chat/tool-calls';
import type { Receipt } from '../../types';
import { itemId, responseId } from '../ids';
import { nowSeconds, ownResponse } from '../response-object';
import type { ResponsesRequest } from '../types';
import { ownUsage } from '../usage';
import {
  annotationsOf,
  callItem,
  contentOf,
  endOf,
  extraContentOf,
  itemPrefix,
  logprobsOf,
  type MessagePart,
  messageItem,
  pictureItem,
  picturesOf,
  reasoningItem,
  thoughtOf,
} from './items';
import { type ChatCrossing, OWN_TERMS } from './request';

/** A chat completion as a response. */
export function renderOverChat(request: ResponsesRequest, { origins }: ChatCrossing, text: string, receipt: Receipt): string {
  const { model, created, choices } = parseRecord(text);
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const { message, finish_reason, logprobs } = recordOf(choice);
  const { status, incomplete_details } = endOf(finish_reason);
  const id = responseId(receipt.requestId);
  return JSON.stringify(
    ownResponse(request, {
      id,
      createdAt: typeof created === 'number' ? created : nowSeconds(),
      status,
      ...(typeof model === 'string' && { model }),
      incomplete_details,
      output: isRecord(message) ? itemsOf({ ...message, logprobs }, id, status, origins) : [],
      ...OWN_TERMS,
      usage: ownUsage(receipt),
    }),
  );
}

function itemsOf(message: Fields, response: string, status: 'completed' | 'incomplete', origins: ChatCrossing['origins']): Fields[] {
  const items: Fields[] = [];
  const idOf = (prefix: string): string => itemId(prefix, response, items.length);
  const thought = thoughtOf(message);
  if (thought !== '') items.push(reasoningItem(idOf('rs'), thought, 'completed'));
  const parts = partsOf(message);
  if (parts.length > 0) items.push(messageItem(idOf('msg'), parts, status));
  for (const call of listOf(message.tool_calls)) {
    if (!isRecord(call) || !isRecord(call.function) || typeof call.function.name !== 'string') continue;
    const { name } = call.function;
    const origin = origins.get(name) ?? { name, isCustom: false };
    const id = idOf(itemPrefix(origin));
    const callId = isFilled(call.id) ? call.id : `call_${id}`;
    const made = { callId, origin, arguments: argumentsOf(call.function.arguments) || '{}', extraContent: extraContentOf(call) };
    items.push(callItem(id, made, status));
  }
  for (const picture of picturesOf(message)) items.push(pictureItem(idOf('ig'), picture, 'completed'));
  return items;
}

function partsOf(message: Fields): MessagePart[] {
  const parts: MessagePart[] = [];
  const text = contentOf(message);
  if (text !== '') parts.push({ type: 'output_text', text, annotations: annotationsOf(message), logprobs: logprobsOf(message) });
  if (isFilled(message.refusal)) parts.push({ type: 'refusal', refusal: message.refusal });
  return parts;
}
