import { skipString } from './json';

/**
 * The length of a text for token estimates. Chinese, Japanese and Korean take about one token a character and other
 * scripts one for four, so each CJK character counts as four.
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

/** A measure for parts of a text. Most texts have no CJK characters, and then their parts need no scan. */
export const measureOf = (text: string): ((from: number, to: number) => number) =>
  DENSE.test(text) ? (from, to) => dense(text, from, to) : plain;

export const textChars = (text: string): number => measureOf(text)(0, text.length);

/**
 * The length of all JSON strings in a text that begin where `begins` ends, as JSON; good enough for an estimate.
 *
 * @param begins A global pattern that ends with the opening quote.
 */
export function charsOfStrings(text: string, begins: RegExp): number {
  const measure = measureOf(text);
  let chars = 0;
  begins.lastIndex = 0;
  while (begins.test(text)) {
    const from = begins.lastIndex;
    const end = skipString(text, from - 1);
    chars += measure(from, end - 1);
    begins.lastIndex = end;
  }
  return chars;
}
