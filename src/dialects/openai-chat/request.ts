import * as z from 'zod';
import { ok, type Result } from '../../core/errors';
import { members, renameMembers, setMembers, withoutMember } from '../../core/json';
import { type PromptSize, promptSize } from '../estimate-tokens';
import { besideTurns, outputTokens, parseBody } from '../parse-body';
import { thoughtsOff } from '../thoughts-off';

/** Only what is priced or routed on is validated; all other fields pass through unchanged. */
export const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: outputTokens.nullish(),
  max_completion_tokens: outputTokens.nullish(),
});

/** A chat request, as far as it is priced or routed on. */
export interface ChatRequest extends PromptSize {
  body: string;
  model: string;
  stream: boolean;
  choices: number;
  maxOutputTokens: number | undefined;
  /** Thinking is turned off. */
  thoughtsOff?: boolean;
  /** The client asked for usage in a chunk of its own. */
  includeUsage: boolean;
  /** The answer is sound. */
  speaks?: boolean;
  /** The models to ask when this one fails. */
  otherModels?: readonly string[];
  /** The parsed body, without its messages. */
  fields?: Record<string, unknown>;
}

/** The same request for another model. */
export const ofModel = ({ otherModels: _, ...request }: ChatRequest, model: string): ChatRequest => ({
  ...request,
  model,
  body: setMembers(request.body, { model: JSON.stringify(model) }),
  ...(request.fields && { fields: { ...request.fields, model } }),
});

export function parseChat(text: string): Result<ChatRequest> {
  const parsed = parseBody(text, chatRequest, { inTurn: true });
  if (!parsed.ok) return parsed;
  const { body, fields, otherModels } = parsed.value;
  const { model, messages, stream, stream_options, n, max_tokens, max_completion_tokens } = parsed.value.data;
  return ok({
    model,
    ...(otherModels && { otherModels }),
    body,
    fields: besideTurns(fields),
    speaks: Array.isArray(fields.modalities) && fields.modalities.includes('audio'),
    stream: stream === true,
    includeUsage: stream_options?.include_usage === true,
    choices: n ?? 1,
    maxOutputTokens: max_completion_tokens ?? max_tokens ?? undefined,
    ...promptSize(body, messages),
    thoughtsOff: thoughtsOff(fields),
  });
}

/** The body as the upstream gets it: with its own model id and, in streams, a request for usage. */
export function upstreamChatBody(call: Pick<ChatRequest, 'model' | 'stream' | 'body' | 'fields'>, model: string): string {
  const changes: Record<string, string> = {};
  if (model !== call.model) changes.model = JSON.stringify(model);
  if (call.stream) {
    const options = members(call.body).findLast(({ key }) => key === 'stream_options');
    const raw = options && call.body.slice(options.start, options.end);
    changes.stream_options = raw?.startsWith('{') ? setMembers(raw, { include_usage: 'true' }) : '{"include_usage":true}';
  }
  // OpenAI refuses it without a stream, but some clients always send it.
  const isIdle = !call.stream && call.fields !== undefined && 'stream_options' in call.fields;
  const body = isIdle ? withoutMember(call.body, 'stream_options') : call.body;
  return Object.keys(changes).length === 0 ? body : setMembers(body, changes);
}

/** The call with its bound under the older name only. */
export function withMaxTokens(call: ChatRequest): ChatRequest {
  const { body } = call;
  const bound = members(body).findLast(({ key }) => key === 'max_completion_tokens');
  if (!bound || body.slice(bound.start, bound.end) === 'null') return call;
  // If both names are present, the newer one is what was priced.
  return { ...call, body: renameMembers(withoutMember(body, 'max_tokens'), 'max_completion_tokens', 'max_tokens') };
}
