import { answerHeaders } from '../core/answer-headers';
import type { GatewayError } from '../core/errors';
import { renderOpenaiError } from '../dialects/openai-errors';
import type { Dialect } from '../dialects/types';
import { type AppContext, requestIdOf } from './context';

/** The one place where an error becomes an answer; without a dialect it takes the native shape. */
export function renderError(c: AppContext, error: GatewayError, dialect?: Dialect): Response {
  const render = dialect?.renderError ?? renderOpenaiError;
  const id = requestIdOf(c);
  const { status, headers, body } = render(error, id);
  return new Response(body, { status, headers: { ...answerHeaders(id), ...headers } });
}
