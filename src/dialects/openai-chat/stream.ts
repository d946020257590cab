import type { GatewayError } from '../../core/errors';
import type { WireId } from '../../core/wire-id';
import { errorObject } from '../openai-errors';
import type { OutgoingStream, StreamRelay } from '../types';
import { OverResponsesRelay } from './over-responses/relay';
import { NO_THOUGHTS } from './over-responses/thoughts';
import { CHAT_CHUNKS, ChatRelay } from './relay';
import type { ChatRequest } from './request';

/** The client's end of a chat stream. */
export class ChatStream implements OutgoingStream {
  private current: ChatRelay | OverResponsesRelay | undefined;
  private readonly asked: Pick<ChatRequest, 'includeUsage' | 'choices'>;

  /** Takes from the request only what it needs: a stream outlasts its request's body, which may be megabytes. */
  constructor(
    { includeUsage, choices }: Pick<ChatRequest, 'includeUsage' | 'choices'>,
    private readonly requestId: string,
    private readonly shape = CHAT_CHUNKS,
    private readonly thoughts = NO_THOUGHTS,
  ) {
    this.asked = { includeUsage, choices };
  }

  relay(wire: WireId = 'openai-chat'): StreamRelay {
    const { asked, requestId, current } = this;
    this.current =
      wire === 'openai-responses'
        ? new OverResponsesRelay(asked, requestId, this.thoughts, current)
        : new ChatRelay(asked, current, this.shape);
    return this.current;
  }

  // Only one newline: at a blank line some clients dispatch an empty event and fail on it.
  keepalive = (): string => ': ping\n';

  fail(error: GatewayError): string {
    return renderChatStreamError(error, this.requestId);
  }
}

/** A chunk with an error in place of choices, then the end. */
export const renderChatStreamError = (error: GatewayError, requestId: string): string =>
  `data: ${JSON.stringify({ error: errorObject(error, requestId) })}\n\ndata: [DONE]\n\n`;
