import type { GatewayError } from '../../core/errors';
import type { WireId } from '../../core/wire-id';
import { errorObject } from '../openai-errors';
import type { Call, OutgoingStream, StreamRelay } from '../types';
import { OverResponsesRelay } from './over-responses/relay';
import { NO_THOUGHTS } from './over-responses/thoughts';
import { CHAT_CHUNKS, ChatRelay } from './relay';
import type { ChatRequest } from './request';

type Asked = Pick<ChatRequest, 'includeUsage' | 'choices'>;

/** Takes from the request only what its streams need: they outlast its body, which may be megabytes. */
export function chatStreams({ includeUsage, choices }: Asked, shape = CHAT_CHUNKS, thoughts = NO_THOUGHTS): Call['openStream'] {
  const asked = { includeUsage, choices };
  return (requestId) => new ChatStream(asked, requestId, shape, thoughts);
}

/** The client's end of a chat stream. */
export class ChatStream implements OutgoingStream {
  private current: ChatRelay | OverResponsesRelay | undefined;

  constructor(
    private readonly asked: Asked,
    private readonly requestId: string,
    private readonly shape = CHAT_CHUNKS,
    private readonly thoughts = NO_THOUGHTS,
  ) {}

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
