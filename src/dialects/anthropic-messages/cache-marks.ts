/** Changes to marks for a cache, `cache_control`. They edit the text by spans; tool inputs stay as they are. */
import { rewriteMembers } from '../../core/json';
import { type Change, inList, inMember, inObject, without } from '../spans';

/** A change of all marks in a request, by the member that holds them, in the order in which a model reads these. */
function ofMarks(change: Change): readonly (readonly [string, Change])[] {
  const inMarked =
    (inside: Readonly<Record<string, Change>> = {}) =>
    (raw: string, key: string): string | undefined => {
      const own = key === 'cache_control' ? change : inside[key];
      return own ? own(raw) : raw;
    };
  const marked = inObject(inMarked());
  const block = inObject(inMarked({ content: inList(marked) }));
  const turn = inObject((raw, key) => (key === 'content' ? inList(block)(raw) : raw));
  return [
    ['tools', inList(marked)],
    ['system', inList(block)],
    ['messages', inList(turn)],
    ['cache_control', change],
  ];
}

const CACHE_TIMES = new Map(ofMarks(without('ttl')));

/**
 * Removes how long a cache entry is to live. Claude Code sends it, but other providers of this format know only plain
 * marks (https://github.com/BerriAI/litellm/pull/39355).
 */
export const withoutCacheTimes = (body: string): string =>
  rewriteMembers(body, (raw, key) => {
    const change = CACHE_TIMES.get(key);
    return change ? change(raw) : raw;
  });

/** https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MOST_MARKS = 4;

/**
 * Removes the first of more marks than a request may have: the last ones, which stay, reach furthest. Some versions of
 * Claude Code and plugins of other clients set five: https://github.com/anthropics/claude-code/issues/8419
 */
export function withFewerMarks(body: string): string {
  let marks = 0;
  const counted = ofMarks((raw) => {
    if (raw !== 'null') marks++;
    return raw;
  });
  for (const [name, count] of counted) inMember(name, count)(body);
  let spare = marks - MOST_MARKS;
  const fewer = ofMarks((raw) => (raw !== 'null' && spare-- > 0 ? undefined : raw));
  return fewer.reduce((text, [name, change]) => inMember(name, change)(text), body);
}
