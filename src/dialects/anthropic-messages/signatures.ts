import { elements, members, rewriteElements, rewriteMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';

/**
 * Thinking is signed by the one who issued it: another provider refuses it, and so does the same one where it was
 * altered. It may be left out of turns that are over, but not of a tool's cycle that is still going on: that has
 * to come back as it was (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
 */
const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

/** For a turn that was nothing but thinking: a message may not be empty, and roles are to keep taking turns. */
export const EMPTY_TURN = '[{"type":"text","text":"(no text)"}]';

type Fields = Record<string, unknown>;

const blocksOf = (message: unknown): readonly unknown[] =>
  isRecord(message) && Array.isArray(message.content) ? (message.content as unknown[]) : [];

const hasBlock = (message: unknown, types: ReadonlySet<unknown>): boolean =>
  blocksOf(message).some((block) => isRecord(block) && types.has(block.type));

const TOOL_RESULTS: ReadonlySet<unknown> = new Set(['tool_result']);
const isUserTurn = (message: unknown): boolean => isRecord(message) && message.role === 'user' && !hasBlock(message, TOOL_RESULTS);

/** Where the turn begins that is still going on: with the last message in which a user, and no tool, spoke. */
export const activeTurnStart = (messages: readonly unknown[]): number => messages.findLastIndex(isUserTurn);

/** Does the turn that is still going on hold an answer that was given without thinking? */
export const answersUnthinking = (messages: readonly unknown[]): boolean =>
  messages.slice(activeTurnStart(messages) + 1).some((message) => {
    const [first] = blocksOf(message);
    return isRecord(message) && message.role === 'assistant' && !(isRecord(first) && THINKING.has(first.type));
  });

/** The request without the thinking of turns that are over; the same text where there is none. */
export function withoutPastThinking(body: string): string {
  const messages = membersOf(body).messages;
  if (!Array.isArray(messages)) return body;
  const past = activeTurnStart(messages);
  const isSigned = (message: unknown, index: number) =>
    index < past && isRecord(message) && message.role === 'assistant' && hasBlock(message, THINKING);
  if (!messages.some(isSigned)) return body;
  return rewriteMembers(body, (raw, key) =>
    key === 'messages' ? rewriteElements(raw, (turn, index) => (isSigned(messages[index], index) ? withoutThinking(turn) : turn)) : raw,
  );
}

const withoutThinking = (turn: string): string =>
  rewriteMembers(turn, (raw, key) => {
    if (key !== 'content' || !raw.startsWith('[')) return raw;
    const rest = rewriteElements(raw, (block) => (THINKING.has(typeOf(block)) ? undefined : block));
    return elements(rest).length === 0 ? EMPTY_TURN : rest;
  });

/** A block's type, by its text. */
export function typeOf(block: string): unknown {
  const found = block.startsWith('{') ? members(block).findLast(({ key }) => key === 'type') : undefined;
  return found && parseJson(block.slice(found.start, found.end));
}

const membersOf = (body: string): Fields => {
  const json = parseJson(body);
  return isRecord(json) ? json : {};
};

const SIGNATURE_REFUSED: readonly RegExp[] = [
  /^(?=.*\bsignature\b)(?=.*(?:thinking|\bmessages\.\d))/is,
  /thinking\b[^\n]{0,80}\bcannot be modified/i,
  /\binvalid\b[^\n]{0,20}\bdata\b[^\n]{0,20}\bredacted_thinking/i,
];

/** Does an upstream's refusal say that thinking in the request is not as it was issued? */
export const namesSignature = (message: string): boolean => SIGNATURE_REFUSED.some((pattern) => pattern.test(message));
