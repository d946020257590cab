import { answerChoices, type Choice } from '../answer';
import { countUsage } from '../counts';
import type { Format, Setting } from '../exchange';
import { serverSentEvents } from '../frames';
import { inBodyError, messagesErrors } from './errors';
import { type Message, messageBody } from './message';
import { type MessagesRequest, parseCountRequest, parseMessagesRequest } from './request';
import { messagesStream } from './stream';

/** Anthropic's Messages. */
export const messagesFormat: Format<MessagesRequest> = {
  errors: messagesErrors,
  parse: parseMessagesRequest,
  reply(request, setting) {
    const message = answer(request, setting);
    const failure = inBodyError(setting.requestId);
    return {
      body: () => [messageBody(message)],
      failedBody: () => JSON.stringify(failure),
      stream: messagesStream(message, serverSentEvents(setting.magic), failure),
    };
  },
};

/** Anthropic's token count. */
export const countTokensFormat: Format<MessagesRequest> = {
  errors: messagesErrors,
  parse: parseCountRequest,
  reply: ({ prompt }, { magic, requestId }) => ({
    body: () => [JSON.stringify({ input_tokens: countUsage(prompt, magic, [])?.promptTokens })],
    failedBody: () => JSON.stringify(inBodyError(requestId)),
    stream: undefined,
  }),
};

function answer(request: MessagesRequest, { magic, hash }: Setting): Message {
  const choices = answerChoices(request, magic, hash);
  const counts = countUsage(request.prompt, magic, choices);
  const choice = choices[0] ?? { index: 0, parts: [], finishReason: 'stop' };
  return {
    id: `msg_sandbox${hash.slice(0, 24)}`,
    model: request.model,
    choice: request.omitsThinking ? withoutThinking(choice) : choice,
    counts,
    signature: btoa(`sandbox thinking ${hash}`),
  };
}

/** One thinking block stays, for its signature. */
function withoutThinking(choice: Choice): Choice {
  const first = choice.parts.findIndex((part) => part.kind === 'reasoning');
  const parts = choice.parts
    .filter((part, index) => part.kind !== 'reasoning' || index === first)
    .map((part) => (part.kind === 'reasoning' ? { ...part, text: '' } : part));
  return { ...choice, parts };
}
