import { type Fields, isRecord, parseJson, recordOf, recordsOf, textOrEmpty } from '../../../core/record';
import { countPrompt, lengthOf, readConversation, type Turn, turnTokens } from '../conversation';
import { bad, isWhole, type LanguageRequest, type Parsed } from '../request';
import { estimateTokens } from '../tokens';

export const MAX_CHOICES = 128;

export interface ChatRequest extends LanguageRequest {
  includeUsage: boolean;
}

/** Reads a request's body; what it does not know it leaves alone, as the gateway does. */
export function parseChatRequest(body: string): Parsed<ChatRequest> {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('We could not parse the JSON body of your request.');
  if (typeof parsed.model !== 'string' || parsed.model === '') return bad('you must provide a model parameter', 'model');
  const messages = recordsOf(parsed.messages);
  if (messages.length === 0) return bad("'messages' must be a non-empty array of messages.", 'messages');
  const choices = parsed.n ?? 1;
  if (!isWhole(choices) || choices > MAX_CHOICES) return bad(`'n' must be a whole number from 1 to ${MAX_CHOICES}.`, 'n');
  const limitName = parsed.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  const maxTokens = parsed[limitName] ?? Infinity;
  if (maxTokens !== Infinity && !isWhole(maxTokens)) return bad(`'${limitName}' must be a whole number of at least 1.`, limitName);
  const turns = messages.map(readTurn);
  return {
    request: {
      model: parsed.model,
      stream: parsed.stream === true,
      includeUsage: recordOf(parsed.stream_options).include_usage === true,
      ...readConversation(turns),
      ...readTools(parsed),
      parallelToolCalls: parsed.parallel_tool_calls !== false,
      json: readFormat(parsed.response_format),
      reasons: false,
      choices,
      maxTokens,
      prompt: countPrompt(turns, estimateTokens(lengthOf(parsed.tools) + lengthOf(parsed.response_format))),
    },
  };
}

function readTurn(message: Fields): Turn {
  const text = textOf(message.content);
  const images = recordsOf(message.content).filter((part) => part.type === 'image_url').length;
  return {
    speaker: message.role === 'user' ? 'user' : message.role === 'assistant' ? 'model' : 'other',
    userText: message.role === 'user' ? text : undefined,
    toolResult: message.role === 'tool' ? text : undefined,
    images,
    tokens: turnTokens(text.length + lengthOf(message.tool_calls), images),
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return recordsOf(content)
    .map((part) => textOrEmpty(part.text))
    .join('\n');
}

function readTools(body: Fields): Pick<ChatRequest, 'tools' | 'mustCallTool'> {
  const tools = recordsOf(body.tools)
    .map((tool) => recordOf(tool.function))
    .filter((tool) => typeof tool.name === 'string')
    .map((tool) => ({ name: textOrEmpty(tool.name), parameters: recordOf(tool.parameters) }));
  const choice = body.tool_choice;
  if (choice === 'none') return { tools: [], mustCallTool: false };
  if (!isRecord(choice)) return { tools, mustCallTool: choice === 'required' && tools.length > 0 };
  const allowed = isRecord(choice.allowed_tools) ? recordsOf(choice.allowed_tools.tools) : [choice];
  const names = allowed.map((tool) => recordOf(tool.function).name);
  const picked = tools.filter((tool) => names.includes(tool.name));
  const mustCall = !isRecord(choice.allowed_tools) || choice.allowed_tools.mode === 'required';
  return { tools: picked, mustCallTool: mustCall && picked.length > 0 };
}

function readFormat(format: unknown): ChatRequest['json'] {
  if (!isRecord(format)) return 'no';
  const { schema } = recordOf(format.json_schema);
  if (format.type === 'json_schema' && isRecord(schema)) return { schema };
  return format.type === 'json_schema' || format.type === 'json_object' ? 'any' : 'no';
}
