import { isFilled, isRecord, parseJson, recordOf } from '../../core/record';
import { NO_USAGE, type Usage } from '../../core/usage';
import type { ProviderQuirks, UpstreamFailure, Wire } from '../types';
import { billedBy } from './billed';
import { type ErrorFacts, errorFacts, failureOf, classifyFailure as judge } from './failures';
import { noteWork, WORK_HINT } from './messages-work';
import { readTokenCounts } from './token-counts';

/** Reads a usage object without its iterations. `input_tokens` excludes everything related to the cache. */
function readCounts(usage: Record<string, unknown>): Usage | undefined {
  const split = recordOf(usage.cache_creation);
  const counts = readTokenCounts({
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: usage.cache_creation_input_tokens,
    cacheWrite5m: split.ephemeral_5m_input_tokens,
    cacheWrite1h: split.ephemeral_1h_input_tokens,
    thinking: recordOf(usage.output_tokens_details).thinking_tokens,
  });
  if (counts === undefined || (counts.input === undefined && counts.output === undefined)) return undefined;
  const { input = 0, output = 0, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0, thinking = 0 } = counts;
  // Cache writes beyond the split by lifetime were for the usual five minutes.
  const written = Math.max(counts.cacheWrite ?? 0, cacheWrite5m + cacheWrite1h);
  return {
    ...NO_USAGE,
    inputTokens: input,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: written - cacheWrite1h,
    cacheWrite1hTokens: cacheWrite1h,
    outputTokens: output,
    reasoningTokens: Math.min(output, thinking),
  };
}

function sumOf(usages: readonly Usage[]): Usage {
  const sum = { ...NO_USAGE };
  for (const usage of usages) for (const name of Object.keys(sum) as (keyof Usage)[]) sum[name] += usage[name];
  return sum;
}

/**
 * Reads a message's `usage`. Where the model was sampled several times, to compact the conversation or to ask an
 * adviser, the top-level counts leave that out, and the sum of `iterations` is billed
 * (https://platform.claude.com/docs/en/build-with-claude/compaction-threshold).
 */
export function readUsage(usage: unknown, quirks: ProviderQuirks): Usage | undefined {
  const tokens = isRecord(usage) ? readTokens(usage) : undefined;
  if (!isRecord(usage) || tokens === undefined) return undefined;
  return { ...tokens, ...billedBy(usage, quirks) };
}

function readTokens(usage: Record<string, unknown>): Usage | undefined {
  const top = readCounts(usage);
  const { iterations } = usage;
  if (top === undefined || !Array.isArray(iterations) || iterations.length === 0) return top;
  const read = (iterations as unknown[]).map((iteration) => (isRecord(iteration) ? readCounts(iteration) : undefined));
  const whole = read.filter((counts) => counts !== undefined);
  if (whole.length < read.length) return top;
  const sum = sumOf(whole);
  return sum.inputTokens + sum.outputTokens > 0 ? { ...sum, reasoningTokens: top.reasoningTokens } : top;
}

/** https://platform.claude.com/docs/en/api/errors */
const STATUSES_BY_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Sent with a 400, but about the account behind the key. */
const ACCOUNT_REFUSED = /credit balance is too low|organization has been disabled|usage limits?\b.{0,80}regain access/i;

const withAccount = (failure: UpstreamFailure): UpstreamFailure =>
  failure.action === 'caller' && ACCOUNT_REFUSED.test(failure.message) ? { ...failure, action: 'next_key' } : failure;

const MAX_DETAILS_CHARACTERS = 4_000;

/** The official clients use `details.error_code` for the error's class, and show further fields. */
function withDetails(failure: UpstreamFailure, json: unknown): UpstreamFailure {
  const details = failure.action === 'caller' && isRecord(json) && isRecord(json.error) ? json.error.details : undefined;
  if (!isRecord(details) || JSON.stringify(details).length > MAX_DETAILS_CHARACTERS) return failure;
  return { ...failure, details };
}

/** Classifies an unsuccessful answer. */
export const classifyFailure = (status: number, body: string): UpstreamFailure =>
  withDetails(withAccount(judge(status, body)), parseJson(body));

function statusOf({ status, type }: ErrorFacts): number {
  if (status !== undefined) return status >= 400 ? status : 500;
  return (type !== undefined ? STATUSES_BY_TYPE[type] : undefined) ?? 500;
}

/** The failure inside an answer of status 200 or an event of a stream. */
export function errorInBody(json: unknown): UpstreamFailure | undefined {
  if (!isRecord(json) || Array.isArray(json.content)) return undefined;
  const hasError = isRecord(json.error) || isFilled(json.error);
  if (json.type !== 'error' && !hasError) return undefined;
  const facts = errorFacts(hasError ? json : { error: { ...json, type: undefined } }) ?? { message: '' };
  const status = statusOf(facts);
  return withDetails(withAccount({ ...failureOf(status, facts), status }), json);
}

/** https://platform.claude.com/docs/en/api/overview */
export const anthropicMessagesWire: Wire = {
  id: 'anthropic-messages',
  path: () => '/messages',
  authorize: (apiKey) => ({ 'x-api-key': apiKey }),
  headers: { 'anthropic-version': '2023-06-01' },
  readUsage,
  work: { hint: WORK_HINT, note: noteWork },
  classifyFailure,
  errorInBody,
};
