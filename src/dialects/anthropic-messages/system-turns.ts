/**
 * Rewrites system messages between turns, which only newer models take
 * (https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages). Leading ones go to the
 * system prompt; the others go, marked, to the end of the user turn before them, as Claude Code does itself for older
 * models. The same history always gives the same text, or prompt caches would miss.
 */

import { type Fields, isRecord, listOf, textOrEmpty } from '../../core/record';
import { asReminder } from '../system-reminder';

export interface SystemTurns {
  /** Blocks, as JSON, for the end of the system prompt. */
  leading: string[];
  /** Blocks to append to a turn, by the turn's index. */
  added: Map<number, string[]>;
  /** Blocks for a turn of their own at the end. */
  trailing: string[];
  /** Tools that become available during the conversation: by name or, as JSON, in full. */
  offeredTools: Set<unknown>;
  definedTools: string[];
  /** The last effort that a turn set. */
  effort: unknown;
}

export const isSystemTurn = (message: unknown): boolean => isRecord(message) && message.role === 'system';

export function readSystemTurns(messages: readonly unknown[]): SystemTurns {
  const turns: SystemTurns = { leading: [], added: new Map(), trailing: [], offeredTools: new Set(), definedTools: [], effort: undefined };
  const lastUser = messages.findLastIndex((message) => isRecord(message) && message.role === 'user');
  let previous: number | undefined;
  let waiting: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message)) continue;
    noteEffort(turns, message);
    if (message.role !== 'system') {
      if (message.role === 'user' && waiting.length > 0) {
        turns.added.set(index, waiting);
        waiting = [];
      }
      previous = index;
      continue;
    }
    noteTools(turns, message);
    // It applied to one turn only, which is over.
    if (message.clear_at === 'next_user_message' && index < lastUser) continue;
    if (previous === undefined) turns.leading.push(...textBlocks(message, (text) => text));
    else if (roleAt(messages, previous) === 'user')
      turns.added.set(previous, [...(turns.added.get(previous) ?? []), ...reminders(message)]);
    else waiting.push(...reminders(message));
  }
  turns.trailing = waiting;
  return turns;
}

function roleAt(messages: readonly unknown[], index: number): unknown {
  const message = messages[index];
  return isRecord(message) ? message.role : undefined;
}

function noteEffort(turns: SystemTurns, { output_config }: Fields): void {
  if (isRecord(output_config) && output_config.effort !== undefined) turns.effort = output_config.effort;
}

/** `tool_addition` names a tool that was declared for later, or holds its definition. */
function noteTools({ offeredTools, definedTools }: SystemTurns, { content }: Fields): void {
  for (const block of listOf(content)) {
    if (!isRecord(block) || block.type !== 'tool_addition' || !isRecord(block.tool)) continue;
    const { name, definition } = block.tool;
    if (name !== undefined) offeredTools.add(name);
    if (isRecord(definition)) definedTools.push(JSON.stringify(definition));
  }
}

const reminders = (message: Fields): string[] => textBlocks(message, asReminder);

function textBlocks({ content }: Fields, mark: (text: string) => string): string[] {
  const blocks: unknown[] = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
  return blocks.flatMap((block) => {
    const text = isRecord(block) ? spokenText(block) : undefined;
    if (!isRecord(block) || text === undefined) return [];
    const { cache_control } = block;
    return [JSON.stringify({ type: 'text', text: mark(text), ...(cache_control !== undefined && { cache_control }) })];
  });
}

function spokenText({ type, text, tool }: Fields): string | undefined {
  if (type === 'text' && typeof text === 'string' && text.trim() !== '') return text;
  if (type === 'tool_removal' && isRecord(tool)) return `The tool ${textOrEmpty(tool.name)} is no longer available.`;
  return undefined;
}
