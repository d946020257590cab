import { ERRORS, type ErrorKind, type GatewayError } from '../core/errors';
import type { RenderedError } from './types';

/** Clients silently sleep through longer values. */
const LONGEST_RETRY_AFTER_SECONDS = 30;
/** Some clients retry every 429, whatever it says; this lets them give up soon instead of hanging for a minute. */
const USELESS_RETRY_MS = '100';

/** An error's status and headers, the same in every dialect. */
export function errorHead(error: GatewayError): { status: number; headers: Record<string, string> } {
  const { status, retry } = ERRORS[error.kind];
  const headers: Record<string, string> = { ...error.headers };
  const soon = error.retryAfterSeconds !== undefined && error.retryAfterSeconds <= LONGEST_RETRY_AFTER_SECONDS;
  if (soon) headers['retry-after'] = String(error.retryAfterSeconds);
  else if (!retry) {
    headers['x-should-retry'] = 'false';
    if (status === 429) headers['retry-after-ms'] = USELESS_RETRY_MS;
  }
  return { status: error.status ?? status, headers };
}

/** Only Anthropic has a 529; OpenAI's clients expect 502 for failed upstreams. */
const openaiKind = (kind: ErrorKind): ErrorKind => (kind === 'upstream_overloaded' ? 'upstream_failed' : kind);

export const openaiType = ({ kind }: GatewayError): string => ERRORS[openaiKind(kind)].type;

/** `{error: {type, message, code?, param?, request_id, ...}}`, for OpenAI-shaped and native paths. */
export function errorObject(error: GatewayError, requestId: string): Record<string, unknown> {
  return {
    type: openaiType(error),
    message: error.message,
    code: error.code ?? null,
    param: error.param ?? null,
    request_id: requestId,
    ...error.details,
  };
}

/** `required` and `available` are repeated at the top level, where older clients look for them. */
export function renderOpenaiError(failure: GatewayError, requestId: string): RenderedError {
  const error: GatewayError = { ...failure, kind: openaiKind(failure.kind) };
  const head = errorHead(error);
  const beside = head.status === 402 ? { required: error.details?.required, available: error.details?.available } : {};
  return {
    status: head.status,
    headers: { ...head.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ error: errorObject(error, requestId), ...beside }),
  };
}
