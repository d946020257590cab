import type { BadRequest } from './chat-request';

/** OpenAI's error object; the same in bodies and in streams. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

const body = (message: string, type: string, code: string | null = null, param: string | null = null): ErrorBody => ({
  error: { message, type, param, code },
});

const KINDS = new Map<number, { type: string; code: string | null }>([
  [401, { type: 'invalid_request_error', code: 'invalid_api_key' }],
  [402, { type: 'insufficient_quota', code: 'insufficient_quota' }],
  [404, { type: 'invalid_request_error', code: 'model_not_found' }],
  [429, { type: 'requests', code: 'rate_limit_exceeded' }],
]);

export function statusError(status: number): ErrorBody {
  const kind = KINDS.get(status) ?? { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null };
  return body(`The sandbox was asked to answer ${status} (sandbox:status=${status}).`, kind.type, kind.code);
}

export const streamError = (): ErrorBody => body('The sandbox was asked for an error (sandbox:error).', 'server_error');

export const badRequest = ({ message, param }: BadRequest): ErrorBody => body(message, 'invalid_request_error', null, param);

export const unknownPath = (path: string): ErrorBody => body(`Invalid URL (POST ${path})`, 'invalid_request_error');
