/**
 * Leaves out pictures that are too large for Claude. A tool's screenshot that is would end the conversation, as every later
 * turn contains it: https://github.com/anthropics/claude-code/issues/5147. One that the user has just sent stays, since
 * that is the user's to change.
 */
import { elements, rewriteElements } from '../../core/json';
import { pictureSides } from '../../core/picture-sides';
import { isRecord, parseRecord } from '../../core/record';
import { eachIn, inMember } from '../spans';

const TOO_LARGE = /\bimage exceeds\b[^\n]*> (\d+) bytes|\bimage\b[^\n]*\bmax allowed size\b[^\n]*: (\d+) pixels/i;

/** Enough for what cameras put before a picture's size; four characters are three bytes. */
const HEAD_CHARS = 262_144;

type IsTooLarge = (base64: string) => boolean;

function beyond(refusal: string): { limit: string; isTooLarge: IsTooLarge } | undefined {
  const [, chars, pixels] = TOO_LARGE.exec(refusal) ?? [];
  // What is counted as bytes are those of the base64.
  if (chars !== undefined) return { limit: `${chars} bytes in base64`, isTooLarge: ({ length }) => length > Number(chars) };
  return pixels === undefined
    ? undefined
    : { limit: `${pixels} pixels a side`, isTooLarge: (base64) => longestSide(base64) > Number(pixels) };
}

function longestSide(base64: string): number {
  try {
    const { width, height } = pictureSides(Uint8Array.fromBase64(base64.slice(0, HEAD_CHARS))) ?? { width: 0, height: 0 };
    return Math.max(width, height);
  } catch {
    return 0;
  }
}

/** The request with a note in place of each such picture; the same text where there is none, or another thing was refused. */
export function withoutLargePictures(body: string, refusal: string): string {
  const found = beyond(refusal);
  if (!found) return body;
  const note = `[A picture was left out here: it is larger than the model takes, which is ${found.limit}.]`;
  const seen = (raw: string): string => {
    const { type, source, cache_control } = parseRecord(raw);
    const isOne = type === 'image' && isRecord(source) && typeof source.data === 'string' && found.isTooLarge(source.data);
    return isOne ? JSON.stringify({ type: 'text', text: note, cache_control }) : raw;
  };
  const inResults = eachIn('content', (raw) => (parseRecord(raw).type === 'tool_result' ? eachIn('content', seen)(raw) : raw));
  const inTurn = eachIn('content', seen);
  return inMember('messages', (list) => {
    if (!list.startsWith('[')) return list;
    const last = elements(list).length - 1;
    return rewriteElements(list, (turn, index) => inResults(index < last ? inTurn(turn) : turn));
  })(body);
}
