import { type Fields, isRecord, listOf, textOrEmpty } from '../../../core/record';
import { NO_PARAMETERS } from '../../openai-chat/tool-calls';
import { shortOf } from '../../short-names';

/** The Responses tool that a chat function stands for. */
export interface ToolOrigin {
  name: string;
  /** The tool's namespace, where it has one. */
  namespace?: string;
  /** Its single argument is free text. */
  isCustom: boolean;
}

/** A call's tools as chat functions, and the way back from a function's name. */
export interface ChatTools {
  functions: Fields[];
  origins: Map<string, ToolOrigin>;
}

/** The longest function name in chat: https://platform.openai.com/docs/api-reference/chat/create */
const MAX_NAME_CHARS = 64;

/** The chat name of a tool; a namespace becomes a prefix, as MCP clients write it. */
export function chatName({ name, namespace }: Pick<ToolOrigin, 'name' | 'namespace'>): string {
  const whole = namespace === undefined ? name : `${namespace}__${name}`;
  return whole.length > MAX_NAME_CHARS ? shortOf(whole) : whole.replace(/[^\w-]/g, '_');
}

/**
 * Tools that the model can do without, if it has others: a tool search finds nothing where all tools are declared, and
 * Codex always adds web search.
 */
const DISPENSABLE: ReadonlySet<unknown> = new Set(['web_search', 'web_search_preview', 'web_search_2025_08_26', 'tool_search']);

/** The tools over chat; or the index of the first that chat has not and the model needs. */
export function chatTools(tools: readonly unknown[]): ChatTools | { beyond: number } {
  const found: ChatTools = { functions: [], origins: new Map() };
  const isDispensable = (tool: unknown): boolean => isRecord(tool) && DISPENSABLE.has(tool.type);
  const beyond = tools.findIndex((tool) => !isDispensable(tool) && !(isRecord(tool) && addTool(found, tool)));
  if (beyond >= 0) return { beyond };
  const leftOut = tools.findIndex(isDispensable);
  return leftOut >= 0 && found.functions.length === 0 ? { beyond: leftOut } : found;
}

function addTool(found: ChatTools, tool: Fields, namespace?: string): boolean {
  const { name } = tool;
  if (typeof name !== 'string') return false;
  const origin = { name, ...(namespace !== undefined && { namespace }) };
  switch (tool.type) {
    case 'namespace':
      return (
        namespace === undefined &&
        Array.isArray(tool.tools) &&
        (tool.tools as unknown[]).every((inner) => isRecord(inner) && addTool(found, inner, name))
      );
    case 'function':
      return addFunction(found, { ...origin, isCustom: false }, functionOf(tool));
    case 'custom':
      return addFunction(found, { ...origin, isCustom: true }, customOf(tool));
    default:
      return false;
  }
}

/** False where another tool has the same chat name: answers could not tell them apart. */
function addFunction({ functions, origins }: ChatTools, origin: ToolOrigin, definition: Fields): boolean {
  const name = chatName(origin);
  const known = origins.get(name);
  if (known) return known.name === origin.name && known.namespace === origin.namespace;
  origins.set(name, origin);
  functions.push({ type: 'function', function: { name, ...definition } });
  return true;
}

const functionOf = ({ description, parameters, strict }: Fields): Fields => ({
  ...(typeof description === 'string' && { description }),
  parameters: isRecord(parameters) ? parameters : NO_PARAMETERS,
  ...(typeof strict === 'boolean' && { strict }),
});

/** Free text becomes the single argument of a function; its grammar becomes advice, since chat enforces none. */
function customOf({ description, format }: Fields): Fields {
  const said = typeof description === 'string' ? [description] : [];
  if (isRecord(format) && typeof format.definition === 'string')
    said.push(`The input must follow this ${textOrEmpty(format.syntax)} grammar:\n${format.definition}`);
  return {
    ...(said.length > 0 && { description: said.join('\n\n') }),
    parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false },
  };
}

/** A chat call's choice of tool. */
export interface ChatToolChoice {
  choice: unknown;
  functions: Fields[];
}

/** Undefined when the choice names a tool that was not declared. */
export function chatToolChoice(choice: unknown, { functions, origins }: ChatTools): ChatToolChoice | undefined {
  if (choice === undefined || choice === null || typeof choice === 'string') return { choice: choice ?? undefined, functions };
  if (!isRecord(choice)) return undefined;
  if (choice.type === 'allowed_tools') {
    const allowed = listOf(choice.tools);
    const names = new Set(allowed.flatMap((tool) => chosenName(tool) ?? []));
    const kept = functions.filter((tool) => names.has(String((tool.function as Fields).name)));
    return kept.length === 0 ? undefined : { choice: choice.mode ?? 'auto', functions: kept };
  }
  const name = chosenName(choice);
  return name !== undefined && origins.has(name) ? { choice: { type: 'function', function: { name } }, functions } : undefined;
}

function chosenName(choice: unknown): string | undefined {
  if (!isRecord(choice) || (choice.type !== 'function' && choice.type !== 'custom') || typeof choice.name !== 'string') return undefined;
  return chatName({ name: choice.name, ...(typeof choice.namespace === 'string' && { namespace: choice.namespace }) });
}
