import type { GatewayError } from '../../core/errors';
import type { OutgoingStream } from '../types';
import { errorEvent } from './errors';
import { PING } from './events';
import { MessagesRelay } from './relay';

/** The client's end of a Messages stream. */
export class MessagesStream implements OutgoingStream {
  private current: MessagesRelay | undefined;

  constructor(private readonly requestId: string) {}

  relay(): MessagesRelay {
    this.current = new MessagesRelay(this.current?.begun === true);
    return this.current;
  }

  keepalive = (): string => PING;

  fail(error: GatewayError): string {
    return errorEvent(error, this.requestId);
  }
}
