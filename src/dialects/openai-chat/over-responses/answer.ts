import { type Fields, parseRecord, recordsOf, textOrEmpty } from '../../../core/record';
import { nowSeconds } from '../../openai-responses/response-object';
import type { Receipt } from '../../types';
import { annotationsOf, answerId, BREAK, chatUsage, finishReason, isCall, textOfCall, thoughtParts, toolCall } from './items';
import { ThoughtKeeper, type ThoughtsByCall } from './thoughts';

/** A response as a chat completion. */
export function renderOverResponses(text: string, receipt: Receipt): string {
  const response = parseRecord(text);
  const { requestId } = receipt;
  const { message, logprobs } = messageOf(recordsOf(response.output), new ThoughtKeeper(requestId, new Map()));
  return JSON.stringify({
    id: answerId(requestId),
    object: 'chat.completion',
    created: typeof response.created_at === 'number' ? response.created_at : nowSeconds(),
    model: textOrEmpty(response.model),
    choices: [
      {
        index: 0,
        message,
        logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
        finish_reason: finishReason(response, message.tool_calls !== undefined),
      },
    ],
    ...(typeof response.service_tier === 'string' && { service_tier: response.service_tier }),
    usage: chatUsage(receipt),
  });
}

/** What later turns need of this response's thoughts. */
export function thoughtsIn(text: string, requestId: string, before: ThoughtsByCall): readonly unknown[] | undefined {
  const keeper = new ThoughtKeeper(requestId, before);
  messageOf(recordsOf(parseRecord(text).output), keeper);
  return keeper.kept;
}

function messageOf(output: readonly Fields[], keeper: ThoughtKeeper): { message: Fields; logprobs: unknown[] } {
  const thoughts: string[] = [];
  const calls: Fields[] = [];
  const annotations: Fields[] = [];
  const logprobs: unknown[] = [];
  let content = '';
  let refusal = '';
  for (const item of output) {
    if (item.type === 'reasoning') {
      keeper.think(item);
      thoughts.push(...thoughtParts(item).map(({ text }) => textOrEmpty(text)));
    } else if (isCall(item)) {
      calls.push(toolCall(item, keeper.nameCall(textOrEmpty(item.call_id)), textOfCall(item)));
    } else if (item.type === 'message') {
      const parts = recordsOf(item.content);
      if (content !== '' && parts.some(({ text }) => textOrEmpty(text) !== '')) content += BREAK;
      for (const part of parts) {
        annotations.push(...annotationsOf(recordsOf(part.annotations), content.length));
        content += textOrEmpty(part.text);
        refusal += textOrEmpty(part.refusal);
        if (Array.isArray(part.logprobs)) logprobs.push(...(part.logprobs as unknown[]));
      }
    }
  }
  const thought = thoughts.filter((text) => text !== '').join(BREAK);
  const saysNothing = content === '' && (refusal !== '' || calls.length > 0);
  const message: Fields = {
    role: 'assistant',
    content: saysNothing ? null : content,
    refusal: refusal === '' ? null : refusal,
    ...(thought !== '' && { reasoning_content: thought }),
    annotations,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return { message, logprobs };
}
