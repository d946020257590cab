import { IMAGE_TOKENS, lengthOf } from '../conversation';
import { type JsonObject, readObjects, readString } from '../read';
import { estimateTokens } from '../tokens';

/** Coding agents put notes of their own beside what the user wrote; they are not the user's words. */
const NOTE = '<system-reminder>';

/** The blocks of a message's content, which may be one text. */
export const blocksIn = (content: unknown): JsonObject[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : readObjects(content);

/** What the user says in a message: after the tool results that it may begin with, undefined when there is nothing. */
export function spokenText(blocks: JsonObject[]): string | undefined {
  const lastResult = blocks.findLastIndex((block) => block.type === 'tool_result');
  const texts = blocks
    .slice(lastResult + 1)
    .filter((block) => block.type === 'text' && !readString(block.text).startsWith(NOTE))
    .map((block) => readString(block.text));
  return lastResult >= 0 && texts.length === 0 ? undefined : texts.join('\n');
}

export function lastToolResult(blocks: JsonObject[]): string | undefined {
  const result = blocks.findLast((block) => block.type === 'tool_result');
  return (
    result &&
    blocksIn(result.content)
      .map((block) => readString(block.text))
      .join('\n')
  );
}

export function countImages(blocks: JsonObject[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === 'tool_result') return sum + countImages(readObjects(block.content));
    return sum + (block.type === 'image' ? 1 : 0);
  }, 0);
}

export function blockTokens(block: JsonObject): number {
  switch (block.type) {
    case 'text':
      return estimateTokens(readString(block.text).length);
    case 'thinking':
      return estimateTokens(readString(block.thinking).length);
    case 'image':
      return IMAGE_TOKENS;
    case 'tool_use':
      return estimateTokens(readString(block.name).length + lengthOf(block.input));
    case 'tool_result':
      return blocksIn(block.content).reduce((sum, part) => sum + blockTokens(part), 0);
    default:
      return estimateTokens(lengthOf(block));
  }
}
