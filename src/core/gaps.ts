/**
 * Gaps in an abridged text (`abridge`). Each has a mark, which says where it was and how long. Marks begin with characters
 * that nobody outside knows, so that a text cannot have any of its own.
 */
import { randomDigits } from './ids';

const BEGINNING_CHARS = 16;
const NUMBER_CHARS = 5;
const MARK_CHARS = BEGINNING_CHARS + 2 * NUMBER_CHARS;

/** Allowed in JSON strings as it is, and rare, so that texts without marks are soon looked through. */
const DELETE = '\x7f';

let beginning: string | undefined;

/** How each mark begins. Not made before it is needed: no random values are to be had while a Worker starts. */
export function beginningOfMarks(): string {
  beginning ??= DELETE + randomDigits(BEGINNING_CHARS - 1);
  return beginning;
}

interface Piece {
  /** What is left out before the text, in bytes. */
  gap: { start: number; length: number } | undefined;
  text: string;
}

const LETTER_A = 0x61;

/** Four bits a letter, the lowest first, as abridge.wat writes them. */
function numberAt(text: string, at: number): number {
  let number = 0;
  for (let index = at + NUMBER_CHARS - 1; index >= at; index--) number = number * 16 + text.charCodeAt(index) - LETTER_A;
  return number;
}

/** A text between its gaps. */
export function piecesOf(text: string): Piece[] {
  if (beginning === undefined || !text.includes(DELETE)) return [{ gap: undefined, text }];
  const [first = '', ...others] = text.split(beginning);
  const after = others.map((piece) => ({
    gap: { start: numberAt(piece, 0), length: numberAt(piece, NUMBER_CHARS) },
    text: piece.slice(2 * NUMBER_CHARS),
  }));
  return [{ gap: undefined, text: first }, ...after];
}

/** How many more characters a text, or a part of it, would have if it were whole. */
export function charsLeftOut(text: string): number {
  return piecesOf(text).reduce((chars, { gap }) => (gap ? chars + gap.length - MARK_CHARS : chars), 0);
}
