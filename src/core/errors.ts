/**
 * Every refusal and failure that a client can see, in one table. `retry` says whether the same call, sent again
 * at once, could succeed; where it cannot, answers carry `x-should-retry: false`, which the official SDKs and
 * Claude Code obey.
 */
export const ERRORS = {
  missing_key: { status: 401, type: 'authentication_error', retry: false },
  invalid_key: { status: 401, type: 'authentication_error', retry: false },
  revoked_key: { status: 401, type: 'authentication_error', retry: false },
  expired_key: { status: 401, type: 'authentication_error', retry: false },
  disabled_key: { status: 401, type: 'authentication_error', retry: false },
  account_suspended: { status: 403, type: 'access_denied', retry: false },
  not_signed_in: { status: 401, type: 'authentication_error', retry: false },
  origin_not_allowed: { status: 401, type: 'authentication_error', retry: false },
  ip_not_allowed: { status: 401, type: 'authentication_error', retry: false },
  insufficient_credits: { status: 402, type: 'insufficient_credits', retry: false },
  credits_in_flight: { status: 402, type: 'insufficient_credits', retry: true },
  tier_required: { status: 403, type: 'access_denied', retry: false },
  model_not_allowed: { status: 403, type: 'access_denied', retry: false },
  permission_denied: { status: 403, type: 'access_denied', retry: false },
  cross_site_request: { status: 403, type: 'access_denied', retry: false },
  not_found: { status: 404, type: 'not_found_error', retry: false },
  wrong_method: { status: 405, type: 'invalid_request_error', retry: false },
  gone: { status: 410, type: 'not_found_error', retry: false },
  conflict: { status: 409, type: 'conflict_error', retry: false },
  conversation_locked: { status: 409, type: 'invalid_request_error', retry: true },
  idempotency_in_flight: { status: 409, type: 'idempotency_error', retry: true },
  idempotency_mismatch: { status: 422, type: 'idempotency_error', retry: false },
  body_too_large: { status: 413, type: 'invalid_request_error', retry: false },
  unsupported_content: { status: 415, type: 'invalid_request_error', retry: false },
  unsupported_encoding: { status: 415, type: 'invalid_request_error', retry: false },
  invalid_request: { status: 400, type: 'invalid_request_error', retry: false },
  unknown_model: { status: 400, type: 'invalid_request_error', retry: false },
  model_unavailable: { status: 400, type: 'invalid_request_error', retry: false },
  /** A retry would take as long again and cost as much, so clients must not take it for an outage that retries cure. */
  too_long: { status: 400, type: 'invalid_request_error', retry: false },
  wrong_endpoint: { status: 400, type: 'invalid_request_error', retry: false },
  rate_limited: { status: 429, type: 'rate_limit_error', retry: false },
  spending_limit: { status: 429, type: 'spending_limit_error', retry: false },
  spending_in_flight: { status: 429, type: 'spending_limit_error', retry: true },
  upstream_failed: { status: 502, type: 'api_error', retry: false },
  upstream_overloaded: { status: 529, type: 'overloaded_error', retry: false },
  upstream_rejected: { status: 400, type: 'invalid_request_error', retry: false },
  job_failed: { status: 502, type: 'api_error', retry: false },
  still_running: { status: 504, type: 'api_error', retry: false },
  no_provider: { status: 503, type: 'api_error', retry: false },
  not_set_up: { status: 503, type: 'api_error', retry: false },
  unavailable: { status: 503, type: 'api_error', retry: true },
  internal: { status: 500, type: 'api_error', retry: true },
} as const satisfies Record<string, { status: number; type: string; retry: boolean }>;

export type ErrorKind = keyof typeof ERRORS;

/** Refusals of the key itself. Where a client sends two keys, the other one may be good. */
export const KEY_REFUSALS: ReadonlySet<ErrorKind> = new Set([
  ...(['invalid_key', 'revoked_key', 'expired_key', 'disabled_key'] as const),
  ...(['origin_not_allowed', 'ip_not_allowed', 'account_suspended'] as const),
]);

/** For a conversation that is too long for its model. Agents look for this code, shorten the conversation and go on. */
export const CONTEXT_OVERFLOW = 'context_length_exceeded';

/** An expected failure. Its message is meant for the client: no internals, no credentials. */
export interface GatewayError {
  kind: ErrorKind;
  message: string;
  /** Machine-readable code beside the type, as OpenAI's errors have. */
  code?: string;
  /** The request field at fault. */
  param?: string;
  /** Overrides the table's status: an upstream's own refusal of the caller's request keeps its status. */
  status?: number;
  /** Further fields of the error object. */
  details?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** Seconds, sent as Retry-After only when 30 or less: clients sleep through longer ones in silence. */
  retryAfterSeconds?: number;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: GatewayError };

/** A call's refusal. It is counted already where its account gave it, or where the call has a line of its own. */
export interface RefusedCall {
  ok: false;
  error: GatewayError;
  isCounted?: true;
}

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (
  kind: ErrorKind,
  message: string,
  more: Omit<GatewayError, 'kind' | 'message'> = {},
): { ok: false; error: GatewayError } => ({
  ok: false,
  error: { kind, message, ...more },
});

/** For a key that its account does not have, and for one with a wrong secret: strangers must not learn which it is. */
export const unknownKey = () => fail('invalid_key', 'This API key does not exist.');

/** The key, or what was asked for, may well be there: an infrastructure fault must never look like a refusal. */
export const accountUnreachable = () => fail('unavailable', 'The account could not be reached; try again.', { retryAfterSeconds: 2 });

/** A bug of ours: the log gets the reason, the client only the id to ask about. */
export const internalError = () => fail('internal', 'Something went wrong on our side; please report the request id.');
