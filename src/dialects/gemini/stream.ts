import type { GatewayError } from '../../core/errors';
import type { WireId } from '../../core/wire-id';
import { NO_THOUGHTS } from '../openai-chat/over-responses/thoughts';
import type { Call, OutgoingStream, StreamRelay } from '../types';
import { renderGeminiError } from './errors';
import { arrayFraming, eventFraming, type Framing } from './framing';
import { FunctionNames } from './over-chat/names';
import { OverChatRelay } from './over-chat/relay';
import { OverResponsesRelay } from './over-responses/relay';
import type { GeminiRequest } from './request';
import { StraightRelay } from './straight';

type Asked = Pick<GeminiRequest, 'choices' | 'includeThoughts' | 'streamAs'>;

/** Takes from the request only what its streams need: they outlast its body, which may be megabytes. */
export function geminiStreams(
  { choices, includeThoughts, streamAs }: Asked,
  shown: { names: readonly string[] },
  thoughts = NO_THOUGHTS,
): Call['openStream'] {
  const asked = { choices, includeThoughts, streamAs };
  return (requestId) => new GeminiStream({ ...asked, names: new FunctionNames(shown.names) }, requestId, thoughts);
}

/** The client's end of a Gemini stream. Nothing is sent before the first content, so until then upstreams can replace each other. */
export class GeminiStream implements OutgoingStream {
  readonly contentType: string;
  private readonly framing: Framing;

  constructor(
    private readonly asked: Asked & { names: FunctionNames },
    private readonly requestId: string,
    private readonly thoughts = NO_THOUGHTS,
  ) {
    const asEvents = asked.streamAs === 'events';
    this.framing = asEvents ? eventFraming() : arrayFraming();
    this.contentType = asEvents ? 'text/event-stream; charset=utf-8' : 'application/json; charset=utf-8';
  }

  relay(wire: WireId): StreamRelay {
    if (wire === 'gemini') return new StraightRelay(this.framing, this.asked.choices);
    const overChat = new OverChatRelay(this.framing, this.asked);
    return wire === 'openai-responses' ? new OverResponsesRelay(this.requestId, this.thoughts, overChat) : overChat;
  }

  keepalive = (): string => this.framing.keepalive();

  fail = (error: GatewayError): string => this.framing.fail(renderGeminiError(error, this.requestId).body);
}

/** For a stream that never began; most are server-sent events. */
export const renderGeminiStreamError = (error: GatewayError, requestId: string): string =>
  eventFraming().fail(renderGeminiError(error, requestId).body);
