import type { Bridge } from '../types';
import { readChatAnswer, renderChatAnswer } from './answer';
import { foldChatStream } from './fold';
import { repairedChatBody } from './repair';
import { type ChatRequest, upstreamChatBody, withMaxTokens } from './request';

/** A chat call to an upstream that speaks the same format. */
export const chatBridge = (request: ChatRequest): Bridge => ({
  request: ({ model, boundName }) => ({ body: upstreamChatBody(boundName ? withMaxTokens(request) : request, model) }),
  readAnswer: readChatAnswer,
  renderAnswer: renderChatAnswer,
  foldStream: foldChatStream,
  repaired(message) {
    const body = repairedChatBody(request.body, message);
    return body === undefined ? undefined : chatBridge({ ...request, body });
  },
});
