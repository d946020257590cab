import type { Bridge, Receipt } from '../types';
import { readResponse, renderResponse } from './answer';
import { foldResponses } from './fold';
import { repairedResponsesBody } from './repair';
import { upstreamResponsesBody } from './request';
import type { ResponsesRequest } from './types';

/** A Responses call to an upstream that speaks the same format. */
export const responsesBridge = (request: ResponsesRequest): Bridge => ({
  ...answersTo(request),
  request: (target) => upstreamResponsesBody(request, target),
  repaired(message) {
    const body = repairedResponsesBody(request.body, message);
    return body === undefined ? undefined : responsesBridge({ ...request, body });
  },
});

/** Made apart, since beside functions that need the whole request these would hold it too. */
const answersTo = ({ store, background, previousResponseId, conversationId }: ResponsesRequest) => ({
  readAnswer: (json: unknown) => readResponse({ store, background }, json),
  renderAnswer: (text: string, receipt: Receipt) => renderResponse({ previousResponseId, conversationId }, text, receipt),
  foldStream: foldResponses,
  answersAlone: true,
});
