import type { ErrorStyle } from '../exchange';
import { IN_BODY_MESSAGE, statusMessage } from '../openai-errors';

const TYPES = new Map([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

const body = (type: string, message: string, requestId: string) => ({
  type: 'error' as const,
  error: { type, message },
  request_id: requestId,
});

export const messagesErrors: ErrorStyle = {
  requestIdHeader: 'request-id',
  badRequest: ({ message }, requestId) => body('invalid_request_error', message, requestId),
  status: (status, requestId) =>
    body(TYPES.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error'), statusMessage(status), requestId),
};

export const inBodyError = (requestId: string) => body('api_error', IN_BODY_MESSAGE, requestId);
