import { answerChoices } from '../answer';
import { countUsage } from '../counts';
import type { Format, Setting } from '../exchange';
import { serverSentEvents } from '../frames';
import { inBodyError, openaiErrors } from '../openai-errors';
import { openaiUsage } from '../openai-usage';
import { type Completion, completionBody } from './completion';
import { type ChatRequest, parseChatRequest } from './request';
import { chatStream } from './stream';

/** OpenAI's Chat Completions. */
export const chatFormat: Format<ChatRequest> = {
  errors: openaiErrors,
  parse: parseChatRequest,
  reply(request, setting) {
    const completion = complete(request, setting);
    return {
      body: () => [completionBody(completion)],
      failedBody: () => JSON.stringify(inBodyError()),
      stream: chatStream(completion, serverSentEvents(setting.magic), request.includeUsage),
    };
  },
};

function complete(request: ChatRequest, { magic, hash, createdSeconds }: Setting): Completion {
  const choices = answerChoices(request, magic, hash);
  const counts = countUsage(request.prompt, magic, choices);
  return {
    id: `chatcmpl-sandbox${hash.slice(0, 24)}`,
    createdSeconds,
    model: request.model,
    choices,
    usage: counts && openaiUsage(counts),
  };
}
