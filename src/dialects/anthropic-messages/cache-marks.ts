/**
 * Marks for a cache, without how long it is to be kept: whoever else serves this format knows marks alone, and Claude Code
 * says how long (https://github.com/BerriAI/litellm/pull/39355). Edited by spans; what a tool is given stays as it is.
 */
import { rewriteElements, rewriteMembers, withoutMember } from '../../core/json';

type Change = (raw: string) => string;

const inList =
  (change: Change): Change =>
  (list) =>
    list.startsWith('[') ? rewriteElements(list, (element) => (element.startsWith('{') ? change(element) : element)) : list;

const unkept: Change = (mark) => (mark.startsWith('{') ? withoutMember(mark, 'ttl') : mark);

/** Of a block, a tool or the request, and of what stands in it under the names that are given. */
const marked =
  (inside: Readonly<Record<string, Change>> = {}): Change =>
  (raw) =>
    rewriteMembers(raw, (value, key) => (key === 'cache_control' ? unkept(value) : (inside[key]?.(value) ?? value)));

const block = marked({ content: inList(marked()) });
const turn: Change = (raw) => rewriteMembers(raw, (value, key) => (key === 'content' ? inList(block)(value) : value));

export const withoutCacheTimes = marked({ system: inList(block), tools: inList(marked()), messages: inList(turn) });
