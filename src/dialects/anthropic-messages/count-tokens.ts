import { ok, type Result } from '../../core/errors';
import { isRecord } from '../../core/record';
import { isTokenCount } from '../estimate-tokens';
import type { ClientRequest, TokenBridge, TokenQuestion } from '../types';
import { type CountRequest, readCountRequest, upstreamRequest } from './request';

const countBridge = (request: CountRequest): TokenBridge => ({
  request: (target) => upstreamRequest(request, target, { path: '/count_tokens' }),
  hasCount: (json) => isRecord(json) && isTokenCount(json.input_tokens),
});

const question = (request: CountRequest): TokenQuestion => ({
  model: request.model,
  estimatedTokens: request.estimatedTokens,
  over: (wire) => (wire === 'anthropic-messages' ? countBridge(request) : undefined),
  answer: (tokens) => JSON.stringify({ input_tokens: tokens }),
});

/** Reads a call of `/messages/count_tokens` (https://platform.claude.com/docs/en/build-with-claude/token-counting). */
export function parseCountTokens(request: ClientRequest): Result<TokenQuestion> {
  const read = readCountRequest(request);
  return read.ok ? ok(question(read.value)) : read;
}
