import { ok } from '../../core/errors';
import { orElse } from '../other-models';
import { statedInMessages } from '../stated-work';
import type { Call, Dialect } from '../types';
import { messagesBridge } from './bridge';
import { errorEvent, renderMessagesError } from './errors';
import { type MessagesRequest, parseMessages } from './request';
import { MessagesStream } from './stream';

// Made out here, since within the call it would hold the request with it.
const messagesStream = (requestId: string) => new MessagesStream(requestId);

export function messagesCall(request: MessagesRequest): Call {
  const call: Call = {
    model: request.model,
    ...(request.fields && { fields: request.fields, statedWork: statedInMessages(request.fields) }),
    stream: request.stream,
    choices: 1,
    maxOutputTokens: request.maxOutputTokens,
    estimatedInputTokens: request.estimatedInputTokens,
    worstInputTokens: request.worstInputTokens,
    cacheWrites: request.cacheWrites,
    thoughtsOff: request.thoughtsOff,
    over: (wire) => (wire === 'anthropic-messages' ? messagesBridge(request) : undefined),
    openStream: messagesStream,
  };
  return orElse(call, request.otherModels);
}

/** Anthropic Messages (https://platform.claude.com/docs/en/api/messages). */
export const anthropicMessages: Dialect = {
  families: ['messages'],
  wires: ['anthropic-messages'],
  parse(request) {
    const parsed = parseMessages(request);
    return parsed.ok ? ok(messagesCall(parsed.value)) : parsed;
  },
  renderError: renderMessagesError,
  renderLoneError: errorEvent,
};
