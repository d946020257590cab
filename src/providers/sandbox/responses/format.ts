import type { Format, Setting } from '../exchange';
import { serverSentEvents } from '../frames';
import type { Magic } from '../magic';
import { openaiErrors } from '../openai-errors';
import { answerStored, finalStatus, responseObject } from './answer';
import { parseResponsesRequest, type ResponsesRequest } from './request';
import { encodeId, type StoredAnswer } from './stored-id';
import { responseStream } from './stream';

/** OpenAI's Responses. */
export const responsesFormat: Format<ResponsesRequest> = {
  errors: openaiErrors,
  parse: parseResponsesRequest,
  async reply(request, setting) {
    const stored = storedAnswer(request, setting);
    const answer = answerStored(stored, await encodeId(stored));
    const { background } = request;
    return {
      body: () => [JSON.stringify(responseObject(answer, background ? 'queued' : finalStatus(answer)))],
      failedBody: () => JSON.stringify(responseObject(answer, background ? 'queued' : 'failed')),
      stream: responseStream(answer, serverSentEvents(setting.magic)),
    };
  },
};

function storedAnswer(request: ResponsesRequest, { magic, hash, createdSeconds }: Setting): StoredAnswer {
  const answer = { request, magic, hash, createdSeconds, dueSeconds: createdSeconds, lost: false };
  if (!request.background) return answer;
  const spoken = answerStored(answer, '');
  return { ...answer, dueSeconds: createdSeconds + Math.ceil(paceMs(magic, spoken.choice.parts.length) / 1000) };
}

/** How long the words that set the pace of a stream make it. */
const paceMs = (magic: Magic, chunks: number): number => Math.max(chunks - 1, 0) * (magic.delayMs ?? 0) + (magic.pause?.ms ?? 0);
