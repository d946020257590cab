import { ERRORS, type GatewayError } from '../../core/errors';
import type { Fields } from '../../core/record';
import { errorHead } from '../openai-errors';
import type { RenderedError } from '../types';

/** Google's names for statuses (https://cloud.google.com/apis/design/errors#handling_errors). */
const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  // Google has no name for 402; this is its name for an account that cannot be billed.
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  410: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  415: 'INVALID_ARGUMENT',
  422: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const nameOf = (status: number): string => NAMES[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT');

const DETAIL = 'type.googleapis.com/google.rpc.';
/**
 * Gemini CLI retries a 429 ten times over some minutes unless the quota id says that it lasts a day
 * (github.com/google-gemini/gemini-cli, packages/core/src/utils/googleQuotaErrors.ts).
 */
const LASTING_QUOTA_ID = 'GatewayLimitPerDay';

/** Further facts as strings, since metadata may hold nothing else. */
function metadataOf(error: GatewayError, requestId: string): Record<string, string> {
  const facts: Fields = { type: ERRORS[error.kind].type, code: error.code, param: error.param, ...error.details, request_id: requestId };
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || value === null) continue;
    metadata[name] = typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
  }
  return metadata;
}

function detailsOf(error: GatewayError, requestId: string, status: number, clearsSoon: boolean): Fields[] {
  const metadata = metadataOf(error, requestId);
  const details: Fields[] = [{ '@type': `${DETAIL}ErrorInfo`, reason: error.kind.toUpperCase(), domain: 'gateway', metadata }];
  if (error.param !== undefined && status === 400)
    details.push({ '@type': `${DETAIL}BadRequest`, fieldViolations: [{ field: error.param, description: error.message }] });
  if (status !== 429) return details;
  if (clearsSoon) details.push({ '@type': `${DETAIL}RetryInfo`, retryDelay: `${error.retryAfterSeconds}s` });
  else details.push({ '@type': `${DETAIL}QuotaFailure`, violations: [{ quotaId: LASTING_QUOTA_ID, description: error.message }] });
  return details;
}

/** Google's numbers for the same, in which the error of an operation is told (google/rpc/code.proto). */
const NUMBERS: Readonly<Record<string, number>> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

/** Why an operation came to nothing: https://cloud.google.com/tasks/docs/reference/rpc/google.rpc#status */
export function operationError(error: GatewayError, requestId: string): Fields {
  const { status } = errorHead(error);
  return { code: NUMBERS[nameOf(status)], message: error.message, details: detailsOf(error, requestId, status, false) };
}

/** An error's status, headers and body as in Google's API. */
export function renderGeminiError(failure: GatewayError, requestId: string): RenderedError {
  // 529 is Anthropic's own; Google's status for an overloaded model is 503.
  const error: GatewayError = failure.kind === 'upstream_overloaded' ? { ...failure, status: 503 } : failure;
  const { status, headers } = errorHead(error);
  const details = detailsOf(error, requestId, status, headers['retry-after'] !== undefined);
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code: status, message: error.message, status: nameOf(status), details } }),
  };
}
