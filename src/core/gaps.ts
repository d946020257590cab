/**
 * Gaps in an abridged text (`abridge`). Each has a mark, which says where it was and how long. Marks begin with characters
 * that nobody outside knows, so that a text cannot have any of its own.
 */
import { randomDigits } from './ids';
import { isRecord } from './record';

const RANDOM_CHARS = 13;
const NUMBER_CHARS = 5;
const NUMBERS = 3;

/** Allowed in JSON strings as it is, and rare, so that texts without marks are soon looked through. */
const DELETE = '\x7f';

/**
 * Of a backslash, JSON makes two, and JSON within JSON four. So a mark shows whether the text around it was parsed, or put
 * into another one.
 */
const BACKSLASH = 0x5c;
const IN_JSON = '\\\\';

let secret: string | undefined;

function secretOfMarks(): string {
  secret ??= DELETE + randomDigits(RANDOM_CHARS);
  return secret;
}

/** How each mark begins, as JSON. Not made before it is needed: no random values are to be had while a Worker starts. */
export const beginningOfMarks = (): string => secretOfMarks() + IN_JSON;

/** What is left out, in bytes of the JSON that was abridged. */
export interface Gap {
  start: number;
  length: number;
  /** How many of its characters are escaped. */
  escapes: number;
  /** Is it in JSON, and neither in a parsed string nor in JSON within JSON? */
  isInJson: boolean;
  markChars: number;
}

interface Piece {
  /** What is left out before the text. */
  gap: Gap | undefined;
  text: string;
}

const LETTER_A = 0x61;

/** Four bits a letter, the lowest first, as abridge.wat writes them. */
function numberAt(text: string, at: number): number {
  let number = 0;
  for (let index = at + NUMBER_CHARS - 1; index >= at; index--) number = number * 16 + text.charCodeAt(index) - LETTER_A;
  return number;
}

function pieceAfter(rest: string): Piece {
  let at = 0;
  while (rest.charCodeAt(at) === BACKSLASH) at++;
  const [start, length, escapes] = [0, 1, 2].map((index) => numberAt(rest, at + index * NUMBER_CHARS)) as [number, number, number];
  const end = at + NUMBERS * NUMBER_CHARS;
  const gap = { start, length, escapes, isInJson: at === IN_JSON.length, markChars: DELETE.length + RANDOM_CHARS + end };
  return { gap, text: rest.slice(end) };
}

/** A text between its gaps. */
export function piecesOf(text: string): Piece[] {
  if (secret === undefined || !text.includes(DELETE)) return [{ gap: undefined, text }];
  const [first = '', ...others] = text.split(secret);
  return [{ gap: undefined, text: first }, ...others.map(pieceAfter)];
}

/** May there be a gap in what was parsed? Looked for without JSON made of it, which for many tools would take longer than all else. */
export function mayHaveGaps(value: unknown): boolean {
  // Not by calls within calls: the value may be nested deeper than those can be.
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string') {
      if (one.includes(DELETE)) return true;
    } else if (Array.isArray(one)) {
      for (const value of one as unknown[]) left.push(value);
    } else if (isRecord(one)) {
      // What was parsed inherits nothing that would be listed, and this is three times as fast as a list of its entries.
      for (const name in one) {
        if (name.includes(DELETE)) return true;
        left.push(one[name]);
      }
    }
  }
  return false;
}

/** How many more characters a text, or what was parsed of it, would have if it were whole. */
export function charsLeftOut(text: string): number {
  const chars = ({ length, escapes, isInJson, markChars }: Gap): number => (isInJson ? length : length - escapes) - markChars;
  return piecesOf(text).reduce((sum, { gap }) => (gap ? sum + chars(gap) : sum), 0);
}
