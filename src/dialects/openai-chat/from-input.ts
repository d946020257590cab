/** Cursor sends bodies in the Responses format to the chat path, and expects chat answers. */
import { fail, type Result } from '../../core/errors';
import { isRecord, parseJson } from '../../core/record';
import { crossToChat } from '../openai-responses/over-chat/request';
import { parseResponses } from '../openai-responses/request';
import type { ClientRequest } from '../types';
import { type ChatRequest, parseChat } from './request';

/** Chat's own options beside such an input; they mean what they mean in chat. */
const CHAT_OPTIONS = [
  'models',
  'max_tokens',
  'max_completion_tokens',
  'reasoning_effort',
  'response_format',
  'stop',
  'seed',
  'n',
  'frequency_penalty',
  'presence_penalty',
] as const;

/** A function in chat's form, as it may stand among tools of the Responses form. */
const flatTool = (tool: unknown): unknown =>
  isRecord(tool) && tool.type === 'function' && isRecord(tool.function) ? { type: 'function', ...tool.function } : tool;

/** The chat call of a body with `input` and without `messages`; undefined for any other body. */
export function parseChatOfInput(request: ClientRequest): Result<ChatRequest> | undefined {
  const fields = parseJson(request.body);
  if (!isRecord(fields) || (fields.messages ?? undefined) !== undefined || (fields.input ?? undefined) === undefined) return undefined;
  const parsed = parseResponses(request);
  if (!parsed.ok) return parsed;
  const { tools } = fields;
  const crossed = crossToChat({ ...parsed.value, fields: { ...fields, ...(Array.isArray(tools) && { tools: tools.map(flatTool) }) } });
  if (!crossed.ok)
    return fail('invalid_request', `Chat has nothing for the field \`${crossed.field}\`; send it to /v1/responses.`, {
      param: crossed.field,
    });
  const own = CHAT_OPTIONS.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]]));
  // Only clients that ask for it get usage in a chunk of its own.
  const { stream_options } = fields;
  return parseChat(JSON.stringify({ model: parsed.value.model, ...crossed.crossing.fields, stream_options, ...Object.fromEntries(own) }));
}
