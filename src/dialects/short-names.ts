/**
 * Names of tools that an upstream does not take: servers of tools give long ones, with characters of their own, and each
 * upstream has its bounds. The same in all formats: a name stands in a member `name`, in a request as in an answer.
 */
import { shortHash } from '../core/hex';
import { rewriteElements, skipValue } from '../core/json';
import { isRecord, parseJson } from '../core/record';

/**
 * In the order of the alternatives: https://github.com/mrexodia/ida-pro-mcp/issues/129 and
 * https://github.com/mims-harvard/ToolUniverse/issues/65, https://github.com/google-gemini/gemini-cli/issues/7878,
 * https://github.com/MoonshotAI/kimi-cli/issues/1773, https://github.com/QwenLM/Qwen3-VL/issues/2069,
 * https://github.com/mcp-router/mcp-router/issues/100
 */
const REFUSED = new RegExp(
  [
    "name'?: string (?:too long|does not match pattern|should (?:have at most|match))",
    ...['invalid function name', 'function name is invalid', 'tool name cannot exceed', '工具名称过长'],
  ].join('|'),
  'i',
);

/** What all of them take. */
const TAKEN = /^[A-Za-z_][\w-]{0,63}$/;
const HEAD_CHARS = 24;
const TAIL_CHARS = 30;

/** What holds tools or calls as members or elements; a schema deeper down is no tool. */
const HOLDERS: ReadonlySet<string> = new Set([
  ...['tools', 'functions', 'functionDeclarations', 'function_declarations'],
  ...['function', 'functionCall', 'function_call', 'functionResponse', 'function_response'],
]);
const CALLS: ReadonlySet<unknown> = new Set(['function_call', 'custom_tool_call', 'tool_use']);
/** `contents[].parts[].functionCall` is the deepest. */
const DEEPEST = 5;

/** Up to the value, which may be megabytes: a pattern for all of it would run out of stack. */
const NAMED = /"(?:(?:tool_)?name"\s*:\s*(?=")|allowed(?:FunctionNames|_function_names)"\s*:\s*(?=\[))/g;

export interface ShortNames {
  /** A request's body with names that any upstream takes. */
  shortened(body: string): string;
  /** An answer, or some events of one, with the client's names. */
  restored(text: string): string;
}

export const refusesNames = (message: string): boolean => REFUSED.test(message);

/** Undefined where all names of a request are good. A name's short one depends on nothing else, so each turn has the same. */
export function shortNames(body: string): ShortNames | undefined {
  const json = parseJson(body);
  // Such an answer is fetched later, when nobody knows the names any more.
  if (isRecord(json) && json.background === true) return undefined;
  const found = new Set<string>();
  gather(json, '', 0, found);
  const pairs = [...found].map((name) => [JSON.stringify(name), JSON.stringify(shortOf(name))] as const);
  if (pairs.length === 0) return undefined;
  const short = new Map(pairs);
  const shortOne = (raw: string): string => short.get(JSON.stringify(JSON.parse(raw))) ?? raw;
  return {
    shortened: (text) => withNames(text, shortOne),
    restored: (text) => pairs.reduce((restored, [name, shortName]) => restored.replaceAll(shortName, () => name), text),
  };
}

/** The text with another for each name in it. */
function withNames(text: string, change: (raw: string) => string): string {
  let changed = '';
  let from = 0;
  for (const { 0: found, index } of text.matchAll(NAMED)) {
    if (index < from) continue;
    const start = index + found.length;
    const end = skipValue(text, start);
    const raw = text.slice(start, end);
    changed += text.slice(from, start) + (raw.startsWith('[') ? rewriteElements(raw, change) : change(raw));
    from = end;
  }
  return changed + text.slice(from);
}

function gather(value: unknown, holder: string, depth: number, found: Set<string>): void {
  if (depth > DEEPEST) return;
  if (Array.isArray(value)) for (const one of value as unknown[]) gather(one, holder, depth + 1, found);
  if (!isRecord(value)) return;
  const { name, type } = value;
  if (typeof name === 'string' && !TAKEN.test(name) && (HOLDERS.has(holder) || CALLS.has(type))) found.add(name);
  for (const [key, inner] of Object.entries(value)) gather(inner, key, depth + 1, found);
}

/** Its end tells more of a tool than its beginning, which is often that of a server. */
export function shortOf(name: string): string {
  const plain = name.replace(/[^\w-]/g, '_').replace(/^(?![A-Za-z_])/, '_');
  const hash = shortHash(name);
  if (plain.length + 1 + hash.length <= HEAD_CHARS + TAIL_CHARS) return `${plain}_${hash}`;
  return `${plain.slice(0, HEAD_CHARS)}_${hash}${plain.slice(-TAIL_CHARS)}`;
}
