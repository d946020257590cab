import { ok, type Result } from '../../core/errors';
import { isRecord } from '../../core/record';
import { isTokenCount } from '../estimate-tokens';
import type { ClientRequest, TokenBridge, TokenQuestion } from '../types';
import { goingOn } from './conversation';
import { bringItems, namedRequests } from './references';
import { parseResponses, upstreamResponsesBody } from './request';
import type { ResponsesRequest } from './types';

const countBridge = (request: ResponsesRequest): TokenBridge => ({
  request: (target) => ({ ...upstreamResponsesBody(request, target), pathSuffix: '/input_tokens' }),
  hasCount: (json) => isRecord(json) && isTokenCount(json.input_tokens),
});

function question(request: ResponsesRequest): TokenQuestion {
  const requestIds = namedRequests(request);
  const { conversationId: id } = request;
  const brought = (items: readonly unknown[]): Result<TokenQuestion> => {
    const whole = bringItems(request, items);
    return whole.ok ? ok(question(whole.value)) : whole;
  };
  return {
    model: request.model,
    estimatedTokens: request.estimatedInputTokens,
    continues: request.continues,
    ...(requestIds && { names: { requestIds, brought } }),
    ...(id !== undefined && { conversation: { id, after: (before) => question(goingOn(request, before)) } }),
    over: (wire) => (wire === 'openai-responses' ? countBridge(request) : undefined),
    answer: (tokens) => JSON.stringify({ object: 'response.input_tokens', input_tokens: tokens }),
  };
}

/** Reads a call of `/responses/input_tokens` (https://platform.openai.com/docs/api-reference/responses/input-tokens). */
export function parseCountTokens(request: ClientRequest): Result<TokenQuestion> {
  const parsed = parseResponses(request);
  return parsed.ok ? ok(question(parsed.value)) : parsed;
}
