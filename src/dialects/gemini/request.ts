import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { rewriteMembers } from '../../core/json';
import { type Fields, isRecord, parseJson } from '../../core/record';
import { type PromptSize, promptSize } from '../estimate-tokens';
import { folded, namesRead, unambiguous } from '../known-names';
import { besideTurns, outputTokens, type ParsedBody, parseBody } from '../parse-body';
import { bareModel, type GeminiAddress } from './address';
import { field, listField, recordField } from './fields';

export const candidateCount = z.int().min(1).max(128);

/** A generateContent request, as far as it is priced or routed on. */
export interface GeminiRequest extends PromptSize {
  body: string;
  /** The parsed body, without its contents. */
  fields?: Fields;
  model: string;
  stream: boolean;
  /** Whether a stream is written as server-sent events or as one JSON array. */
  streamAs: 'events' | 'array';
  choices: number;
  maxOutputTokens: number | undefined;
  /** Thinking is turned off: https://ai.google.dev/gemini-api/docs/thinking#set-budget */
  thoughtsOff: boolean;
  /** The client wants to see thoughts. */
  includeThoughts: boolean;
}

/** The fields that are priced or routed on, by Google's names. */
const NAMES = ['model', 'stream', 'contents', 'generationConfig', 'toolConfig', 'systemInstruction', 'cachedContent'] as const;

type Read = Pick<ParsedBody<unknown>, 'body' | 'fields'>;

const CONFIG_NAMES = namesRead(['candidateCount', 'maxOutputTokens', 'thinkingConfig', 'responseModalities'], { isFree: true });

const anyObject = z.looseObject({});

export function readBody(text: string): Result<Read> {
  const read = parseBody(text, anyObject, { names: NAMES, isFree: true });
  if (!read.ok) return read;
  const { body, fields } = read.value;
  let refused: Result<string> | undefined;
  const clear = rewriteMembers(body, (raw, key) => {
    if (!isConfig(key) || !raw.startsWith('{')) return raw;
    const config = unambiguous(raw, CONFIG_NAMES);
    if (!config.ok) refused = config;
    return config.ok ? config.value : raw;
  });
  return refused && !refused.ok ? refused : ok({ body: clear, fields });
}

const isConfig = (key: string): boolean => key === 'generationConfig' || key === 'generation_config';

const refuse = (param: string, message: string) => fail('invalid_request', message, { param });

function readCount(config: Fields, name: string, schema: z.ZodType<number>): Result<number | undefined> {
  const value = field(config, name);
  if (value === undefined) return ok(undefined);
  // Protobuf's JSON allows integers as strings.
  const count = schema.safeParse(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
  if (count.success) return ok(count.data);
  const param = `generationConfig.${name}`;
  return refuse(param, `The field \`${param}\` is not valid: ${count.error.issues[0]!.message}.`);
}

/** The check that all methods share: contents that can be sent on. */
export function checkContents(json: Fields): Result<Fields[]> {
  const given = field(json, 'contents');
  if (given === undefined) return refuse('contents', 'The field `contents` is required.');
  const contents = listField(json, 'contents');
  if (contents.length === 0 || contents.length !== [given].flat().length)
    return refuse('contents', 'The field `contents` must be a list of at least one content object.');
  return ok(contents);
}

/** Chat fields that affect the price, with the fields that Google's clients have for them. */
export const CHATS_OWN: Readonly<Record<string, string>> = {
  messages: 'contents',
  n: 'generationConfig.candidateCount',
  max_tokens: 'generationConfig.maxOutputTokens',
  max_completion_tokens: 'generationConfig.maxOutputTokens',
  modalities: 'generationConfig.responseModalities',
};

/** Refused, since over chat they would be passed on unread and override what was priced. */
function refuseChatsOwn(json: Fields): Result<never> | undefined {
  const name = Object.keys(json).find((key) => Object.hasOwn(CHATS_OWN, folded(key)) && json[key] !== null);
  if (name === undefined) return undefined;
  return refuse(name, `The field \`${name}\` is OpenAI's; beside \`contents\` it is written \`${CHATS_OWN[folded(name)]!}\`.`);
}

export const refuseCached = (json: Fields): Result<never> | undefined =>
  field(json, 'cachedContent') === undefined
    ? undefined
    : refuse('cachedContent', 'Cached contents belong to one Google account and cannot be used here; send the contents themselves.');

function readRequest({ body, fields: json }: Read, head: Pick<GeminiRequest, 'model' | 'stream' | 'streamAs'>): Result<GeminiRequest> {
  const contents = checkContents(json);
  if (!contents.ok) return contents;
  const foreign = refuseChatsOwn(json);
  if (foreign) return foreign;
  const cached = refuseCached(json);
  if (cached) return cached;
  const config = recordField(json, 'generationConfig') ?? {};
  const thinking = recordField(config, 'thinkingConfig') ?? {};
  const candidates = readCount(config, 'candidateCount', candidateCount);
  if (!candidates.ok) return candidates;
  const output = readCount(config, 'maxOutputTokens', outputTokens);
  if (!output.ok) return output;
  return ok({
    ...head,
    body,
    fields: besideTurns(json),
    choices: candidates.value ?? 1,
    maxOutputTokens: output.value,
    ...promptSize(body, contents.value),
    thoughtsOff: field(thinking, 'thinkingBudget') === 0,
    includeThoughts: field(thinking, 'includeThoughts') === true,
  });
}

/** Reads a call of a native path, which names the model and whether it streams. */
export function parseNative(body: string, address: GeminiAddress | undefined): Result<GeminiRequest> {
  if (!address) return fail('not_found', 'The path names no method of a model; it has the form `/v1beta/models/{model}:generateContent`.');
  const { model, method, sse } = address;
  if (method !== 'generateContent' && method !== 'streamGenerateContent')
    return fail(
      'not_found',
      `The method \`${method}\` is not served; use generateContent, streamGenerateContent, countTokens, embedContent or batchEmbedContents.`,
    );
  const read = readBody(body);
  if (!read.ok) return read;
  return readRequest(read.value, { model, stream: method === 'streamGenerateContent', streamAs: sse ? 'events' : 'array' });
}

/** Google's own tools, by their names in a request. */
const OWN_TOOLS = [
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'googleMaps',
  'fileSearch',
  'computerUse',
  'enterpriseWebSearch',
  // MCP servers are called by Google, like its own tools.
  'mcpServers',
] as const;

/** The tools of Google's own that a request asks for. */
export const ownTools = (json: Fields): string[] => {
  const tools = listField(json, 'tools');
  return OWN_TOOLS.filter((name) => tools.some((tool) => field(tool, name) !== undefined));
};

/** Reads a call of the one path for all Gemini models, whose body says everything. */
export function parseUnified(body: string): Result<GeminiRequest> {
  const read = readBody(body);
  if (!read.ok) return read;
  const json = read.value.fields;
  if (typeof json.model !== 'string' || json.model === '') return refuse('model', 'The field `model` is required.');
  if (json.stream !== undefined && json.stream !== null && typeof json.stream !== 'boolean')
    return refuse('stream', 'The field `stream` must be true or false.');
  const [tool] = ownTools(json);
  if (tool !== undefined)
    return refuse(
      'tools',
      `The tool \`${tool}\` is Google's own and is not served here; call \`/v1beta/models/{model}:generateContent\` instead.`,
    );
  return readRequest(read.value, { model: bareModel(json.model), stream: json.stream === true, streamAs: 'events' });
}

/** Is it a body in OpenAI's shape, which the same path also takes? */
export function isOpenaiShaped(body: string): boolean {
  if (!body.includes('"messages"')) return false;
  const json = parseJson(body);
  return isRecord(json) && Array.isArray(json.messages) && (json.contents ?? null) === null;
}
