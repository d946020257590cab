import { CONTEXT_OVERFLOW, type ErrorKind, type GatewayError } from '../../core/errors';
import { errorObject, openaiType, renderOpenaiError } from '../openai-errors';
import type { RenderedError } from '../types';
import { numberedEvent } from './events';
import { responseId } from './ids';
import { nowSeconds, ownResponse } from './response-object';

/** The only code by which Codex tells its user of a spent limit; it hides the text of every other 429. */
const QUOTA_SPENT = 'insufficient_quota';

export const renderResponsesError = (error: GatewayError, requestId: string): RenderedError =>
  renderOpenaiError(error.kind === 'spending_limit' ? { ...error, code: QUOTA_SPENT } : error, requestId);

/** Upstream failures that a retry may well cure. */
const PASSING: ReadonlySet<ErrorKind> = new Set(['upstream_failed', 'upstream_overloaded', 'no_provider', 'unavailable', 'internal']);

/** Codes that Codex handles itself: it shortens the context, or names the policy. */
const ACTED_ON: ReadonlySet<string> = new Set([CONTEXT_OVERFLOW, 'invalid_prompt', 'cyber_policy', 'bio_policy']);

/** OpenAI reports it inside the stream, and only there Codex reacts to it: a status of 400 ends its turn. */
export const isSaidInStream = ({ code }: GatewayError): boolean => code === CONTEXT_OVERFLOW;

/**
 * The code for `response.failed`. Codex retries a failed turn up to five times, each at a price, except for a few
 * codes; of those only `invalid_prompt` still shows the message (https://github.com/openai/codex,
 * codex-rs/codex-api/src/sse/responses.rs).
 */
function failedCode({ kind, code }: GatewayError): string {
  if (PASSING.has(kind)) return 'server_error';
  return code !== undefined && ACTED_ON.has(code) ? code : 'invalid_prompt';
}

/**
 * The fields of an `error` event in both of its shapes: flat as in the reference, and nested as OpenAI sends it. The
 * code is never null, or clients that validate take the event for an unknown one and lose the message.
 */
function errorFields(error: GatewayError, requestId: string): Record<string, unknown> {
  const code = error.code ?? openaiType(error);
  const { message, param = null } = error;
  return { code, message, param, error: { ...errorObject(error, requestId), code } };
}

/**
 * A failure as a stream's last events. It is reported twice: Codex ignores `error`, while the Agents SDK and LangChain
 * lose the text of `response.failed`. `response` is the response object as far as it is known.
 */
export function failureEvents(error: GatewayError, requestId: string, response: Record<string, unknown>, firstNumber: number): string {
  const failed = { status: 'failed', error: { code: failedCode(error), message: error.message }, output: [], usage: null };
  return (
    numberedEvent('error', firstNumber, errorFields(error, requestId)) +
    numberedEvent('response.failed', firstNumber + 1, { response: { ...response, ...failed } })
  );
}

/** Higher than the number of any event that the stream can have had. */
const BEYOND_ALL_NUMBERS = 1_000_000_000;

/** The same for a stream of which only the request is known. */
export function renderLoneError(error: GatewayError, requestId: string): string {
  const request = { fields: {}, model: '', store: true, previousResponseId: undefined, conversationId: undefined };
  const response = ownResponse(request, { id: responseId(requestId), createdAt: nowSeconds(), status: 'failed' });
  return failureEvents(error, requestId, response, BEYOND_ALL_NUMBERS);
}
