import { CONTEXT_OVERFLOW, ERRORS, type GatewayError } from '../../core/errors';
import { errorHead } from '../openai-errors';
import type { RenderedError } from '../types';
import { formatEvent } from './events';

/** Claude Code looks for these words to know that it must shorten the conversation. */
const TOO_LONG = 'prompt is too long';

const messageOf = ({ code, message }: GatewayError): string =>
  code === CONTEXT_OVERFLOW && !message.toLowerCase().includes(TOO_LONG) ? `${TOO_LONG}: ${message}` : message;

/** `{type: "error", error: {type, message, ...}, request_id}`: without the outer `type` some clients show no message. */
function errorBody(error: GatewayError, requestId: string): Record<string, unknown> {
  return {
    type: 'error',
    error: { type: ERRORS[error.kind].type, message: messageOf(error), ...error.details },
    request_id: requestId,
  };
}

/** `required` and `available` are repeated at the top level, where older clients look for them. */
export function renderMessagesError(error: GatewayError, requestId: string): RenderedError {
  const { status, headers } = errorHead(error);
  const beside = status === 402 ? { required: error.details?.required, available: error.details?.available } : {};
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ ...errorBody(error, requestId), ...beside }),
  };
}

/** The error inside a stream. */
export const errorEvent = (error: GatewayError, requestId: string): string =>
  formatEvent('error', JSON.stringify(errorBody(error, requestId)));
