import { ok, type Result } from '../../core/errors';
import type { WireId } from '../../core/wire-id';
import { orElse } from '../other-models';
import { statedInResponses } from '../stated-work';
import { thoughtsOff } from '../thoughts-off';
import type { Bridge, Call, Dialect } from '../types';
import { responsesBridge } from './bridge';
import { answeredItems, goingOn, itemOf, ownInput } from './conversation';
import { isSaidInStream, renderLoneError, renderResponsesError } from './errors';
import { overChatBridge } from './over-chat/bridge';
import { type ChatCrossed, crossToChat } from './over-chat/request';
import { bringItems, namedRequests } from './references';
import { parseResponses } from './request';
import { echoedOf } from './response-object';
import { responsesStreams } from './stream';
import type { ResponsesRequest } from './types';

export function responsesCall(request: ResponsesRequest): Call {
  // Converted once, and only if a target needs it.
  let crossed: ChatCrossed | undefined;
  const overChat = (): ChatCrossed => {
    crossed ??= crossToChat(request);
    return crossed;
  };
  const { stream, maxOutputTokens, estimatedInputTokens, worstInputTokens, continues, background } = request;
  const echoed = echoedOf(request);
  const call: Call = {
    model: request.model,
    fields: request.fields,
    statedWork: statedInResponses(request.fields),
    stream,
    choices: 1,
    maxOutputTokens,
    estimatedInputTokens,
    worstInputTokens,
    thoughtsOff: thoughtsOff(request.fields),
    ...(continues && { continues }),
    background,
    ...namedItems(request),
    ...conversationOf(request),
    over: (wire) => bridgeOver(wire, request, overChat),
    beyond(wire) {
      const found = wire === 'openai-chat' && !request.compacts ? overChat() : undefined;
      return found?.ok === false ? found.field : undefined;
    },
    shown: echoed.fields,
    openStream: responsesStreams(echoed),
  };
  return orElse(call, request.otherModels);
}

function namedItems(request: ResponsesRequest): Pick<Call, 'names'> {
  const requestIds = namedRequests(request);
  if (!requestIds) return {};
  const brought = (items: readonly unknown[]): Result<Call> => {
    const whole = bringItems(request, items);
    return whole.ok ? ok(responsesCall(whole.value)) : whole;
  };
  return { names: { requestIds, brought } };
}

function conversationOf(request: ResponsesRequest): Pick<Call, 'conversation'> {
  const { conversationId: id } = request;
  if (id === undefined) return {};
  const conversation = { id, said: () => ownInput(request.body).map(itemOf), answered };
  const after = (before: readonly string[], version: number): Call => ({
    ...responsesCall(goingOn(request, before)),
    conversation: { ...conversation, after, version },
  });
  return { conversation: { ...conversation, after } };
}

const answered = (answer: string) => answeredItems(answer)?.map(itemOf);

function bridgeOver(wire: WireId, request: ResponsesRequest, overChat: () => ChatCrossed): Bridge | undefined {
  if (wire === 'openai-responses') return responsesBridge(request);
  const crossed = wire === 'openai-chat' && !request.compacts ? overChat() : undefined;
  return crossed?.ok ? overChatBridge(request, crossed.crossing) : undefined;
}

/** OpenAI Responses (platform.openai.com/docs/api-reference/responses). */
export const openaiResponses: Dialect = {
  families: ['chat', 'responses', 'gemini'],
  wires: ['openai-responses', 'openai-chat'],
  parse(request) {
    const parsed = parseResponses(request);
    return parsed.ok ? ok(responsesCall(parsed.value)) : parsed;
  },
  renderError: renderResponsesError,
  renderLoneError,
  isSaidInStream,
};
