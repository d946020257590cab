import { CREATED, lastSequenceNumber, numberedEvent } from './events';
import { responseId } from './ids';
import { type EchoedRequest, echoedOf, nowSeconds, ownResponse, type ResponseNames } from './response-object';

/** What the client of a stream has had so far, whichever upstream it came from. */
export class StreamState {
  readonly names: ResponseNames;
  /** The number of the last event that was sent. */
  lastSequence = -1;
  /** The opening events that were sent: each goes out once, however many upstreams begin. */
  readonly opened = new Set<string>();
  /** The response object as the client had it last, as JSON. */
  response: string | undefined;

  readonly request: EchoedRequest;

  constructor(request: EchoedRequest, requestId: string) {
    this.request = echoedOf(request);
    this.names = { id: responseId(requestId), previousResponseId: request.previousResponseId };
  }

  get isCreated(): boolean {
    return this.opened.has(CREATED);
  }

  /** What there was to know before something that may yet come to nothing; calling it brings that back. */
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

  /** Takes note of events that are sent as they came. */
  sent(events: string): string {
    this.lastSequence = lastSequenceNumber(events) ?? this.lastSequence;
    return events;
  }

  /** An event of the gateway's own, under the next number. */
  event(type: string, fields: Record<string, unknown>): string {
    this.lastSequence++;
    return numberedEvent(type, this.lastSequence, fields);
  }

  /** `response.created` of the gateway's own, where no upstream has sent one. */
  create(more: { model?: string; [field: string]: unknown } = {}, createdAt = nowSeconds()): string {
    if (this.isCreated) return '';
    const response = ownResponse(this.request, { ...more, id: this.names.id, createdAt, status: 'in_progress' });
    this.response = JSON.stringify(response);
    this.opened.add(CREATED);
    return this.event(CREATED, { response });
  }
}
