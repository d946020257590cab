import { z } from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { members, setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { estimateTokens } from '../estimate-tokens';

/** More than any model writes; a larger bound is a mistake. */
const MAX_OUTPUT_TOKENS = 2_000_000;

const outputTokens = z.int().min(1).max(MAX_OUTPUT_TOKENS).nullish();

/** What is priced or routed on. All other fields pass through as they came. */
export const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: outputTokens,
  max_completion_tokens: outputTokens,
});

/** A chat request, read as far as it is priced or routed on. */
export interface ChatRequest {
  body: string;
  model: string;
  stream: boolean;
  choices: number;
  maxOutputTokens: number | undefined;
  estimatedInputTokens: number;
  /** The client asked for a usage chunk of its own. */
  includeUsage: boolean;
}

export function parseChat(body: string): Result<ChatRequest> {
  if (body.trim() === '') return fail('invalid_request', 'The request body is empty; send a JSON object.');
  const json = parseJson(body);
  if (json === undefined) return fail('invalid_request', 'The request body is not valid JSON.');
  if (!isRecord(json)) return fail('invalid_request', 'The request body must be a JSON object.');
  const parsed = chatRequest.safeParse(json);
  if (!parsed.success) return refuseField(json, parsed.error.issues[0]!);
  const { model, stream, stream_options, n, max_tokens, max_completion_tokens } = parsed.data;
  return ok({
    model,
    body,
    stream: stream === true,
    includeUsage: stream_options?.include_usage === true,
    choices: n ?? 1,
    maxOutputTokens: max_completion_tokens ?? max_tokens ?? undefined,
    estimatedInputTokens: estimateTokens(body),
  });
}

function refuseField(json: Record<string, unknown>, issue: z.core.$ZodIssue) {
  const param = issue.path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');
  const missing = issue.path.length === 1 && json[String(issue.path[0])] === undefined;
  const message = missing ? `The field \`${param}\` is required.` : `The field \`${param}\` is not valid: ${issue.message}.`;
  return fail('invalid_request', message, { param, code: missing ? 'missing_required_parameter' : 'invalid_value' });
}

/** The body as the upstream gets it: its own id for the model, and usage asked for in streams. */
export function upstreamChatBody(call: Pick<ChatRequest, 'model' | 'stream' | 'body'>, model: string): string {
  const changes: Record<string, string> = {};
  if (model !== call.model) changes.model = JSON.stringify(model);
  if (call.stream) {
    const options = members(call.body).findLast(({ key }) => key === 'stream_options');
    const raw = options && call.body.slice(options.start, options.end);
    changes.stream_options = raw?.startsWith('{') ? setMembers(raw, { include_usage: 'true' }) : '{"include_usage":true}';
  }
  return Object.keys(changes).length === 0 ? call.body : setMembers(call.body, changes);
}
