import { ok } from '../../core/errors';
import { renderOpenaiError } from '../openai-errors';
import type { Call, Dialect } from '../types';
import { chatBridge } from './bridge';
import { parseChatOfInput } from './from-input';
import { type ChatRequest, parseChat } from './request';
import { ChatStream, renderChatStreamError } from './stream';

export const chatCall = (request: ChatRequest): Call => ({
  ...request,
  over: (wire) => (wire === 'openai-chat' ? chatBridge(request) : undefined),
  openStream: (requestId) => new ChatStream(request, requestId),
});

/** OpenAI Chat Completions (platform.openai.com/docs/api-reference/chat). */
export const openaiChat: Dialect = {
  id: 'openai-chat',
  families: ['chat', 'responses', 'gemini'],
  wires: ['openai-chat'],
  parse(request) {
    const parsed = parseChat(request.body);
    const read = parsed.ok ? parsed : (parseChatOfInput(request) ?? parsed);
    return read.ok ? ok(chatCall(read.value)) : read;
  },
  renderError: renderOpenaiError,
  renderLoneError: renderChatStreamError,
};
