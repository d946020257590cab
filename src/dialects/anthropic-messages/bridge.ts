import type { Bridge } from '../types';
import { readMessage, renderMessage } from './answer';
import { foldMessageStream } from './fold';
import { type MessagesRequest, upstreamRequest } from './request';
import { namesSignature, withoutPastThinking } from './signatures';

/** A Messages call to an upstream that speaks the same format. */
export const messagesBridge = (request: MessagesRequest): Bridge => ({
  ...bridge(request, false),
  repaired: (message) =>
    namesSignature(message) && withoutPastThinking(request.body) !== request.body ? bridge(request, true) : undefined,
});

const bridge = (request: MessagesRequest, leavesThinking: boolean): Bridge => ({
  request: (target) => upstreamRequest(request, target, { leavesThinking }),
  readAnswer: readMessage,
  renderAnswer: renderMessage,
  foldStream: foldMessageStream,
});
