import { type Fields, isRecord, parseJson, recordOf, recordsOf, textOrEmpty } from '../../../core/record';
import { readConversation, type Speech } from '../conversation';
import { bad, isWhole, type LanguageRequest, type Parsed } from '../request';
import { blocksIn, countImages, lastToolResult, spokenText } from './content';
import { countMarkedPrompt } from './prompt-cache';

export interface MessagesRequest extends LanguageRequest {
  /** Thinking is signed, and its text left out. */
  omitsThinking: boolean;
}

export function parseMessagesRequest(body: string): Parsed<MessagesRequest> {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('The request body is not valid JSON.');
  if (parsed.max_tokens === undefined) return bad('max_tokens: Field required', 'max_tokens');
  // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pre-warming-the-cache
  if (parsed.max_tokens !== 0 && !isWhole(parsed.max_tokens)) return bad('max_tokens: Input should be a whole number', 'max_tokens');
  return readBody(parsed, parsed.max_tokens);
}

/** A token count needs no bound, and has no stream. */
export function parseCountRequest(body: string): Parsed<MessagesRequest> {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('The request body is not valid JSON.');
  return readBody({ ...parsed, stream: false }, Infinity);
}

function readBody(body: Fields, maxTokens: number): Parsed<MessagesRequest> {
  if (typeof body.model !== 'string' || body.model === '') return bad('model: Field required', 'model');
  const messages = recordsOf(body.messages);
  if (messages.length === 0) return bad('messages: at least one message is required', 'messages');
  const thinking = recordOf(body.thinking);
  return {
    request: {
      model: body.model,
      stream: body.stream === true,
      ...readConversation(messages.map(readSpeech)),
      ...readTools(body),
      parallelToolCalls: recordOf(body.tool_choice).disable_parallel_tool_use !== true,
      json: readFormat(body),
      reasons: thinking.type === 'enabled' || thinking.type === 'adaptive',
      omitsThinking: thinking.display === 'omitted',
      choices: 1,
      maxTokens,
      prompt: countMarkedPrompt(body),
    },
  };
}

function readSpeech(message: Fields): Speech {
  const blocks = blocksIn(message.content);
  const user = message.role === 'user';
  return {
    userText: user ? spokenText(blocks) : undefined,
    toolResult: user ? lastToolResult(blocks) : undefined,
    images: countImages(blocks),
  };
}

/** Only tools that the client runs: those of the vendor's own have no schema. */
function readTools(body: Fields): Pick<MessagesRequest, 'tools' | 'mustCallTool'> {
  const tools = recordsOf(body.tools)
    .filter((tool) => typeof tool.name === 'string' && isRecord(tool.input_schema))
    .map((tool) => ({ name: textOrEmpty(tool.name), parameters: recordOf(tool.input_schema) }));
  const choice = recordOf(body.tool_choice);
  if (choice.type === 'none') return { tools: [], mustCallTool: false };
  if (choice.type !== 'tool') return { tools, mustCallTool: choice.type === 'any' && tools.length > 0 };
  const picked = tools.filter((tool) => tool.name === choice.name);
  return { tools: picked, mustCallTool: picked.length > 0 };
}

function readFormat(body: Fields): MessagesRequest['json'] {
  const { type, schema } = recordOf(recordOf(body.output_config).format ?? body.output_format);
  return type === 'json_schema' && isRecord(schema) ? { schema } : 'no';
}
