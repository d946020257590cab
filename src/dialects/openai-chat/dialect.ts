import { ok } from '../../core/errors';
import type { WireId } from '../../core/wire-id';
import { renderOpenaiError } from '../openai-errors';
import { asksAsOpenrouters, openrouterCall } from '../openrouter/chat-call';
import type { Bridge, Call, Dialect } from '../types';
import { chatBridge } from './bridge';
import { parseChatOfInput } from './from-input';
import { overResponsesBridge } from './over-responses/bridge';
import { crossToResponses, type ResponsesCrossing } from './over-responses/request';
import { NO_THOUGHTS, namedThoughts, type ThoughtsByCall } from './over-responses/thoughts';
import { CHAT_CHUNKS } from './relay';
import { type ChatRequest, ofModel, parseChat } from './request';
import { chatStreams, renderChatStreamError } from './stream';

/** The wires for chat in OpenAI's own form. */
export const CHAT_WIRES: readonly WireId[] = ['openai-chat', 'openai-responses'];

export function chatCall(request: ChatRequest, thoughts: ThoughtsByCall = NO_THOUGHTS): Call {
  // Converted once, and only if a target needs it.
  let crossing: ResponsesCrossing | undefined;
  const overResponses = (): ResponsesCrossing => {
    crossing ??= crossToResponses(request, thoughts);
    return crossing;
  };
  const call: Call = {
    ...request,
    alternatives: request.otherModels?.map((model) => chatCall(ofModel(request, model), thoughts)),
    ...namedThoughts(request.body, thoughts, (brought) => chatCall(request, brought)),
    hasTools: () => Array.isArray(request.fields?.tools) && request.fields.tools.length > 0,
    over: (wire) => bridgeOver(wire, request, thoughts, overResponses),
    beyond(wire) {
      const crossed = wire === 'openai-responses' ? overResponses() : undefined;
      return crossed?.ok === false ? crossed.field : undefined;
    },
    openStream: chatStreams(request, CHAT_CHUNKS, thoughts),
  };
  return asksAsOpenrouters(request) ? openrouterCall(call) : call;
}

function bridgeOver(
  wire: WireId,
  request: ChatRequest,
  thoughts: ThoughtsByCall,
  overResponses: () => ResponsesCrossing,
): Bridge | undefined {
  if (wire === 'openai-chat') return chatBridge(request);
  const crossed = wire === 'openai-responses' ? overResponses() : undefined;
  return crossed?.ok ? overResponsesBridge(crossed.fields, thoughts) : undefined;
}

/** OpenAI Chat Completions (platform.openai.com/docs/api-reference/chat). */
export const openaiChat: Dialect = {
  families: ['chat', 'responses', 'gemini'],
  wires: CHAT_WIRES,
  parse(request) {
    const parsed = parseChat(request.body);
    const read = parsed.ok ? parsed : (parseChatOfInput(request) ?? parsed);
    return read.ok ? ok(chatCall(read.value)) : read;
  },
  renderError: renderOpenaiError,
  renderLoneError: renderChatStreamError,
};
