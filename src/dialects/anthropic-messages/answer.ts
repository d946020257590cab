import { members, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { textChars } from '../../core/text-chars';
import { withCreditsUsed } from '../priced-usage';
import type { Answer, Receipt } from '../types';
import { shownUsage } from './usage';

/** The fields that hold a block's content, by type. A block may be announced while they are still empty. */
const TEXT_BLOCKS: Readonly<Record<string, readonly string[]>> = { text: ['text'], thinking: ['thinking', 'signature'] };

/** Does this content block say or do anything? */
export function blockSays(block: unknown): boolean {
  if (!isRecord(block)) return false;
  const fields = TEXT_BLOCKS[String(block.type)];
  return fields ? fields.some((name) => typeof block[name] === 'string' && block[name] !== '') : true;
}

function charsOf(block: unknown): number {
  if (!isRecord(block)) return 0;
  const { text, thinking, input } = block;
  const lengths = [text, thinking].map((value) => (typeof value === 'string' ? textChars(value) : 0));
  return lengths[0]! + lengths[1]! + (input === undefined ? 0 : textChars(JSON.stringify(input)));
}

export function readMessage(json: unknown): Answer | undefined {
  if (!isRecord(json) || !Array.isArray(json.content)) return undefined;
  const content = json.content as unknown[];
  return {
    usage: json.usage,
    hasOutput: content.some(blockSays),
    outputChars: content.reduce<number>((sum, block) => sum + charsOf(block), 0),
  };
}

/** The answer as it came, with the cost added to its usage; unreadable usage is replaced by an estimate. */
export function renderMessage(text: string, receipt: Receipt): string {
  const found = members(text).findLast(({ key }) => key === 'usage');
  const raw = found && text.slice(found.start, found.end);
  const priced =
    raw?.startsWith('{') && receipt.reported
      ? withCreditsUsed(raw, receipt.creditsUsed)
      : JSON.stringify({ ...shownUsage(receipt), creditsUsed: receipt.creditsUsed });
  return setMembers(text, { usage: priced });
}
