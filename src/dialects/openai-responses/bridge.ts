import type { Bridge } from '../types';
import { readResponse, renderResponse } from './answer';
import { foldResponses } from './fold';
import { repairedResponsesBody } from './repair';
import { type ResponsesRequest, upstreamResponsesBody } from './request';

/** A Responses call to an upstream that speaks the same format. */
export const responsesBridge = (request: ResponsesRequest): Bridge => ({
  request: (target) => upstreamResponsesBody(request, target),
  readAnswer: (json) => readResponse(request, json),
  renderAnswer: (text, receipt) => renderResponse(request, text, receipt),
  foldStream: foldResponses,
  repaired(message) {
    const body = repairedResponsesBody(request.body, message);
    return body === undefined ? undefined : responsesBridge({ ...request, body });
  },
});
