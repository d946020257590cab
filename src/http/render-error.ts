import type { GatewayError } from '../core/errors';
import { renderOpenaiError } from '../dialects/openai-errors';
import type { Dialect } from '../dialects/types';
import type { AppContext } from './context';

/** The one place where an error becomes an answer; without a dialect it takes the native shape. */
export function renderError(c: AppContext, error: GatewayError, dialect?: Dialect): Response {
  const render = dialect?.renderError ?? renderOpenaiError;
  const { status, headers, body } = render(error, c.get('requestId'));
  return new Response(body, { status, headers });
}
