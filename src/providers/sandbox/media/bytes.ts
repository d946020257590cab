/** Bytes put together. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** A whole number in so many bytes, its highest first. */
export function bigEndian(value: number, byteCount: number): Uint8Array {
  return Uint8Array.from({ length: byteCount }, (_, index) => Math.floor(value / 256 ** (byteCount - 1 - index)) % 256);
}

export const littleEndian = (value: number, byteCount: number): Uint8Array => bigEndian(value, byteCount).reverse();

/** A number by the text: pictures of two prompts differ, and of one are the same. */
export function seedOf(text: string): number {
  let hash = 2_166_136_261;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 16_777_619) >>> 0;
  return hash;
}
