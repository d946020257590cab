import { isRecord, parseJson } from '../../core/record';
import { type JsonObject, readObject, readObjects, readString } from './read';
import { estimateTokens } from './tokens';

const MAX_CHOICES = 128;
const MESSAGE_TOKENS = 4;
const IMAGE_TOKENS = 765;
const CACHE_FROM_TOKENS = 1024;
const CACHE_STEP_TOKENS = 128;

export interface FunctionTool {
  name: string;
  parameters: JsonObject;
}

/** What the sandbox looks at in a Chat Completions request. */
export interface ChatRequest {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  /** The last user message. */
  userText: string;
  /** The last tool result since that message. */
  toolResult: string | undefined;
  images: number;
  /** The functions that may be called. */
  tools: FunctionTool[];
  mustCallTool: boolean;
  parallelToolCalls: boolean;
  json: 'no' | 'any' | { schema: unknown };
  choices: number;
  maxTokens: number;
  promptTokens: number;
  cachedTokens: number;
}

export interface BadRequest {
  message: string;
  param: string | null;
}

/** Reads a request's body; what it does not know it leaves alone, as the gateway does. */
export function parseChatRequest(body: string): { request: ChatRequest } | { problem: BadRequest } {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('We could not parse the JSON body of your request.', null);
  if (typeof parsed.model !== 'string' || parsed.model === '') return bad('you must provide a model parameter', 'model');
  const messages = readObjects(parsed.messages);
  if (messages.length === 0) return bad("'messages' must be a non-empty array of messages.", 'messages');
  const choices = parsed.n ?? 1;
  if (!isWhole(choices) || choices > MAX_CHOICES) return bad(`'n' must be a whole number from 1 to ${MAX_CHOICES}.`, 'n');
  const limitName = parsed.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  const maxTokens = parsed[limitName] ?? Infinity;
  if (maxTokens !== Infinity && !isWhole(maxTokens)) return bad(`'${limitName}' must be a whole number of at least 1.`, limitName);
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  const result = messages.slice(lastUser + 1).findLast((message) => message.role === 'tool');
  return {
    request: {
      model: parsed.model,
      stream: parsed.stream === true,
      includeUsage: readObject(parsed.stream_options).include_usage === true,
      userText: textOf(messages[lastUser]?.content),
      toolResult: result && textOf(result.content),
      images: messages.reduce((sum, message) => sum + countImages(message), 0),
      ...readTools(parsed),
      parallelToolCalls: parsed.parallel_tool_calls !== false,
      json: readFormat(parsed.response_format),
      choices,
      maxTokens,
      ...countPrompt(messages, parsed),
    },
  };
}

const bad = (message: string, param: string | null): { problem: BadRequest } => ({ problem: { message, param } });

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return readObjects(content)
    .map((part) => readString(part.text))
    .join('\n');
}

const countImages = (message: JsonObject): number => readObjects(message.content).filter((part) => part.type === 'image_url').length;

function readTools(body: JsonObject): Pick<ChatRequest, 'tools' | 'mustCallTool'> {
  const tools = readObjects(body.tools)
    .map((tool) => readObject(tool.function))
    .filter((tool) => typeof tool.name === 'string')
    .map((tool) => ({ name: readString(tool.name), parameters: readObject(tool.parameters) }));
  const choice = body.tool_choice;
  if (choice === 'none') return { tools: [], mustCallTool: false };
  if (!isRecord(choice)) return { tools, mustCallTool: choice === 'required' && tools.length > 0 };
  const allowed = isRecord(choice.allowed_tools) ? readObjects(choice.allowed_tools.tools) : [choice];
  const names = allowed.map((tool) => readObject(tool.function).name);
  const picked = tools.filter((tool) => names.includes(tool.name));
  const mustCall = !isRecord(choice.allowed_tools) || choice.allowed_tools.mode === 'required';
  return { tools: picked, mustCallTool: mustCall && picked.length > 0 };
}

function readFormat(format: unknown): ChatRequest['json'] {
  if (!isRecord(format)) return 'no';
  const { schema } = readObject(format.json_schema);
  if (format.type === 'json_schema' && isRecord(schema)) return { schema };
  return format.type === 'json_schema' || format.type === 'json_object' ? 'any' : 'no';
}

/**
 * Counts the prompt. As with OpenAI's prompt cache, what an earlier turn has sent counts as cached, from 1,024
 * tokens on, in steps of 128.
 */
function countPrompt(messages: JsonObject[], body: JsonObject): Pick<ChatRequest, 'promptTokens' | 'cachedTokens'> {
  const preamble = estimateTokens(lengthOf(body.tools) + lengthOf(body.response_format));
  const counts = messages.map(messageTokens);
  const total = (tokens: number[]): number => tokens.reduce((sum, count) => sum + count, preamble);
  const lastAnswer = messages.findLastIndex((message) => message.role === 'assistant');
  const earlier = lastAnswer > 0 ? total(counts.slice(0, lastAnswer)) : 0;
  const cachedTokens = earlier < CACHE_FROM_TOKENS ? 0 : Math.floor(earlier / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS;
  return { promptTokens: total(counts), cachedTokens };
}

const lengthOf = (value: unknown): number => (value == null ? 0 : JSON.stringify(value).length);

function messageTokens(message: JsonObject): number {
  const text = textOf(message.content).length + lengthOf(message.tool_calls);
  return MESSAGE_TOKENS + estimateTokens(text) + countImages(message) * IMAGE_TOKENS;
}
