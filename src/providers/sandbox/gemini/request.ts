import { type Fields, isRecord, parseJson, recordOf, textOrEmpty } from '../../../core/record';
import { countPrompt, lengthOf, readConversation, type Turn, turnTokens } from '../conversation';
import { bad, isWhole, type LanguageRequest, type Parsed } from '../request';
import { estimateTokens } from '../tokens';
import { field, listed } from './fields';
import { toJsonSchema } from './schema';

const MAX_CANDIDATES = 8;
const CONTENTS_MISSING = '* GenerateContentRequest.contents: contents is not specified\n';

/** What the address of a request says. */
export interface GeminiPath {
  model: string;
  method: 'generateContent' | 'streamGenerateContent' | 'countTokens';
  /** Server-sent events rather than a JSON array. */
  events: boolean;
}

export function parseGeminiRequest(text: string, path: GeminiPath): Parsed<LanguageRequest> {
  const parsed = parseJson(text);
  if (!isRecord(parsed)) return bad('Invalid JSON payload received.');
  const wrapped = path.method === 'countTokens' ? field(parsed, 'generateContentRequest') : undefined;
  const body = isRecord(wrapped) ? wrapped : parsed;
  const contents = contentsOf(body.contents);
  if (contents.length === 0) return bad(CONTENTS_MISSING);
  const config = recordOf(field(body, 'generationConfig'));
  const choices = field(config, 'candidateCount') ?? 1;
  if (!isWhole(choices) || choices > MAX_CANDIDATES) return bad(`candidateCount must be from 1 to ${MAX_CANDIDATES}.`);
  const maxTokens = field(config, 'maxOutputTokens') ?? Infinity;
  if (maxTokens !== Infinity && !isWhole(maxTokens)) return bad('max_output_tokens must be positive.');
  const turns = contents.map(readTurn);
  return {
    request: {
      model: path.model,
      stream: path.method === 'streamGenerateContent',
      ...(path.method === 'streamGenerateContent' && !path.events ? { streamType: 'application/json; charset=UTF-8' } : {}),
      ...readConversation(turns),
      ...readTools(body),
      parallelToolCalls: true,
      json: readFormat(config),
      reasons: field(recordOf(field(config, 'thinkingConfig')), 'includeThoughts') === true,
      choices,
      maxTokens,
      prompt: countPrompt(turns, preambleTokens(body, config)),
    },
  };
}

/** One content may come without its list, and a text without its content. */
function contentsOf(contents: unknown): Fields[] {
  if (typeof contents === 'string') return [{ role: 'user', parts: [{ text: contents }] }];
  return listed(contents);
}

function readTurn(content: Fields): Turn {
  const parts = listed(content.parts);
  const lastResult = parts.findLastIndex((part) => field(part, 'functionResponse') !== undefined);
  const result = recordOf(field(parts[lastResult] ?? {}, 'functionResponse'));
  const texts = parts.slice(lastResult + 1).filter((part) => typeof part.text === 'string' && part.thought !== true);
  const user = content.role === undefined || content.role === 'user';
  const model = content.role === 'model';
  const media = parts.filter((part) => isMedia(part));
  const otherLength = parts.reduce((sum, part) => sum + partLength(part), 0);
  return {
    speaker: user ? 'user' : model ? 'model' : 'other',
    userText: user && (lastResult < 0 || texts.length > 0) ? texts.map((part) => textOrEmpty(part.text)).join('\n') : undefined,
    toolResult: !model && lastResult >= 0 ? resultText(result.response) : undefined,
    images: media.filter(isImage).length,
    tokens: turnTokens(otherLength, media.length),
  };
}

const mediaOf = (part: Fields): unknown => field(part, 'inlineData') ?? field(part, 'fileData');

const isMedia = (part: Fields): boolean => mediaOf(part) !== undefined;

function isImage(part: Fields): boolean {
  const type = textOrEmpty(field(recordOf(mediaOf(part)), 'mimeType'));
  return type === '' || type.startsWith('image/');
}

function partLength(part: Fields): number {
  if (isMedia(part)) return 0;
  return typeof part.text === 'string' ? part.text.length : lengthOf(part);
}

/** The usual keys of a response are what the function said; any other response is quoted as it is. */
function resultText(response: unknown): string {
  const { result, output, error } = recordOf(response);
  const said = result ?? output ?? error ?? response ?? '';
  return typeof said === 'string' ? said : JSON.stringify(said);
}

function readTools(body: Fields): Pick<LanguageRequest, 'tools' | 'mustCallTool'> {
  const tools = listed(body.tools)
    .flatMap((tool) => listed(field(tool, 'functionDeclarations')))
    .filter((declared) => typeof declared.name === 'string')
    .map((declared) => ({ name: textOrEmpty(declared.name), parameters: parametersOf(declared) }));
  const config = recordOf(field(recordOf(field(body, 'toolConfig')), 'functionCallingConfig'));
  const mode = textOrEmpty(config.mode).toUpperCase();
  if (mode === 'NONE') return { tools: [], mustCallTool: false };
  const allowed = field(config, 'allowedFunctionNames');
  const picked = Array.isArray(allowed) && allowed.length > 0 ? tools.filter((tool) => allowed.includes(tool.name)) : tools;
  return { tools: picked, mustCallTool: mode === 'ANY' && picked.length > 0 };
}

function parametersOf(declared: Fields): Fields {
  const jsonSchema = field(declared, 'parametersJsonSchema');
  return isRecord(jsonSchema) ? jsonSchema : toJsonSchema(declared.parameters);
}

function readFormat(config: Fields): LanguageRequest['json'] {
  const jsonSchema = field(config, 'responseJsonSchema');
  if (isRecord(jsonSchema)) return { schema: jsonSchema };
  const schema = field(config, 'responseSchema');
  if (isRecord(schema)) return { schema: toJsonSchema(schema) };
  return field(config, 'responseMimeType') === 'application/json' ? 'any' : 'no';
}

const preambleTokens = (body: Fields, config: Fields): number =>
  estimateTokens(lengthOf(body.tools) + lengthOf(field(body, 'systemInstruction')) + lengthOf(field(config, 'responseSchema')));
