/**
 * How long a text is for an estimate of its tokens. Chinese, Japanese and Korean come to about a token a character,
 * where other writing has four characters to one: each of theirs counts as four.
 */
const DENSE = /[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]/;
const MORE_FOR_DENSE = 3;

const isDense = (code: number): boolean =>
  code >= 0x2e80 && (code <= 0xd7ff || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xffef));

function dense(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (isDense(text.charCodeAt(at))) count++;
  return to - from + MORE_FOR_DENSE * count;
}

const plain = (from: number, to: number): number => to - from;

/** Measures pieces of a text; one that has no such character, as most have none, is not looked through for each piece. */
export const measureOf = (text: string): ((from: number, to: number) => number) =>
  DENSE.test(text) ? (from, to) => dense(text, from, to) : plain;

export const textChars = (text: string): number => measureOf(text)(0, text.length);
