import { CONTEXT_OVERFLOW, type ErrorKind, type GatewayError } from '../../core/errors';
import { errorObject, openaiType, renderOpenaiError } from '../openai-errors';
import type { RenderedError } from '../types';
import { numberedEvent } from './events';
import { responseId } from './ids';
import { nowSeconds, ownResponse } from './response-object';

/** Codex tells its user of a spent limit by this code alone, and hides the text of every other 429. */
const QUOTA_SPENT = 'insufficient_quota';

export const renderResponsesError = (error: GatewayError, requestId: string): RenderedError =>
  renderOpenaiError(error.kind === 'spending_limit' ? { ...error, code: QUOTA_SPENT } : error, requestId);

/** Upstream faults: the same call, sent again, may well succeed. */
const PASSING: ReadonlySet<ErrorKind> = new Set(['upstream_failed', 'upstream_overloaded', 'no_provider', 'unavailable', 'internal']);

/** What Codex acts on by itself: it shortens its context, or says which policy it was. */
const ACTED_ON: ReadonlySet<string> = new Set([CONTEXT_OVERFLOW, 'invalid_prompt', 'cyber_policy', 'bio_policy']);

/** OpenAI says it inside the stream, and there alone Codex looks for it: a status of 400 ends its turn. */
export const isSaidInStream = ({ code }: GatewayError): boolean => code === CONTEXT_OVERFLOW;

/**
 * The code of `response.failed`. Codex sends a failed turn up to five times more, each at a price, but for a few
 * codes; of those only `invalid_prompt` still shows the message
 * (https://github.com/openai/codex, codex-rs/codex-api/src/sse/responses.rs).
 */
function failedCode({ kind, code }: GatewayError): string {
  if (PASSING.has(kind)) return 'server_error';
  return code !== undefined && ACTED_ON.has(code) ? code : 'invalid_prompt';
}

/**
 * The `error` event, in both of its shapes: flat as the reference has it, and nested as OpenAI sends it. The code
 * is never null: clients with a schema take the event for an unknown one then, and lose the message.
 */
function errorFields(error: GatewayError, requestId: string): Record<string, unknown> {
  const code = error.code ?? openaiType(error);
  const { message, param = null } = error;
  return { code, message, param, error: { ...errorObject(error, requestId), code } };
}

/**
 * A failure as the last events of a stream. It is told twice: Codex passes over `error`, the Agents SDK and LangChain
 * lose the text of `response.failed`. `response` is the response object as far as it is known.
 */
export function failureEvents(error: GatewayError, requestId: string, response: Record<string, unknown>, firstNumber: number): string {
  const failed = { status: 'failed', error: { code: failedCode(error), message: error.message }, output: [], usage: null };
  return (
    numberedEvent('error', firstNumber, errorFields(error, requestId)) +
    numberedEvent('response.failed', firstNumber + 1, { response: { ...response, ...failed } })
  );
}

/** Above the number of any event that a stream has had. */
const BEYOND_ALL_NUMBERS = 1_000_000_000;

/** The same at the end of a stream of which only the request is known. */
export function renderLoneError(error: GatewayError, requestId: string): string {
  const request = { fields: {}, model: '', store: true, previousResponseId: undefined };
  const response = ownResponse(request, { id: responseId(requestId), createdAt: nowSeconds(), status: 'failed' });
  return failureEvents(error, requestId, response, BEYOND_ALL_NUMBERS);
}
