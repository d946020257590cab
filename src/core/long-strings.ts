import { skipString } from './json';

/**
 * A JSON text whose long strings are cut to their beginnings. Parsed, these are strings still, and say how long they
 * were; to parse them whole is to copy each of them, which for documents and pictures is most of what a parse costs.
 */
export interface CutJson {
  text: string;
  charsOf: CharsOf;
}

/** How many characters a string of a parsed text has; where it was cut, in the whole text, its escapes as they are written. */
export type CharsOf = (value: string) => number;

export const wholeChars: CharsOf = (value) => value.length;

const LONG_CHARS = 16_384;
const KEPT_CHARS = 256;
/** Strings that are passed in search of a long one: a text of many short ones has nothing to be gained from. */
const PASSED_PER_LONG = 256;

/** JSON has one way to write this character, so a text without that cannot forge what is added to a cut string. */
const MARK = '\u0001';
const WRITTEN_MARK = '\\u0001';

const CONTROL = /[^ -\uffff]/;
/** What no JSON string may have in it: https://www.rfc-editor.org/rfc/rfc8259#section-7 */
const BAD = /[^ -\uffff]|(?<!\\)(?:\\\\)*\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/;

const isSound = (inside: string): boolean => !(inside.includes('\\') ? BAD : CONTROL).test(inside);

/** A place in a string where no escape is cut through, as near behind `at` as there is. */
function endOfBeginning(text: string, at: number): number {
  const wanted = at + KEPT_CHARS;
  while (at < wanted) at += text[at] !== '\\' ? 1 : text[at + 1] === 'u' ? 6 : 2;
  return at;
}

const whole = (text: string): CutJson => ({ text, charsOf: wholeChars });

/** Is valid JSON exactly where the text is; what is in its long strings is checked here, since nobody else sees it. */
export function cutLongStrings(text: string): CutJson {
  const kept: string[] = [];
  const cutChars: number[] = [];
  let from = 0;
  let left = PASSED_PER_LONG;
  for (let open = text.indexOf('"'); open >= 0 && left > 0; left--) {
    const end = skipString(text, open);
    if (end - open > LONG_CHARS) {
      if (!isSound(text.slice(open + 1, end - 1))) return whole(text);
      kept.push(text.slice(from, endOfBeginning(text, open + 1)));
      cutChars.push(end - open - 2);
      from = end - 1;
      left += PASSED_PER_LONG;
    }
    open = text.indexOf('"', end);
  }
  kept.push(text.slice(from));
  if (cutChars.length === 0 || kept.some((part) => part.includes(WRITTEN_MARK))) return whole(text);
  const marked = kept.map((part, index) => (index < cutChars.length ? `${part}${WRITTEN_MARK}${cutChars[index]}` : part));
  return { text: marked.join(''), charsOf: charsBeforeCut };
}

function charsBeforeCut(value: string): number {
  const mark = value.lastIndexOf(MARK);
  return mark < 0 ? value.length : Number(value.slice(mark + 1));
}
