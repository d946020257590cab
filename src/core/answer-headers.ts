/** What a page of another origin may read of an answer. */
const EXPOSED =
  'x-request-id, request-id, x-job-id, x-credits-charged, x-should-retry, retry-after, idempotent-replayed, preference-applied, x-resumable, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset';

/** Headers that every answer carries. OpenAI's clients look for the first id, Anthropic's for the second. */
export const answerHeaders = (requestId: string): Record<string, string> => ({
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
  'x-request-id': requestId,
  'request-id': requestId,
});
