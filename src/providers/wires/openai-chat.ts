import { isBrokenChoice } from '../../core/broken-choice';
import { isFilled, isRecord, recordOf, recordsOf } from '../../core/record';
import { NO_USAGE, type Usage } from '../../core/usage';
import type { ProviderQuirks, UpstreamFailure, Wire } from '../types';
import { bearer } from './authorize';
import { billedBy } from './billed';
import { classifyFailure, classifyOpenaiFailure, type ErrorFacts, errorFacts, failureOf } from './failures';
import { readTokenCounts, uncachedAudio, wholePrompt } from './token-counts';
import { unfoldChat } from './unfold-chat';

/**
 * Reasoning tokens that `completion_tokens` excludes, by the total where there is one: xAI's is prompt + completion +
 * reasoning; Google's total has a gap for thoughts that it does not itemise.
 */
function reasoningOutside(prompt: number, completion: number, reasoning: number, total: number | undefined): number {
  if (total === undefined) return reasoning;
  const gap = Math.max(0, total - prompt - completion);
  return reasoning > 0 ? Math.min(reasoning, gap) : gap;
}

/** Reads the `usage` of Chat Completions; `prompt_tokens` includes tokens read from or written to a cache. */
export function readUsage(usage: unknown, quirks: ProviderQuirks): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const promptDetails = recordOf(usage.prompt_tokens_details);
  const completionDetails = recordOf(usage.completion_tokens_details);
  const counts = readTokenCounts({
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    total: usage.total_tokens,
    cached: promptDetails.cached_tokens,
    // DeepSeek
    cacheHit: usage.prompt_cache_hit_tokens,
    // Moonshot
    cachedTopLevel: usage.cached_tokens,
    // OpenRouter
    cacheWrite: promptDetails.cache_write_tokens,
    // Alibaba
    cacheCreation: promptDetails.cache_creation_input_tokens,
    inputAudio: promptDetails.audio_tokens,
    cachedAudio: recordOf(promptDetails.cached_tokens_details).audio_tokens,
    reasoning: completionDetails.reasoning_tokens,
    outputAudio: completionDetails.audio_tokens,
  });
  if (counts === undefined || (counts.prompt === undefined && counts.completion === undefined)) return undefined;

  const { completion = 0, reasoning = 0, total } = counts;
  const read = Math.max(counts.cached ?? 0, counts.cacheHit ?? 0, counts.cachedTopLevel ?? 0);
  const written = counts.cacheWrite ?? counts.cacheCreation ?? 0;
  const told = counts.prompt ?? 0;
  // For providers that exclude thoughts from the completion count, a gap in the total is thoughts.
  const prompt = quirks.reasoningOutsideOutput ? told : wholePrompt({ prompt: told, completion, cached: read + written, total });
  const cacheReadTokens = Math.min(prompt, read);
  const cacheWrite5mTokens = Math.min(prompt - cacheReadTokens, written);
  const inputTokens = prompt - cacheReadTokens - cacheWrite5mTokens;
  const outside = quirks.reasoningOutsideOutput ? reasoningOutside(prompt, completion, reasoning, total) : 0;
  const outputTokens = completion + outside;
  return {
    ...NO_USAGE,
    ...billedBy(usage, quirks),
    inputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(outputTokens, Math.max(reasoning, outside)),
    inputAudioTokens: uncachedAudio(inputTokens, counts),
    outputAudioTokens: Math.min(outputTokens, counts.outputAudio ?? 0),
  };
}

/** Statuses for MiniMax's own codes, https://platform.minimax.io/docs/api-reference/errorcode */
const BASE_RESP_STATUSES: Readonly<Record<number, number>> = {
  1000: 500,
  1001: 504,
  1002: 429,
  1004: 401,
  1008: 402,
  1024: 500,
  1026: 400,
  1027: 400,
  1033: 500,
  1039: 429,
  1041: 429,
  1042: 400,
  2013: 400,
  2045: 429,
  2049: 401,
  2056: 429,
};

/** Statuses by an error's code and type, for bodies without a number. */
const STATUSES_BY_NAME: readonly (readonly [RegExp, number])[] = [
  [/rate.?limit|too.?many.?requests|quota|throttl|resource.?exhausted/i, 429],
  [/insufficient.?(?:balance|credit|funds)|billing|arrear|payment/i, 402],
  [/auth(?:entication|orization)?_|unauthori[sz]ed|unauthenticated|api.?key/i, 401],
  [/permission|forbidden|access.?denied/i, 403],
  [/not.?found|not.?exist/i, 404],
  [/time.?d?.?out|deadline/i, 504],
  [/overload|unavailable|capacity|busy/i, 503],
  [/invalid|bad.?request|unsupported|content.?(?:policy|filter)|too.?(?:long|large)|context.?length/i, 400],
];

function statusOf(facts: ErrorFacts): number {
  if (facts.status !== undefined) return facts.status >= 400 ? facts.status : 500;
  const name = `${facts.code ?? ''} ${facts.type ?? ''}`;
  return STATUSES_BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 500;
}

/**
 * What an answer or chunk says of its error; undefined where an `error` field stands beside good choices. A choice's
 * finish reason may say it instead: https://openrouter.ai/docs/api-reference/errors,
 * https://docs.z.ai/api-reference/llm/chat-completion
 */
function bodyFacts(body: Record<string, unknown>): ErrorFacts | undefined {
  const choices = recordsOf(body.choices);
  const broken = choices.find(isBrokenChoice);
  const hasError = isRecord(body.error) || isFilled(body.error) || body.object === 'error';
  if (broken === undefined && (!hasError || choices.length > 0)) return undefined;
  return errorFacts(hasError ? body : { error: broken?.error }) ?? { message: '' };
}

/**
 * The failure inside an answer of status 200 or a stream's chunk: an error without choices, a choice that ended in an
 * error, or MiniMax's `base_resp`.
 */
export function errorInBody(json: unknown): UpstreamFailure | undefined {
  const body: unknown = Array.isArray(json) ? json[0] : json;
  if (!isRecord(body)) return undefined;
  const facts = bodyFacts(body);
  if (facts !== undefined) return failureOf(statusOf(facts), facts);
  if (!isRecord(body.base_resp)) return undefined;
  const code = body.base_resp.status_code;
  if (typeof code !== 'number' || code === 0) return undefined;
  return failureOf(BASE_RESP_STATUSES[code] ?? 500, errorFacts({ base_resp: body.base_resp }));
}

export const openaiChatWire: Wire = {
  id: 'openai-chat',
  path: () => '/chat/completions',
  authorize: bearer,
  readUsage,
  classifyFailure: classifyOpenaiFailure,
  errorInBody,
  unfold: unfoldChat,
};

export { classifyFailure };
