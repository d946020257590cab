import { countUsage } from '../counts';
import type { Format } from '../exchange';
import { inBodyError, openaiErrors } from '../openai-errors';
import { parseWholeRequest } from './request';
import type { ResponsesRequest } from './types';

/** OpenAI's count of what an input comes to. */
export const countFormat: Format<ResponsesRequest> = {
  errors: openaiErrors,
  parse: parseWholeRequest,
  reply: ({ prompt }, { magic }) => ({
    body: () => [JSON.stringify({ object: 'response.input_tokens', input_tokens: countUsage(prompt, magic, [])?.promptTokens })],
    failedBody: () => JSON.stringify(inBodyError()),
    stream: undefined,
  }),
};
