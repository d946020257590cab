/** Adapts a request that was built for a newer model to the older one that answers. Edits the text by spans. */
import { appendElements, elements, members, rewriteElements, rewriteMembers, setMembers, withoutMember } from '../../core/json';
import { type Fields, isRecord, listOf, parseJson, parseRecord, recordOf, textOrEmpty } from '../../core/record';
import { eachIn } from '../spans';
import { BLOCK_TYPES, knownEffort, type ModelLine, OUTPUT_FIELDS, REQUEST_FIELDS, thinkingBudget, thinkingThatFits } from './features';
import { answersUnthinking, EMPTY_TURN, typeOf } from './signatures';
import { isSystemTurn, readSystemTurns, type SystemTurns } from './system-turns';

export function forOlderModel(body: string, line: ModelLine): string {
  const fields = parseRecord(body);
  const messages = listOf(fields.messages);
  const turns = readSystemTurns(messages);
  const effort = turns.effort ?? recordOf(fields.output_config).effort;
  const maxTokens = Math.min(Number(fields.max_tokens ?? line.maxOutputTokens), line.maxOutputTokens);
  const thinking = knownThinking(recordOf(fields.thinking), effort, maxTokens, messages, line);
  const known = rewriteMembers(body, (raw, key) => {
    if (!REQUEST_FIELDS.has(key)) return undefined;
    switch (key) {
      case 'max_tokens':
        return String(maxTokens);
      case 'messages':
        return withoutSystemTurns(raw, messages, turns, line);
      case 'system':
        return withSystem(raw, turns.leading);
      case 'thinking':
        return thinking;
      case 'output_config':
        return undefined;
      case 'context_management':
        return knownEdits(raw, thinking !== undefined && thinking !== NO_THINKING, line);
      case 'tools':
        return raw.startsWith('[') ? knownTools(raw, turns, line) : raw;
      default:
        return raw;
    }
  });
  return setMembers(known, addedMembers(body, turns, knownEffort(effort, line)));
}

/** Members that the request did not have, or that move to another place. */
function addedMembers(body: string, { leading, definedTools }: SystemTurns, effort: string | undefined): Record<string, string> {
  const before = new Map(members(body).map(({ key, start, end }) => [key, body.slice(start, end)]));
  const format = before.get('output_config');
  const output: Record<string, string> = format?.startsWith('{') ? membersNamed(format, OUTPUT_FIELDS) : {};
  delete output.effort;
  if (effort !== undefined) output.effort = JSON.stringify(effort);
  return {
    ...(Object.keys(output).length > 0 && { output_config: setMembers('{}', output) }),
    ...(leading.length > 0 && !before.has('system') && { system: appendElements('[]', leading) }),
    ...(definedTools.length > 0 && !before.has('tools') && { tools: appendElements('[]', definedTools) }),
  };
}

const membersNamed = (text: string, names: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries(
    members(text)
      .filter(({ key }) => names.has(key))
      .map(({ key, start, end }) => [key, text.slice(start, end)]),
  );

function withSystem(raw: string, leading: readonly string[]): string {
  if (leading.length === 0 || raw === 'null') return leading.length === 0 ? raw : appendElements('[]', leading);
  return appendElements(asBlocks(raw), leading);
}

/** A string content as the list of blocks that it stands for. */
const asBlocks = (raw: string): string => (raw.startsWith('[') ? raw : raw === '""' ? '[]' : `[{"type":"text","text":${raw}}]`);

function withoutSystemTurns(raw: string, messages: readonly unknown[], turns: SystemTurns, line: ModelLine): string {
  const kept = rewriteElements(raw, (turn, index) =>
    isSystemTurn(messages[index]) ? undefined : knownTurn(turn, turns.added.get(index) ?? [], line),
  );
  return turns.trailing.length === 0 ? kept : appendElements(kept, [`{"role":"user","content":[${turns.trailing.join(',')}]}`]);
}

/** Keeps only role and content of a turn; other fields steer newer models. */
function knownTurn(turn: string, added: readonly string[], line: ModelLine): string {
  return rewriteMembers(turn, (raw, key) => {
    if (key === 'role') return raw;
    if (key !== 'content') return undefined;
    const content = raw.startsWith('[') ? knownBlocks(raw, line) : raw;
    return added.length === 0 ? content : appendElements(asBlocks(content), added);
  });
}

function knownBlocks(raw: string, line: ModelLine): string {
  const before = elements(raw).length;
  const kept = rewriteElements(raw, (block) => {
    const type = typeOf(block);
    if (!BLOCK_TYPES.has(type) || (type === 'compaction' && !line.contextEdits.includes('compact_20260112'))) return undefined;
    return type === 'tool_result' && !line.toolSearch ? withoutToolReferences(block) : block;
  });
  return before > 0 && elements(kept).length === 0 ? EMPTY_TURN : kept;
}

/** Removes references to tools found by a tool search: without the search all tools are declared from the start. */
const withoutToolReferences = eachIn('content', (block) => (typeOf(block) === 'tool_reference' ? asFoundTool(parseRecord(block)) : block));

const asFoundTool = ({ tool_name }: Fields): string =>
  JSON.stringify({ type: 'text', text: `The tool ${textOrEmpty(tool_name)} is available.` });

function knownTools(raw: string, { offeredTools, definedTools }: SystemTurns, line: ModelLine): string {
  const kept = rewriteElements(raw, (tool) => {
    const json = parseJson(tool);
    if (!isRecord(json)) return tool;
    const [, date] = /_(\d{8})$/.exec(textOrEmpty(json.type)) ?? [];
    if (Number(date ?? 0) > line.newestTool || (!line.toolSearch && /^tool_search_tool_/.test(textOrEmpty(json.type)))) return undefined;
    const loadsNow = !line.toolSearch || offeredTools.has(json.name);
    return loadsNow ? withoutMember(tool, 'defer_loading') : tool;
  });
  return appendElements(kept, definedTools);
}

const NO_THINKING = '{"type":"disabled"}';

/** The request's `thinking` for this model; undefined turns it off. */
function knownThinking(
  { type, budget_tokens, display }: Fields,
  effort: unknown,
  maxTokens: number,
  messages: readonly unknown[],
  line: ModelLine,
): string | undefined {
  if (type === undefined) return undefined;
  if (type === 'disabled') return NO_THINKING;
  const shown = typeof display === 'string' && line.displays.includes(display) ? { display } : {};
  if (type !== 'enabled' && line.adaptiveThinking) return JSON.stringify({ type: 'adaptive', ...shown });
  // With a budget, every answer within a tool cycle must begin with thinking, which answers made with adaptive thinking
  // may lack.
  if (type !== 'enabled' && answersUnthinking(messages)) return undefined;
  const budget = type === 'enabled' ? budget_tokens : thinkingBudget(effort, maxTokens);
  const thinking =
    budget === undefined ? undefined : thinkingThatFits({ type: 'enabled', budget_tokens: budget, ...shown }, maxTokens, line);
  return thinking && JSON.stringify(thinking);
}

export const clearsThinking = (edit: string): boolean => edit.startsWith('clear_thinking_');

/** `context_management` with only the edits that `isKnown` accepts; undefined where none is left. */
export function keptEdits(raw: string, isKnown: (type: string) => boolean): string | undefined {
  const kept = rewriteMembers(raw, (value, key) =>
    key === 'edits' && value.startsWith('[')
      ? rewriteElements(value, (edit) => (isKnown(String(typeOf(edit))) ? edit : undefined))
      : undefined,
  );
  const { edits } = parseRecord(kept);
  return Array.isArray(edits) && edits.length > 0 ? kept : undefined;
}

/** Edits that clear thinking need thinking to be on. */
const knownEdits = (raw: string, thinks: boolean, { contextEdits }: ModelLine): string | undefined =>
  raw.startsWith('{') ? keptEdits(raw, (type) => contextEdits.includes(type) && (thinks || !clearsThinking(type))) : undefined;
