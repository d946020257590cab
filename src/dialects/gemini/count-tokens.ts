import { fail, ok, type Result } from '../../core/errors';
import { rewriteMembers, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { isTokenCount, promptSize } from '../estimate-tokens';
import type { ClientRequest, TokenBridge, TokenQuestion } from '../types';
import { readAddress } from './address';
import { recordField } from './fields';
import { checkContents, readBody } from './request';
import { withoutModel } from './straight';

/**
 * Reads a call of `models/{model}:countTokens` (https://ai.google.dev/api/tokens). The contents are in the body itself
 * or, with everything that belongs to them, in `generateContentRequest`.
 */
export function parseCountTokens({ body, url }: Pick<ClientRequest, 'body' | 'url'>): Result<TokenQuestion> {
  const address = readAddress(url);
  if (address?.method !== 'countTokens') return fail('not_found', 'The path has the form `/v1beta/models/{model}:countTokens`.');
  const read = readBody(body);
  if (!read.ok) return read;
  const contents = checkContents(recordField(read.value.fields, 'generateContentRequest') ?? read.value.fields);
  if (!contents.ok) return contents;
  return ok({
    model: address.model,
    estimatedTokens: promptSize(body, contents.value).estimatedInputTokens,
    over: (wire) => (wire === 'gemini' ? countBridge(body) : undefined),
    answer: (totalTokens) => JSON.stringify({ totalTokens }),
  });
}

const countBridge = (body: string): TokenBridge => ({
  request: ({ model }) => ({ body: countBody(body, model), method: 'countTokens' }),
  hasCount: (json) => isRecord(json) && isTokenCount(json.totalTokens),
});

const NESTED: ReadonlySet<string> = new Set(['generateContentRequest', 'generate_content_request']);

/** A nested request must name the upstream's own model. */
const countBody = (body: string, model: string): string =>
  rewriteMembers(withoutModel(body), (raw, key) =>
    NESTED.has(key) && raw.startsWith('{') ? setMembers(raw, { model: JSON.stringify(`models/${model}`) }) : raw,
  );
