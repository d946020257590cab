import type { GatewayError } from '../../core/errors';
import { errorObject } from '../openai-errors';
import type { OutgoingStream } from '../types';
import { ChatRelay } from './relay';
import type { ChatRequest } from './request';

/** The client's end of a chat stream. */
export class ChatStream implements OutgoingStream {
  private current: ChatRelay | undefined;

  constructor(
    private readonly request: ChatRequest,
    private readonly requestId: string,
  ) {}

  relay(): ChatRelay {
    this.current = new ChatRelay(this.request, this.current?.begun === true);
    return this.current;
  }

  // One newline only: some clients dispatch an empty event on a blank line and fail on it.
  keepalive = (): string => ': ping\n';

  fail(error: GatewayError): string {
    return `data: ${JSON.stringify({ error: errorObject(error, this.requestId) })}\n\ndata: [DONE]\n\n`;
  }
}
