import type { Bridge } from '../types';
import { readMessage, renderMessage } from './answer';
import { foldMessageStream } from './fold';
import { withoutLargePictures } from './large-pictures';
import { betasIn, mended, refusalsIn, withoutBetas } from './mend';
import { BETAS, type MessagesRequest, upstreamRequest, type Variation } from './request';

/** A Messages call to an upstream that speaks the same format. */
export const messagesBridge = (request: MessagesRequest): Bridge => ({
  ...bridge(request),
  repaired(message) {
    const body = withoutLargePictures(request.body, message);
    if (body !== request.body) return messagesBridge({ ...request, body });
    const refused = refusalsIn(message);
    if (refused.size === 0) return undefined;
    const { [BETAS]: betas = '', ...others } = request.headers;
    const kept = withoutBetas(betas, betasIn(message));
    const changes = kept !== withoutBetas(betas, []) || mended(request.body, refused, undefined, undefined) !== request.body;
    return changes ? bridge({ ...request, headers: kept === '' ? others : { ...others, [BETAS]: kept } }, { refused }) : undefined;
  },
});

const bridge = (request: MessagesRequest, variation?: Variation): Bridge => ({
  request: (target) => upstreamRequest(request, target, variation),
  readAnswer: readMessage,
  renderAnswer: renderMessage,
  foldStream: foldMessageStream,
  answersAlone: true,
});
