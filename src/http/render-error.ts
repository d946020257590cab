import { answerHeaders } from '../core/answer-headers';
import type { GatewayError } from '../core/errors';
import { renderOpenaiError } from '../dialects/openai-errors';
import type { Dialect } from '../dialects/types';
import { noteRefused } from '../gateway/note-refused';
import { type AppContext, requestIdOf } from './context';

/** An error as a response under the request's id, in the native shape unless a dialect is given. */
export function errorAnswer(error: GatewayError, requestId: string, dialect?: Pick<Dialect, 'renderError'>): Response {
  const render = dialect?.renderError ?? renderOpenaiError;
  const { status, headers, body } = render(error, requestId);
  return new Response(body, { status, headers: { ...answerHeaders(requestId), ...headers } });
}

/** The same for the request of a route, counted where that is a call. */
export function renderError(c: AppContext, error: GatewayError, dialect?: Pick<Dialect, 'renderError'>): Response {
  const asked = c.get('asked');
  if (asked) noteRefused(c.get('gateway'), asked, error);
  return errorAnswer(error, requestIdOf(c), dialect);
}
