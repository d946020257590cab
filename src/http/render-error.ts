import { answerHeaders } from '../core/answer-headers';
import type { GatewayError } from '../core/errors';
import { renderOpenaiError } from '../dialects/openai-errors';
import type { Dialect } from '../dialects/types';
import { type AppContext, requestIdOf } from './context';

/** An error as a response under the request's id, in the native shape unless a dialect is given. */
export function errorAnswer(error: GatewayError, requestId: string, dialect?: Pick<Dialect, 'renderError'>): Response {
  const render = dialect?.renderError ?? renderOpenaiError;
  const { status, headers, body } = render(error, requestId);
  return new Response(body, { status, headers: { ...answerHeaders(requestId), ...headers } });
}

/** The same for the request of a route. */
export const renderError = (c: AppContext, error: GatewayError, dialect?: Pick<Dialect, 'renderError'>): Response =>
  errorAnswer(error, requestIdOf(c), dialect);
