import type { GatewayError } from '../../core/errors';
import { isRecord, parseJson } from '../../core/record';
import type { WireId } from '../../core/wire-id';
import type { Bridge, Call, OutgoingStream, StreamRelay } from '../types';
import { failureEvents } from './errors';
import { numberedEvent } from './events';
import { isOverChat } from './over-chat/bridge';
import { OverChatRelay } from './over-chat/relay';
import { ResponsesRelay } from './relay';
import { type EchoedRequest, nowSeconds, ownResponse } from './response-object';
import { StreamState } from './stream-state';

// Made out here, since within the call it would hold the request with it.
export const responsesStreams =
  (echoed: EchoedRequest): Call['openStream'] =>
  (requestId) =>
    new ResponsesStream(echoed, requestId);

/** The client's end of a Responses stream. */
export class ResponsesStream implements OutgoingStream {
  private readonly state: StreamState;

  constructor(
    request: EchoedRequest,
    private readonly requestId: string,
  ) {
    this.state = new StreamState(request, requestId);
  }

  relay(_wire: WireId, bridge?: Bridge): StreamRelay {
    return bridge && isOverChat(bridge) ? new OverChatRelay(this.state, bridge.origins) : new ResponsesRelay(this.state);
  }

  /**
   * Before the response is created a comment, since the SDKs' helpers refuse any other first event. After that an
   * event, since Codex's idle timer counts nothing else; it repeats the last number instead of using one up.
   */
  keepalive(): string {
    if (!this.state.isCreated) return ': ping\n';
    return numberedEvent('keepalive', this.state.lastSequence, {});
  }

  fail(error: GatewayError): string {
    const { state } = this;
    return state.sent(failureEvents(error, this.requestId, this.lastResponse(), state.lastSequence + 1));
  }

  private lastResponse(): Record<string, unknown> {
    const { request, names, response } = this.state;
    const known = response === undefined ? undefined : parseJson(response);
    return isRecord(known) ? known : ownResponse(request, { id: names.id, createdAt: nowSeconds(), status: 'failed' });
  }
}
