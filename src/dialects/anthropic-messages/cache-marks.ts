/**
 * Marks for a cache, without how long it is to be kept: whoever else serves this format knows marks alone, and Claude Code
 * says how long (https://github.com/BerriAI/litellm/pull/39355). Edited by spans; what a tool is given stays as it is.
 */
import { rewriteMembers } from '../../core/json';
import { type Change, inList, inObject, without } from './spans';

const unkept = without(new Set(['ttl']));

/** What bears a mark, and what is in it under the names that are given. */
const inMarked =
  (inside: Readonly<Record<string, Change>> = {}) =>
  (raw: string, key: string): string | undefined => {
    const change = key === 'cache_control' ? unkept : inside[key];
    return change ? change(raw) : raw;
  };

const marked = inObject(inMarked());
const block = inObject(inMarked({ content: inList(marked) }));
const turn = inObject((raw, key) => (key === 'content' ? inList(block)(raw) : raw));

const OF_REQUEST = inMarked({ system: inList(block), tools: inList(marked), messages: inList(turn) });
export const withoutCacheTimes = (body: string): string => rewriteMembers(body, OF_REQUEST);
