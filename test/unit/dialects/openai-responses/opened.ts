import { responsesCall } from '../../../../src/dialects/openai-responses/dialect';
import type { ResponsesRequest } from '../../../../src/dialects/openai-responses/request';
import type { OutgoingStream } from '../../../../src/dialects/types';
import { REQUEST_ID } from './support';

/** The stream of a call for which a target over chat was planned. */
export function openedOverChat(request: ResponsesRequest): OutgoingStream {
  const call = responsesCall(request);
  call.over('openai-chat');
  return call.openStream(REQUEST_ID);
}
