/** The headers that a page of another origin may read; a player of films reads those of ranges. */
const EXPOSED =
  'x-request-id, request-id, x-job-id, x-credits-charged, x-should-retry, retry-after, idempotent-replayed, preference-applied, x-resumable, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, accept-ranges, content-range, etag';

/** Headers of every answer. OpenAI's clients read the id from `x-request-id`, Anthropic's from `request-id`. */
export const answerHeaders = (requestId: string): Record<string, string> => ({
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
  'x-request-id': requestId,
  'request-id': requestId,
});
