import * as z from 'zod';
import { ok, type Result } from '../../core/errors';
import { promptSize } from '../estimate-tokens';
import type { ChatRequest } from '../openai-chat/request';
import { besideTurns, outputTokens, parseBody } from '../parse-body';

const count = z.int().min(1).max(128).nullish();

/** Only what is priced or routed on is validated; all other fields pass through unchanged. */
export const completionsRequest = z.looseObject({
  model: z.string().min(1),
  prompt: z.union([z.string(), z.array(z.unknown()).min(1)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: count,
  best_of: count,
  max_tokens: outputTokens.nullish(),
});

/** The default bound: https://platform.openai.com/docs/api-reference/completions/create */
const DEFAULT_MAX_TOKENS = 16;

/** A list of strings or of token lists is several prompts; a list of tokens is one. */
const promptsIn = (prompt: unknown): number => (Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1);

/** Reads a legacy completion as far as it is priced or routed on. */
export function parseCompletions(body: string): Result<ChatRequest> {
  const parsed = parseBody(body, completionsRequest);
  if (!parsed.ok) return parsed;
  const { model, prompt, stream, stream_options, n, best_of, max_tokens } = parsed.value.data;
  return ok({
    model,
    body: parsed.value.body,
    fields: besideTurns(parsed.value.fields),
    stream: stream === true,
    includeUsage: stream_options?.include_usage === true,
    choices: Math.max(n ?? 1, best_of ?? 1) * promptsIn(prompt),
    maxOutputTokens: max_tokens ?? DEFAULT_MAX_TOKENS,
    ...promptSize(body, undefined),
  });
}
