import { OverResponsesRelay as ChatOverResponses } from '../../openai-chat/over-responses/relay';
import type { ThoughtsByCall } from '../../openai-chat/over-responses/thoughts';
import { RelayAround } from '../../relay-around';
import type { Receipt, StreamRelay } from '../../types';

/** Relays a Responses stream to a Gemini client: converted to chat chunks, which go on as a chat stream does. */
export class OverResponsesRelay extends RelayAround {
  /** @param chatToGemini Gets the chat chunks. */
  constructor(
    requestId: string,
    thoughts: ThoughtsByCall,
    private readonly chatToGemini: StreamRelay,
  ) {
    super(new ChatOverResponses({ includeUsage: false }, requestId, thoughts, undefined));
  }

  override push(events: string): string {
    return this.chatToGemini.push(super.push(events));
  }

  override pushRest(text: string): string {
    return this.chatToGemini.push(super.pushRest(text));
  }

  override close(receipt: Receipt): string {
    return this.chatToGemini.push(super.close(receipt)) + this.chatToGemini.close(receipt);
  }
}
