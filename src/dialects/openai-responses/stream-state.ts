import { CREATED, lastSequenceNumber, numberedEvent } from './events';
import { responseId } from './ids';
import { type EchoedRequest, nowSeconds, ownResponse, type ResponseNames } from './response-object';

/** What a stream's client has received so far, from whichever upstream. */
export class StreamState {
  readonly names: ResponseNames;
  /** The number of the last event sent. */
  lastSequence = -1;
  /** The opening events sent; each is sent once, however many upstreams begin. */
  readonly opened = new Set<string>();
  /** The latest response object that was sent, as JSON. */
  response: string | undefined;

  constructor(
    readonly request: EchoedRequest,
    requestId: string,
  ) {
    this.names = { id: responseId(requestId), previousResponseId: request.previousResponseId, conversationId: request.conversationId };
  }

  get isCreated(): boolean {
    return this.opened.has(CREATED);
  }

  /** Remembers the state; calling the result restores it, should what follows come to nothing. */
  checkpoint(): () => void {
    const { lastSequence, response } = this;
    const opened = [...this.opened];
    return () => {
      this.lastSequence = lastSequence;
      this.response = response;
      this.opened.clear();
      for (const type of opened) this.opened.add(type);
    };
  }

  /** Notes events that are sent unchanged. */
  sent(events: string): string {
    this.lastSequence = lastSequenceNumber(events) ?? this.lastSequence;
    return events;
  }

  /** An event that the gateway makes, with the next number. */
  event(type: string, fields: Record<string, unknown>): string {
    this.lastSequence++;
    return numberedEvent(type, this.lastSequence, fields);
  }

  /** The gateway's own `response.created`, where no upstream has sent one. */
  create(more: { model?: string; [field: string]: unknown } = {}, createdAt = nowSeconds()): string {
    if (this.isCreated) return '';
    const response = ownResponse(this.request, { ...more, id: this.names.id, createdAt, status: 'in_progress' });
    this.response = JSON.stringify(response);
    this.opened.add(CREATED);
    return this.event(CREATED, { response });
  }
}
