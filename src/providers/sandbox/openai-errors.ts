import type { ErrorStyle } from './exchange';

/** OpenAI's error object; the same in bodies and in streams. */
interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

export const IN_BODY_MESSAGE = 'The sandbox was asked for an error (sandbox:error).';

const body = (message: string, type: string, code: string | null = null, param: string | null = null): ErrorBody => ({
  error: { message, type, param, code },
});

const KINDS = new Map<number, { type: string; code: string | null }>([
  [401, { type: 'invalid_request_error', code: 'invalid_api_key' }],
  [402, { type: 'insufficient_quota', code: 'insufficient_quota' }],
  [404, { type: 'invalid_request_error', code: 'model_not_found' }],
  [429, { type: 'requests', code: 'rate_limit_exceeded' }],
]);

/** A model is what a 404 is about. */
export const statusMessage = (status: number): string =>
  `${status === 404 ? 'The model does not exist. ' : ''}The sandbox was asked to answer ${status} (sandbox:status=${status}).`;

export const openaiErrors: ErrorStyle = {
  requestIdHeader: 'x-request-id',
  badRequest: ({ message, param, code }) => body(message, 'invalid_request_error', code ?? null, param),
  status(status) {
    const kind = KINDS.get(status) ?? { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null };
    return body(statusMessage(status), kind.type, kind.code);
  },
};

export const inBodyError = (): ErrorBody => body(IN_BODY_MESSAGE, 'server_error');

export const notFound = (message: string): ErrorBody => body(message, 'invalid_request_error');

export const unknownPath = (method: string, path: string): ErrorBody => notFound(`Invalid URL (${method} ${path})`);
