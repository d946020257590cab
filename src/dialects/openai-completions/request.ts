import { z } from 'zod';
import { ok, type Result } from '../../core/errors';
import { promptSize } from '../estimate-tokens';
import type { ChatRequest } from '../openai-chat/request';
import { besideTurns, outputTokens, parseBody } from '../parse-body';

const count = z.int().min(1).max(128).nullish();

/** What is priced or routed on. All other fields pass through as they came. */
export const completionsRequest = z.looseObject({
  model: z.string().min(1),
  prompt: z.union([z.string(), z.array(z.unknown()).min(1)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: count,
  best_of: count,
  max_tokens: outputTokens.nullish(),
});

/** The bound that applies where the client gives none: https://platform.openai.com/docs/api-reference/completions/create */
const DEFAULT_MAX_TOKENS = 16;

/** A list of strings or of token lists is so many prompts; a list of tokens is one. */
const promptsIn = (prompt: unknown): number => (Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1);

/** A legacy completion, read as far as it is priced or routed on. */
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
