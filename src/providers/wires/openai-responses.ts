import { isRecord, recordOf } from '../../core/record';
import { textChars } from '../../core/text-chars';
import { NO_USAGE, type Usage, type Work } from '../../core/usage';
import type { ProviderQuirks, UpstreamFailure, Wire } from '../types';
import { bearer } from './authorize';
import { billedBy } from './billed';
import { classifyOpenaiFailure, type ErrorFacts, errorFacts, failureOf } from './failures';
import { noteWork, WORK_HINT } from './responses-work';
import { readTokenCounts, uncachedAudio, wholePrompt } from './token-counts';

/**
 * Reads the `usage` of the Responses API. Its input count includes tokens read from and written to a cache, its output
 * count includes reasoning (https://platform.openai.com/docs/api-reference/responses/object).
 */
export function readUsage(usage: unknown, quirks: ProviderQuirks): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const inputDetails = recordOf(usage.input_tokens_details);
  const outputDetails = recordOf(usage.output_tokens_details);
  const counts = readTokenCounts({
    input: usage.input_tokens,
    output: usage.output_tokens,
    total: usage.total_tokens,
    cached: inputDetails.cached_tokens,
    written: inputDetails.cache_write_tokens,
    inputAudio: inputDetails.audio_tokens,
    cachedAudio: recordOf(inputDetails.cached_tokens_details).audio_tokens,
    reasoning: outputDetails.reasoning_tokens,
    outputAudio: outputDetails.audio_tokens,
  });
  if (counts?.input === undefined || counts.output === undefined) return undefined;
  const { output: outputTokens, cached: read = 0, written = 0, total } = counts;
  const input = wholePrompt({ prompt: counts.input, completion: outputTokens, cached: read + written, total });
  const cacheReadTokens = Math.min(input, read);
  const cacheWrite5mTokens = Math.min(input - cacheReadTokens, written);
  const inputTokens = input - cacheReadTokens - cacheWrite5mTokens;
  return {
    ...NO_USAGE,
    ...billedBy(usage, quirks),
    inputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(outputTokens, counts.reasoning ?? 0),
    inputAudioTokens: uncachedAudio(inputTokens, counts),
    outputAudioTokens: Math.min(outputTokens, counts.outputAudio ?? 0),
  };
}

/** Statuses by an error's code and type, since inside a 200 there is no number. */
const STATUSES_BY_NAME: readonly (readonly [RegExp, number])[] = [
  [/rate.?limit|too.?many.?requests|quota/i, 429],
  [/billing|payment|insufficient.?(?:balance|credit|funds)/i, 402],
  [/auth(?:entication|orization)?_|unauthori[sz]ed|api.?key/i, 401],
  [/model_not_found|not.?found|not.?exist/i, 404],
  [/time.?d?.?out|deadline/i, 504],
  [/overload|unavailable|capacity/i, 503],
  [/invalid|policy|bad.?request|unsupported|too.?(?:long|large|small)|context.?length|image_|empty_|failed_to_download/i, 400],
];

function statusOf({ status, code = '', type = '' }: ErrorFacts): number {
  if (status !== undefined) return status >= 400 ? status : 500;
  // The code is more specific than the type, which may be the same for all errors.
  const named = [code, type].map((name) => STATUSES_BY_NAME.find(([pattern]) => pattern.test(name))?.[1]);
  return named[0] ?? named[1] ?? 500;
}

/** The error in an answer or event. The event may be flat, and a response may fail without an error. */
function factsIn(json: Record<string, unknown>): ErrorFacts | undefined {
  const { type, response } = json;
  // Some upstreams put the error beside the response: https://github.com/openai/codex/issues/24973
  if (type === 'response.failed') return factsOfResponse({ ...recordOf(response), error: recordOf(response).error ?? json.error });
  if (json.error !== undefined && json.error !== null) {
    return json.object === 'response' ? factsOfResponse(json) : (errorFacts(json) ?? { message: '' });
  }
  if (type === 'error') return errorFacts({ error: { ...json, type: undefined } }) ?? { message: '' };
  return json.status === 'failed' || json.status === 'cancelled' ? factsOfResponse(json) : undefined;
}

function factsOfResponse({ status, error }: Record<string, unknown>): ErrorFacts | undefined {
  // Some upstreams leave an `error` in a response that is complete.
  if (status === 'completed' || status === 'incomplete') return undefined;
  return errorFacts({ error }) ?? { message: status === 'cancelled' ? 'The response was cancelled.' : '' };
}

/** The failure inside an answer of status 200: a failed response, a `response.failed` or an `error` event. */
export function errorInBody(json: unknown): UpstreamFailure | undefined {
  if (!isRecord(json)) return undefined;
  const facts = factsIn(json);
  return facts && failureOf(statusOf(facts), facts);
}

const UNDER_WAY: readonly unknown[] = ['queued', 'in_progress'];
const OVER: readonly unknown[] = ['completed', 'incomplete', 'failed', 'cancelled'];

const WRITTEN: readonly string[] = ['text', 'refusal', 'arguments', 'input'];

/** How much text the items hold, at any depth. */
function writtenChars(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + writtenChars(one), 0);
  if (!isRecord(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + (typeof inner === 'string' ? (WRITTEN.includes(name) ? textChars(inner) : 0) : writtenChars(inner)),
    0,
  );
}

/** A stored answer as the upstream returns it (https://platform.openai.com/docs/api-reference/responses/get). */
function readStored(json: unknown): ReturnType<NonNullable<Wire['stored']>['read']> {
  if (!isRecord(json)) return undefined;
  const { status, usage, output } = json;
  const pending = UNDER_WAY.includes(status);
  if (!pending && !OVER.includes(status)) return undefined;
  const hasOutput = Array.isArray(output) && output.length > 0;
  const work: Work = new Map();
  noteWork(json, work);
  return {
    pending,
    failed: status === 'failed',
    usage,
    ...(work.size > 0 && { work }),
    hasOutput,
    outputChars: hasOutput ? writtenChars(output) : 0,
  };
}

/** OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses). */
export const openaiResponsesWire: Wire = {
  id: 'openai-responses',
  path: () => '/responses',
  authorize: bearer,
  readUsage,
  work: { hint: WORK_HINT, note: noteWork },
  classifyFailure: classifyOpenaiFailure,
  stored: { path: (storedId) => `/responses/${encodeURIComponent(storedId)}`, read: readStored },
  errorInBody,
};
