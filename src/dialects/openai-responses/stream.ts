import type { GatewayError } from '../../core/errors';
import { isRecord, parseJson } from '../../core/record';
import type { WireId } from '../../core/wire-id';
import type { OutgoingStream, StreamRelay } from '../types';
import { failureEvents } from './errors';
import { numberedEvent } from './events';
import { OverChatRelay } from './over-chat/relay';
import type { ChatCrossing } from './over-chat/request';
import { ResponsesRelay } from './relay';
import { type EchoedRequest, nowSeconds, ownResponse } from './response-object';
import { StreamState } from './stream-state';

/** How to convert back from chat, set when the call has crossed to an upstream that speaks chat only. */
export interface WayBack {
  origins: ChatCrossing['origins'] | undefined;
}

/** The client's end of a Responses stream. */
export class ResponsesStream implements OutgoingStream {
  private readonly state: StreamState;

  constructor(
    request: EchoedRequest,
    private readonly requestId: string,
    private readonly back: WayBack,
  ) {
    this.state = new StreamState(request, requestId);
  }

  relay(wire: WireId): StreamRelay {
    const { origins } = this.back;
    return wire === 'openai-chat' && origins ? new OverChatRelay(this.state, origins) : new ResponsesRelay(this.state);
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
