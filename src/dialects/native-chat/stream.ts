import type { GatewayError } from '../../core/errors';
import { setMembers } from '../../core/json';
import { eventData, splitEvents } from '../../core/sse';
import type { WireId } from '../../core/wire-id';
import { RelayAround } from '../relay-around';
import type { Bridge, OutgoingStream, Receipt, StreamRelay } from '../types';

/** A chat stream whose last chunk also has the cost at its top. */
export class NativeChatStream implements OutgoingStream {
  constructor(private readonly chat: OutgoingStream) {}

  relay = (wire: WireId, bridge?: Bridge): StreamRelay => new PricedRelay(this.chat.relay(wire, bridge));

  keepalive = (): string => this.chat.keepalive();

  fail = (error: GatewayError): string => this.chat.fail(error);
}

class PricedRelay extends RelayAround {
  override close(receipt: Receipt): string {
    return withCost(super.close(receipt), receipt.creditsUsed);
  }
}

function withCost(end: string, creditsUsed: number): string {
  const events = splitEvents(end);
  const last = events.findLastIndex((event) => eventData(event)?.startsWith('{') === true);
  if (last < 0) return end;
  events[last] = `data: ${setMembers(eventData(events[last]!)!, { creditsUsed: JSON.stringify(creditsUsed) })}\n\n`;
  return events.join('');
}
