import { errorObject, renderOpenaiError } from '../openai-errors';
import type { Dialect } from '../types';
import { readChatAnswer, renderChatAnswer } from './answer';
import { type ChatCall, parseChat, upstreamChatBody } from './parse';
import { ChatRelay } from './relay';

/** OpenAI Chat Completions (platform.openai.com/docs/api-reference/chat). */
export const openaiChat: Dialect = {
  id: 'openai-chat',
  families: ['chat', 'responses', 'gemini'],
  // One newline only: some clients dispatch an empty event on a blank line and fail on it.
  keepalive: ': ping\n',
  parse: parseChat,
  upstreamBody: upstreamChatBody,
  readAnswer: readChatAnswer,
  renderAnswer: renderChatAnswer,
  usageObject: (usage) => ({
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  }),
  relay: (call) => new ChatRelay(call as ChatCall),
  renderError: renderOpenaiError,
  renderStreamError: (error, requestId) => `data: ${JSON.stringify({ error: errorObject(error, requestId) })}\n\ndata: [DONE]\n\n`,
};
