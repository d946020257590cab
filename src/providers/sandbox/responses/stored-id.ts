import { type Fields, isRecord, parseJson, recordOf, textOrEmpty } from '../../../core/record';
import { countCalls, quote, sampleInput } from '../answer';
import { sampleJson } from '../json-schema';
import { MAX_WAIT_MS, type Magic } from '../magic';
import { isWhole, promptOf, type Tool } from '../request';
import type { ResponsesRequest } from './types';

/** Longer ids would be trouble in addresses and logs. */
const MAX_ID_LENGTH = 1_200;
const ID = /^resp_sandbox([0-9a-f]{24})([\w-]*)$/;

/** What an id tells of its answer: enough to give the same answer again. */
export interface StoredAnswer {
  request: ResponsesRequest;
  magic: Magic;
  hash: string;
  createdSeconds: number;
  /** Until then an answer made in the background is in progress. */
  dueSeconds: number;
  /** The answer did not fit into its id, which knows only its size and that it was. */
  lost: boolean;
}

/**
 * The id under which an answer can be fetched: the sandbox keeps nothing, so the id carries it, deflated. Tools and
 * schemas are carried as the values that they led to.
 */
export async function encodeId(answer: StoredAnswer): Promise<string> {
  const start = `resp_sandbox${answer.hash.slice(0, 24)}`;
  if (!answer.request.stored) return start;
  const id = start + (await deflate(JSON.stringify(pack(answer))));
  return id.length <= MAX_ID_LENGTH ? id : start + (await deflate(JSON.stringify(packLost(answer))));
}

/** Undefined when the id is of no stored answer. */
export async function decodeId(id: string): Promise<StoredAnswer | undefined> {
  const match = id.length <= MAX_ID_LENGTH ? ID.exec(id) : null;
  if (!match?.[1] || !match[2]) return undefined;
  const packed = parseJson((await inflate(match[2])) ?? '');
  return isRecord(packed) ? unpack(packed, match[1]) : undefined;
}

function pack({ request, magic, createdSeconds, dueSeconds }: StoredAnswer): Fields {
  const calls = countCalls(request, magic);
  const { json } = request;
  return {
    m: quote(request.model),
    t: createdSeconds,
    d: dueSeconds > createdSeconds ? dueSeconds : undefined,
    u: quote(request.userText),
    r: request.toolResult === undefined ? undefined : quote(request.toolResult),
    i: request.images || undefined,
    l: Number.isFinite(request.maxTokens) ? request.maxTokens : undefined,
    p: [request.prompt.promptTokens, request.prompt.cachedTokens],
    k: calls === 0 ? toolNames(request) : request.tools.slice(0, calls).map(packTool),
    c: request.mustCallTool || undefined,
    s: request.parallelToolCalls ? undefined : 1,
    j: json === 'no' || calls > 0 ? undefined : json === 'any' ? 'any' : [sampleJson(json.schema)],
    f: [request.reasons, request.background, request.encrypted, request.compacts].map(Number),
    g: packMagic(magic),
  };
}

/** That there were tools matters to an answer that calls none, not which. */
const toolNames = (request: ResponsesRequest): unknown => (request.tools.length > 0 ? [['tool', '{}']] : undefined);

const packTool = (tool: Tool): unknown[] => [tool.name, sampleInput(tool), tool.custom ? 1 : 0, tool.namespace];

/** The words that shape what is said; those that shape how it is sent were spent on the first answer. */
function packMagic({ tokens, error, usage, refusal, length, reasoning, toolCalls, ignored }: Magic): Fields {
  return { tokens, error, usage, refusal, length, reasoning, toolCalls, ignored: ignored.length > 0 ? ignored : undefined };
}

function packLost({ request, magic, createdSeconds, dueSeconds }: StoredAnswer): Fields {
  const { promptTokens, cachedTokens } = request.prompt;
  const f = [0, request.background, 0, 0].map(Number);
  return {
    m: request.model.slice(0, 100),
    t: createdSeconds,
    d: dueSeconds,
    p: [promptTokens, cachedTokens],
    f,
    g: { error: magic.error },
    x: 1,
  };
}

function unpack(packed: Fields, hash: string): StoredAnswer {
  const [promptTokens, cachedTokens] = readNumbers(packed.p);
  const [reasons, background, encrypted, compacts] = readNumbers(packed.f).map(Boolean);
  const createdSeconds = readNumber(packed.t);
  return {
    request: {
      model: textOrEmpty(packed.m),
      stream: false,
      userText: textOrEmpty(packed.u),
      toolResult: typeof packed.r === 'string' ? packed.r : undefined,
      images: readNumber(packed.i),
      tools: readTools(packed.k),
      mustCallTool: packed.c === true,
      parallelToolCalls: packed.s === undefined,
      json: packed.j === 'any' ? 'any' : Array.isArray(packed.j) ? { schema: { const: packed.j[0] } } : 'no',
      reasons: reasons ?? false,
      choices: 1,
      maxTokens: isWhole(packed.l) ? packed.l : Infinity,
      prompt: promptOf(promptTokens ?? 0, cachedTokens ?? 0),
      echo: {},
      stored: true,
      background: background ?? false,
      encrypted: encrypted ?? false,
      compacts: compacts ?? false,
    },
    magic: readMagicAgain(recordOf(packed.g)),
    hash,
    createdSeconds,
    dueSeconds: Math.min(Math.max(createdSeconds, readNumber(packed.d)), createdSeconds + 2 * (MAX_WAIT_MS / 1000)),
    lost: packed.x === 1,
  };
}

function readTools(packed: unknown): Tool[] {
  const tools = Array.isArray(packed) ? packed.filter(Array.isArray) : [];
  return tools.map(([name, input, custom, namespace]) => ({
    name: textOrEmpty(name),
    parameters: { const: parseJson(textOrEmpty(input)) ?? null },
    ...(custom === 1 ? { custom: true as const } : {}),
    ...(typeof namespace === 'string' ? { namespace } : {}),
  }));
}

function readMagicAgain(packed: Fields): Magic {
  const magic: Magic = { ignored: Array.isArray(packed.ignored) ? packed.ignored.map(textOrEmpty) : [] };
  const usage = recordOf(packed.usage);
  if (typeof packed.tokens === 'number') magic.tokens = readNumber(packed.tokens);
  if (packed.error === 'first' || typeof packed.error === 'number') magic.error = packed.error;
  if (packed.usage === 'none') magic.usage = 'none';
  else if (isRecord(packed.usage)) {
    magic.usage = { promptTokens: readNumber(usage.promptTokens), completionTokens: readNumber(usage.completionTokens) };
  }
  if (packed.refusal === true) magic.refusal = true;
  if (packed.length === true) magic.length = true;
  if (packed.reasoning === true) magic.reasoning = true;
  if (typeof packed.toolCalls === 'number') magic.toolCalls = Math.min(readNumber(packed.toolCalls), 128);
  return magic;
}

const readNumber = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0);

const readNumbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(readNumber) : []);

async function deflate(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

async function inflate(encoded: string): Promise<string | undefined> {
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return await new Response(stream).text();
  } catch {
    return undefined;
  }
}
