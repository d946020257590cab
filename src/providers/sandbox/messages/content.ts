import { type Fields, recordsOf, textOrEmpty } from '../../../core/record';
import { IMAGE_TOKENS, lengthOf } from '../conversation';
import { estimateTokens } from '../tokens';

/** Coding agents put notes of their own beside what the user wrote; they are not the user's words. */
const NOTE = '<system-reminder>';

/** The blocks of a message's content, which may be one text. */
export const blocksIn = (content: unknown): Fields[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : recordsOf(content);

/** What the user says in a message: after the tool results that it may begin with, undefined when there is nothing. */
export function spokenText(blocks: Fields[]): string | undefined {
  const lastResult = blocks.findLastIndex((block) => block.type === 'tool_result');
  const texts = blocks
    .slice(lastResult + 1)
    .filter((block) => block.type === 'text' && !textOrEmpty(block.text).startsWith(NOTE))
    .map((block) => textOrEmpty(block.text));
  return lastResult >= 0 && texts.length === 0 ? undefined : texts.join('\n');
}

export function lastToolResult(blocks: Fields[]): string | undefined {
  const result = blocks.findLast((block) => block.type === 'tool_result');
  return (
    result &&
    blocksIn(result.content)
      .map((block) => textOrEmpty(block.text))
      .join('\n')
  );
}

export function countImages(blocks: Fields[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === 'tool_result') return sum + countImages(recordsOf(block.content));
    return sum + (block.type === 'image' ? 1 : 0);
  }, 0);
}

export function blockTokens(block: Fields): number {
  switch (block.type) {
    case 'text':
      return estimateTokens(textOrEmpty(block.text).length);
    case 'thinking':
      return estimateTokens(textOrEmpty(block.thinking).length);
    case 'image':
      return IMAGE_TOKENS;
    case 'tool_use':
      return estimateTokens(textOrEmpty(block.name).length + lengthOf(block.input));
    case 'tool_result':
      return blocksIn(block.content).reduce((sum, part) => sum + blockTokens(part), 0);
    default:
      return estimateTokens(lengthOf(block));
  }
}
