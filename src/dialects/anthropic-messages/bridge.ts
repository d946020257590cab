import type { Bridge } from '../types';
import { readMessage, renderMessage } from './answer';
import { foldMessageStream } from './fold';
import { mended, type Refusal, refusalsIn } from './mend';
import { type MessagesRequest, upstreamRequest } from './request';

/** A Messages call to an upstream that speaks the same format. */
export const messagesBridge = (request: MessagesRequest): Bridge => ({
  ...bridge(request),
  repaired(message) {
    const refused = refusalsIn(message);
    const changes = refused.size > 0 && mended(request.body, refused, undefined, undefined) !== request.body;
    return changes ? bridge(request, refused) : undefined;
  },
});

const bridge = (request: MessagesRequest, refused?: ReadonlySet<Refusal>): Bridge => ({
  request: (target) => upstreamRequest(request, target, { refused }),
  readAnswer: readMessage,
  renderAnswer: renderMessage,
  foldStream: foldMessageStream,
});
