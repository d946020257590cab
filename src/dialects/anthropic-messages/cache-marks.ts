/** Changes to marks for a cache, `cache_control`. They edit the text by spans; tool inputs stay as they are. */
import { type Change, inList, inMember, inObject, without } from '../spans';

/** Applies a change to all marks in a request, in the order in which a model reads them. */
function eachMark(change: Change): (body: string) => string {
  const inMarked =
    (inside: Readonly<Record<string, Change>> = {}) =>
    (raw: string, key: string): string | undefined => {
      const own = key === 'cache_control' ? change : inside[key];
      return own ? own(raw) : raw;
    };
  const marked = inObject(inMarked());
  const block = inObject(inMarked({ content: inList(marked) }));
  const turn = inMember('content', inList(block));
  const inOrder = [
    inMember('tools', inList(marked)),
    inMember('system', inList(block)),
    inMember('messages', inList(turn)),
    inMember('cache_control', change),
  ];
  return (body) => inOrder.reduce((text, inPlace) => inPlace(text), body);
}

/**
 * Removes how long a cache entry is to live. Claude Code sends it, but other providers of this format know only plain
 * marks (https://github.com/BerriAI/litellm/pull/39355).
 */
export const withoutCacheTimes = eachMark(without('ttl'));

/** https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MOST_MARKS = 4;

/**
 * Removes the first of more marks than a request may have: the last ones, which stay, reach furthest. Some versions of
 * Claude Code and plugins of other clients set five: https://github.com/anthropics/claude-code/issues/8419
 */
export function withFewerMarks(body: string): string {
  let marks = 0;
  eachMark((raw) => {
    if (raw !== 'null') marks++;
    return raw;
  })(body);
  let spare = marks - MOST_MARKS;
  return eachMark((raw) => (raw !== 'null' && spare-- > 0 ? undefined : raw))(body);
}
