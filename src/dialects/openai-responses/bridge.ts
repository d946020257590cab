import type { Bridge } from '../types';
import { readResponse, renderResponse } from './answer';
import { foldResponses } from './fold';
import { type ResponsesRequest, upstreamResponsesBody } from './request';

/** A Responses call to an upstream that speaks the same format. */
export const responsesBridge = (request: ResponsesRequest): Bridge => ({
  request: (target) => upstreamResponsesBody(request, target),
  readAnswer: (json) => readResponse(request, json),
  renderAnswer: (text, receipt) => renderResponse(request, text, receipt),
  foldStream: foldResponses,
});
