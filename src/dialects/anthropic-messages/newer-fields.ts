/**
 * Removes fields that Claude Code sends for Anthropic alone, and without which an answer is as good. Other providers of
 * this format know an older version and refuse them (https://github.com/anthropics/claude-code/issues/21612). Edits the
 * text by spans.
 */
import { rewriteMembers } from '../../core/json';
import { isRecord, parseJson, parseRecord } from '../../core/record';
import { type Change, inList, inMember, inObject, without } from '../spans';
import { THINKING } from './signatures';

const REQUEST: ReadonlySet<string> = new Set(['context_management', 'safeguards']);
const TURN: ReadonlySet<string> = new Set(['role', 'content']);

const withoutScope = without('scope');
const withoutEffort = without('effort');
const withoutDisplay = without('display', 'block_binding');

const marked = inMember('cache_control', withoutScope);

/** `caller` on tool calls, and cache marks on thoughts. */
const inBlock: Change = (block) => {
  const { type } = parseRecord(block);
  if (type === 'tool_use') return marked(without('caller')(block));
  return THINKING.has(type) ? without('cache_control')(block) : marked(block);
};

/** A turn may set the effort without saying anything. */
const inTurn: Change = (turn) => {
  const json = parseJson(turn);
  if (isRecord(json) && json.role === 'system' && Array.isArray(json.content) && json.content.length === 0) return undefined;
  return inObject((raw, key) => (key === 'content' ? inList(inBlock)(raw) : TURN.has(key) ? raw : undefined))(turn);
};

const withoutNotes = without('defer_loading', 'input_examples', 'allowed_callers', 'eager_input_streaming');
const inTool: Change = (tool) => marked(withoutNotes(tool));

const CHANGES: Readonly<Record<string, Change>> = {
  messages: inList(inTurn),
  tools: inList(inTool),
  system: inList(marked),
  cache_control: withoutScope,
  thinking: withoutDisplay,
  output_config(raw) {
    const kept = withoutEffort(raw);
    return kept === raw || !/^\{\s*\}$/.test(kept) ? kept : undefined;
  },
};

export const withoutNewerFields = (body: string): string =>
  rewriteMembers(body, (raw, key) => {
    if (REQUEST.has(key)) return undefined;
    const change = Object.hasOwn(CHANGES, key) ? CHANGES[key] : undefined;
    return change ? change(raw) : raw;
  });
