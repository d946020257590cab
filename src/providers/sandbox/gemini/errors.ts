import type { ErrorStyle } from '../exchange';
import { IN_BODY_MESSAGE, statusMessage } from '../openai-errors';

const STATUSES = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [501, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

const body = (code: number, message: string) => ({
  error: { code, message, status: STATUSES.get(code) ?? (code < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL') },
});

/** Where the answer would be a list, its errors come in one too. */
export function geminiErrors(listed: boolean): ErrorStyle {
  const shaped = (error: ReturnType<typeof body>) => (listed ? [error] : error);
  return {
    badRequest: ({ message }) => shaped(body(400, message)),
    status: (status) => shaped(body(status, statusMessage(status))),
  };
}

export const inBodyError = () => body(500, IN_BODY_MESSAGE);
