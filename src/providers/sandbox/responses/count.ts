import { countUsage } from '../counts';
import type { Format } from '../exchange';
import { inBodyError, openaiErrors } from '../openai-errors';
import { parseResponsesRequest } from './request';
import type { ResponsesRequest } from './types';

/** OpenAI's count of what an input comes to. */
export const countFormat: Format<ResponsesRequest> = {
  errors: openaiErrors,
  async parse(body) {
    const parsed = await parseResponsesRequest(body);
    return 'problem' in parsed ? parsed : { request: { ...parsed.request, stream: false } };
  },
  reply: ({ prompt }, { magic }) => ({
    body: () => [JSON.stringify({ object: 'response.input_tokens', input_tokens: countUsage(prompt, magic, [])?.promptTokens })],
    failedBody: () => JSON.stringify(inBodyError()),
    stream: undefined,
  }),
};
