import type { Bridge } from '../types';
import { readChatAnswer, renderChatAnswer } from './answer';
import { foldChatStream } from './fold';
import { repairedChatBody } from './repair';
import { type ChatRequest, upstreamChatBody, withMaxTokens } from './request';

/** A chat call to an upstream that speaks the same format. */
export const chatBridge = (request: ChatRequest): Bridge => ({
  readAnswer: readChatAnswer,
  renderAnswer: renderChatAnswer,
  foldStream: foldChatStream,
  answersAlone: true,
  request: ({ model, boundName }) => ({ body: upstreamChatBody(boundName ? withMaxTokens(request) : request, model) }),
  repaired(message) {
    const body = repairedChatBody(request.body, message);
    return body === undefined ? undefined : chatBridge({ ...request, body });
  },
});
