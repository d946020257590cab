/** Cursor sends bodies of the Responses format to the path of chat, and reads chat from it. */
import { fail, type Result } from '../../core/errors';
import { isRecord, parseJson } from '../../core/record';
import { crossToChat } from '../openai-responses/over-chat/request';
import { parseResponses } from '../openai-responses/request';
import type { ClientRequest } from '../types';
import { type ChatRequest, parseChat } from './request';

/** Chat's own options, which stand beside such an input and mean what they always do. */
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

/** A function in the form of chat stands among tools of the other form. */
const flatTool = (tool: unknown): unknown =>
  isRecord(tool) && tool.type === 'function' && isRecord(tool.function) ? { type: 'function', ...tool.function } : tool;

/** The chat call that a body with `input` and no `messages` comes to; undefined for every other body. */
export function parseChatOfInput(request: ClientRequest): Result<ChatRequest> | undefined {
  const fields = parseJson(request.body);
  if (!isRecord(fields) || (fields.messages ?? undefined) !== undefined || (fields.input ?? undefined) === undefined) return undefined;
  const parsed = parseResponses(request);
  if (!parsed.ok) return parsed;
  const { tools } = fields;
  const crossed = crossToChat({ ...parsed.value, fields: { ...fields, ...(Array.isArray(tools) && { tools: tools.map(flatTool) }) } });
  if (!crossed.ok)
    return fail('invalid_request', `Chat cannot say what stands in \`${crossed.field}\`; send it to /v1/responses.`, {
      param: crossed.field,
    });
  const own = CHAT_OPTIONS.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]]));
  // Usage is a chunk of its own for those alone that ask for it.
  const { stream_options } = fields;
  return parseChat(JSON.stringify({ model: parsed.value.model, ...crossed.crossing.fields, stream_options, ...Object.fromEntries(own) }));
}
