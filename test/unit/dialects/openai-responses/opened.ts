import type { WireId } from '../../../../src/core/wire-id';
import { responsesCall } from '../../../../src/dialects/openai-responses/dialect';
import type { ResponsesRequest } from '../../../../src/dialects/openai-responses/types';
import type { OutgoingStream } from '../../../../src/dialects/types';
import { REQUEST_ID } from './support';

/** The stream of a call that has a target over chat. */
export function openedOverChat(request: ResponsesRequest): OutgoingStream {
  const call = responsesCall(request);
  const bridge = call.over('openai-chat');
  const stream = call.openStream(REQUEST_ID);
  const relay = stream.relay.bind(stream);
  return Object.assign(stream, { relay: (wire: WireId) => relay(wire, wire === 'openai-chat' ? bridge : undefined) });
}
