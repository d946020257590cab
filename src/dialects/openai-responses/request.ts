import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { setMembers } from '../../core/json';
import { promptSize } from '../estimate-tokens';
import { outputTokens, parseBody } from '../parse-body';
import type { BridgedRequest, ClientRequest, ContinuedAnswer, RequestTarget } from '../types';
import { namedConversation } from './conversation';
import { requestOfResponse } from './ids';
import { namesOthers } from './references';
import type { ResponsesRequest } from './types';

/** Only what is priced or routed on is validated; all other fields, items and tools pass through unchanged. */
export const responsesRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.looseObject({}))]).nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  max_output_tokens: outputTokens.nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.unknown().optional(),
});

/** Fields that can replace `input`, since each provides one. */
const INPUT_ELSEWHERE = ['prompt', 'previous_response_id', 'conversation'] as const;

/**
 * `openai-beta` enables features; with the `lite` header Codex puts tools into the input. Codex's other headers are for
 * its own backend, and some hold local paths.
 */
const FORWARDED_HEADERS = ['openai-beta', 'x-openai-internal-codex-responses-lite'] as const;

function forwardedHeaders(headers: ClientRequest['headers']): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of FORWARDED_HEADERS) {
    const value = headers.get(name);
    if (value !== null) forwarded[name] = value;
  }
  return forwarded;
}

/** https://platform.openai.com/docs/api-reference/responses/compact */
const COMPACT = '/compact';
const COMPACT_ADDRESS = /\/responses\/compact\/?(?:\?|$)/;

export function parseResponses({ body: text, url, headers }: ClientRequest): Result<ResponsesRequest> {
  const parsed = parseBody(text, responsesRequest, { inTurn: true });
  if (!parsed.ok) return parsed;
  const { body, fields, data, otherModels } = parsed.value;
  const { model, input, stream, background, store, max_output_tokens, previous_response_id } = data;
  if ((input ?? undefined) === undefined && INPUT_ELSEWHERE.every((name) => (fields[name] ?? undefined) === undefined))
    return fail('invalid_request', 'The field `input` is required.', { param: 'input', code: 'missing_required_parameter' });
  const previousResponseId = previous_response_id ?? undefined;
  const continues = previousResponseId === undefined ? ok(undefined) : continuedAnswer(previousResponseId);
  if (!continues.ok) return continues;
  const conversation = namedConversation(fields);
  if (!conversation.ok) return conversation;
  const compacts = COMPACT_ADDRESS.test(url);
  if (compacts && conversation.value !== undefined) return NOT_COMPACTED;
  if (conversation.value !== undefined && namesOthers(input)) return NOT_REFERRED;
  return ok({
    body,
    fields,
    model,
    ...(otherModels && { otherModels }),
    stream: stream === true && !compacts,
    background: background === true,
    store: store !== false,
    maxOutputTokens: max_output_tokens ?? undefined,
    ...promptSize(body, input),
    previousResponseId,
    continues: continues.value,
    conversationId: conversation.value,
    compacts,
    headers: forwardedHeaders(headers),
  });
}

const NOT_COMPACTED = fail('invalid_request', 'A conversation cannot be compacted by its name: send its items as `input`.', {
  param: 'conversation',
});

/** One provider alone could tell what they are, and later calls may go to others. */
const NOT_REFERRED = fail(
  'invalid_request',
  'With `conversation` the input cannot refer to an item by its id: what the conversation has is there already, and anything else must be sent whole.',
  { param: 'input' },
);

const MAX_QUOTED_CHARS = 200;

/** Refuses like OpenAI does for an unknown answer; clients then send the whole input. */
export const missingAnswer = (name: string) =>
  fail('invalid_request', `Previous response with id '${name.slice(0, MAX_QUOTED_CHARS)}' not found.`, {
    param: 'previous_response_id',
    code: 'previous_response_not_found',
  });

function continuedAnswer(name: string): Result<ContinuedAnswer> {
  const missing = missingAnswer(name);
  const requestId = requestOfResponse(name);
  return requestId === undefined ? missing : ok({ requestId, name, missing: missing.error });
}

/** The body for an upstream of the same format, with the upstream's ids for the model and for the answer to go on from. */
export function upstreamResponsesBody(request: ResponsesRequest, { model, storedId }: RequestTarget): BridgedRequest {
  const changes: Record<string, string> = {};
  if (model !== request.model) changes.model = JSON.stringify(model);
  if (request.previousResponseId !== undefined && storedId !== undefined) changes.previous_response_id = JSON.stringify(storedId);
  const body = Object.keys(changes).length === 0 ? request.body : setMembers(request.body, changes);
  return { body, headers: request.headers, ...(request.compacts && { pathSuffix: COMPACT }) };
}
