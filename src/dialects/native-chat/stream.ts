import type { GatewayError } from '../../core/errors';
import { setMembers } from '../../core/json';
import { eventData, splitEvents } from '../../core/sse';
import type { WireId } from '../../core/wire-id';
import type { OutgoingStream, Receipt, StreamRelay } from '../types';

/** A chat stream whose last chunk also says at its top what the answer cost. */
export class NativeChatStream implements OutgoingStream {
  constructor(private readonly chat: OutgoingStream) {}

  relay = (wire: WireId): StreamRelay => new PricedRelay(this.chat.relay(wire));

  keepalive = (): string => this.chat.keepalive();

  fail = (error: GatewayError): string => this.chat.fail(error);
}

/** The relay itself but for its end. */
class PricedRelay implements StreamRelay {
  constructor(private readonly chat: StreamRelay) {}

  push = (events: string): string => this.chat.push(events);

  pushRest = (text: string): string => this.chat.pushRest(text);

  close = (receipt: Receipt): string => withCost(this.chat.close(receipt), receipt.creditsUsed);

  get hasContent(): boolean {
    return this.chat.hasContent;
  }

  get hasOutput(): boolean {
    return this.chat.hasOutput;
  }

  get ended(): boolean {
    return this.chat.ended;
  }

  get complete(): boolean {
    return this.chat.complete;
  }

  get failure(): StreamRelay['failure'] {
    return this.chat.failure;
  }

  get usage(): unknown {
    return this.chat.usage;
  }

  get isUsageAhead(): boolean {
    return this.chat.isUsageAhead === true;
  }

  get isEnding(): boolean {
    return this.chat.isEnding === true;
  }

  get ownItems(): readonly unknown[] | undefined {
    return this.chat.ownItems;
  }

  get outputChars(): number {
    return this.chat.outputChars;
  }
}

function withCost(end: string, creditsUsed: number): string {
  const events = splitEvents(end);
  const last = events.findLastIndex((event) => eventData(event)?.startsWith('{') === true);
  if (last < 0) return end;
  events[last] = `data: ${setMembers(eventData(events[last]!)!, { creditsUsed: JSON.stringify(creditsUsed) })}\n\n`;
  return events.join('');
}
