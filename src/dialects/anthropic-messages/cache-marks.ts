/**
 * Removes how long a cache entry is to live from `cache_control`. Claude Code sends it, but other providers of this
 * format know only plain marks (https://github.com/BerriAI/litellm/pull/39355). Edits the text by spans; tool inputs
 * stay as they are.
 */
import { rewriteMembers } from '../../core/json';
import { type Change, inList, inObject, without } from '../spans';

const unkept = without('ttl');

/** Changes an object's `cache_control`, and what the named members hold. */
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
