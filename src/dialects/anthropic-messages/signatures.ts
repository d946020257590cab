import { elements, members, rewriteElements } from '../../core/json';
import { isRecord, listOf, parseJson, parseRecord, recordOf } from '../../core/record';
import { inMember } from '../spans';

/**
 * Thinking blocks are signed. Another provider refuses them, and so does the same one when they were changed. They may
 * be left out of finished turns, but not of a tool cycle under way, which must come back unchanged
 * (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
 */
export const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

/** For a turn that was only thinking: a message may not be empty, and roles must alternate. */
export const EMPTY_TURN = '[{"type":"text","text":"(no text)"}]';

const blocksOf = (message: unknown): readonly unknown[] => listOf(recordOf(message).content);

const hasBlock = (message: unknown, types: ReadonlySet<unknown>): boolean =>
  blocksOf(message).some((block) => isRecord(block) && types.has(block.type));

const TOOL_RESULTS: ReadonlySet<unknown> = new Set(['tool_result']);
const isUserTurn = (message: unknown): boolean => isRecord(message) && message.role === 'user' && !hasBlock(message, TOOL_RESULTS);

/** Where the turn under way begins: at the last message from a user rather than a tool. */
const activeTurnStart = (messages: readonly unknown[]): number => messages.findLastIndex(isUserTurn);

/** Does the turn under way hold an answer without thinking? */
export const answersUnthinking = (messages: readonly unknown[]): boolean =>
  messages.slice(activeTurnStart(messages) + 1).some((message) => {
    const [first] = blocksOf(message);
    return isRecord(message) && message.role === 'assistant' && !(isRecord(first) && THINKING.has(first.type));
  });

/** The request without the thinking of finished turns; the same text where there is none. */
export function withoutPastThinking(body: string): string {
  const { messages } = parseRecord(body);
  if (!Array.isArray(messages)) return body;
  const past = activeTurnStart(messages);
  const isSigned = (message: unknown, index: number) =>
    index < past && isRecord(message) && message.role === 'assistant' && hasBlock(message, THINKING);
  if (!messages.some(isSigned)) return body;
  return inMember('messages', (raw) =>
    rewriteElements(raw, (turn, index) => (isSigned(messages[index], index) ? withoutThinking(turn) : turn)),
  )(body);
}

const withoutThinking = inMember('content', (raw) => {
  if (!raw.startsWith('[')) return raw;
  const rest = rewriteElements(raw, (block) => (THINKING.has(typeOf(block)) ? undefined : block));
  return elements(rest).length === 0 ? EMPTY_TURN : rest;
});

/** A block's type, read from its text. */
export function typeOf(block: string): unknown {
  const found = block.startsWith('{') ? members(block).findLast(({ key }) => key === 'type') : undefined;
  return found && parseJson(block.slice(found.start, found.end));
}

const SIGNATURE_REFUSED: readonly RegExp[] = [
  /^(?=.*\bsignature\b)(?=.*(?:thinking|\bmessages\.\d))/is,
  /thinking\b[^\n]{0,80}\bcannot be modified/i,
  /\binvalid\b[^\n]{0,20}\bdata\b[^\n]{0,20}\bredacted_thinking/i,
];

/** Does a refusal say that a thinking block is not as it was issued? */
export const namesSignature = (message: string): boolean => SIGNATURE_REFUSED.some((pattern) => pattern.test(message));
