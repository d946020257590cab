/**
 * Removes empty text blocks. Other models and gateways leave them in a conversation, and from then on Claude refuses
 * every request with it: https://github.com/anomalyco/opencode/issues/24087. Edits the text by spans.
 */
import { elements, rawElements, rewriteElements, rewriteMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { inList, inMember } from '../spans';
import { THINKING, typeOf } from './signatures';

const isBlank = (raw: string): boolean => {
  const said = parseJson(raw);
  return typeof said === 'string' && said.trim() === '';
};

/** The block; undefined for an empty one. */
function saying(raw: string): string | undefined {
  const block = raw.startsWith('{') ? parseJson(raw) : undefined;
  if (!isRecord(block)) return raw;
  if (block.type === 'text') return typeof block.text === 'string' && block.text.trim() === '' ? undefined : raw;
  if (block.type !== 'tool_result') return raw;
  return inMember('content', inList(saying))(raw);
}

/** The turn without empty blocks; undefined where nothing is left, or only thoughts, which no turn may end with. */
function sayingTurn(turn: string): string | undefined {
  let isEmpty = false;
  const kept = rewriteMembers(turn, (raw, key) => {
    if (key !== 'content') return raw;
    if (!raw.startsWith('[')) {
      isEmpty = isBlank(raw);
      return raw;
    }
    const blocks = rewriteElements(raw, saying);
    const left = rawElements(blocks);
    isEmpty = left.length === 0 || (blocks !== raw && left.every((block) => THINKING.has(typeOf(block))));
    return blocks;
  });
  return isEmpty ? undefined : kept;
}

/** Never removes the first or the last turn, which would make it another conversation. */
function sayingTurns(turns: string): string {
  const last = elements(turns).length - 1;
  return rewriteElements(turns, (turn, index) => sayingTurn(turn) ?? (index === 0 || index === last ? turn : undefined));
}

function sayingSystem(system: string): string | undefined {
  if (!system.startsWith('[')) return isBlank(system) ? undefined : system;
  const blocks = rewriteElements(system, saying);
  return elements(blocks).length > 0 ? blocks : undefined;
}

/** The request without empty text blocks. */
export const withoutEmptyTexts = (body: string): string =>
  rewriteMembers(body, (raw, key) => {
    if (key === 'system') return sayingSystem(raw);
    return key === 'messages' && raw.startsWith('[') ? sayingTurns(raw) : raw;
  });
