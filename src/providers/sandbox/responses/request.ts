import { type Fields, isRecord, listOf, parseJson, recordOf, recordsOf, textOrEmpty } from '../../../core/record';
import { cachedOf, countPrompt, lengthOf, readConversation, type Turn, turnTokens } from '../conversation';
import { bad, isWhole, type Parsed, type PromptTokens } from '../request';
import { estimateTokens } from '../tokens';
import { decodeId } from './stored-id';
import { readTools } from './tools';
import type { ResponsesRequest } from './types';

const MIN_OUTPUT_TOKENS = 16;
const INPUT_MISSING = "One of 'input', 'previous_response_id', 'prompt' or 'conversation' must be provided.";

/** The same of what is never streamed, whatever it says. */
export async function parseWholeRequest(body: string): Promise<Parsed<ResponsesRequest>> {
  const parsed = await parseResponsesRequest(body);
  return 'problem' in parsed ? parsed : { request: { ...parsed.request, stream: false } };
}

export async function parseResponsesRequest(body: string): Promise<Parsed<ResponsesRequest>> {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('We could not parse the JSON body of your request.');
  if (typeof parsed.model !== 'string' || parsed.model === '') {
    return bad("Missing required parameter: 'model'.", 'model', 'missing_required_parameter');
  }
  const maxTokens = parsed.max_output_tokens ?? Infinity;
  if (maxTokens !== Infinity && !(isWhole(maxTokens) && maxTokens >= MIN_OUTPUT_TOKENS)) {
    const message = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${MIN_OUTPUT_TOKENS}.`;
    return bad(message, 'max_output_tokens', 'integer_below_min_value');
  }
  const items = itemsOf(parsed.input);
  const continues = [parsed.previous_response_id, parsed.prompt, parsed.conversation].some((value) => value != null);
  if (items.length === 0 && !continues) return bad(INPUT_MISSING, 'input', 'missing_required_parameter');
  if (parsed.background === true && parsed.store === false) return bad("'background' requires 'store' to be true.", 'background');
  const earlier = await readEarlier(parsed.previous_response_id);
  if (earlier === 'unknown') {
    const message = `Previous response with id '${textOrEmpty(parsed.previous_response_id)}' not found.`;
    return bad(message, 'previous_response_id', 'previous_response_not_found');
  }
  return { request: readRequest(parsed, parsed.model, maxTokens, items, earlier) };
}

function readRequest(body: Fields, model: string, maxTokens: number, items: Fields[], earlier: PromptTokens | undefined): ResponsesRequest {
  const turns = items.map(readTurn);
  const reasoning = recordOf(body.reasoning);
  const include = listOf(body.include);
  return {
    model,
    stream: body.stream === true,
    ...readConversation(turns),
    ...readTools(body),
    parallelToolCalls: body.parallel_tool_calls !== false,
    json: readFormat(body.text),
    reasons: reasoning.effort !== 'none' && typeof reasoning.summary === 'string' && reasoning.summary !== 'none',
    choices: 1,
    maxTokens,
    prompt: withEarlier(countPrompt(turns, preambleTokens(body)), earlier),
    echo: body,
    stored: body.store !== false,
    background: body.background === true,
    encrypted: include.includes('reasoning.encrypted_content'),
    compacts: items.some((item) => item.type === 'compaction_trigger'),
  };
}

/** The items of an input, which may be one text. */
export const itemsOf = (input: unknown): Fields[] =>
  typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : recordsOf(input);

export const isMessage = (item: Fields): boolean => item.type === undefined || item.type === 'message';

function readTurn(item: Fields): Turn {
  const type = isMessage(item) ? 'message' : textOrEmpty(item.type);
  const content = type === 'message' ? item.content : item.output;
  const text = textOf(content);
  const images = recordsOf(content).filter((part) => part.type === 'input_image').length;
  const user = type === 'message' && item.role === 'user';
  const known = type === 'message' || type.endsWith('_call_output');
  return {
    speaker: user ? 'user' : isSpokenByModel(type, item.role) ? 'model' : 'other',
    userText: user ? text : undefined,
    toolResult: type === 'function_call_output' || type === 'custom_tool_call_output' ? text : undefined,
    images,
    tokens: turnTokens(known ? text.length : lengthOf(item), images),
  };
}

const isSpokenByModel = (type: string, role: unknown): boolean =>
  type === 'message' ? role === 'assistant' : type === 'reasoning' || type === 'compaction' || type.endsWith('_call');

export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return recordsOf(content)
    .map((part) => textOrEmpty(part.text))
    .join('\n');
}

const preambleTokens = (body: Fields): number =>
  estimateTokens(lengthOf(body.tools) + textOrEmpty(body.instructions).length + lengthOf(recordOf(body.text).format));

function readFormat(text: unknown): ResponsesRequest['json'] {
  const { type, schema } = recordOf(recordOf(text).format);
  if (type === 'json_schema' && isRecord(schema)) return { schema };
  return type === 'json_schema' || type === 'json_object' ? 'any' : 'no';
}

/** The prompt of the answer that this one goes on from. */
async function readEarlier(id: unknown): Promise<PromptTokens | 'unknown' | undefined> {
  if (id == null) return undefined;
  const stored = typeof id === 'string' ? await decodeId(id) : undefined;
  return stored?.request.prompt ?? 'unknown';
}

/** It is a part of the prompt again, and cached. */
function withEarlier(prompt: PromptTokens, earlier: PromptTokens | undefined): PromptTokens {
  if (!earlier) return prompt;
  const cachedTokens = Math.max(prompt.cachedTokens, cachedOf(earlier.promptTokens));
  return { ...prompt, promptTokens: prompt.promptTokens + earlier.promptTokens, cachedTokens };
}
